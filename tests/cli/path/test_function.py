"""`wslab.build`: the stages with a coroutine function of this process, in virtual time."""

from __future__ import annotations

import asyncio
import time
from typing import Any, cast

import pytest

import wslab
from tests.conformance.path.servers import server as whole
from wslab.conformance.path import served
from wslab.conformance.path.run import DEATH
from wslab.conformance.path.stages.catalogue import STAGES


async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def raises(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    raise LookupError("no key")


async def shouts(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await whole.serve(cast(asyncio.StreamReader, _Louder(reader)), writer)


class _Louder:
    """A reader whose texts arrive in capitals where no mask hides them."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    async def readexactly(self, size: int) -> bytes:
        return (await self._reader.readexactly(size)).replace(b"Hello", b"HELLO")


def test_a_whole_server_passes_all_stages_and_is_told_the_way_to_any_language(
    capsys: pytest.CaptureFixture[str],
) -> None:
    results = wslab.build(whole.serve)
    assert [each.stage.name for each in results if each.passed] == list(STAGES)
    printed = capsys.readouterr().out
    assert "✓  3 masks" in printed
    assert "All 13 stages have passed. The same for a program in any language: wslab build -- ./my_server" in printed
    assert "\x1b" not in printed


def test_a_wrong_byte_is_named_as_on_the_command_line_and_further_help_as_in_python(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (result,) = wslab.build(shouts, "echo")
    assert result.failed is not None
    assert result.failed.case.name == "text"
    printed = capsys.readouterr().out
    assert "^^ byte 3, bit 2: 45, expected 65" in printed
    told = " ".join(printed.split())
    assert 'hints=True tells more; play("crossing-messages") is the scenario of this stage' in told
    assert 'FrameInspector(bytes.fromhex("810548454c4c4f"), role="client") names each bit' in told
    assert "--" not in printed


def test_hints_are_printed_when_they_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    wslab.build(shouts, "echo", hints=True)
    printed = capsys.readouterr().out
    assert "Keep what you read in a buffer." in printed
    assert "hints=True" not in printed


def test_the_error_that_left_the_function_is_told_with_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    (result,) = wslab.build(raises, "handshake")
    assert result.failed is not None
    assert result.failed.said.startswith("Your code raises LookupError: no key.\n")
    assert 'raise LookupError("no key")' in result.failed.said
    assert "it said   Your code raises LookupError" in capsys.readouterr().out


async def runs_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await whole.shake_hands(reader, writer)
    while True:
        await reader.read(100)  # at the end of TCP it gives b"" at once


def test_code_that_runs_on_without_waiting_is_stopped_and_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served, "LONGEST", 0.3)
    (result,) = wslab.build(runs_on, "handshake")
    assert result.failed is not None
    assert result.failed.finding.lesson is DEATH
    assert "Once the client has ended TCP" in result.failed.said
    assert "The program ran for 5 s without waiting, and was stopped: meanwhile it" in capsys.readouterr().out


def test_waiting_takes_no_time_and_the_run_ends_at_the_first_stage_that_does_not_pass() -> None:
    began = time.monotonic()
    results = wslab.build(mute, timeout=500)
    assert time.monotonic() - began < 30
    assert [(each.stage.name, each.passed) for each in results] == [("handshake", False)]


def test_it_goes_on_where_it_is_told_to() -> None:
    results = wslab.build(mute, "handshake", "ping", go_on=True)
    assert [(each.stage.name, each.passed) for each in results] == [("handshake", False), ("ping", False)]


async def test_it_runs_where_a_loop_runs_already() -> None:
    assert [each.passed for each in wslab.build(whole.serve, "ping")] == [True]


@pytest.mark.parametrize("given", [None, "./my_server", lambda reader, writer: None, mute])
def test_what_is_no_coroutine_function_is_refused_in_one_sentence(given: object) -> None:
    if given is mute:
        given = whole
    with pytest.raises(TypeError, match="wants your server as `async def server"):
        wslab.build(given)


def test_a_stage_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(ValueError, match="There is no stage 'mask'; the stages are handshake, echo, masks"):
        wslab.build(mute, "mask")
