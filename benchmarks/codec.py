"""Parsing, serialising and masking, with nothing but memory in between.

Peers: the sans-IO layers of `websockets` and `wsproto`. Every peer gets the same bytes, as a server
gets them: masked frames of one size, in chunks of 64 KiB. For the masks the peer is the definition itself.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial

import wsproto
from websockets.frames import Frame as TheirFrame
from websockets.frames import Opcode as TheirOpcode
from websockets.protocol import OPEN, SERVER, Protocol
from wsproto.events import Message

from benchmarks.harness import OURS, Measurement, Progress, Target, repeat, size_name, take_turns, timed
from wslab.protocol import Frame, FrameParser, Opcode, Role
from wslab.protocol.masking import LADDER

CHUNK = 64 * 1024
PARSE = {
    16: [Target("websockets", 3.5), Target("wsproto", 10)],
    125: [Target("websockets", 3.5), Target("wsproto", 10)],
    1024: [Target("websockets", 2.5)],
    64 * 1024: [Target("websockets", 1.2)],
    1024 * 1024: [Target("websockets", 1.0)],
}


def measure(progress: Progress) -> Iterator[Measurement]:
    """One line for each size and direction, and one for each rung of the masking ladder."""
    for size in PARSE:
        yield _parse(size, progress)
    for size in (16, 125, 1024, 64 * 1024):
        yield _serialize(size, progress)
    for size in (16, 1024, 1024 * 1024):
        yield _mask(size, progress)


def _parse(size: int, progress: Progress) -> Measurement:
    stream = Frame.binary(os.urandom(size), mask=os.urandom(4)).serialize()
    count = max(16, min(20_000, (16 << 20) // len(stream)))
    data = stream * count
    chunks = [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)]
    feeds = {OURS: _feed_ours, "websockets": _feed_websockets, "wsproto": _feed_wsproto}
    runs = {name: (lambda feed=feed: count / timed(lambda: feed(chunks, count))) for name, feed in feeds.items()}
    return Measurement(
        f"parse masked frames, {size_name(size)}", "frames/s", take_turns(runs, progress), True, PARSE[size]
    )


def _feed_ours(chunks: list[bytes], count: int) -> None:
    parser = FrameParser(Role.SERVER)
    assert sum(len(parser.feed(chunk)) for chunk in chunks) == count


def _feed_websockets(chunks: list[bytes], count: int) -> None:
    protocol = Protocol(SERVER, state=OPEN, max_size=None)
    seen = 0
    for chunk in chunks:
        protocol.receive_data(chunk)
        seen += len(protocol.events_received())
    assert seen == count


def _feed_wsproto(chunks: list[bytes], count: int) -> None:
    connection = wsproto.connection.Connection(wsproto.ConnectionType.SERVER)
    seen = 0
    for chunk in chunks:
        connection.receive_data(chunk)
        seen += sum(isinstance(event, Message) and event.message_finished for event in connection.events())
    assert seen == count


def _serialize(size: int, progress: Progress) -> Measurement:
    payload, count = os.urandom(size), max(64, min(20_000, (16 << 20) // (size + 1)))
    ours, theirs = Frame(Opcode.BINARY, payload), TheirFrame(TheirOpcode.BINARY, payload)
    calls = {OURS: ours.serialize, "websockets": partial(theirs.serialize, mask=False)}
    runs = {name: (lambda call=call: count / timed(lambda: repeat(call, count))) for name, call in calls.items()}
    medians = take_turns(runs, progress)
    return Measurement(f"serialize a frame, {size_name(size)}", "frames/s", medians, True, [Target("websockets", 1.5)])


def _mask(size: int, progress: Progress) -> Measurement:
    data, key, count = os.urandom(size), os.urandom(4), max(1, min(2_000, (1 << 20) // size))

    def megabytes_a_second(rung: str) -> float:
        return size * count / timed(lambda: repeat(lambda: LADDER[rung](data, key), count)) / 1e6

    runs = {rung: partial(megabytes_a_second, rung) for rung in LADDER}
    return Measurement(f"mask {size_name(size)}", "MB/s", take_turns(runs, progress), True)
