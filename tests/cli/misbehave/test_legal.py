"""Heads that are legal and unusual: none breaks a rule of ours, each is another one, and real servers are tried."""

from __future__ import annotations

import asyncio
import io

import pytest
from rich.console import Console

from wslab import Lab
from wslab.cli.errors import CliError
from wslab.cli.misbehave.legal import HEADS, LegalHead, request_of, run_legal
from wslab.cli.misbehave.verdict import Reaction, exit_code
from wslab.lab import echo
from wslab.lab.network.uri import parse_uri
from wslab.protocol import HandshakeRequest

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
USUAL = HandshakeRequest.build("127.0.0.1:1", "/", key=KEY)


@pytest.mark.parametrize("head", HEADS, ids=lambda head: head.id)
def test_a_head_breaks_no_rule_and_is_not_the_usual_one(head: LegalHead) -> None:
    request = request_of(head, "127.0.0.1:1", "/", KEY)
    assert [check.rule.id for check in request.checks() if not check.passed] == []
    assert (request.serialize() != USUAL.serialize()) is not head.pieces


async def _with_lab(strict: bool) -> tuple[list[Reaction], str]:
    out = Console(file=io.StringIO(), width=200)
    judge = (lambda request: None if request.header("Connection") == "Upgrade" else (400, "No.")) if strict else None
    async with Lab(tape=False) as lab:
        server = await lab.serve(echo, on_request=judge)
        reactions = await run_legal(parse_uri(server.url), out, timeout=5.0)
    assert isinstance(out.file, io.StringIO)
    return reactions, out.file.getvalue()


def test_the_servers_of_the_lab_take_every_one() -> None:
    reactions, printed = asyncio.run(_with_lab(strict=False))
    assert set(reactions) == {Reaction.RIGHT}, printed
    assert len(reactions) == len(HEADS)
    assert exit_code(reactions) == 0


def test_a_server_that_looks_for_one_spelling_is_found_out() -> None:
    reactions, printed = asyncio.run(_with_lab(strict=True))
    wrong = {head.id for head, reaction in zip(HEADS, reactions, strict=True) if reaction is Reaction.WRONG}
    assert wrong == {"connection-list", "connection-twice", "connection-case"}
    assert "the server answers 400, though the head is legal" in printed
    assert exit_code(reactions) == 1


def test_a_server_that_refuses_the_usual_head_is_not_tried() -> None:
    async def run() -> None:
        async with Lab(tape=False) as lab:
            server = await lab.serve(echo, on_request=lambda _: (401, "Who are you?"))
            await run_legal(parse_uri(server.url), Console(file=io.StringIO()), timeout=5.0)

    with pytest.raises(CliError, match="to the usual head the server answers 401"):
        asyncio.run(run())
