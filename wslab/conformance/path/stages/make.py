"""What the stages are made of: frames of a client, and the usual kinds of cases."""

from __future__ import annotations

from typing import Any

from wslab.conformance.path.case import Case, Echo, Failure
from wslab.conformance.path.exchange import KEY
from wslab.protocol import RULES, Frame

__all__ = ["KEY", "ZERO", "answers", "binary", "echoes", "fails", "fragments", "text"]

ZERO = bytes(4)
"""A masking key that leaves the payload as it is."""


def text(said: str, key: bytes | None = KEY) -> Frame:
    """A text frame of a client."""
    return Frame.text(said, mask=key)


def binary(data: bytes, key: bytes | None = KEY) -> Frame:
    """A binary frame of a client."""
    return Frame.binary(data, mask=key)


def fragments(whole: Frame, *sizes: int) -> tuple[Frame, ...]:
    """A message in fragments of these sizes, in bytes, and one with the rest."""
    parts, at = [], 0
    for size in sizes:
        parts.append(whole.payload[at : at + size])
        at += size
    first, *rest = [*parts, whole.payload[at:]]
    begin = whole.replace(payload=first, fin=not rest)
    return (
        begin,
        *(Frame.continuation(each, fin=number == len(rest), mask=whole.mask) for number, each in enumerate(rest, 1)),
    )


def echoes(name: str, title: str, *messages: Frame, sent: tuple[Frame | bytes, ...] = (), **more: Any) -> Case:
    """Messages that come back as they are; `sent` says how they go out, where that is not as whole frames."""
    back = tuple(each.replace(mask=None) for each in messages)
    return Case(name, title, Echo(back), sent or messages, **more)


def answers(name: str, title: str, pongs: tuple[bytes, ...], *sent: Frame, back: tuple[Frame, ...] = ()) -> Case:
    """Pings, and the Pongs that have to come, beside the messages that come back."""
    messages = tuple(each.replace(mask=None) for each in back)
    return Case(name, title, Echo(messages, pongs), sent)


def fails(name: str, title: str, rule: str, *sent: Frame | bytes, demanded: bool = False, **more: Any) -> Case:
    """Bytes for which the server fails the connection."""
    return Case(name, title, Failure(RULES[rule], demanded=demanded), sent, **more)
