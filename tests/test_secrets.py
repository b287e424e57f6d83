"""No file, page or line of the lab shows a secret of a head, unless it was asked for."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.cli.process import stopped, tapping, wslab
from wslab import Timeline, export, load
from wslab.exporter import SUFFIXES
from wslab.lab import Lab, Tape, echo
from wslab.lab.faults.content import AlterHeader
from wslab.protocol import Role
from wslab.tape.jsonlines import JsonlinesWriter
from wslab.tape.log import RecordRedactor

SECRETS = ("Qy1BearerQy1", "Qy2CookieQy2", "Qy3SetCookieQy3", "Qy4QueryQy4", "Qy5SubprotocolQy5", "Qy6FaultQy6")
HEADERS = [("Authorization", f"Bearer {SECRETS[0]}"), ("Cookie", f"session={SECRETS[1]}; theme=dark")]
KEPT = "theme=****"


def story(clock: str = "virtual") -> Tape:
    async def talk(lab: Lab) -> None:
        server = await lab.serve(echo, subprotocols=["chat"], headers=[("Set-Cookie", f"id={SECRETS[2]}; Path=/")])
        link = await lab.link(server, AlterHeader("X-Api-Key", SECRETS[5], of=Role.CLIENT))
        async with await lab.connect(
            f"{link.url}?token={SECRETS[3]}", headers=HEADERS, subprotocols=["chat", "bearer", SECRETS[4]]
        ) as client:
            await client.send("Hello")
            await client.recv()

    lab = Lab(clock=clock)
    lab.run(talk(lab))
    return lab.tape


@pytest.fixture(scope="module")
def tape() -> Tape:
    return story()


def shown(data: bytes) -> list[str]:
    """The secrets that some bytes show, as they are, in hex or in Base64."""
    found = []
    for each in SECRETS:
        raw = each.encode()
        inner = base64.b64encode(raw[: len(raw) // 3 * 3]).rstrip(b"=")
        forms = (raw, raw.hex().encode(), raw.hex(" ").encode(), inner)
        if any(form in data for form in forms):
            found.append(each)
    return found


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_exported_file_shows_no_secret_and_says_so(
    suffix: str, tape: Tape, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = export(tape, tmp_path / f"a{suffix}").read_bytes()
    assert shown(data) == []
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "secrets of heads were replaced by asterisks" in record.getMessage()
    assert "secrets=True keeps them" in record.getMessage()


@pytest.mark.parametrize("suffix", [".jsonl", ".har", ".pcapng"])
def test_secrets_are_kept_where_they_are_asked_for(
    suffix: str, tape: Tape, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert set(SECRETS[:5]) <= set(shown(export(tape, tmp_path / f"a{suffix}", secrets=True).read_bytes()))
    assert caplog.records == []


def test_a_redacted_recording_is_interpreted_as_the_original(tape: Tape, tmp_path: Path) -> None:
    loaded = load(tape.save(tmp_path / "a.jsonl"))
    assert loaded.size == tape.size
    assert [(each.kind, each.fate, each.error, len(each.data)) for each in loaded] == [
        (each.kind, each.fate, each.error, len(each.data)) for each in tape
    ]
    assert [each.sentence for each in loaded if each.kind != "http"][-4:] == [
        each.sentence for each in tape if each.kind != "http"
    ][-4:]
    again = loaded.save(tmp_path / "b.jsonl")
    assert load(again).digest() == loaded.digest()


def test_a_recording_without_secrets_is_saved_as_it_is(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def talk(lab: Lab) -> None:
        async with await lab.connect(await lab.serve(echo), subprotocols=[], headers=[("X-Name", "me")]) as client:
            await client.send("?token=abc")

    lab = Lab(clock="virtual")
    lab.run(talk(lab))
    assert load(lab.tape.save(tmp_path / "a.jsonl")).digest() == lab.tape.digest()
    assert lab.tape.redacted() == (lab.tape, 0)
    assert caplog.records == []


def test_a_growing_file_shows_no_secret(tape: Tape, tmp_path: Path) -> None:
    path, redactor = tmp_path / "a.jsonl", RecordRedactor()
    with JsonlinesWriter(tape.log, path, redactor=redactor) as file:
        file.append()
        assert shown(path.read_bytes()) == []
    assert redactor.count == 7  # the six, and the theme
    assert load(path).digest() == tape.redacted()[0].digest()


def test_a_timeline_shows_and_copies_no_secret_unless_asked(tape: Tape, tmp_path: Path) -> None:
    view, open_view = Timeline(tape, selected="entry-2"), Timeline(tape, selected="entry-2", secrets=True)
    try:
        assert shown(view.save(tmp_path / "a.html").read_bytes() + view.text().encode()) == []
        assert SECRETS[0] in shown(open_view.save(tmp_path / "b.html").read_bytes())
        for entry in tape:
            if entry.kind == "http":
                view.act("inspect", str(entry.number))
                assert shown(repr(view.state.inspected).encode()) == []
    finally:
        view.close()
        open_view.close()


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with Lab() as lab:
        server = await lab.serve(
            echo, subprotocols=["chat"], headers=[("Set-Cookie", f"id={SECRETS[2]}; Path=/")], origins=None
        )
        yield server.url


def connecting(url: str) -> list[str]:
    headers = [word for name, value in HEADERS for word in ("-H", f"{name}: {value}")]
    protocols = [word for name in ("chat", "bearer", SECRETS[4]) for word in ("--subprotocol", name)]
    return ["connect", f"{url}?token={SECRETS[3]}", *headers, *protocols]


@pytest.mark.parametrize("asked", [False, True])
async def test_connect_prints_and_keeps_no_secret_unless_asked(asked: bool, url: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    async with wslab(*connecting(url), "--save", str(path), *(["--secrets"] if asked else [])) as tool:
        tool.end_input()
        assert await tool.end() == 0
    said, kept = tool.said, path.read_bytes()
    assert bool(shown(kept)) is asked
    assert (SECRETS[3] in said, SECRETS[4] in said) == (asked, asked)
    assert ("--secrets keeps them" in said) is not asked


@pytest.mark.parametrize("options", [[], ["--json"]])
async def test_a_tap_prints_and_keeps_no_secret(options: list[str], url: str, tmp_path: Path) -> None:
    path = tmp_path / "a.har"
    async with tapping(url, "--save", str(path), *options) as (tap, address):
        async with Lab() as lab:
            target = f"{address}?token={SECRETS[3]}"
            client = await lab.connect(target, headers=HEADERS, subprotocols=["chat", "bearer", SECRETS[4]])
            await client.close()
        await tap.until("1000")
        said = await stopped(tap)
    assert shown(said.encode()) == []
    assert shown(path.read_bytes()) == []
    assert json.loads(path.read_text("utf-8"))["log"]["entries"]
