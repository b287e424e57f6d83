"""Where frames begin in bytes whose beginning is not known."""

from __future__ import annotations

import random

import pytest

from wslab.protocol import Frame
from wslab.protocol.frames.boundary import MOST_CHAINS, BoundarySearch

KEY = bytes.fromhex("37fa213d")


def search(*chunks: bytes) -> BoundarySearch:
    found = BoundarySearch()
    for each in chunks:
        found.feed(each)
    return found


def frames(chance: random.Random, key: bytes | None) -> list[bytes]:
    texts = [Frame.text("é{}" * chance.randrange(1, 90)), Frame.ping(b"ping"), Frame.pong(b"pong")]
    large = [Frame.binary(chance.randbytes(size)) for size in (3, 200, 4000, 70_000)]
    return [chance.choice(texts + large).replace(mask=key).serialize() for _ in range(14)]


@pytest.mark.parametrize("key", [None, KEY])
@pytest.mark.parametrize("seed", range(8))
def test_the_first_whole_frame_is_found_wherever_one_begins_to_listen(seed: int, key: bytes | None) -> None:
    chance = random.Random(seed)
    first, *others = frames(chance, key)
    rest = first[chance.randrange(1, len(first)) :]
    stream = rest + b"".join(others)
    looked, found = BoundarySearch(), None
    for at in range(0, len(stream), 1448):
        found = found or looked.feed(stream[at : at + 1448])
    found = found or looked.end()
    assert found is not None
    assert found.begin in [len(rest) + sum(map(len, others[:count])) for count in range(3)]
    assert (found.masked, found.is_sure) == (key is not None, True)


@pytest.mark.parametrize(
    "data", [random.Random(1).randbytes(60_000), bytes(60_000), b"a line of text\r\n" * 4000, b"\x00\x2c" + bytes(44)]
)
def test_little_speaks_for_frames_where_there_are_none(data: bytes) -> None:
    found = search(*(data[at : at + 1448] for at in range(0, len(data), 1448))).end()
    assert found is None or (found.bits < 20 and not found.is_sure)


def test_one_short_frame_is_a_guess_and_what_is_not_whole_is_none() -> None:
    found = search(Frame.ping().serialize()).end()
    assert found is not None
    assert (found.begin, found.frames, found.is_sure) == (0, 1, False)
    assert search(Frame.text("Hello").serialize()[:-1]).end() is None
    assert search().end() is None


def test_frames_of_the_other_kind_are_passed_by_once_it_is_known() -> None:
    looked = search(Frame.text("a text").serialize())
    looked.settle(masked=True)
    assert looked.end() is None


def test_a_fragment_goes_on_only_inside_a_message() -> None:
    whole = Frame.text("a text").serialize()
    found = search(whole, Frame.continuation(b"more").serialize(), whole).end()
    assert found is None or found.frames < 3


def test_what_is_followed_is_bounded() -> None:
    looked = search(*[b"\x82\x7e\x7f\xff" * 1000] * 50)
    assert len(looked._chains) <= 2 * MOST_CHAINS
