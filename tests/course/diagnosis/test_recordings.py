"""A tape leads to its cause: every scenario of the catalogue is played, and what happened on it is diagnosed.

`SAME` names the scenarios that a tape cannot tell from another one. `WELL` are those on whose tape no connection ends
badly, or whose fault lies outside of it; they must not be taken for something that they are not.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import wslab
from wslab.course.diagnosis import diagnose
from wslab.course.diagnosis.known import BY_STATUS
from wslab.protocol import Frame, Role
from wslab.scenarios import SCENARIOS, play
from wslab.tape.records import RecordKind, TimedOut, tag
from wslab.tape.tape import Tape

SAME = {
    "close-in-flight": "clean-close",
    "inspecting-proxy": "upgrade-stripped",
    "polling": "handshake-refused",  # answered with 200 by an HTTP server
    "reconnect": "cut",
    "sent-twice": "cut",
    "partition": "cut",
    "censor": "cut",
    "one-way-heartbeat": "zombie-user",
}
"""Scenario and the one whose tape looks the same."""

WELL = frozenset(
    {
        *("keepalive", "three-heartbeats", "first-frame-glued", "cross-site-origin", "token-in-url", "split-character"),
        *("browser-says-no", "over-http2", "ping-between-fragments", "trickle", "slow-consumer", "deflate-bomb"),
        *("crossing-messages", "in-order", "out-of-order", "deflate-memory", "lossy-path", "slow-one-in-the-room"),
        *("snapshot-gap", "forgotten-task", "wrong-thread", "dashboard", "chat", "game", "joint-editing"),
    }
)
NORMAL = {"clean-close", "clean-close-by-server"}
ENDS = [name for name in SCENARIOS if name not in WELL]


def causes(name: str) -> list[str]:
    return [each.cause.name for each in diagnose(play(name)).causes]


def test_the_cause_of_each_scenario_is_found_on_its_tape(record_property: Callable[[str, object], None]) -> None:
    found = {name: causes(name)[:2] for name in ENDS}
    missed = {name: names for name, names in found.items() if name not in names and SAME.get(name) not in names}
    exact = sum(name in names for name, names in found.items())
    record_property("shares", {"in two": 1 - len(missed) / len(ENDS), "without the table": exact / len(ENDS)})
    assert missed == {}
    assert exact / len(ENDS) >= 0.8
    assert len(ENDS) >= 40


@pytest.mark.parametrize("name", sorted(WELL))
def test_what_ended_well_is_not_called_a_failure(name: str) -> None:
    assert set(causes(name)) <= NORMAL


@pytest.mark.parametrize("form", ["tape.jsonl", "tape.pcapng", "tape.har"])
def test_a_file_leads_to_the_same_cause(form: str, tmp_path: Path) -> None:
    path = tmp_path / form
    wslab.export(play("message-too-big"), path)
    assert diagnose(path).recorded
    assert diagnose(path).causes[0].cause.name == "message-too-big"


@pytest.mark.parametrize("name", ["blocked-loop", "tunnel", "pong-behind-queue", "pong-behind-upload"])
def test_in_a_capture_a_close_with_1011_behind_a_ping_without_a_pong_is_told_by_the_ping(
    name: str, tmp_path: Path
) -> None:
    """A capture has no timer of a program: the Ping and the Close are all that it shows."""
    wslab.export(play(name), tmp_path / "capture.pcapng")
    found = diagnose(tmp_path / "capture.pcapng")
    assert name in [each.cause.name for each in found.causes[:2]]
    assert "for a Pong." in found.findings[0]


MISSED = Frame.close(1011, "keepalive ping timeout").serialize()
PING, PONG = Frame.ping(b"1234").serialize(), Frame.pong(b"1234", mask=b"5678").serialize()


@pytest.mark.parametrize(
    ("pinged", "ponged", "closed", "first"),
    [
        (20.0, None, 40.0, "half-open"),  # the other side is silent
        (20.0, 20.1, 40.0, "blocked-loop"),  # it answered: the program has another reason for 1011
        (39.9, None, 40.0, "blocked-loop"),  # nobody had waited yet
    ],
)
def test_a_silent_peer_is_told_from_a_failure_of_the_program(
    pinged: float, ponged: float | None, closed: float, first: str
) -> None:
    tape = Tape.blank()
    tape.put(0.0, 1, tag(RecordKind.JOINED))
    tape.put(pinged, 1, tag(RecordKind.TAKEN, Role.SERVER), PING)
    if ponged is not None:
        tape.put(ponged, 1, tag(RecordKind.ARRIVED, Role.SERVER), PONG)
    tape.put(closed, 1, tag(RecordKind.TAKEN, Role.SERVER), MISSED)
    assert diagnose(tape).causes[0].cause.name == first


def test_age_is_told_from_silence() -> None:
    """Both end after a timer's time: one had Pings all along, the other had nothing."""
    old, silent = diagnose(play("age-limit")), diagnose(play("idle-proxy"))
    assert old.causes[0].cause.name == "age-limit"
    assert old.values == {"age": 3600}
    assert silent.causes[0].cause.name == "idle-proxy"
    assert silent.values == {"idle": 60.0, "quiet": 75.0}
    assert old.figures.age == 3600.0
    assert old.figures.seconds is not None
    assert old.figures.seconds <= 60.0


def test_what_a_browser_reports_in_a_har_is_read(tmp_path: Path) -> None:
    said = "Error during WebSocket handshake: Unexpected response code: 403"
    failed = {"request": {"url": "ws://a.example/"}, "response": {"status": 0, "_error": said}}
    (tmp_path / "failed.har").write_text(json.dumps({"log": {"entries": [failed]}}), "utf-8")
    found = diagnose(tmp_path / "failed.har")
    assert found.figures.status == 403
    assert found.causes[0].cause.name in BY_STATUS[403]


def test_of_a_tape_without_an_end_that_is_said() -> None:
    found = diagnose(play("keepalive"))
    assert found.causes == []
    assert str(found).startswith("Nothing went wrong on this recording that is known here.")


def test_bytes_that_are_no_recording_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    with pytest.raises(ValueError, match=r"picture\.png: this is"):
        diagnose(tmp_path / "picture.png")


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nothing-here"):
        diagnose(tmp_path / "nothing-here.log")


def test_a_close_without_a_code_is_not_said_to_carry_1005() -> None:
    assert diagnose(play("close-without-code")).findings == ["the recording: The client sent a Close without a code."]


@pytest.mark.parametrize(
    "text",
    [
        "c1 05 48 65 6c 6c 6f",
        "00000000  c1 05 48 65 6c 6c 6f                              |..Hello|",
        "<Buffer c1 05 48 65 6c 6c 6f>",
        r'b"\xc1\x05Hello"',
    ],
)
def test_a_dump_that_is_pasted_is_read_as_its_file_would_be(text: str, tmp_path: Path) -> None:
    path = tmp_path / "dump.txt"
    path.write_text(text)
    pasted, of_file = diagnose(text), diagnose(path)
    assert pasted.recorded
    assert pasted.causes[0].cause.name == "rsv1-unasked"
    assert str(pasted) == str(of_file)


def test_a_head_that_is_pasted_is_judged() -> None:
    head = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n"
    assert diagnose(head).causes[0].cause.name == "upgrade-stripped"


@pytest.mark.parametrize("text", ["20261129", "cafe", "hello world", "HTTP/1.1 101 Switching Protocols"])
def test_a_number_a_word_or_one_line_is_no_dump(text: str) -> None:
    assert not diagnose(text).recorded


def test_a_tape_that_waited_for_something_unknown_has_its_causes_too() -> None:
    tape = wslab.play("half-open")
    tape.record_fact(1, TimedOut("client", "tea", 5.0))
    assert "The client waited in vain." in str(diagnose(tape))
