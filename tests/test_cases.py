"""Inputs as people have them, and what is right: written forms, handshakes that somebody watches, bytes of no frame.

The files of `tests/data/cases` were made for this project after kinds of public reports.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from wslab import load
from wslab.cli.dissect import dissect, read_input

CASES = Path(__file__).parent / "data" / "cases"

# file: the rule on the tape, who sent it, and what the story says
WATCHED = {
    "03a-wrong-accept.pcap": ("response-accept", "server", "The client must fail the connection (§4.1)"),
    "03b-no-accept.pcap": ("response-accept", "server", "found no Sec-WebSocket-Accept header"),
    "03d-extension-unasked.pcap": ("response-extensions", "server", "The client must fail the connection (§4.1)"),
    "03f-request-without-key.pcap": ("request-key", "client", "refuse it with an error such as 400 (§4.2.1)"),
    "03g-wrong-accept.har": ("response-accept", "server", "The client must fail the connection (§4.1)"),
    "05g-first-byte-lost.hex": ("reserved-bits", "server", "behind `81` these would be a whole frame"),
    "17a-curl-v.txt": ("request-key", "client", "refuse it with an error such as 400 (§4.2.1)"),
}

# file: the rule and the close code, which stay; the cause, and what is said of it
DISSECTED = {
    "04a-request-again-as-frame.bin": ("reserved-bits", "http-request", "a request of HTTP (`GET /chat HTTP/1.1`)"),
    "04b-second-101.bin": ("control-fragmented", "http-response", "Two programs answer one upgrade"),
    "04d-html-after-101.bin": ("reserved-bits", "html", "a proxy writes a page into the stream"),
    "04e-crlf-after-101.bin": ("reserved-opcode", "line-end", "a line end (CR LF or LF)"),
    "05a-126-in-seven-bits.bin": (
        "text-is-utf8",
        "length-in-seven-bits",
        "The length says 31,522 bytes, and 124 came. As `7e 00 7e` it would fit",
    ),
    "05b-length-little-endian.bin": ("text-is-utf8", "length-little-endian", "As `00 c6` it would fit: 198 bytes"),
    "05d-length-counts-characters.bin": ("reserved-bits", "length-counts-characters", "the text has 5 characters"),
    "05g-first-byte-lost.hex": ("reserved-bits", "first-byte-lost", "One byte is missing in front"),
}


@pytest.mark.parametrize("name", WATCHED)
def test_one_who_looks_on_judges_as_an_endpoint_does(name: str) -> None:
    rule, sender, words = WATCHED[name]
    wrong = [entry for entry in load(CASES / name) if entry.error is not None]
    assert [(entry.error and entry.error.rule.id, entry.sender) for entry in wrong] == [(rule, sender)]
    assert words in wrong[0].sentence


def test_who_goes_on_in_spite_of_it_is_told() -> None:
    tape = load(CASES / "03g-wrong-accept.har")
    frames = tape.frames()
    assert [entry.despite and entry.despite.id for entry in frames] == ["response-accept", None]
    assert "It had to fail the connection instead (§4.1)" in frames[0].sentence
    refusal = load(CASES / "03f-request-without-key.pcap")[2]
    assert "It has a reason: the request breaks request-key" in refusal.sentence


FRAME = "819537fa213d4cd8485915c010111595511f0dd849585b964e1f4a"
PACKET = "818537fa213d7f9f4d5158"


@pytest.mark.parametrize("name", sorted(path.name for path in CASES.glob("0[12]*")))
def test_the_same_bytes_are_read_from_every_written_form(name: str) -> None:
    wanted = FRAME if name.startswith("01") else PACKET
    given = read_input(str(CASES / name))
    assert [data.hex() for data, _ in given.streams] == [wanted]
    [entry] = load(CASES / name).frames()
    assert (entry.data.hex(), entry.sender, entry.error) == (wanted, "client", None)
    assert ("behind the headers of" in given.sentence) is name.startswith("02")


def test_of_a_frame_without_a_role_both_readings_are_told() -> None:
    result = CliRunner().invoke(dissect, [str(CASES / "16-server-pong-masked.hex")], env={"COLUMNS": "200"})
    assert "The server accepts it: a Pong." in result.output
    assert "If the client received it (--role client): The client fails the connection with 1002" in result.output


def dissected(name: str) -> dict[str, object]:
    result = CliRunner().invoke(dissect, ["--json", str(CASES / name)])
    found: dict[str, object] = json.loads(result.output)
    assert (result.exit_code == 0) is found["legal"]
    return found


@pytest.mark.parametrize("name", DISSECTED)
def test_the_rule_stays_and_the_cure_says_what_these_bytes_are(name: str) -> None:
    rule, cause, words = DISSECTED[name]
    found = dissected(name)
    assert (found["rule"], found["legal"]) == (rule, False)
    assert isinstance(found["cause"], dict)
    assert found["cause"]["id"] == cause
    assert words in str(found["fix"])
    assert "to fix it" not in str(found["error"])


@pytest.mark.parametrize(
    "name", sorted(path.name for path in CASES.iterdir() if path.suffix in (".bin", ".hex", ".http"))
)
def test_json_never_contradicts_itself(name: str) -> None:
    found = dissected(name)
    is_refused = found["rule"] is not None
    assert is_refused == (found["error"] is not None) == (found["fix"] is not None)
    assert is_refused <= (found["legal"] is False)
    assert ("fails the connection" in str(found["verdict"])) == (found["close_code"] is not None) == is_refused


def test_a_file_of_the_bytes_themselves_is_a_tape_where_it_begins_with_a_head() -> None:
    tape = load(CASES / "04a-request-again-as-frame.bin")
    found = [(entry.kind, entry.cause and entry.cause.id) for entry in tape if entry.sender == "client"]
    assert found == [("http", None), ("fault", "http-request"), ("text", None)]
    assert tape[0].sentence.startswith("These were the bytes of one direction themselves")


def test_what_is_legal_beside_the_frames_stays_legal() -> None:
    refusal, chunked, late = (
        dissected(name) for name in ("06-refusal-body.http", "07-101-chunked.bin", "08-after-close.bin")
    )
    assert "34 bytes, is its body and no frame" in str(refusal["verdict"])
    assert "no 101 may have (RFC 9112 §6.1)" in str(chunked["verdict"])
    assert "discards the 2 bytes behind the Close" in str(late["verdict"])
    assert (refusal["legal"], chunked["legal"], late["legal"]) == (True, True, True)
    assert "behind a Close, where no data frame may stand (§5.5.1)" in load(CASES / "08b-after-close.pcap")[5].sentence


@pytest.mark.parametrize("name", ["11-pktap.pcap", "11-pppoe.pcap", "11-vxlan.pcap", "11-snaplen96.pcap"])
def test_headers_around_the_packets_are_passed_over_and_what_is_cut_is_named(name: str) -> None:
    tape = load(CASES / name)
    assert [(entry.sender, entry.kind) for entry in tape.frames()] == [
        *(("client", "text"), ("server", "text"), ("client", "close"), ("server", "close"))
    ]
    is_cut = "snaplen" in name
    assert any("cut to 96 bytes or less" in each and "tcpdump -s 0" in each for each in tape.warnings) is is_cut
    assert bool(tape.warnings) is is_cut


@pytest.mark.parametrize(
    ("name", "statuses", "frames"),
    [
        ("09a-401-then-101.pcap", ["401", "101"], ["text", "text"]),
        ("09b-second-request.pcap", ["200", "101"], ["text", "text", "close", "close"]),
    ],
)
def test_a_later_request_of_a_connection_opens_it(name: str, statuses: list[str], frames: list[str]) -> None:
    tape = load(CASES / name)
    answers = [entry.data[9:12].decode() for entry in tape if entry.kind == "http" and entry.sender == "server"]
    assert answers == statuses
    assert [entry.kind for entry in tape.frames()] == frames
    assert [entry for entry in tape if entry.error is not None] == []


@pytest.mark.parametrize(
    ("name", "said", "words"),
    [
        ("12a-iso-time.har", ["hello", "world"], "The server agrees"),
        ("12c-no-opcode-no-time.har", ["hello", "world"], "Times of its messages were not recorded"),
        ("12e-refused-upgrade.har", [], "The server refuses: HTTP/1.1 400 Bad Request."),
        ("12f-no-messages.har", [], "Its messages were not recorded: the HAR has no list of them. That is not silence"),
    ],
)
def test_hars_that_chrome_did_not_write(name: str, said: list[str], words: str) -> None:
    tape = load(CASES / name)
    assert [(entry.plain or b"").decode() for entry in tape.frames()] == said
    assert [entry.sender for entry in tape.frames()] == ["client", "server"][: len(said)]
    assert words in str(tape)
    assert [entry.error for entry in tape] == [None] * len(tape)
    assert tape.warnings == []
