"""A head of the opening handshake cut into pieces, each with the name that RFC 9112 and RFC 6455 give it.

The first line is cut at its spaces, a header at its colon, and a value that is a list at its separators. Every byte
belongs to a piece, whatever is wrong with the head: what it breaks is judged elsewhere (`openings`), and where a piece
stands is counted by `anatomy`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from wslab.explain.words import HEADERS
from wslab.protocol.codes import Role

__all__ = ["head_pieces"]

_Piece = tuple[str, bytes, str, str]


def head_pieces(head: bytes, sender: Role) -> Iterator[_Piece]:
    """The pieces of a head that `sender` sent, as name, bytes, meaning and section; joined, they are the head again."""
    begins = True  # also behind an empty line: an interim answer has another behind it (RFC 9110 §15.2)
    status = ""
    for raw in head.splitlines(keepends=True):
        if begins:
            status = _status(raw) if sender is Role.SERVER else ""
        pieces = _first_line_pieces(raw, sender, status) if begins else _header_pieces(raw, sender, status)
        yield from (piece for piece in pieces if piece[1])
        begins = not begins and not raw.strip(b"\r\n")


def _status(line: bytes) -> str:
    """Which kind of status a first line has: a key of `_STATUS`."""
    code = _text(line.partition(b" ")[2].partition(b" ")[0]).strip()
    return "101" if code == "101" else "1" if code.startswith("1") else "other"


_STATUS = {
    "101": ("leaves HTTP: the server agrees", "4.2.2"),
    "1": ("an interim answer: the final one comes behind it", "RFC 9110 15.2"),
    "other": ("not 101: it stays HTTP, such as a refusal, a wish for a login (401) or another address (3xx)", "4.1"),
}
_BEHIND = {"1": "the next answer follows", "other": "the body follows, if there is one"}


def _first_line_pieces(raw: bytes, sender: Role, status: str) -> Iterator[_Piece]:
    line, end = _split_end(raw)
    one, gap, rest = line.partition(b" ")
    two, gap2, three = rest.partition(b" ")
    if sender is Role.CLIENT:
        yield "Method", one, "GET, which asks and changes nothing" if one == b"GET" else "must be GET", "4.1"
        yield "Space", gap, "", "RFC 9112 3"
        yield "Request target", two, "path and query, or a whole URI", "4.1"
        yield "Space", gap2, "", "RFC 9112 3"
        yield "HTTP version", three, "1.1 or later", "4.1"
    else:
        yield "HTTP version", one, "1.1 or later", "4.2.2"
        yield "Space", gap, "", "RFC 9112 4"
        yield "Status code", two, *_STATUS[status]
        yield "Space", gap2, "", "RFC 9112 4"
        yield "Reason phrase", three, "for people", "RFC 9112 4"
    yield _line_end(end)


def _header_pieces(raw: bytes, sender: Role, status: str) -> Iterator[_Piece]:
    line, end = _split_end(raw)
    if not line:
        behind = _BEHIND.get(status, "frames follow once the handshake is done")
        yield "Empty line", end, f"the head ends here; {behind}", "RFC 9112 2.1"
        return
    name, colon, value = line.partition(b":")
    bare = value.strip(b" \t")
    begin = len(value) - len(value.lstrip(b" \t")) if bare else len(value)
    # §4.1, 12 allows "any other header fields" in a request; of a response it says nothing
    other = ("another header", "4.1" if sender is Role.CLIENT else "RFC 9110 6.3")
    meaning, section = HEADERS.get(_text(name).strip().lower(), other)
    yield "Header name", name, meaning, section
    yield "Colon", colon + value[:begin], "", "RFC 9112 5"
    yield from _value_pieces(_text(name).strip().lower(), bare, meaning, section)
    yield "Space", value[begin + len(bare) :], "", "RFC 9112 5"
    yield _line_end(end)


def _line_end(end: bytes) -> _Piece:
    return "Line end", end, "CR LF" if end == b"\r\n" else "should be CR LF", "RFC 9112 2.2"


# a separator with its spaces, a quoted string (or what begins as one), words, or spaces; none can match in two ways
_LISTED = re.compile(
    rb'[ \t]*[,;=][ \t]*|"(?:[^"\\]|\\.)*(?:"|\\?\Z)|[^,;=" \t]+(?:[ \t]+[^,;=" \t]+)*|[ \t]+', re.DOTALL
)
_LISTS = {
    "sec-websocket-extensions": {",": "Extension", ";": "Parameter", "=": "Parameter value"},
    "sec-websocket-protocol": {",": "Subprotocol"},
}
_EXTENSION_WORDS = {
    "Extension": ("an extension, which may change what frames mean", "9.1"),
    "Parameter": ("how the extension is to work", "9.1"),
    "Parameter value": ("the value of that parameter", "9.1"),
}


def _value_pieces(header: str, value: bytes, meaning: str, section: str) -> Iterator[_Piece]:
    """The value whole, or, of a list, token by token."""
    names = _LISTS.get(header)
    if names is None or not value:
        yield "Header value", value, meaning, section
        return
    name = names[","]
    for found in _LISTED.finditer(value):
        piece = found[0]
        separator = _text(piece).strip(" \t")
        if separator in (",", ";", "="):
            name = names.get(separator, name)
            yield "Separator", piece, "", "RFC 9110 5.6.1" if separator == "," else "9.1"
        else:
            yield name, piece, *_EXTENSION_WORDS.get(name, (meaning, section))


def _split_end(raw: bytes) -> tuple[bytes, bytes]:
    bare = raw.rstrip(b"\r\n")
    return bare, raw[len(bare) :]


def _text(data: bytes) -> str:
    return data.decode("latin-1")  # every byte is a character: nothing is lost
