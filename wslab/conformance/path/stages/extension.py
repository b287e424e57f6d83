"""The stage about permessage-deflate (RFC 7692), which a server may decline."""

from __future__ import annotations

from dataclasses import replace

from wslab.conformance.lessons import DEFLATE
from wslab.conformance.path.case import Case, Grant, Stage, head
from wslab.conformance.path.stages.content import HIGHEST
from wslab.conformance.path.stages.make import binary, echoes, fails, fragments, text

__all__ = ["COMPRESSION"]


def _offer(*offers: str) -> str:
    return head(f"Sec-WebSocket-Extensions: {', '.join(offers)}")


def _compressed(case: Case) -> Case:
    return replace(case, head=_offer("permessage-deflate"), compressed=True, lesson=DEFLATE)


_LONG = "the window goes on, " * 30

COMPRESSION = Stage(
    "compression",
    "Compress, or decline",
    "A client offers permessage-deflate in Sec-WebSocket-Extensions. You may leave that header out of your answer: then"
    " nothing is compressed, and this stage has passed. If you agree, answer with permessage-deflate and only the"
    " parameters that RFC 7692 §7.1 allows; take messages with RSV1 on their first frame, inflate them with one window"
    " for all messages (unless no context takeover was agreed on), and send them back, compressed or not. Messages"
    " without RSV1 stay as they are. The limit of the stage before holds for the inflated message, while it inflates.",
    "Append 00 00 ff ff to the payload of the whole message, then inflate it as raw DEFLATE (RFC 7692 §7.2.2).",
    "zlib: inflateInit2 with -15, one inflater for the connection; all fragments of a message first. To send: deflate,"
    " Z_SYNC_FLUSH, remove the last four bytes, set RSV1. Inflate in steps with a limit on what comes out.",
    "deflate-bomb",
    (
        Case("offer", "an offer of permessage-deflate", Grant(), head=_offer("permessage-deflate")),
        Case(
            "two-offers",
            "an offer with parameters, and a plain one behind it",
            Grant(),
            head=_offer(
                "permessage-deflate; server_no_context_takeover; server_max_window_bits=10", "permessage-deflate"
            ),
            hint="Repeat the parameters about the server that you accept, or take the second offer, or none.",
        ),
        replace(
            _compressed(echoes("text", "“Hello”, compressed", text("Hello"))),
            hint="Inflate what has RSV1. Set RSV1 on what you send compressed: without it, it is read as it is.",
        ),
        _compressed(echoes("takeover", "the same text twice, the second out of the window", text(_LONG), text(_LONG))),
        _compressed(echoes("empty", "an empty text, compressed", text(""))),
        _compressed(echoes("fragments", "a compressed text in three fragments", text(_LONG),
                           sent=fragments(text(_LONG), 100, 200))),
        replace(
            _compressed(echoes("plain", "a text without RSV1", text("as it is"))),
            compressed=False,
            hint="RSV1 says of each message whether it is compressed: without it, do not inflate.",
        ),
        replace(
            _compressed(fails("bomb", "8 MiB of zeros, compressed to 8 KiB", "inflated-too-big",
                              binary(bytes(2 * HIGHEST)), demanded=True)),
            hint="Inflate in steps, and stop as soon as more comes out than your limit.",
        ),
    ),
)  # fmt: skip
