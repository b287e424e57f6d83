"""The last stage: clients that are hostile, broken or gone. Whatever they do, the next client is served."""

from __future__ import annotations

from dataclasses import replace

from wslab.conformance.path.case import HEAD, Case, Stage, Survival
from wslab.conformance.path.stages.make import KEY, binary, text
from wslab.protocol import Frame

__all__ = ["HOSTILE"]

_HELD = Case("", "", Survival(), ends="hold")
_GONE = replace(_HELD, ends="reset")
_HALF = text("half a frame").serialize()[:9]
_LONG_HEAD = HEAD.removesuffix("\r\n") + f"X-Filler: {'x' * 1000}\r\n" * 300

HOSTILE = Stage(
    "hostile",
    "Survive any client",
    "Whatever a client does, your program goes on, and serves the next client at once, also while the first is still"
    " connected: its request is no HTTP, never ends, or stops in the middle; it vanishes with RST inside a frame, or"
    " while you write to it. What you answer to such a client, if anything, is left to you.",
    "Catch every error of a connection in its own task or thread, and never serve one client after the other.",
    "One thread, task or event handler for each connection; around all of it one handler for errors that closes this"
    " connection. A write to a client that is gone fails with EPIPE or ECONNRESET, and SIGPIPE ends a C program that"
    " does not ignore it.",
    "killed",
    (
        replace(_HELD, name="silent", title="a client that connects and sends nothing", head=""),
        replace(_HELD, name="half-request", title="half a request, and no more", head=HEAD[:60]),
        replace(_HELD, name="half-frame", title="half a frame, and no more", sent=(_HALF,)),
        replace(_GONE, name="gone-in-request", title="half a request, then RST", head=HEAD[:60]),
        replace(_GONE, name="gone-in-frame", title="half a frame, then RST", sent=(_HALF,)),
        replace(_GONE, name="gone-while-written-to", title="200 messages, then RST",
                sent=(binary(bytes(1000)),) * 200),
        replace(_HELD, name="not-http", title="bytes that are no HTTP", head="\x16\x03\x01\x02\x00\x01\x00\r\n\r\n"),
        replace(_HELD, name="endless-head", title="a head of 300 KiB that does not end", head=_LONG_HEAD),
        replace(_HELD, name="odd-headers", title="a request with a line that is no header",
                head=HEAD.replace("Upgrade: websocket", "no colon here\r\nUpgrade")),
        replace(_HELD, name="garbage", title="random bytes as frames",
                sent=(bytes.fromhex("9b1f00fe7c3391ffee0502aa8800fffe81"),)),
        replace(_GONE, name="close-and-gone", title="a Close, then RST", sent=(Frame.close(1000, mask=KEY),)),
    ),
)  # fmt: skip
