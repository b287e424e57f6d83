"""A view that follows a tape while connections run: it reads bounded parts, keeps the newest and counts the rest."""

from __future__ import annotations

import tracemalloc

import pytest

from tests.tape.tapes import ANSWER, REQUEST, blank, conversation, counted, sent
from wslab import Tape, play
from wslab.protocol import Frame, Role
from wslab.tape import follow
from wslab.tape.entry import ARRIVED, Entry
from wslab.tape.follow import MOST_ENTRIES, MOST_KEPT, TapeView
from wslab.tape.records import RecordKind, tag

MIB = 1 << 20
PONG = b"\x8a\x00"


def growing(played: Tape) -> Tape:
    """The same records on a tape that a lab might go on with."""
    tape = blank(max_bytes=64 * MIB)
    for time, number, kind, side, data in played.records():
        tape.put(time, number, tag(kind, Role(side) if side in ("client", "server") else None), data)
    return tape


def flood(tape: Tape, size: int, connection: int = 1) -> Tape:
    """A server that is not ours sends frames of 2 bytes to a client that is not ours."""
    tape.record(connection, tag(RecordKind.TAKEN, Role.CLIENT), REQUEST.serialize())
    tape.record(connection, tag(RecordKind.TAKEN, Role.SERVER), ANSWER.serialize())
    for _ in range(size // 65536):
        tape.record(connection, tag(RecordKind.TAKEN, Role.SERVER), PONG * 32768)
    return tape


def facts(entry: Entry) -> tuple[object, ...]:
    """All that is known of an entry."""
    known = (entry.number, entry.time, entry.connection, entry.sender, entry.kind, entry.data, entry.fact)
    return (*known, entry.fate, entry.arrived, entry.client, entry.server, entry.plain)


@pytest.mark.parametrize("name", ["half-open", "clean-close", "reconnect", "deflate-bomb", "lossy-path"])
def test_it_shows_the_same_as_a_view_that_reads_all_at_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "MOST_ENTRIES", 2)
    monkeypatch.setattr(follow, "_CALLS_AT_FIRST", 1)
    tape = growing(play(name, seed=3))
    whole, view = TapeView(tape), TapeView(tape, bounded=True)
    assert view.is_behind
    view.catch_up()
    assert len(view) == len(whole) == len(tape)
    assert view.connection_numbers == whole.connection_numbers
    for number in whole.connection_numbers:
        assert list(map(facts, view.entries(number))) == list(map(facts, whole.entries(number)))
        assert (view.cut(number), view.dropped(number)) == (whole.cut(number), 0)


def test_each_update_reads_a_bounded_part() -> None:
    """Before, an update read all that was new: 256 KiB of tiny frames held up the kernel for 0.34 s, 5 MiB for 7."""
    tape = blank(max_bytes=MIB)
    view = TapeView(tape, bounded=True)
    flood(tape, MIB // 8)
    sizes = []
    while view.is_behind:
        before = len(view)
        view.update()
        sizes.append(len(view) - before)
    assert max(sizes) < MOST_ENTRIES + 2048
    assert sum(sizes) == 2 + 2 * 32768
    assert not view.update()


def test_it_is_made_within_a_bounded_time_too() -> None:
    view = TapeView(flood(blank(max_bytes=MIB), MIB // 4), bounded=True)
    assert view.is_behind
    assert len(view) < 20 * (MOST_ENTRIES + 2048)


def test_of_a_flood_it_keeps_the_newest_and_counts_the_rest() -> None:
    tape = flood(blank(max_bytes=MIB), MIB // 8, connection=2)
    view = TapeView(tape, bounded=True)
    view.catch_up()
    kept = view.entries(2)
    assert MOST_KEPT // 3 < len(kept) <= MOST_KEPT
    assert view.dropped(2) + len(kept) == len(view)
    assert [entry.number for entry in kept] == list(range(view.dropped(2), len(view)))


def test_a_connection_that_floods_does_not_push_out_the_others() -> None:
    tape = blank(max_bytes=MIB)
    conversation(tape, connection=1)
    view = TapeView(flood(tape, MIB // 8, connection=2), bounded=True)
    view.catch_up()
    assert (view.dropped(1), len(view.entries(1))) == (0, len(conversation(blank())))
    assert view.dropped(2)


def test_what_is_on_its_way_is_completed_though_older_entries_are_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "MOST_KEPT", 20)
    tape = blank()
    conversation(tape)
    view = TapeView(tape, bounded=True)
    message = Frame.text("x", mask=b"1234").serialize()
    for _ in range(15):
        sent(tape, message)
        view.update()
    assert view.dropped(1)
    counted(tape, 15 * len(message))
    view.update()
    assert {entry.fate for entry in view.entries(1)[-5:]} == {ARRIVED}


def test_where_tcp_is_cut_moves_with_the_entries_that_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "MOST_KEPT", 8)
    view = TapeView(growing(play("half-open")), bounded=True)
    cut = view.cut(1)
    assert view.dropped(1)
    assert cut is not None
    assert cut == 0 or view.entries(1)[cut].cuts


def test_its_memory_has_a_limit_that_no_flood_exceeds() -> None:
    """Before, each frame of 2 bytes took 300: 39 MB for 256 KiB on the tape."""
    tape = flood(blank(max_bytes=MIB), MIB // 8)
    tracemalloc.start()
    try:
        view = TapeView(tape, bounded=True)
        view.catch_up()
        now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(view) > 6 * MOST_KEPT
    assert now < 400 * MOST_KEPT
    assert peak < 2 * 400 * MOST_KEPT


def test_a_connection_of_which_nothing_is_kept_is_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "MOST_KEPT", 5)
    tape = blank()
    for number in range(1, 50):
        tape.record(number, tag(RecordKind.NOTE), b"Something happened.")
    view = TapeView(tape, bounded=True)
    view.catch_up()
    assert len(view.connection_numbers) <= 5
    assert view.connection_numbers[-1] == 49
    assert sum(view.dropped(number) for number in range(50)) + len(view.connection_numbers) == 49


def test_what_cannot_grow_is_shown_whole() -> None:
    view = TapeView(play("half-open"), bounded=True)
    assert view.bounded() is view
    assert not view.is_behind
    assert len(view) == len(play("half-open"))
