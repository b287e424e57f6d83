"""Who listens at a port, so that "port in use" can name it.

How it works: Linux lists its listening sockets in /proc/net/tcp and /proc/net/tcp6, each with an inode, and every open
file of a process in /proc/PID/fd. The process that has the inode open listens. Other systems have no /proc, and other
users' processes may not be read: then nobody is named, as in memory, where nobody but the lab itself can have a port.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from wslab.lab.errors import PortInUse

_LISTEN = "0A"  # TCP_LISTEN in Linux's list of states


@contextmanager
def named_holder(host: str, port: int) -> Iterator[None]:
    """Raise `PortInUse`, which says who has the port, where that is why nobody can listen."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise PortInUse(host, port, who_listens_at(port)) from None


def who_listens_at(port: int) -> str:
    """Who listens at a port, as `process 123 (python3)`."""
    sockets = _listening_sockets(port)
    for entry in Path("/proc").glob("[0-9]*/fd/*") if sockets else ():
        with suppress(OSError):  # the process ended, or is not ours to look into
            if str(entry.readlink()) in sockets:
                process = entry.parts[2]
                if int(process) == os.getpid():
                    return "this process itself"
                return f"process {process} ({Path('/proc', process, 'comm').read_text().strip()})"
    return "another program, or by another server or link of this one"


def _listening_sockets(port: int) -> set[str]:
    """The sockets that Linux knows to listen at a port, as they are named in /proc."""
    found = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        with suppress(OSError):
            for line in table.read_text().splitlines()[1:]:
                fields = line.split()  # number, local address, remote address, state, ..., inode as the tenth
                if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                    found.add(f"socket:[{fields[9]}]")
    return found
