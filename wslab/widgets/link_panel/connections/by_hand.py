"""What is sent by hand on the chosen connection: a message, a Ping, a Close or any frame.

It comes from either end, or the link puts it in.

An end of the lab's own sends what its protocol sends: a Close with a code that must not be sent is refused. Another
program's end cannot be made to send; the link puts the frame in on its way instead. Any frame goes just as it is given,
masked as its direction demands (§5.1) or wrongly on purpose.

Left out: who asks for it, and the link's part (`widget`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import htpy as h
from htpy import Node

from wslab.explain import parse_hex
from wslab.lab.faults.manual import close_words
from wslab.protocol import Frame, Role
from wslab.widgets import components

__all__ = ["KEY", "ByHand", "by_hand_form", "foreign", "send", "send_by_hand"]

KEY = bytes.fromhex("37fa213d")
"""The masking key of a frame that a server must not mask: that of the RFC's example (§5.7)."""

ENDS = [
    ("client", "from the client"),
    ("server", "from the server"),
    ("to-server", "on the link, to the server"),
    ("to-client", "on the link, to the client"),
]
KINDS = [("text", "text"), ("binary", "binary"), ("ping", "Ping"), ("close", "Close"), ("frame", "any frame")]
BITS = [(f"{bits:03b}", f"{bits:03b}") for bits in range(8)]
OPCODES = [(str(opcode), f"{opcode:X}") for opcode in range(16)]
MASKS = [("right", "masked as it must be"), ("wrong", "masked wrongly")]


@dataclass(frozen=True, slots=True)
class ByHand:
    """What is in the form, all of it as text: the fields are named as the page names them."""

    end: str = "client"
    kind: str = "text"
    written: str = ""
    opcode: str = "1"
    fin: str = "1"
    rsv: str = "000"
    mask: str = "right"

    @property
    def sender(self) -> Role:
        """Whose direction it goes in."""
        return Role.CLIENT if self.end in ("client", "to-server") else Role.SERVER

    @property
    def on_link(self) -> bool:
        """Whether the link puts it in."""
        return self.end.startswith("to-")

    @property
    def is_wrong(self) -> bool:
        """Whether it is masked where it must not be, or not masked where it must (§5.1)."""
        return self.kind == "frame" and self.mask == "wrong"

    @property
    def payload(self) -> bytes:
        """The bytes that are written: text, or `hex 00 61`; ValueError where these are no bytes."""
        if self.written.startswith("hex "):
            return parse_hex(self.written.removeprefix("hex "), "The payload")
        return self.written.encode()

    def frame(self) -> Frame:
        """The frame without its key, or with a key where it must have none.

        Raises `LocalProtocolError` for a Close, a Ping or a text that must not be sent.
        """
        if self.kind == "frame":
            return self._any()
        if self.kind == "close":
            return Frame.close(*close_words(self.written))
        if self.kind == "ping":
            return Frame.ping(self.payload)
        return Frame.text(self.written) if self.kind == "text" else Frame.binary(self.payload)

    def _any(self) -> Frame:
        first, second, third = (bit == "1" for bit in self.rsv)
        key = KEY if self.is_wrong and self.sender is Role.SERVER else None
        return Frame(int(self.opcode), self.payload, fin=self.fin == "1", rsv1=first, rsv2=second, rsv3=third, mask=key)


async def send_by_hand(end: Any, hand: ByHand) -> None:
    """Send what is in the form: a wrong mask as bare bytes, all else as the end's protocol sends it."""
    if hand.is_wrong:
        await end.send_raw(hand.frame().serialize())
    elif hand.kind == "frame":
        await end.send_frame(hand.frame())
    else:
        await send(end, hand.kind, hand.written)


async def send(client: Any, kind: str, written: str) -> None:
    """Send what is in the box: `hex 00 61` is bytes, a Close is written as `1000 bye`."""
    if kind == "close":
        await client.close(*close_words(written))
        return
    is_hex = written.startswith("hex ") and kind != "text"
    payload = parse_hex(written.removeprefix("hex "), "The payload") if is_hex else written.encode()
    if kind == "ping":
        await client.ping(payload or None)
    else:
        await client.send(written if kind == "text" else payload)


def foreign(role: Role) -> str:
    """What is said where an end cannot be made to send."""
    return f"This {role.value} is not the lab's own, or its connection is over: put a frame in on the link instead."


def by_hand_form(hand: ByHand, owned: tuple[Role, ...]) -> Node:
    """The form, in a fold; `owned` are the ends that the lab can make send."""
    missing = not hand.on_link and hand.sender not in owned
    return h.details(".wsl-lwritten", data_key="by-hand")[
        h.summary(".wsl-button", data_key="by-hand-button", title="Send from either end, or put a frame in")["by hand"],
        h.div[
            h.div(".wsl-fields")[
                _choice("Where from", "end", ENDS, hand.end),
                _choice("What", "kind", KINDS, hand.kind),
                components.field("What it says", _box(hand)),
                components.do_button("Send by hand", "by_hand", off=missing),
            ],
            hand.kind == "frame" and _bits(hand),
            h.p(".wsl-note")[foreign(hand.sender) if missing else _hint(hand)],
        ],
    ]


def _bits(hand: ByHand) -> Node:
    return h.div(".wsl-fields")[
        _choice("FIN", "fin", [("1", "1"), ("0", "0")], hand.fin),
        _choice("RSV", "rsv", BITS, hand.rsv),
        _choice("Opcode", "opcode", OPCODES, hand.opcode),
        _choice("Mask", "mask", MASKS, hand.mask),
    ]


def _box(hand: ByHand) -> Node:
    return components.text_input("hand", hand.written, size=24, code=True, arg="written", enter="by_hand-")


def _choice(label: str, field: str, options: list[tuple[str, str]], value: str) -> Node:
    return components.field(label, components.select("hand", options, value, arg=field))


def _hint(hand: ByHand) -> str:
    if hand.kind == "close":
        return "A Close is written as its code and its reason: 1000 bye."
    return "Bytes are written as hex 00 61." if hand.kind != "text" else "The text goes as it is written."
