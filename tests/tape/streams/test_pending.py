"""A head or a frame that never ends is shown, with what would fit: on the tape, to followers, in the Timeline."""

from __future__ import annotations

from tests.tape.streams.test_http import ASK, GRANT, HELLO, C, S, tape_of
from wslab import Timeline
from wslab.protocol import Frame
from wslab.tape.follow import EntryStream, TapeView
from wslab.tape.records import RecordKind, tag

SEVEN = b'\x81\x7e{"a":"' + b"y" * 118 + b'"}'
LONG = Frame.binary(bytes(70_000)).serialize()


def test_a_frame_that_has_begun_is_pending_until_it_is_whole() -> None:
    tape = tape_of([(C, ASK), (S, GRANT), (S, HELLO + LONG[:100])])
    [part] = tape.pending()
    assert (part.connection, part.side, part.in_head, part.size, part.announced) == (1, "server", False, 100, len(LONG))
    assert part.cause is None
    assert part.sentence == "The server has begun a frame: 100 of 70,010 bytes came, and the rest is still to come."
    assert str(tape).splitlines()[-1].endswith(part.sentence)
    tape.put(0.0, 1, tag(RecordKind.TAKEN, S), LONG[100:])
    assert tape.pending() == []
    assert "has begun" not in str(tape)


def test_what_would_fit_is_told_of_a_frame_that_never_ends() -> None:
    tape = tape_of([(C, ASK), (S, GRANT), (S, SEVEN + HELLO)])
    [part] = tape.pending()
    assert part.cause is not None
    assert part.cause.id == "length-in-seven-bits"
    assert "135 of 31,526 bytes came" in part.sentence
    assert "As `7e 00 7e` it would fit" in str(tape)
    tape.put(0.0, 1, tag(RecordKind.FIN_SENT, S))
    assert tape.pending() == []
    assert tape[-2].cause == part.cause
    assert "ends inside a frame: 135 bytes of it came. The length says 31,522 bytes" in tape[-2].sentence


def test_half_a_head_is_pending_too() -> None:
    [part] = tape_of([(C, ASK), (S, GRANT[:-2])]).pending()
    assert part.sentence == (
        f"The server has begun a head: {len(GRANT) - 2} bytes of it came, and no empty line that ends it."
    )
    assert (part.announced, part.cause) == (None, None)


def test_every_view_shows_it() -> None:
    tape = tape_of([(C, ASK), (S, GRANT), (S, SEVEN)])
    sentence = tape.pending()[0].sentence
    assert [part.sentence for part in TapeView(tape).pending(1)] == [sentence]
    assert TapeView(list(tape)).pending(1) == []
    stream = EntryStream(tape.log)
    stream.new()
    assert [part.sentence for part in stream.pending()] == [sentence]
    timeline = Timeline(tape)
    assert sentence in timeline.text()
    assert "As `7e 00 7e` it would fit" in str(timeline.draw(range(10))["picture"])


def test_a_slice_shows_its_entries_alone() -> None:
    tape = tape_of([(C, ASK), (S, GRANT), (S, SEVEN)])
    assert tape.slice(0, 1).pending() == []
