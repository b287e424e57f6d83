"""HARs of browsers and proxies: who writes what is in `har_cases`, and real files lie in `data`."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from tests.formats.har_cases import ASKS, BEGAN, CASES, TALK, Case, entry, headers, messages
from tests.formats.memory import peak_of_loading
from wslab import export
from wslab.formats import UnreadableFile, har, load
from wslab.formats.har import entries as limits
from wslab.lab import Tape
from wslab.tape.files import opened
from wslab.tape.records import ForeignSource, Reported, TcpEvent
from wslab.tape.streams.source import source_label

DATA = Path(__file__).parent / "data"


def read(folder: Path, *entries: object, **log: object) -> Tape:
    path = folder / "made.har"
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": entries, **log}}), "utf-8")
    return load(path)


def said(tape: Tape) -> list[tuple[str, bytes | None]]:
    return [(each.sender, each.plain) for each in tape.frames()]


def source(tape: Tape) -> ForeignSource:
    (found,) = (each.fact for each in tape if isinstance(each.fact, ForeignSource))
    return found


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_each_tool_is_read_as_it_writes(case: Case, tmp_path: Path) -> None:
    tape = read(tmp_path, case.entry)
    assert said(tape) == case.said
    assert source(tape).format == (f"har:{case.lacks}" if case.lacks else "har")
    assert tape.heads(1).get("server", b"").startswith(case.answer)
    assert bool(tape.heads(1).get("server")) is bool(case.answer)
    assert [round(each.time, 6) for each in tape.frames()] == list(case.times)
    assert tuple(each.fact.text for each in tape if isinstance(each.fact, Reported)) == case.reports
    assert [each.error for each in tape] == [None] * len(tape)
    assert len(tape.warnings) == (case.name == "proxyman-odd-opcode")
    assert tape.epoch in (BEGAN, BEGAN + 0.5)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_what_was_read_is_written_and_read_again(case: Case, tmp_path: Path) -> None:
    again = load(har.save(read(tmp_path, case.entry), tmp_path / "again.har"))
    assert said(again) == case.said


def test_the_sources_of_the_cases_are_public_and_their_kinds_differ() -> None:
    assert len({case.name for case in CASES}) == len({case.kind for case in CASES}) == len(CASES)
    assert all(case.source.startswith("https://") for case in CASES)


@pytest.mark.parametrize("case", [case for case in CASES if case.lacks == "no-messages"], ids=lambda case: case.name)
def test_messages_that_were_not_recorded_are_not_silence(case: Case, tmp_path: Path) -> None:
    tape = read(tmp_path, case.entry)
    words = str(tape)
    assert "Its messages were not recorded" in words
    assert "That is not silence" in words
    assert source_label(source(tape).format) == "from a HAR without messages"


def test_of_an_empty_list_silence_is_told_and_nothing_is_missed(tmp_path: Path) -> None:
    tape = read(tmp_path, next(case.entry for case in CASES if case.name == "chrome-silent"))
    assert "recorded" not in str(tape)
    assert source_label(source(tape).format) == "from a HAR"


REAL = {"firefox.har": 101, "firefox-http2.har": 200, "chrome-http2.har": 200, "playwright-http2.har": 200}


@pytest.mark.parametrize(("name", "status"), REAL.items())
def test_real_ones(name: str, status: int) -> None:
    """Written by Firefox 153, DevTools of Chrome 156 and Playwright 1.65 of a talk with an echo on this machine."""
    tape = load(DATA / name)
    heard = [] if name.startswith("firefox") else [("client", b"hello"), ("client", b"\0\xff\x7f")]
    assert said(tape) == [*heard, *(("server", data) for _, data in heard)]
    assert ("newer-http" in source(tape).format) is (status == 200)
    assert ("no-messages" in source(tape).format) is name.startswith("firefox")
    assert [each.error for each in tape] == [None] * len(tape)
    assert tape.warnings == []


def test_a_refusal_has_the_body_that_the_har_has(tmp_path: Path) -> None:
    tape = read(tmp_path, next(case.entry for case in CASES if case.name == "mitmproxy-refused"))
    answer = tape.heads(1)["server"]
    assert answer.endswith(b"\r\nContent-Length: 7\r\n\r\nnot you")
    assert b"gzip" not in answer
    page = read(tmp_path, next(case.entry for case in CASES if case.name == "page-instead"))
    assert page.heads(1)["server"].endswith(b"\r\n\r\n<html>")
    assert b"chunked" not in page.heads(1)["server"]


def test_a_body_that_is_not_in_the_har_is_not_waited_for(tmp_path: Path) -> None:
    refused = entry(status=403, answers=headers("Content-Length: 34", "X-Why: no"))
    tape = read(tmp_path, refused)
    assert tape[-1].sentence == "The server refuses: HTTP/1.1 403 Forbidden."
    assert list(tape.pending()) == []


@pytest.mark.parametrize(("scheme", "made"), [("https", b"wss"), ("HTTP", b"ws"), ("WSS", b"WSS"), ("ws", b"ws")])
def test_an_address_of_http_is_that_of_the_web_socket(scheme: str, made: bytes, tmp_path: Path) -> None:
    tape = read(tmp_path, entry(f"{scheme}://ws.example/chat"))
    assert isinstance(tape[0].fact, TcpEvent)
    assert next(data for _, _, _, _, data in tape.records()) == made + b"://ws.example/chat"


@pytest.mark.parametrize(
    ("asks", "found"),
    [
        (ASKS, True),
        (headers("UPGRADE: h2c, WebSocket"), True),
        (headers("sec-websocket-key: x"), True),
        ({"Upgrade": "websocket"}, True),
        (headers(":protocol: websocket"), True),
        (headers("Upgrade: h2c"), False),
        (headers("Sec-Fetch-Mode: websocket"), False),
        ([None, 3, {}, {"name": None, "value": [1]}], False),
        ("Upgrade: websocket", False),
    ],
)
def test_what_makes_an_entry_a_web_socket(asks: object, found: bool, tmp_path: Path) -> None:
    one = entry("https://ws.example/chat", 400, asks=asks)
    if found:
        assert read(tmp_path, one).heads(1)["server"].startswith(b"HTTP/1.1 400 Bad Request")
    else:
        with pytest.raises(UnreadableFile, match="and no WebSocket connection: open the network panel"):
            read(tmp_path, one)


def test_an_ordinary_request_with_an_empty_list_is_none(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="this HAR has 1 entry, and no WebSocket connection"):
        read(tmp_path, entry("https://ws.example/", 200, asks=[], _webSocketMessages=[]))


def test_a_refusal_with_messages_cannot_be_and_hides_none_of_them(tmp_path: Path) -> None:
    tape = read(tmp_path, entry(status=403, _webSocketMessages=messages(BEGAN, BEGAN + 1)))
    assert said(tape) == TALK
    assert tape.heads(1) == {}


def test_a_wrong_method_is_judged_as_a_server_would(tmp_path: Path) -> None:
    tape = read(tmp_path, entry(method="post", status=405))
    assert tape[2].error is not None
    assert tape[2].error.rule.id == "request-method"


def test_the_bare_log_of_an_extension_and_a_single_entry_are_read(tmp_path: Path) -> None:
    for made in ({"version": "1.2", "entries": [CASES[0].entry]}, CASES[0].entry):
        (tmp_path / "bare.har").write_text(json.dumps(made), "utf-8-sig")
        assert said(load(tmp_path / "bare.har")) == TALK


@pytest.mark.parametrize(
    ("parts", "frame"),
    [
        ({"type": "SEND", "data": "x"}, ("client", 1, b"x")),
        ({"type": "receive", "opcode": None, "data": "x"}, ("server", 1, b"x")),
        ({"type": "receive", "opcode": "1", "data": "x"}, ("server", 1, b"x")),
        ({"type": "receive", "opcode": 2.0, "data": "AP8"}, ("server", 2, b"\0\xff")),
        ({"type": "text", "direction": "outgoing", "payload": "x"}, ("client", 1, b"x")),
        ({"type": "Binary", "from": "server", "payloadData": "AP8="}, ("server", 2, b"\0\xff")),
        ({"direction": "sent", "isBinary": True, "data": "AP8="}, ("client", 2, b"\0\xff")),
        ({"type": "receive", "encoding": "base64", "data": "AP8="}, ("server", 2, b"\0\xff")),
        ({"type": "receive", "encoding": "base64", "opcode": 1, "data": "eA=="}, ("server", 1, b"x")),
        ({"type": "receive", "encoding": "utf8", "opcode": 2, "data": "x"}, ("server", 2, b"x")),
        ({"type": "receive", "opcode": 8, "data": "A+hieWU="}, ("server", 8, b"\x03\xe8bye")),
        ({"type": "receive", "opcode": 8, "data": "1000"}, ("server", 8, b"\x03\xe8")),
        ({"type": "send", "opcode": "close", "data": "", "code": 1001, "reason": "bye"}, ("client", 8, b"\x03\xe9bye")),
        ({"type": "send", "opcode": 8, "data": ""}, ("client", 8, b"")),
    ],
)
def test_the_parts_of_a_message_by_their_other_names(
    parts: dict[str, object], frame: tuple[str, int, bytes], tmp_path: Path
) -> None:
    tape = read(tmp_path, entry(_webSocketMessages=[parts]))
    assert [(each.sender, each.opcode, each.plain) for each in tape.frames()] == [frame]
    assert tape.warnings == []


@pytest.mark.parametrize("name", ["_websocketMessages", "webSocketMessages"])
def test_a_list_by_another_name(name: str, tmp_path: Path) -> None:
    """browserup/mitmproxy#1 and SeleniumRobot."""
    assert said(read(tmp_path, {**entry("https://ws.example/"), name: messages(BEGAN, BEGAN)})) == TALK


@pytest.mark.parametrize(
    "time",
    [
        BEGAN + 0.5,
        str(BEGAN + 0.5),
        (BEGAN + 0.5) * 1e3,
        (BEGAN * 1000 + 500) * 1000,
        (BEGAN * 1000 + 500) * 1_000_000,
        "2023-11-14T22:13:20.500Z",
        "2023-11-14 22:13:20.5",
        "2023-11-14T23:13:20.5000000+01:00",
        " 20231114T221320.500+0000 ",
    ],
)
def test_a_time_has_any_form(time: object, tmp_path: Path) -> None:
    tape = read(tmp_path, entry(_webSocketMessages=[{"type": "send", "time": time, "data": "x"}]))
    assert [round(each.time, 6) for each in tape.frames()] == [0.5]
    assert source(tape).format == "har"


@pytest.mark.parametrize(
    ("times", "order"),
    [
        ([0.6, 0.5, 0.4], [3, 2, 1]),  # the newest first
        ([0.1, 2.0, 0.2], [1, 3, 2]),  # all that was sent before all that was received
        ([0.51, 0.5, 0.6], [1, 2, 3]),  # a little older than the one before it
        ([0.6, "?", 0.4], [1, 2, 3]),
    ],
)
def test_a_list_stays_in_its_order_unless_its_times_contradict_it(
    times: list[object], order: list[int], tmp_path: Path
) -> None:
    made = [
        {"type": "send", "time": BEGAN + time if isinstance(time, float) else time, "data": str(index)}
        for index, time in enumerate(times, 1)
    ]
    tape = read(tmp_path, entry(_webSocketMessages=made))
    assert [int(each.plain or b"") for each in tape.frames()] == order
    seen = [each.time for each in tape]
    assert seen == sorted(seen)


def test_times_that_are_all_zero_are_none(tmp_path: Path) -> None:
    assert source(read(tmp_path, entry(_webSocketMessages=messages(0, 0)))).format == "har:no-times"


# ---- the file that Playwright attaches

NAME = "0123456789abcdef.jsonl"


def attached(name: str = NAME, field: str = "_file") -> dict[str, Any]:
    return entry(response={"content": {field: name}}, _resourceType="websocket")


@pytest.mark.parametrize("field", ["_file", "_sha1"])
def test_messages_in_a_file_beside_the_har_are_read(field: str, tmp_path: Path) -> None:
    lines = [json.dumps(each) for each in messages((BEGAN + 0.5) * 1e3, (BEGAN + 0.6) * 1e3)]
    (tmp_path / NAME).write_text("\n".join([*lines, "half a li", "", "[" * 5000]), "utf-8")
    tape = read(tmp_path, attached(field=field))
    assert said(tape) == TALK
    assert source(tape).format == "har"
    assert tape.warnings == [f"Message {index} of connection 1 is left out: it is None." for index in (3, 4)]


@pytest.mark.parametrize(
    "name", ["../secret.jsonl", "/etc/passwd", "a/b.jsonl", "x.txt", "..", "", "\0.jsonl", NAME + "\n"]
)
def test_no_other_file_is_opened(name: str, tmp_path: Path) -> None:
    (tmp_path.parent / "secret.jsonl").write_text(json.dumps(messages(1, 2)[0]), "utf-8")
    assert said(read(tmp_path, attached(name))) == []


def test_attached_files_keep_the_limits_of_one_har(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from wslab.formats.har import messages as reader

    line = json.dumps(messages(BEGAN, BEGAN)[0]) + "\n"
    monkeypatch.setattr(reader, "LARGEST", 2 * len(line))
    for index in range(3):
        (tmp_path / f"{index}.jsonl").write_text(line, "utf-8")
    tape = read(tmp_path, *(attached(f"{index}.jsonl") for index in (0, 0, 1, 2)))
    found = [each.fact.format for each in tape if isinstance(each.fact, ForeignSource)]
    # the same file is not read twice, and the third goes beyond the limit
    assert found == ["har", "har:messages-elsewhere", "har", "har:messages-elsewhere"]
    monkeypatch.setattr(reader, "MOST_VALUES", 2)
    assert said(read(tmp_path, attached("0.jsonl"))) == []
    os.mkfifo(tmp_path / "pipe.jsonl")
    assert source(read(tmp_path, attached("pipe.jsonl"))).format == "har:messages-elsewhere"


# ---- hostile ones


@pytest.mark.parametrize(
    "value",
    [None, True, -1, 1e400, [[]], {"a": {}}, "", "\ud800", "<script>alert(1)</script>", "\x1b[2J\r\nX: y", "9" * 400],
)
def test_any_value_anywhere_is_read_or_told(value: object, tmp_path: Path) -> None:
    """Each field of an entry in turn has a value that it cannot have: nothing is raised, and no line is forged."""
    whole = entry(_webSocketMessages=messages(BEGAN + 0.5, BEGAN + 0.6), _resourceType="websocket")
    for field in (*whole, "_webSocketClose"):
        tape = read(tmp_path, {**whole, field: value})
        assert_harmless(tape)
    for half in ("request", "response"):
        for field in (*whole[half], "_error", "_failureText"):
            assert_harmless(read(tmp_path, {**whole, half: {**whole[half], field: value}}))
    for field in (*whole["_webSocketMessages"][0], "encoding", "isBinary", "direction"):
        odd = [{**whole["_webSocketMessages"][0], field: value}, whole["_webSocketMessages"][1]]
        assert_harmless(read(tmp_path, {**whole, "_webSocketMessages": odd}))


def assert_harmless(tape: Tape) -> None:
    assert "\x1b" not in str(tape)
    assert "\x1b" not in "".join(tape.warnings)
    assert b"\r\nX: y" not in b"".join(each.data for each in tape if each.kind == "http")


@pytest.mark.parametrize("depth", [200, 900, 980, 100_000])
def test_deep_nesting_is_refused_or_read_and_never_raised(depth: int, tmp_path: Path) -> None:
    deep = f'[{{"name": "X", "value": {"[" * depth}{"]" * depth}}}]'
    path = tmp_path / "deep.har"
    path.write_text(json.dumps(entry(asks="deep")).replace('"deep"', deep))
    with contextlib.suppress(UnreadableFile):
        assert load(path).heads(1)["client"].startswith(b"GET /chat HTTP/1.1\r\n")


def test_markup_is_shown_and_not_obeyed(tmp_path: Path) -> None:
    mark = "<script>alert(1)</script>"
    made = entry(f"wss://ws.example/{mark}", asks=headers(f"X: {mark}"), response={"_error": mark})
    made["_webSocketMessages"] = [{"type": "send", "data": mark}, {"type": mark}]
    tape = read(tmp_path, made)
    page = export(tape, tmp_path / "page.html").read_text("utf-8")
    assert "alert(1)" in page
    assert mark not in page
    assert mark in tape.warnings[0]


def test_a_har_of_twice_the_messages_takes_twice_the_records(tmp_path: Path) -> None:
    """Growth is counted in records, not in seconds: each message is one, whatever its time is."""
    for count in (1000, 2000):
        made = [{"type": "send", "time": time, "data": "x"} for time in range(count, 0, -1)]
        tape = read(tmp_path, entry(_webSocketMessages=made))
        assert len(list(tape.records())) == count + 4


def test_many_entries_of_one_attachment_open_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from wslab.formats.har import messages as reader

    calls: list[Path] = []

    def counted(path: Path) -> BinaryIO:
        calls.append(path)
        return opened(path)

    monkeypatch.setattr(reader, "opened", counted)
    (tmp_path / NAME).write_text("", "utf-8")
    read(tmp_path, *[attached()] * 500, *[attached(f"{index}.jsonl") for index in range(reader.MOST_FILES + 50)])
    assert len(calls) == reader.MOST_FILES


@pytest.mark.parametrize("form", ["headers", "messages"])
def test_memory_of_many_small_parts_stays_within_the_limit(form: str, tmp_path: Path) -> None:
    small = {"name": "X-A", "value": "b"} if form == "headers" else {"type": "send", "data": ""}
    many = [small] * 60_000
    made = entry(asks=[*ASKS, *many]) if form == "headers" else entry(_webSocketMessages=many)
    (tmp_path / "many.har").write_text(json.dumps({"log": {"entries": [made]}}), "utf-8")
    values = 5 * len(many)
    assert peak_of_loading(tmp_path / "many.har") < 3 * (tmp_path / "many.har").stat().st_size + 200 * values
    assert values < limits.MOST_VALUES
