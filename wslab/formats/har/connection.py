"""One entry of a HAR as the records of a connection: its address, its source, its heads, its messages, its end.

The source says what is special about it (`tape.streams.source`): messages or times that were not recorded are not the
same as silence. Where no answer is in the HAR and messages are, the opening was missed, and frames come from the
beginning.

The tool's own order of the messages holds. A list that has the newest first is turned round, and one in which times
fall by more than `JITTER`, such as all that was sent before all that was received, is put into the order of its times.

What it leaves out: the order of several connections (`read`).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from wslab.explain.narration import narrate_close
from wslab.formats.har.entries import (
    HowOpened,
    Json,
    address,
    failures,
    is_over_newer_http,
    listed_in,
    opening_of,
    part,
    text,
)
from wslab.formats.har.heads import request_head, response_head
from wslab.formats.har.message import HarMessage
from wslab.formats.har.messages import Attachments, attachment, read_messages
from wslab.formats.har.times import Lifetime, as_number, moments, unix_seconds
from wslab.tape.files import LATEST, Warnings
from wslab.tape.records import ForeignSource, RecordKind, Reported, pack
from wslab.tape.streams.source import ELSEWHERE, NEWER_HTTP, NO_MESSAGES, NO_OPENING

JITTER = 0.05
"""Seconds by which a message may seem older than the one before it and still be in its place."""


class HarRecord(NamedTuple):
    """A record to be: it is written once all are in the order of their times."""

    time: float
    number: int
    what: RecordKind
    data: bytes


def read_connection(number: int, entry: Json, attachments: Attachments, warn: Warnings) -> Iterator[HarRecord]:
    """The records of an entry."""
    listed, missing = _listed(entry, attachments)
    opening = opening_of(entry, listed)
    messages = list(read_messages(number, listed, warn))
    lifetime = _lifetime(entry)
    times, note = moments([message.time for message in messages], lifetime)
    in_order = _in_order(messages, times)
    began, answered = _beginning(lifetime, in_order)
    yield HarRecord(began, number, RecordKind.CONNECT, address(entry).encode("utf-8", "replace"))
    yield HarRecord(began, number, RecordKind.SOURCE, _source(entry, opening, missing, note))
    if opening is HowOpened.MISSED:
        yield HarRecord(began, number, RecordKind.JOINED, b"")
    else:
        yield HarRecord(began, number, RecordKind.SENT, request_head(entry, opening))
    if answer := response_head(entry, opening):
        yield HarRecord(answered, number, RecordKind.ARRIVED, answer)
    last = answered
    for message, time in in_order:
        last = max(last, last if time is None else time)  # the tool's own order holds
        yield HarRecord(last, number, message.what, message.data)
    for said in _said(entry):
        yield HarRecord(max(last, began + lifetime.length), number, RecordKind.REPORTED, pack(Reported("wire", said)))


def _listed(entry: Json, attachments: Attachments) -> tuple[list[Any], str]:
    """The messages, and why there are none, as a name of `source`."""
    listed = listed_in(entry)
    if listed is not None:
        return listed, ""
    name = attachment(entry)
    found = attachments.read(name) if name else None
    if found is not None:
        return found, ""
    return [], ELSEWHERE if name else NO_MESSAGES


def _lifetime(entry: Json) -> Lifetime:
    began = unix_seconds(entry.get("startedDateTime")) or 0.0
    wait, length = (as_number(value) or 0.0 for value in (part(entry, "timings").get("wait"), entry.get("time")))
    return Lifetime(began, began + _milliseconds(wait), _milliseconds(length))


def _milliseconds(number: float) -> float:
    return number / 1000 if number < 1e9 else 0.0


def _in_order(messages: list[HarMessage], times: list[float | None]) -> list[tuple[HarMessage, float | None]]:
    """The messages with their times: in the tool's own order, unless the times contradict it."""
    found = list(zip(messages, times, strict=True))
    known = [time for time in times if time is not None]
    falls = [before - behind for before, behind in pairwise(known)]
    if len(known) < len(found) or max(falls, default=0.0) <= JITTER:
        return found
    return found[::-1] if min(falls) >= 0 else sorted(found, key=lambda each: each[1] or 0.0)


def _beginning(lifetime: Lifetime, in_order: list[tuple[HarMessage, float | None]]) -> tuple[float, float]:
    """When it began and was answered: not behind the first message."""
    first = next((time for _, time in in_order if time is not None), LATEST)
    began = lifetime.began or (first if first < LATEST else 0.0)
    return min(began, first), min(max(lifetime.answered, began), first)


def _source(entry: Json, opening: HowOpened, missing: str, note: str) -> bytes:
    is_open = opening in (HowOpened.UPGRADED, HowOpened.CONNECTED)
    newer = NEWER_HTTP if is_over_newer_http(entry, opening) else ""
    missed = NO_OPENING if opening is HowOpened.MISSED else ""
    special = ",".join(each for each in (newer, missed, missing if is_open else "", note) if each)
    return pack(ForeignSource("wire", f"har:{special}" if special else "har"))


def _said(entry: Json) -> Iterator[str]:
    """What the tool says of a failure or an end: HTTP Toolkit keeps the code, and not who sent the Close."""
    heard = [message.get("data") for message in listed_in(entry) or [] if isinstance(message, dict)]
    yield from (said for said in failures(entry) if said not in heard)
    if text(entry, "_webSocketClose") == "aborted":
        yield "the connection was aborted"
    end = part(entry, "_webSocketClose")
    if isinstance(code := end.get("code"), int) and 0 <= code < 1 << 16:
        yield f"closed with {narrate_close(code, text(end, 'reason'))}"
