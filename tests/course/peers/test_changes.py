"""One byte that is not what it was."""

from __future__ import annotations

import pytest

from wslab.course.peers.changes import Change, flipped, surprises
from wslab.course.peers.exchanges import EXCHANGES

TEXT = EXCHANGES["text"]


def test_a_bit_is_flipped_and_flipped_back() -> None:
    change = flipped(TEXT, 2, 8)
    assert change == Change(2, 1, 0x05)
    assert change.data(TEXT).hex(" ") == "81 05 37 fa 21 3d 7f 9f 4d 51 58"
    assert (change.was(TEXT), change.bits(TEXT)) == (0x85, (0,))
    assert flipped(TEXT, 2, 8, change) is None


def test_a_second_bit_of_the_same_byte_is_added_and_one_of_another_takes_its_place() -> None:
    one = flipped(TEXT, 2, 8)
    assert flipped(TEXT, 2, 15, one) == Change(2, 1, 0x04)
    assert flipped(TEXT, 2, 0, one) == Change(2, 0, 0x01)
    assert flipped(TEXT, 3, 8, one) == Change(3, 1, 0x85)


@pytest.mark.parametrize(("place", "bit"), [(6, 0), (-1, 0), (2, 88), (2, -1)])
def test_what_is_not_there_is_refused_with_what_is(place: int, bit: int) -> None:
    with pytest.raises(ValueError, match="0 to"):
        flipped(TEXT, place, bit)


@pytest.mark.parametrize("name", EXCHANGES)
def test_the_surprises_are_every_bit_once(name: str) -> None:
    exchange = EXCHANGES[name]
    found = surprises(name, 7)
    assert len(found) == len(set(found)) == sum(len(sent.data) * 8 for sent in exchange.sent)
    assert {len(change.bits(exchange)) for change in found} == {1}


def test_their_order_is_the_seeds_and_not_the_same_for_two_exchanges() -> None:
    assert surprises("text", 7) == surprises.__wrapped__("text", 7)
    assert surprises("text", 7) != surprises("text", 8)
    assert [each.byte for each in surprises("text", 7)[:40]] != [each.byte for each in surprises("ping", 7)[:40]]


def test_the_frames_have_their_turn_among_the_long_heads() -> None:
    assert sum(change.place >= 2 for change in surprises("text", 7)[:60]) > 20
