"""A record holds a fact, an entry shows it, and a sentence is made only when somebody asks."""

from __future__ import annotations

import json
from pathlib import Path
from unittest import mock

import pytest

from tests.tape.facts import LABELS, SAID
from tests.tape.tapes import ANSWER, KEY, REQUEST, believed, blank, counted, moved, opened, sent, shaken
from wslab.formats import har
from wslab.formats.pcap import pcapng
from wslab.formats.pcap.write import packets
from wslab.lab import Tape
from wslab.protocol import Frame, Role, State
from wslab.tape import sentences
from wslab.tape.entry import Belief
from wslab.tape.records import (
    FACTS,
    Fact,
    FaultAct,
    Injected,
    Missing,
    Noted,
    RecordKind,
    RuleFailed,
    pack_change,
    reason,
    tag,
)
from wslab.tape.sentences import label_of
from wslab.tape.streams.gaps import MissingBehind
from wslab.tape.text import label

WAITS = reason("close-sent")


def tape_of(fact: Fact) -> Tape:
    tape = blank()
    shaken(tape)
    for side in Role:
        believed(tape, side, State.CLOSING, None, WAITS)
    tape.record_fact(1, fact)
    return tape


def test_each_kind_of_fact_has_an_example_and_a_sentence() -> None:
    assert {type(fact) for fact, _ in SAID} == set(FACTS.values())
    said = {each.__name__ for each in sentences.SENTENCES}
    assert said == {each.__name__ for each in (*Fact.__subclasses__(), MissingBehind)}


@pytest.mark.parametrize(("fact", "said"), SAID, ids=lambda value: type(value).__name__)
def test_a_fact_is_recorded_shown_and_said(fact: Fact, said: str, tmp_path: Path) -> None:
    tape = tape_of(fact)
    entry = tape[-1]
    if isinstance(fact, Missing):  # the tape adds where that is
        fact = MissingBehind(fact.side, fact.size, fact.position, 0, cut=fact.cut)
        said = f"{said} That is before any whole frame of it."
    assert (entry.fact, entry.sentence, entry.kind) == (fact, said, "fault")
    assert (entry.frame, entry.opcode, entry.tcp) == (None, None, None)
    loaded = Tape.load(tape.save(tmp_path / "tape.jsonl"))
    assert (loaded[-1].fact, loaded.digest(), loaded.warnings) == (fact, tape.digest(), [])


@pytest.mark.parametrize(("fact", "said"), SAID, ids=lambda value: type(value).__name__)
def test_a_fact_is_in_a_capture_as_a_comment(fact: Fact, said: str, tmp_path: Path) -> None:
    tape = tape_of(fact)
    sent(tape, Frame.ping(mask=KEY).serialize())
    comments = "\n".join(packet.comment for packet in packets(tape))
    assert said.partition(" The server believes")[0] in comments
    pcapng.save(tape, tmp_path / "tape.pcapng")
    har.save(tape, tmp_path / "tape.har")


def test_a_sentence_in_other_words_changes_no_digest_no_file_and_no_comparison(tmp_path: Path) -> None:
    fact = RuleFailed("server", "client-masks", 1, 0, "MASK 0")
    tape, other = tape_of(fact), tape_of(fact)
    digest, file = tape.digest(), tape.save(tmp_path / "one").read_bytes()
    with mock.patch.dict(sentences.SENTENCES, {RuleFailed: lambda fact, _: "Something is wrong."}):
        assert tape[-1].sentence == "Something is wrong."
        assert (tape.digest(), tape.save(tmp_path / "two").read_bytes()) == (digest, file)
        assert tape.diff(other, times=True, keys=True) is None


def test_two_facts_of_one_kind_are_a_difference() -> None:
    found = tape_of(SAID[2][0]).diff(tape_of(SAID[3][0]))
    assert found is not None
    assert found.what == ("sender", "fact")


def test_what_was_injected_arrives_between_what_was_sent() -> None:
    tape = blank()
    opened(tape)
    sent(tape, REQUEST.serialize())
    frame, ping = Frame.text("Hello", mask=KEY).serialize(), Frame.ping(mask=KEY).serialize()
    tape.record_fact(1, Injected("client", len(REQUEST.serialize()), ping))
    counted(tape, len(REQUEST.serialize()) + len(ping))
    sent(tape, frame)
    injected, text = tape[-2:]
    assert isinstance(injected.fact, Injected)
    assert (injected.sender, injected.data, injected.fact.to) == ("wire", ping, "server")
    assert injected.fact.frame == Frame.ping(mask=KEY)
    assert text.fate == "on the way"
    counted(tape, len(frame))
    assert tape[-1].fate == "arrived"


def test_a_change_says_which_fault_made_it_and_swallowed_bytes_need_no_entry() -> None:
    tape = blank()
    shaken(tape)
    start = len(REQUEST.serialize())
    act = FaultAct("client", "flip:at_frame=1", "bit-flipped", {"bit": 7, "byte": 0, "frame": 1})
    tape.record(1, tag(RecordKind.CHANGED, Role.CLIENT), pack_change(start, 1, b"\x80", act))
    swallowed = FaultAct("client", "swallow-pongs", "")
    tape.record(1, tag(RecordKind.SWALLOWED, Role.CLIENT), pack_change(start + 1, 1, b"", swallowed))
    assert (tape[-1].fact, tape[-1].sender, tape[-1].data) == (act, "wire", b"\x80")


def test_each_kind_of_fact_and_each_act_has_a_label() -> None:
    assert list(sentences.LABELS) == list(sentences.SENTENCES)
    assert {type(fact) for fact, _ in LABELS} == set(sentences.LABELS)
    assert list(sentences.ACT_LABELS) == list(sentences.ACTS)
    assert set(sentences.ACTS) <= {fact.act for fact, _ in LABELS if isinstance(fact, FaultAct)}


@pytest.mark.parametrize(("fact", "words"), LABELS, ids=lambda value: str(value)[:30])
def test_a_fact_has_a_label(fact: Fact, words: str) -> None:
    assert label_of(fact) == words


def test_a_label_is_not_cut_out_of_a_sentence() -> None:
    (fact, words) = LABELS[-1]
    with mock.patch.dict(sentences.SENTENCES, {type(fact): lambda fact, _: "Something else."}):
        assert label_of(fact) == words


@pytest.mark.parametrize(
    ("what", "expected"),
    [("tcp", ["connect"]), ("label", "fails with 1002")],
)
def test_views_look_at_facts(what: str, expected: object) -> None:
    tape = tape_of(RuleFailed("server", "client-masks", 1, 0, "MASK 0"))
    found = [entry.tcp for entry in tape if entry.tcp] if what == "tcp" else label(tape[-1])
    assert found == expected


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        (reason("open"), "messages may travel"),
        (reason("failed", "client-masks"), "failed the connection: client-masks"),
        (reason("no-close", "RST"), "no Close came: TCP was reset (RST)"),
        (reason("unanswered", "RST"), "the peer's Close came, and TCP was reset (RST) before it was answered"),
        (reason("close-received"), "received the peer's Close"),
        (reason("closed", "client"), "closed by the client"),
        (reason("of-tomorrow", "x"), "of-tomorrow x"),
        ("closed by the client", "closed by the client"),
    ],
)
def test_the_detail_of_a_belief_is_a_fact_with_words_or_words(detail: str, words: str) -> None:
    assert Belief(State.OPEN, None, detail).detail == words


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"what": "failed", "side": "client", "rule": "client-masks", "byte": -1, "bit": 0, "found": "x"}, "byte=-1"),
        ({"what": "failed", "side": "client", "rule": "client-masks"}, "'byte' is missing"),
        ({"what": "injected", "side": "client", "start": 0, "data": "8"}, "data='8' is not of the type bytes"),
        (
            {"what": "timed_out", "side": "client", "waited_for": "pong", "seconds": "5"},
            "seconds='5' is not of the type",
        ),
        ({"what": "fault", "side": "wire", "fault": "x", "act": "y", "arguments": {"z": [1]}}, "arguments={'z': [1]}"),
        (
            {"what": "tls_failed", "side": "client", "address": "a", "why": "name", "name": "", "names": [1]},
            "names=[1]",
        ),
    ],
)
def test_a_damaged_fact_is_left_out_and_named(fields: dict[str, object], why: str, tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    line = {"time": 0, "connection": 1, **fields}
    path.write_text(json.dumps({"wslab": "tape", "version": 2}) + "\n" + json.dumps(line) + "\n")
    (warning,) = Tape.load(path).warnings
    assert why in warning


def test_a_file_of_version_1_is_read_with_its_sentences_as_notes(tmp_path: Path) -> None:
    tape = Tape.load(Path(__file__).parent / "data" / "version_1.jsonl")
    assert tape.warnings == []
    assert tape.digest() == "cab4215cf41ca0ea043fbd9b323462ec4e7a067ec75f03d93051fa10c0e17ae1"  # as the old code had it
    noted = [entry.sentence for entry in tape if isinstance(entry.fact, Noted)]
    assert noted == [
        "The server fails the connection with 1007: text is UTF-8 (§8.1). Found the byte 0xFF at byte 10, bit 0.",
        "The story ends here.",
    ]
    (changed,) = [entry for entry in tape if isinstance(entry.fact, FaultAct)]
    assert changed.sentence == "Bit 0 of byte 10 of frame 1 of the client is turned over on the way."
    again = tape.save(tmp_path / "again.jsonl")
    assert json.loads(again.read_text().splitlines()[0])["version"] == 2
    assert Tape.load(again).digest() == tape.digest()
    assert str(Tape.load(again)) == str(tape)


def test_a_data_frame_behind_a_close_is_remarked_and_a_ping_is_not() -> None:
    tape = blank()
    shaken(tape)
    for frame in (Frame.text("before"), Frame.close(1000), Frame.ping(b""), Frame.text("late")):
        moved(tape, frame.serialize(), Role.SERVER)
    remark = " It stands behind a Close, where no data frame may stand (§5.5.1)."
    assert [entry.plain for entry in tape if entry.sentence.endswith(remark)] == [b"late"]


def test_a_body_that_a_101_announces_is_remarked() -> None:
    tape = blank()
    opened(tape)
    moved(tape, REQUEST.serialize())
    moved(tape, ANSWER.serialize().removesuffix(b"\r\n") + b"Content-Length: 0\r\n\r\n", Role.SERVER)
    remark = " It has the header Content-Length, which no 101 may have (RFC 9110 §8.6): no body is read."
    assert tape[-1].sentence.endswith(remark)
