"""Logs: lines with times and arrows, and programs that write both directions.

A prefix is a time, a level with its tag, or words such as `TX` and `->`. It is taken off, and what stays is read by the
other forms; lines of one direction that follow each other belong together. `>` and `<` of curl and socat say who wrote.

What this module leaves out: times. A dump is read as an order, because most logs say when they wrote a line, not when
its bytes came.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from wslab.formats.dumps.cells import SINGLE_HEX
from wslab.formats.dumps.form import IN, OUT, Piece, UnfitText, joined
from wslab.formats.dumps.plain import from_base64
from wslab.formats.dumps.rows import shown_count

_TIME = r"(?:\[?(?:\d{4}[-/]\d\d[-/]\d\d[T ])?\d\d:\d\d:\d\d(?:[.,:]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]?|\[ *\d+\.\d+\])"
_OUT_WORDS = r"->|=>|>>>?|→|➜|⇒|TX|Tx|tx|SENT|[Ss]ent|SEND|[Ss]end(?:ing)?|OUT|out|C->S|[Ww]rite|WRITE|↑|⬆|>(?= )"
_IN_WORDS = (
    r"<-|<=|<<<?|←|⇐|RX|Rx|rx|RECV|[Rr]ecv|[Rr]eceived?|RECEIVED?|[Rr]eceiving|IN|in|S->C|[Rr]ead|READ|↓|⬇|<(?= )"
)
_PREFIX = re.compile(
    rf"[ \t]*(?P<time>{_TIME}[ \t]*)?"
    r"(?P<tag>(?:[VDIWE] \(\d+\)|\[[\w .:/-]{1,30}\]) ?(?:[\w./-]{1,40}:)?[ \t]*|[A-Z]: ?)?"
    rf"(?:(?:(?P<out>{_OUT_WORDS})|(?P<in>{_IN_WORDS}))(?:[ \t]*\(?\d+ bytes?\)?)?[ \t]*:?[ \t]*(?=[^\w]|\w))?"
)


def read_log(text: str, others: Callable[[str], list[Piece]]) -> list[Piece]:
    """Take the prefixes off, and read what stays with `others`."""
    groups: list[tuple[str, list[str]]] = []
    way = ""
    for line in text.splitlines():
        found = _PREFIX.match(line)
        if found is None or not found[0].strip():
            way = way if groups else ""
        else:
            way = OUT if found["out"] else IN if found["in"] else way if not found["time"] else ""
            line = line[found.end() :]
        if not groups or groups[-1][0] != way:
            groups.append((way, []))
        groups[-1][1].append(line)
    if not groups or sum(map(len, (lines for _, lines in groups))) == 0 or "\n".join(groups[0][1]) == text.rstrip("\n"):
        raise UnfitText("its lines have no time and no arrow")
    return [piece._replace(way=way) for way, lines in groups if any(lines) for piece in others("\n".join(lines))]


# --- curl -v -------------------------------------------------------------------------------------

_CURL = re.compile(r"(?P<mark>[><*{}])(?: (?P<rest>.*))?")


def read_curl_v(text: str) -> list[Piece]:
    """The heads that `curl -v` prints: `>` is what curl sent, `<` what came."""
    lines = text.strip("\r\n").splitlines()
    found = [_CURL.fullmatch(line.rstrip("\r")) for line in lines]
    if not any(each and re.match("[A-Z]+ |HTTP/", each["rest"] or "") for each in found):
        raise UnfitText("it has no line of a head behind > or <")
    return joined(list(_curl_pieces(lines, found)))


def _curl_pieces(lines: list[str], found: list[re.Match[str] | None]) -> Iterator[Piece]:
    for number, (line, each) in enumerate(zip(lines, found, strict=True), 1):
        if each is None and line.strip():
            raise UnfitText(f"line {number} does not begin with > < or *", number / (len(lines) + 1))
        if each is not None and each["mark"] in "><":
            yield Piece((each["rest"] or "").encode("latin-1", "replace") + b"\r\n", OUT if each["mark"] == ">" else IN)


# --- what libraries log -----------------------------------------------------------------------------

_NETTY_ROW = re.compile(r"\|[0-9a-f]{8}\| (?P<cells>[0-9a-f ]{48})\|.*\|\s*")
_NETTY_WAY = re.compile(r"\b(?:(?P<in>READ|RECEIVED)|(?P<out>WRITE|SENT))(?: ?COMPLETE)?: \d+B")


def read_netty(text: str) -> list[Piece]:
    """The tables of Netty's LoggingHandler, each behind READ or WRITE."""
    pieces, way = [], ""
    for line in text.splitlines():
        if told := _NETTY_WAY.search(line):
            way = IN if told["in"] else OUT
        elif row := _NETTY_ROW.fullmatch(line):
            pieces.append(Piece(bytes.fromhex(row["cells"]), way))
    if not pieces:
        raise UnfitText("it has no row between bars")
    return joined(pieces)


_ZAPHOYD = re.compile(
    r"Processing Bytes: (?P<in>[0-9A-F ]+)|^\[\d+\] \((?P<size>\d+)\) (?:\[(?P<opcode>\d+)\] )?(?P<out>.*)$",
    re.MULTILINE,
)


def read_websocketpp(text: str) -> list[Piece]:
    """The log of WebSocket++: what it processes, and the header and payload of what it writes."""
    pieces = [_zaphoyd_piece(each) for each in _ZAPHOYD.finditer(text)]
    if not pieces or not ("Processing Bytes" in text or "Header Bytes" in text):
        raise UnfitText("it has no `Processing Bytes` and no `Header Bytes`")
    return joined(pieces)


def _zaphoyd_piece(found: re.Match[str]) -> Piece:
    if found["in"]:
        return Piece(bytes.fromhex(found["in"]), IN)
    size, is_text = int(found["size"]), found["opcode"] == "1"
    data = found["out"].encode("latin-1", "replace")[:size] if is_text else bytes.fromhex(found["out"])
    if len(data) != size:
        raise UnfitText(f"{found[0][:30]!r} has other bytes than its number", 0.9)
    return Piece(data, OUT)


# --- socat, and what tshark follows ----------------------------------------------------------------

_SOCAT = re.compile(r"(?P<mark>[><]) \d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?:\.\d+)?\s+length=(?P<size>\d+).*")


def read_socat(text: str) -> list[Piece]:
    """The blocks of `socat -x`, or `-v -x` with its text beside the hex; each says its size."""
    pieces: list[tuple[str, int, bytearray]] = []
    for number, line in enumerate(text.splitlines(), 1):
        found = _SOCAT.match(line)
        if found is not None:
            pieces.append((OUT if found["mark"] == ">" else IN, int(found["size"]), bytearray()))
        elif line.strip() not in ("", "--"):
            if not pieces:
                raise UnfitText(f"line {number} does not begin with > or <, a time and length=")
            data, ends = SINGLE_HEX.take(f" {line.strip()}")
            pieces[-1][2].extend(data[: shown_count(f" {line.strip()}", data, ends)])
    if not pieces:
        raise UnfitText("it is empty")
    return [Piece(bytes(data[:size]), way) for way, size, data in pieces]


_FOLLOWED = re.compile(r"={5,}|Follow:|Filter:|Node \d:")


def read_followed(text: str) -> list[Piece]:
    """Raw hex as tshark follows a stream: a tab in front is the other side."""
    lines = [line for line in text.splitlines() if line.strip() and not _FOLLOWED.match(line)]
    if "Follow:" not in text and not any(line.startswith("\t") for line in lines):
        raise UnfitText("no line begins with a tab")
    if wrong := next((line for line in lines if not re.fullmatch(r"\t?(?:[0-9a-fA-F]{2})+", line.rstrip())), None):
        raise UnfitText(f"{wrong[:30]!r} is not hex behind a tab")
    return [Piece(bytes.fromhex(line.strip()), IN if line.startswith("\t") else OUT) for line in lines]


_YAML = re.compile(
    r"peer: (?P<peer>\d+)\n(?:[^\n]*\n){0,4}?\s*data: !!binary \|\r?\n(?P<data>(?:[ \t]+[A-Za-z0-9+/=]+\r?\n?)+)"
)


def read_yaml(text: str) -> list[Piece]:
    """A followed stream as YAML, in Base64."""
    found = list(_YAML.finditer(text))
    if not found:
        raise UnfitText("it has no `data: !!binary` below a `peer:`")
    return [Piece(from_base64(each["data"]), IN if each["peer"] == "1" else OUT) for each in found]
