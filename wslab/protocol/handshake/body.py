"""Where the body of an HTTP message ends (RFC 9112 §6.3): what stands behind a head that begins no WebSocket.

A refusal has a body, and behind that the connection may go on with the next request. Who looks on has to know where
one ends and the other begins. `BodyReader` counts the bytes of a body as they come, and keeps none of them.

What this module leaves out: what a body says, and its encoding.
"""

from __future__ import annotations

import re

from wslab.protocol.handshake.request import HandshakeRequest
from wslab.protocol.handshake.response import HandshakeResponse

_LENGTH = re.compile("[0-9]{1,15}")
_CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?", re.DOTALL)
_LONGEST_LINE = 4096
_CRLF = 2


class BodyReader:
    """Counts the bytes of one body: `left` of them, None to the end of the stream, or in chunks (RFC 9112 §7.1)."""

    def __init__(self, left: int | None = 0, *, chunked: bool = False) -> None:
        self._left = left
        self._chunked = chunked
        self._in_trailers = False
        self._line = b""
        self.is_over = left == 0 and not chunked

    def take(self, data: bytes, at: int = 0) -> int:
        """The place in `data` up to which it belongs to the body, which goes on at `at`."""
        while at < len(data) and not self.is_over:
            at = self._end_of_line(data, at) if self._chunked and self._left == 0 else self._count(len(data), at)
        return at

    def _count(self, end: int, at: int) -> int:
        if self._left is None:
            return end
        end = min(end, at + self._left)
        self._left -= end - at
        self.is_over = self._left == 0 and not self._chunked
        return end

    def _end_of_line(self, data: bytes, at: int) -> int:
        """A line that says the size of a chunk, or one behind the last chunk."""
        end = data.find(b"\n", at) + 1 or len(data)
        self._line += data[at:end]
        if self._line.endswith(b"\n"):
            self._read_line(self._line.strip(b"\r\n"))
            self._line = b""
        elif len(self._line) > _LONGEST_LINE:
            self._left = None
        return end

    def _read_line(self, line: bytes) -> None:
        if self._in_trailers:
            self.is_over = not line
            return
        found = _CHUNK_SIZE.fullmatch(line)
        size = int(found[1], 16) if found else None
        self._in_trailers = size == 0
        # what is no size leaves nothing to count by: the rest of the stream is the body
        self._left = None if size is None else size and size + _CRLF


def body_of_request(request: HandshakeRequest) -> BodyReader:
    """The body behind an ordinary request; without a header about one there is none (RFC 9112 §6.3)."""
    return _by_headers(request, None) or BodyReader()


def body_of_response(response: HandshakeResponse, method: str) -> BodyReader:
    """The body behind a final response to a request with this method."""
    # RFC 9112 §6.3: "Any response to a HEAD request", any 1xx, 204 or 304, and "Any 2xx (Successful) response to a
    # CONNECT request" ends with its head
    if response.has_no_content or method == "HEAD" or (method == "CONNECT" and response.status // 100 == 2):
        return BodyReader()
    return _by_headers(response, BodyReader(None)) or BodyReader(None)


def _by_headers(half: HandshakeRequest | HandshakeResponse, other: BodyReader | None) -> BodyReader | None:
    """The body as its headers describe it; `other` where it has an encoding that is not chunked at the end."""
    encodings = half.tokens("Transfer-Encoding")
    if encodings:
        return BodyReader(chunked=True) if encodings[-1].lower() == "chunked" else other
    length = half.header("Content-Length") or ""
    return BodyReader(int(length)) if _LENGTH.fullmatch(length) else None
