"""`load`: any file that holds WebSocket traffic. Its content says what it is, never its name."""

from __future__ import annotations

import re
from pathlib import Path

from wslab.formats import har, hexdump
from wslab.formats.dumps.reader import decoded
from wslab.formats.pcap import pcapng
from wslab.protocol.numbers import read_size
from wslab.tape import jsonlines
from wslab.tape.files import UnreadableFile, check_packed, opened
from wslab.tape.log import DEFAULT_MAX_BYTES
from wslab.tape.tape import Tape

_LOOK = 64 * 1024
_JSON = re.compile(
    rb'(?:\xef\xbb\xbf)?\s*(?:\{\s*(?:"(?!type"\s*:\s*"Buffer|\d+"\s*:)|\}|\Z)|\[\s*(?:[\[{"]|\](?!\w)|\Z))'
)
_ANGLES = (b"<Buffer ", b"<<", b"< ", b"<-", b"<=")  # a dump may begin so
_UNKNOWN = (
    "this is neither a tape of wslab (JSON lines), nor a HAR, nor a capture (pcapng or pcap), nor a dump of bytes; "
    f"{hexdump.AS_BYTES}"
)
_OF_OTHERS = (
    "this is a capture, but neither pcapng nor pcap (snoop, Network Monitor, iptrace or Sniffer): first turn it into "
    "one with Wireshark's `editcap FILE capture.pcapng`."
)
_KNOWN = (
    (b"\x1f\x8b", "this is compressed with gzip twice: unpack it once (gunzip)."),
    (b"PK\x03\x04", "this is a zip archive: unpack it first."),
    (b"\x28\xb5\x2f\xfd", "this is compressed with zstd: unpack it first (unzstd)."),
    (b"\xfd7zXZ", "this is compressed with xz: unpack it first (unxz)."),
    (b"BZh", "this is compressed with bzip2: unpack it first (bunzip2)."),
    (b"\x04\x22\x4d\x18", "this is compressed with lz4: unpack it first (unlz4)."),
    (b"\xd4\xc3\xb2", "this is a capture in a form of libpcap that is not known here."),
    *((magic, _OF_OTHERS) for magic in (b"snoop\0", b"GMBU", b"RTSS", b"iptrace ", b"TRSNIFF data")),
    (b"<", "this is HTML or XML: of a page that `wslab.export` wrote, keep the .jsonl beside it."),
)


def load(
    path: str | Path, *, max_bytes: int = DEFAULT_MAX_BYTES, as_form: str = "", keys: str | Path | None = None
) -> Tape:
    """Open a recording as a `Tape`: JSON lines of wslab, a HAR, a capture (pcapng or pcap), or a dump of bytes.

    A dump may have any form that `wslab dissect` reads. Each may be compressed with gzip.

    The content of the file says what it is. Of a damaged file the whole parts are loaded, and `tape.warnings` says what
    is not. `keys` is a file with the keys of TLS, as SSLKEYLOGFILE names one; with it, or with keys in the capture,
    tshark decrypts a capture. `max_bytes` limits the tape. `as_form` names the form of a dump, as `wslab dissect --as`
    does; "raw" takes the file for the bytes of one direction themselves. Raises `UnreadableFile`, a ValueError, with
    one sentence where there is no such file, or no WebSocket traffic in it.
    """
    max_bytes = read_size("max_bytes", max_bytes)
    damage = check_packed(path)
    tape = _load(path, max_bytes, as_form, keys)
    if damage:
        tape.warnings.append(damage)
    return tape


def _load(path: str | Path, max_bytes: int, as_form: str, keys: str | Path | None) -> Tape:
    begin = _begin(path)
    if as_form:
        return hexdump.load(path, max_bytes=max_bytes, as_form=as_form)
    if jsonlines.is_ours(begin):
        return Tape.load(path, max_bytes=max_bytes)
    if pcapng.is_capture(begin):
        return pcapng.load(path, max_bytes=max_bytes, keys=keys)
    if _JSON.match(begin):  # lists of numbers, and a Buffer of Node in JSON, are dumps
        return har.load(path, max_bytes=max_bytes)
    if (known := _what_else(begin)) is not None:
        raise UnreadableFile(path, known)
    return hexdump.load(path, max_bytes=max_bytes)


def _begin(path: str | Path) -> bytes:
    with opened(path) as file:
        begin = file.read(_LOOK)
    if not begin:
        raise UnreadableFile(path, "the file is empty.")
    return begin


def _what_else(begin: bytes) -> str | None:
    """What a file is that no reader reads; None where it may be a dump."""
    known = next((words for magic, words in _KNOWN if begin.startswith(magic)), None)
    if known is not None and not begin.startswith(_ANGLES):
        return known
    return None if hexdump.begins_with_head(begin) or decoded(begin) is not None else _UNKNOWN
