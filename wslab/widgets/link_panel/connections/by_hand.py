"""What is sent by hand on the chosen connection: a message, a Ping, a Close or any frame.

It comes from either end, or the link puts it in.

An end of the lab's own sends what its protocol sends: a Close with a code that must not be sent is refused. Another
program's end cannot be made to send; the link puts the frame in on its way instead. Any frame goes just as it is given,
masked as its direction demands (§5.1) or wrongly on purpose.

Left out: who asks for it, and the link's part (`widget`); how it looks (`hand_row`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from wslab.explain import parse_hex
from wslab.protocol import Frame, Role

__all__ = ["CLOSE", "FRAME", "KEY", "MESSAGE", "OVER", "PING", "ByHand", "cannot_send", "send_by_hand"]

MESSAGE, PING, CLOSE, FRAME = "message", "ping", "close", "frame"
"""What can be sent."""

OVER = "This connection is over: dial again, then send."
"""What is said where neither an end nor the link can send."""

KEY = bytes.fromhex("37fa213d")
"""The masking key of a frame that a server must not mask: that of the RFC's example (§5.7)."""


@dataclass(frozen=True, slots=True)
class ByHand:
    """What is in the fields, all of it as text: they are named as the page names them.

    `end` is who sends: `client`, `server`, or the link to one of them (`to-server`, `to-client`).
    """

    end: str = "client"
    kind: str = "text"
    written: str = ""
    code: str = "1000"
    reason: str = ""
    opcode: str = "1"
    fin: str = "1"
    rsv: str = "000"
    mask: str = "right"
    payload: str = ""

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
        """Whether any frame is masked where it must not be, or not masked where it must (§5.1)."""
        return self.mask == "wrong"

    @property
    def message(self) -> str | bytes:
        """The message; bytes may be written as `hex 00 61`, and ValueError says where these are none."""
        return self.written if self.kind == "text" else _bytes(self.written)

    @property
    def close(self) -> tuple[int | None, str]:
        """The code and the reason of a Close; no code is a Close without a body. ValueError for what is no code."""
        code = self.code.strip()
        if code and not re.fullmatch("[0-9]{4}", code):
            raise ValueError(f"{code!r} is no close code: it has four digits, such as 1000 or 4001 (§7.4).")
        return (int(code), self.reason) if code else (None, "")

    def frame(self, what: str) -> Frame:
        """The frame that the link puts in, without its key, or with a key where it must have none.

        Raises `LocalProtocolError` for a Close that must not be sent.
        """
        if what == FRAME:
            return self._any()
        if what == CLOSE:
            return Frame.close(*self.close)
        if what == PING:
            return Frame.ping()
        return Frame.text(self.message) if isinstance(self.message, str) else Frame.binary(self.message)

    def _any(self) -> Frame:
        first, second, third = (bit == "1" for bit in self.rsv)
        key = KEY if self.is_wrong and self.sender is Role.SERVER else None
        payload = _bytes(self.payload)
        return Frame(int(self.opcode), payload, fin=self.fin == "1", rsv1=first, rsv2=second, rsv3=third, mask=key)

    def sent(self, what: str) -> ByHand:
        """The fields once it was sent: a message is gone from its box."""
        return replace(self, written="") if what == MESSAGE else self


def _bytes(written: str) -> bytes:
    return parse_hex(written.removeprefix("hex "), "The payload") if written.startswith("hex ") else written.encode()


async def send_by_hand(end: Any, hand: ByHand, what: str) -> None:
    """Let an end send it: a wrong mask as bare bytes, all else as the end's protocol sends it."""
    if what == FRAME and hand.is_wrong:
        await end.send_raw(hand.frame(what).serialize())
    elif what == FRAME:
        await end.send_frame(hand.frame(what))
    elif what == CLOSE:
        await end.close(*hand.close)
    elif what == PING:
        await end.ping()
    else:
        await end.send(hand.message)


def cannot_send(role: Role, *, is_own: bool) -> str:
    """What is said where an end cannot be made to send and the link can: another program's, or one that has ended."""
    why = f"This {role.value} sends no more" if is_own else f"This {role.value} is not the lab's own"
    return f"{why}: let the link put a frame in instead."
