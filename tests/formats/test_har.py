"""HAR both ways: the messages of a real Chrome's, our own read again, and what is damaged left out and told.

What other tools write is in `test_har_of_others`.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.tape.tapes import KEY, REQUEST, blank, conversation, moved, opened, sent, shaken
from wslab.formats import har, load
from wslab.lab import Tape
from wslab.protocol import Frame, HandshakeResponse, Role
from wslab.tape import files
from wslab.tape.records import ForeignSource, RecordKind, tag

CHROME = Path(__file__).parent / "data" / "chrome.har"
"""What DevTools of Chrome 156 exported of a page that talked to an echo, behind one ordinary request."""


def saved(tape: Tape, folder: Path) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(har.save(tape, folder / "tape.har").read_text("utf-8"))["log"]
    return log


def read(folder: Path, *entries: dict[str, Any]) -> Tape:
    path = folder / "made.har"
    path.write_text(json.dumps({"log": {"entries": entries}}))
    return load(path)


def entry(*messages: object, **changes: object) -> dict[str, Any]:
    """A connection as Chrome writes it, with changes."""
    whole: dict[str, Any] = {
        "_resourceType": "websocket",
        "_webSocketMessages": list(messages),
        "startedDateTime": "2026-01-02T03:04:05.000Z",
        "request": {
            "method": "GET",
            "url": "wss://example.org/chat?a=1",
            "headers": [{"name": "Host", "value": "example.org"}],
        },
        "response": {"status": 101, "statusText": "Switching Protocols", "headers": []},
        "timings": {"wait": 10.0},
    }
    return {**whole, **changes}


def message(text: str, **changes: object) -> dict[str, object]:
    return {"type": "send", "time": 1767323045.5, "opcode": 1, "data": text, **changes}


def test_a_real_one_of_chrome() -> None:
    tape = load(CHROME)
    assert [(each.sender, each.plain) for each in tape.frames()] == [
        ("client", "Grüße 🙂".encode()),
        ("client", b"\x00\xff\x7f"),
        ("server", "Grüße 🙂".encode()),
        ("server", b"\x00\xff\x7f"),
        ("client", b"ping me"),
        ("server", b"ping me"),
    ]
    assert [each.kind for each in tape][:4] == ["tcp", "fault", "http", "http"]
    assert tape[1].fact == ForeignSource("wire", "har")
    assert tape[1].sentence.startswith("This connection comes from a HAR, which keeps messages, not bytes")
    assert tape.warnings == []
    assert [each.error for each in tape] == [None] * 10
    assert round(tape.epoch) == 1795464322


def test_what_we_write_we_read_again(tmp_path: Path) -> None:
    tape = conversation(conversation(blank(epoch=1.7e9)), connection=3)
    again = load(har.save(tape, tmp_path / "tape.har"))
    texts = [(1, "client"), (1, "server"), (9, "server"), (10, "client"), (8, "client"), (8, "server")]
    for number, other in zip(tape.connection_numbers, again.connection_numbers, strict=True):
        for opcode, side in texts:
            ours, theirs = tape.frames(opcode, side, number), again.frames(opcode, side, other)
            assert [each.plain for each in ours] == [each.plain for each in theirs]
        assert [each.plain for each in again.frames(2, connection=other)] == [bytes(range(200)) + b"end"]
    assert abs(again.epoch - tape.epoch) < 1e-3


def test_it_has_what_devtools_look_for(tmp_path: Path) -> None:
    log = saved(conversation(blank(epoch=1.7e9)), tmp_path)
    (one,) = log["entries"]
    assert (log["version"], log["creator"]["name"]) == ("1.2", "wslab")
    assert one["_resourceType"] == "websocket"
    assert one["startedDateTime"] == "2023-11-14T22:15:01.000+00:00"
    assert (one["request"]["method"], one["request"]["url"]) == ("GET", "ws://127.0.0.1:9001/")
    assert (one["response"]["status"], one["response"]["statusText"]) == (101, "Switching Protocols")
    assert {"name": "Upgrade", "value": "websocket"} in one["request"]["headers"]
    assert one["_webSocketMessages"][0] == {"type": "send", "time": 1700000109.0, "opcode": 1, "data": "Hellö"}
    assert [each["opcode"] for each in one["_webSocketMessages"]] == [1, 1, 9, 10, 2, 8, 8]
    assert one["_webSocketMessages"][2]["data"] == base64.b64encode(b"alive").decode()
    assert one["timings"]["wait"] == 5000.0


def test_it_is_the_clients_view(tmp_path: Path) -> None:
    tape = blank()
    shaken(tape)
    for side in Role:
        sent(tape, Frame.text("lost", mask=KEY if side is Role.CLIENT else None).serialize(), side)
    (one,) = saved(tape, tmp_path)["entries"]
    assert [each["type"] for each in one["_webSocketMessages"]] == ["send"]


def test_a_refusal_has_its_status_and_page(tmp_path: Path) -> None:
    tape = blank()
    opened(tape)
    moved(tape, REQUEST.serialize())
    moved(tape, HandshakeResponse.refuse(403, body="no").serialize() + b"no", Role.SERVER)
    (one,) = saved(tape, tmp_path)["entries"]
    assert (one["response"]["status"], one["response"]["content"]["text"]) == (403, "no")
    assert load(tmp_path / "tape.har").heads(1)["server"].startswith(b"HTTP/1.1 403 Forbidden")


def test_without_a_handshake_or_messages_it_is_still_a_har(tmp_path: Path) -> None:
    tape = blank()
    tape.record(1, tag(RecordKind.JOINED))
    sent(tape, Frame.text("Hello", mask=KEY).serialize())
    (one,) = saved(tape, tmp_path)["entries"]
    assert (one["request"]["url"], one["response"]["status"]) == ("ws://unknown/", 0)
    assert [each["data"] for each in one["_webSocketMessages"]] == ["Hello"]
    assert saved(blank(), tmp_path)["entries"] == []


def test_the_scheme_stays(tmp_path: Path) -> None:
    tape = read(tmp_path, entry(message("x")))
    assert saved(tape, tmp_path)["entries"][0]["request"]["url"] == "wss://example.org/chat?a=1"


def test_times_are_those_of_the_browser(tmp_path: Path) -> None:
    tape = read(tmp_path, entry(message("x"), message("y", time=1767323046.25, type="receive")))
    assert [round(each.time, 6) for each in tape] == [0.0, 0.0, 0.0, 0.01, 0.5, 1.25]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"opcode": 0}, "its opcode is 0."),
        ({"opcode": "one"}, "its opcode is 'one'."),
        ({"opcode": True}, "its opcode is True."),
        ({"opcode": [1]}, "its opcode is [1]."),
        ({"opcode": 300}, "its opcode is 300."),
        ({"opcode": 1e400}, "its opcode is inf."),
        ({"type": "sideways"}, "its type is 'sideways', neither send nor receive."),
        ({"type": None}, "its type is None"),
        ({"opcode": 2, "data": "not base64!"}, "its data is no base64: 'not base64!'."),
        ({"opcode": 2, "data": "Zürich"}, "its data is no base64"),
        ({"data": None}, "its data is missing."),
        ({"data": {"op": 1}}, "its data is {'op': 1}."),
    ],
)
def test_a_damaged_message_is_left_out_and_told(changes: dict[str, object], why: str, tmp_path: Path) -> None:
    tape = read(tmp_path, entry(message("one"), message("two", **changes), message("three")))
    assert [each.plain for each in tape.frames()] == [b"one", b"three"]
    assert len(tape.warnings) == 1
    assert tape.warnings[0].startswith("Message 2 of connection 1 is left out: ")
    assert why in tape.warnings[0]


def test_of_many_damaged_messages_some_are_told_and_all_counted(tmp_path: Path) -> None:
    tape = read(tmp_path, entry(*[message("x" * 1000, type="y" * 1000)] * 1000))
    assert len(tape.warnings) == files.MOST_WARNINGS + 1
    assert tape.warnings[-1] == "900 more messages of the file are left out."
    assert max(map(len, tape.warnings)) < 120


@pytest.mark.parametrize("url", ["ws://[::1/", "wss://[example.org]/chat", "ws://a]b[/", ""])
def test_an_address_that_is_none_hides_nothing(url: str, tmp_path: Path) -> None:
    tape = read(tmp_path, entry(message("one"), request={"url": url}))
    assert [each.plain for each in tape.frames()] == [b"one"]
    assert tape.heads(1)["client"] == b"GET / HTTP/1.1\r\nHost: unknown\r\n\r\n"


@pytest.mark.parametrize(
    ("missing", "why"),
    [("type", "its type is None, neither send nor receive."), ("data", "its data is missing.")],
)
def test_a_message_without_direction_or_payload_is_left_out(missing: str, why: str, tmp_path: Path) -> None:
    whole = message("one")
    del whole[missing]
    tape = read(tmp_path, entry(whole, 3, message("two")))
    assert [each.plain for each in tape.frames()] == [b"two"]
    assert tape.warnings[0] == f"Message 1 of connection 1 is left out: {why}"
    assert tape.warnings[1] == "Message 2 of connection 1 is left out: it is 3."


@pytest.mark.parametrize("time", ["now", float("nan"), -1, True, [1], None, 10**400, "9" * 5000])
def test_a_time_that_is_none_leaves_the_message_in_its_place(time: object, tmp_path: Path) -> None:
    tape = read(tmp_path, entry(message("one"), message("two", time=time), message("three", time=1767323049)))
    assert [each.plain for each in tape.frames()] == [b"one", b"two", b"three"]
    assert [each.time for each in tape.frames()] == [0.5, 0.5, 4.0]
    assert tape[1].fact == ForeignSource("wire", "har:no-times")
    assert tape.warnings == []


def test_an_error_of_the_browser_is_a_note(tmp_path: Path) -> None:
    error = message("net::ERR_CONNECTION_RESET", type="error", opcode=-1)
    never = entry(error, startedDateTime="1969-12-31T23:59:59.000Z", response={"status": 0})
    tape = read(tmp_path, never)
    assert tape[-1].sentence == "The tool that recorded it reports: net::ERR_CONNECTION_RESET"
    assert [each.time for each in tape] == [0.0] * 4


@pytest.mark.parametrize(
    "headers",
    [
        [
            {"name": ":method", "value": "CONNECT"},
            {"name": "X", "value": "a\r\nInjected: yes"},
            {"name": "", "value": "x"},
        ],
        [{"name": "Host", "value": "a"}, {"name": "Host", "value": "b"}],
        [{"name": "Content-Length", "value": "-7"}],
        ["Host", None, {}],
        None,
    ],
)
def test_odd_headers_never_hide_the_messages(headers: object, tmp_path: Path) -> None:
    odd = {"method": "GET", "url": "ws://exa mple/\x00", "headers": headers}
    tape = read(tmp_path, entry(message("one"), request=odd, response={"status": 101, "headers": headers}))
    assert [each.plain for each in tape.frames()] == [b"one"]
    assert b"\r\nInjected" not in tape.heads(1)["client"]
    assert [each.error for each in tape.frames()] == [None]


@pytest.mark.parametrize("begun", [None, "yesterday", "2026-01-02T03:04:05", 7, "9999-12-31T23:59:59+00:00"])
def test_a_time_that_is_none_is_that_of_the_first_message(begun: object, tmp_path: Path) -> None:
    tape = read(tmp_path, entry(message("one"), startedDateTime=begun))
    assert tape.frames()[0].time <= 1


def test_several_connections_are_in_the_order_of_time(tmp_path: Path) -> None:
    late = entry(message("late", time=1767323049.0), startedDateTime="2026-01-02T03:04:08.000Z")
    tape = read(tmp_path, late, entry(message("early")))
    assert [each.plain for each in tape.frames()] == [b"early", b"late"]
    assert [each.connection for each in tape.frames()] == [1, 2]
    times = [each.time for each in tape]
    assert times == sorted(times)


def test_an_entry_of_nothing_but_its_kind_is_a_connection(tmp_path: Path) -> None:
    tape = read(tmp_path, {"_resourceType": "websocket"})
    assert [each.kind for each in tape] == ["tcp", "fault", "http"]
