"""A frame in a few words: its name and the beginning of its payload, for every view with little room.

    text “Hello”    text, more follows “Hel”    binary, 5 bytes    Close 1000 “bye”    Ping “1”

A payload is shown as text in quotes where its first bytes read as UTF-8, else as hex; both are cut. That of a Ping or a
Pong is text only where each of its characters can be shown. What a peer sent is
data: nothing in it reaches a terminal or a page as a control character.

What it leaves out: who sent the frame, and how (`narration` makes the sentence).
"""

from __future__ import annotations

from wslab.explain.hextext import short_hex
from wslab.explain.narration import size_in_words
from wslab.explain.words import is_readable, is_text, opcode_name, quoted
from wslab.protocol.codes import Opcode
from wslab.protocol.frames import Frame
from wslab.protocol.messages import CloseBody

__all__ = ["preview"]

MOST_TEXT, MOST_HEX = 24, 8
"""Characters of a text, and bytes of what is no text, that a preview shows."""


def preview(frame: Frame, plain: bytes | None = None) -> str:
    """A frame in a few words; `plain` is the inflated payload of a compressed one.

    >>> preview(Frame.text("Hello"))
    'text “Hello”'
    """
    if plain is None:
        return _words(frame)
    words = _words(frame.replace(payload=plain))
    return f"{words} out of {len(frame.payload):,}" if frame.rsv1 and frame.opcode == Opcode.BINARY else words


def _words(frame: Frame) -> str:
    if frame.opcode == Opcode.CLOSE:
        return _close(frame.payload)
    name = opcode_name(frame.opcode)
    if not frame.opcode & 8 and not frame.fin:
        name += ", more follows"
    if frame.opcode == Opcode.BINARY:
        return f"{name}, {size_in_words(len(frame.payload))}"
    return f"{name} {_payload(frame)}" if frame.payload else name


def _close(payload: bytes) -> str:
    if len(payload) < 2:
        return "Close"
    return f"Close {CloseBody.lenient(payload).code}" + (f" {quoted(payload[2:], MOST_TEXT)}" if payload[2:] else "")


def _payload(frame: Frame) -> str:
    # of data, each frame may be a fragment; the payload of a control frame is whole, and often a few random bytes
    text = is_readable(frame.payload) if frame.opcode & 8 else is_text(frame.payload, whole=False)
    return quoted(frame.payload, MOST_TEXT) if text else short_hex(frame.payload, MOST_HEX)
