"""TODO."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


def who_listens_at(port: int) -> str:
    """Who listens at a port, as far as the system tells us: `process 123 (python3)`."""
    sockets = _listening_sockets(port)
    for entry in Path("/proc").glob("[0-9]*/fd/*") if sockets else ():
        with suppress(OSError):
            if str(entry.readlink()) in sockets:
                process = entry.parts[2]
                return f"process {process} ({Path('/proc', process, 'comm').read_text().strip()})"
    return "another program"


def _listening_sockets(port: int) -> set[str]:
    """The sockets that Linux knows to listen at a port, as they are named in /proc."""
    found = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        with suppress(OSError):
            for line in table.read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                    found.add(f"socket:[{fields[9]}]")
    return found
