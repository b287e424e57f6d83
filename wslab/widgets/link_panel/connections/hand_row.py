"""The row of what is sent by hand: who sends, a box for a message, Ping, Close with its code, and a fold for any frame.

Left out: what is sent (`by_hand`).
"""

from __future__ import annotations

import htpy as h
from htpy import Node

from wslab.explain.kinds import KINDS
from wslab.widgets import components
from wslab.widgets.link_panel.connections.by_hand import CLOSE, FRAME, MESSAGE, PING, ByHand

__all__ = ["hand_row"]

ENDS = [
    ("client", "client sends"),
    ("server", "server sends"),
    ("to-server", "link, to server"),
    ("to-client", "link, to client"),
]
TYPES = [("text", "text"), ("binary", "binary")]
BITS = [(f"{bits:03b}", f"{bits:03b}") for bits in range(8)]
OPCODES = [(str(opcode), f"{opcode:X}") for opcode in range(16)]
MASKS = [("right", "masked as it must be"), ("wrong", "masked wrongly")]
HINTS = {"text": "message", "binary": "hex 00 61"}
"""What the box says while it is empty."""

NOT_FROM_HERE = "cannot send"


def hand_row(hand: ByHand, why: str) -> Node:
    """The row; `why` says why nothing can be sent, and is empty where something can."""
    return h.div(".wsl-lhand", role="group", aria_label="Send by hand")[
        _choice("Who sends", "end", ENDS, hand.end),
        h.span(".wsl-lpart.is-message")[
            _choice("Text or binary", "kind", TYPES, hand.kind),
            _box("written", "What it says", hand.written, NOT_FROM_HERE if why else HINTS[hand.kind], MESSAGE),
            _button("Send", MESSAGE, "Send it as one message", why),
        ],
        _button([_mark("ping"), "Ping"], PING, "Send a Ping", why),
        h.span(".wsl-lpart.is-close")[
            _box("code", "Close code", hand.code, "code", CLOSE, size=4),
            _box("reason", "Close reason", hand.reason, "reason", CLOSE),
            _button([_mark("close"), "Close"], CLOSE, "Send a Close with this code and reason (§5.5.1)", why),
        ],
        _any_frame(hand, why),
    ]


def _mark(kind: str) -> Node:
    return h.span(class_=f"wsl-mark wsl-k-{kind}", aria_hidden="true")[KINDS[kind].mark]


def _button(words: Node, what: str, says: str, why: str) -> Node:
    """A button, which is off where there is a reason `why`; the fields know it by its key."""
    return h.button(
        ".wsl-button",
        type="button",
        data_do="by_hand",
        data_arg=what,
        data_key=f"by_hand-{what}",
        title=why or says,
        aria_disabled="true" if why else None,
    )[words]


def _box(name: str, label: str | None, value: str, hint: str, what: str, size: int = 8) -> Node:
    """A line of text, with its label unless it stands in one; Enter presses the button of `what`."""
    return h.input(
        ".wsl-input",
        type="text",
        value=value,
        size=size,
        placeholder=hint,
        data_do="hand",
        data_arg=name,
        data_key=f"hand-{name}",
        data_enter=f"by_hand-{what}",
        aria_label=label,
        spellcheck="false",
        autocomplete="off",
    )


def _choice(label: str, field: str, options: list[tuple[str, str]], value: str) -> Node:
    return h.label[h.span(".wsl-hidden")[label], components.select("hand", options, value, arg=field)]


def _any_frame(hand: ByHand, why: str) -> Node:
    return h.details(".wsl-lwritten", data_key="any-frame")[
        h.summary(".wsl-button", data_key="any-frame-button", title="Put any frame together")["any frame"],
        h.div[
            h.div(".wsl-fields")[
                _field("FIN", "fin", [("1", "1"), ("0", "0")], hand.fin),
                _field("RSV", "rsv", BITS, hand.rsv),
                _field("opcode", "opcode", OPCODES, hand.opcode),
                _field("mask", "mask", MASKS, hand.mask),
            ],
            h.div(".wsl-fields")[
                components.field("payload", _box("payload", None, hand.payload, "text, or hex 00 61", FRAME, 24)),
                _button("Send this frame", FRAME, "Send it just as it is", why),
            ],
        ],
    ]


def _field(label: str, field: str, options: list[tuple[str, str]], value: str) -> Node:
    return components.field(label, components.select("hand", options, value, arg=field))
