"""TLS in a capture whose keys are known: tshark decrypts it, and the plain bytes take the place of the encrypted ones.

The keys are secrets inside the file (blocks as `editcap --inject-secrets` writes one, before the packets or behind
them), or a file of keys in the form of SSLKEYLOGFILE. `tshark` is asked twice: which connections are TLS, and what
their packets say once they are decrypted. It is given `LONGEST` seconds and `MOST_OUTPUT` bytes, and at most
`MOST_STREAMS` connections are asked for.

`Plaintext` then stands between the packets and their reader. A segment of a connection that was decrypted becomes one
of a plain connection: with the bytes that were in it, numbers that fit these, and its own time, SYN, FIN and RST. What
it acknowledges is what had come by then.

What this module leaves out: decrypting by itself, and keys of a server, which no longer help (RFC 8446 §1.2).
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import shutil
import struct
import subprocess
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from wslab.explain import counted
from wslab.formats.pcap.flows import FlowKey
from wslab.formats.pcap.tcpip import ACK, FIN, SYN, PacketPlace, Segment
from wslab.tape.files import opened

LONGEST = 60.0
"""Seconds that tshark may take."""

MOST_OUTPUT = 64 * 1024 * 1024
"""Bytes that tshark may print."""

MOST_STREAMS = 64
"""TLS connections of a capture that are decrypted."""

HOW_TO_GET_KEYS = (
    "To read it, let one side write its keys: SSLKEYLOGFILE=keys.txt before the start of Chrome, Firefox, curl or a "
    'Python program, `context.keylog_filename = "keys.txt"` in Python, `node --tls-keylog=keys.txt`; capture again '
    'from the beginning of the connection, then `load(file, keys="keys.txt")`.'
)
"""What helps where no keys are there."""

MOST_KEYS = 16 * 1024 * 1024
"""Bytes of keys in a capture."""

_SECTION, _SECRETS = 0x0A0D0D0A, 0x0A
_PACKETS = frozenset({2, 3, 6})  # blocks that have one
_TLS_KEYS = 0x544C534B
_DATA = re.compile(
    rb"^  - packet: (\d+)\n(?:    (?!data:).*\n){0,9}    data: !!binary \|\n((?:      .*\n?)+)", re.MULTILINE
)
_NUMBERS = 1 << 32
_ANY_PORT = ("-o", "tcp.try_heuristic_first:TRUE")  # TLS at a port where tshark expects something else


class Decrypted(NamedTuple):
    """What tshark found: the plain bytes of each packet by its number, from 1 on, or a sentence why there are none."""

    packets: dict[int, bytes]
    problem: str = ""
    has_keys: bool = True


def keys_of(path: str | Path, keys: str | Path | None) -> str | None:
    """Where the keys of a capture are: a file of them, or "" for the capture itself; None where there are none."""
    named = keys or os.environ.get("SSLKEYLOGFILE")
    if named is not None and (keys is not None or Path(named).is_file()):
        return str(Path(named).absolute())
    return "" if has_secrets(path) else None


def has_secrets(path: str | Path) -> bool:
    """Whether a pcapng has the keys of TLS in it."""
    return any(True for _ in _secrets(path))


def _secrets(path: str | Path) -> Iterator[tuple[bool, bytes]]:
    """The keys of TLS in a pcapng: whether packets stand before them, and their text."""
    with opened(path) as file:
        begin = file.read(12)
        if len(begin) < 12 or int.from_bytes(begin[:4], "big") != _SECTION:
            return
        order = "<" if begin[8:] == b"\x4d\x3c\x2b\x1a" else ">"
        size, is_late = struct.unpack(f"{order}I", begin[4:8])[0] - 12, False
        while size >= 0 and file.seek(size, 1) and len(head := file.read(12)) == 12:
            kind, size, of_secrets = struct.unpack(f"{order}III", head)
            size -= 12
            is_late |= kind in _PACKETS
            if (kind, of_secrets) == (_SECRETS, _TLS_KEYS) and 4 <= size <= MOST_KEYS:
                body, size = file.read(size), 0
                yield is_late, body[4 : 4 + struct.unpack(f"{order}I", body[:4])[0]] if len(body) >= 4 else b""


@contextmanager
def _key_file(path: str | Path, keys: str) -> Iterator[str]:
    """Where tshark finds the keys. Of those in a capture, it knows none that stand behind their packets."""
    late = b""
    for is_late, text in _secrets(path) if not keys else ():
        late += text[: MOST_KEYS - len(late)] * is_late
    if not late:
        yield keys
        return
    with TemporaryDirectory() as folder:  # only its owner may look into it
        (Path(folder) / "keys").write_bytes(late)
        yield str(Path(folder) / "keys")


def decrypt(path: str | Path, named: str | Path | None) -> Decrypted:
    """What TLS hides in a capture, by tshark, with keys that are `named`, in the environment, or in the capture."""
    keys = keys_of(path, named)
    if keys is None:
        return Decrypted({}, HOW_TO_GET_KEYS, has_keys=False)
    program = shutil.which("tshark")
    if program is None:
        return Decrypted({}, f"Its keys are there, and tshark is not, which decrypts it: `{command(path, keys)}` does.")
    if keys and not _has_content(keys):
        return Decrypted({}, f"The file of its keys, {keys}, is not there or has nothing in it. {HOW_TO_GET_KEYS}")
    try:
        with _key_file(path, keys) as found:
            packets = _decrypted([program, "-n", *_ANY_PORT, "-r", str(Path(path).absolute()), *_with_keys(found)])
    except (OSError, _GaveUp) as problem:
        return Decrypted({}, f"tshark, which decrypts TLS, did not: {problem}.")
    if not packets:
        return Decrypted({}, "tshark decrypts nothing with these keys: they are of others, or the capture begins late.")
    return Decrypted(packets)


def _decrypted(options: list[str]) -> dict[int, bytes]:
    hellos = _run([*options, "-Y", "tls.handshake.type == 1", "-T", "fields", "-e", "tcp.stream"])
    streams = list(dict.fromkeys(hellos.decode("ascii", "replace").split()))[:MOST_STREAMS]
    follow = [each for stream in streams if stream.isdigit() for each in ("-z", f"follow,tls,yaml,{stream}")]
    return _packets(_run([*options, "-q", *follow])) if follow else {}


def _has_content(keys: str) -> bool:
    return Path(keys).is_file() and Path(keys).stat().st_size > 0


def command(path: str | Path, keys: str) -> str:
    """The command that shows the frames of an encrypted capture."""
    return " ".join(["tshark", "-r", str(path), *_with_keys(keys), "-Y", "websocket"])


def _with_keys(keys: str) -> list[str]:
    return ["-o", f"tls.keylog_file:{keys}"] if keys else []


class _GaveUp(Exception):
    """tshark was stopped, or failed."""


def _run(arguments: list[str]) -> bytes:
    """What a program prints, within the limits."""
    with subprocess.Popen(
        arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as running:
        watch = threading.Timer(LONGEST, running.kill)
        watch.start()
        try:
            assert running.stdout is not None
            output = running.stdout.read(MOST_OUTPUT + 1)
        finally:
            is_late = not watch.is_alive()
            watch.cancel()
            running.kill()
    if is_late or len(output) > MOST_OUTPUT:
        raise _GaveUp("it took too long" if is_late else "it printed too much")
    return output


def _packets(output: bytes) -> dict[int, bytes]:
    """The plain bytes of each packet, from what tshark prints of streams that it follows."""
    found: dict[int, bytes] = {}
    for match in _DATA.finditer(output):
        number = int(match[1])
        try:
            found[number] = found.get(number, b"") + base64.b64decode(b"".join(match[2].split()), validate=True)
        except binascii.Error:
            continue
    return found


# ---- plain segments in place of encrypted ones


class _Half:
    """One direction of a connection that was decrypted: how many plain bytes came, and where the encrypted ones end."""

    def __init__(self, first: int) -> None:
        self.first = first  # sequence number, of its SYN
        self._sent = 0
        self._reached = 0  # plain bytes that were acknowledged; a FIN counts as one
        self._ends: deque[tuple[int, int]] = deque()  # an encrypted sequence number, and the plain bytes up to it

    @property
    def next(self) -> int:
        """The sequence number of the next plain byte."""
        return (self.first + 1 + self._sent) % _NUMBERS

    def add(self, each: Segment, size: int) -> None:
        """A segment with so many plain bytes."""
        self._sent += size
        fin = bool(each.flags & FIN)
        if size or fin:
            self._ends.append((each.seq + each.size + fin, self._sent + fin))

    def acknowledge(self, ack: int) -> int:
        """What acknowledges the plain bytes whose encrypted ones arrived."""
        while self._ends and (ack - self._ends[0][0]) % _NUMBERS < _NUMBERS // 2:
            self._reached = self._ends.popleft()[1]
        return (self.first + 1 + self._reached) % _NUMBERS


class Plaintext:
    """Passes segments on, with those of decrypted connections as plain ones. Packets count from 1."""

    def __init__(self, packets: Mapping[int, bytes], connections: Set[FlowKey]) -> None:
        self._packets = packets
        self._connections = connections
        self._halves: dict[tuple[PacketPlace, PacketPlace], _Half] = {}

    def afresh(self) -> Plaintext:
        """The same for another reading from the beginning."""
        return Plaintext(self._packets, self._connections)

    @property
    def sentence(self) -> str:
        """What was done."""
        count = counted(len(self._connections), "connection")
        return f"tshark has decrypted {count} of TLS: the tape shows what is inside."

    def of(self, number: int, each: Segment) -> Segment:
        """The segment of a packet."""
        if frozenset((each.source, each.target)) not in self._connections:
            return each
        way = each.source, each.target
        if each.flags & SYN:
            self._halves[way] = _Half(each.seq)
        mine, theirs = (self._halves.setdefault(key, _Half(0)) for key in (way, way[::-1]))
        data = b"" if each.flags & SYN else self._packets.get(number, b"")
        seq = each.seq if each.flags & SYN else mine.next
        mine.add(each, len(data))
        ack = theirs.acknowledge(each.ack) if each.flags & ACK else 0
        return each._replace(seq=seq, ack=ack, payload=data, size=len(data))
