"""What is still to arrive: held against the plainest form of each, and quick however much there is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wslab.tape.offsets import Edits, Gaps, PendingByOffset
from wslab.tape.records import Change

PLACES = st.integers(0, 40)
STRETCHES = st.lists(st.tuples(PLACES, st.integers(1, 8)).map(lambda each: (each[0], each[0] + each[1])), max_size=12)


@given(STRETCHES, STRETCHES)
def test_holes_are_the_bytes_of_every_stretch_that_was_added(
    added: list[tuple[int, int]], asked: list[tuple[int, int]]
) -> None:
    holes, bytes_ = Gaps(), set[int]()
    for start, stop in added:
        new = range(*holes.add(start, stop))
        assert set(range(start, stop)) - bytes_ <= set(new) <= set(range(start, stop))
        bytes_ |= set(range(start, stop))
    for start, stop in asked:
        assert holes.touch(start, stop) is bool(bytes_ & set(range(start, stop)))


@given(st.lists(st.integers(1, 6), max_size=15), STRETCHES, st.lists(PLACES, max_size=3))
def test_what_waits_is_found_by_its_bytes_until_they_arrived(
    sizes: list[int], asked: list[tuple[int, int]], reached: list[int]
) -> None:
    pending, things, end = PendingByOffset[range](), list[range](), 0
    for size in sizes:
        things.append(range(end, end := end + size))
        pending.add(end, things[-1])
    for position in [0, *sorted(reached)]:
        assert list(pending.reached(position)) == [each for each in things if each.stop <= position]
        things = [each for each in things if each.stop > position]
        assert list(pending) == things
        assert list(pending.placed()) == [(each.start, each.stop, each) for each in things]
        for start, stop in asked:
            assert pending.within(start, stop) == [each for each in things if set(each) & set(range(start, stop))]


@given(st.lists(st.tuples(PLACES, st.integers(1, 3), st.binary(max_size=2)), max_size=12))
def test_changes_come_by_place_and_of_two_at_one_place_the_later(made: list[tuple[int, int, bytes]]) -> None:
    changes, latest = Edits(), dict[tuple[int, int], Change]()
    for start, size, data in made:
        latest[start, size] = Change(start, size, data, None)
        changes.add(latest[start, size])
    popped: list[Change] = []
    while changes:
        assert changes.first is latest[min(latest.keys() - {(each.start, each.size) for each in popped})]
        popped.append(changes.pop())
    assert len(popped) == len(latest)
