"""What the lab records beside bytes is facts: which fault acted and how, who waited for what, who raised what."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from tests.lab.faults.plays import PLAYS, TICK, played
from wslab.lab import ConnectionClosed, Endpoint, HandshakeRefused, Lab, echo
from wslab.lab.faults.base import Fault
from wslab.lab.faults.content import AlterHeader, TruncateText
from wslab.lab.faults.manual import Insert
from wslab.protocol import Deflate, Frame, HandshakeRequest
from wslab.tape.records import (
    CloseFailed,
    Fact,
    FaultAct,
    Injected,
    LinkEnded,
    Noted,
    Raised,
    RuleFailed,
    TcpEvent,
    TimedOut,
    Unreachable,
    WentSilent,
)

ACTS = {
    "no Upgrade": FaultAct("client", "header:name=Upgrade,of=client", "header-removed", {"name": "Upgrade"}),
    "another accept": FaultAct(
        "server",
        "header:name=Sec-WebSocket-Accept,value=x,of=server",
        "header-set",
        {"name": "Sec-WebSocket-Accept", "value": "x"},
    ),
    "bit of the opcode": FaultAct(
        "client", "flip:at_frame=1,bit=5,of=client", "bit-flipped", {"bit": 5, "byte": 0, "frame": 1}
    ),
    "bit of the head": FaultAct(
        "client", "flip:at_byte=0,of=client", "bit-flipped", {"bit": 7, "byte": 0, "frame": None}
    ),
    "truncated text": FaultAct("client", "truncate-text", "text-truncated", {"frame": 1}),
    "too large to wait for": FaultAct("server", "truncate-text", "too-large", {"frame": 1, "room": 4 * 1024 * 1024}),
    "idle, RST": FaultAct("wire", "idle:seconds=0.2,how=rst", "idle", {"seconds": 0.2, "how": "rst"}),
    "idle, forgotten": FaultAct("client", "idle:seconds=0.2,how=forget", "forgotten", {}),
    "too old": FaultAct("wire", "max-age:seconds=0.3", "too-old", {"seconds": 3 * TICK}),
}


def facts(lab: Lab, kind: type[Fact] = Fact) -> list[Fact]:
    """The facts on its tape, without TCP's beginning and end."""
    found = (entry.fact for entry in lab.tape)
    return [fact for fact in found if isinstance(fact, kind) and not isinstance(fact, TcpEvent)]


@pytest.mark.parametrize(("name", "act"), ACTS.items())
def test_what_a_fault_did_is_on_the_tape_with_the_fault_as_it_is_written(name: str, act: FaultAct) -> None:
    (play,) = (each for each in PLAYS if each.name == name)
    lab = Lab(clock="virtual", timeout=play.timeout)
    lab.run(played(play, lab))
    assert act in facts(lab)
    assert not facts(lab, Noted)


@pytest.mark.parametrize(("deflate", "text", "why"), [(Deflate(), "Grüße", "compressed"), (None, "Hello", "ascii")])
async def test_a_text_that_cannot_be_truncated_passes_and_the_tape_says_why(
    lab: Lab, deflate: Deflate | None, text: str, why: str
) -> None:
    link = await lab.link(await lab.serve(echo), TruncateText(of="client"))
    client = await lab.connect(link, deflate=deflate)
    await client.send(text)
    assert await client.recv() == text
    assert facts(lab) == [FaultAct("client", "truncate-text:of=client", "not-truncated", {"frame": 1, "why": why})]


async def test_a_frame_that_was_put_in_is_a_fact_with_its_bytes(lab: Lab) -> None:
    link = await lab.link(await lab.serve(echo), Insert())
    client = await lab.connect(link)
    await client.send("mine")
    await client.recv()
    link.inject(Frame.text("Hello"), to="client")
    assert await client.recv() == "Hello"
    (fact,) = facts(lab, Injected)
    assert isinstance(fact, Injected)
    assert (fact.side, fact.to, fact.data) == ("server", "client", Frame.text("Hello").serialize())


async def test_a_close_that_nobody_answers_and_one_that_tcp_does_not_outlive(lab: Lab) -> None:
    link = await lab.link(await lab.serve(Endpoint.wait_closed))
    waits, is_cut = await lab.connect(link), await lab.connect(link)
    link.silence()
    await waits.close_quietly(1000, timeout=TICK)
    assert facts(lab)[1:] == [WentSilent("wire"), TimedOut("client", "close", TICK)]
    closing = asyncio.create_task(is_cut.close_quietly(1000))
    await asyncio.sleep(TICK)
    link.cut()
    await closing
    assert LinkEnded("wire", "RST") in facts(lab)
    assert CloseFailed("client") in facts(lab)


async def test_an_error_of_a_handler_and_one_of_on_request(lab: Lab) -> None:
    async def fails(connection: Endpoint) -> None:
        raise KeyError("name")

    def judge(request: HandshakeRequest) -> None:
        raise ValueError("no")

    client = await lab.connect(await lab.serve(fails))
    with suppress(ConnectionClosed):
        await client.recv()
    with suppress(HandshakeRefused):
        await lab.connect(await lab.serve(echo, on_request=judge))
    assert facts(lab) == [
        Raised("server", "handler", "KeyError: 'name'"),
        Raised("server", "on_request", "ValueError: no"),
    ]
    assert [each.connection for each in lab.tape if isinstance(each.fact, Raised)] == [1, 2]


async def test_an_answer_that_is_none_is_a_rule_that_failed_and_the_error_has_it_too(lab: Lab) -> None:
    fault: Fault = AlterHeader("Upgrade", of="server")
    with pytest.raises(HandshakeRefused) as refused:
        await lab.connect(await lab.link(await lab.serve(echo), fault))
    error = refused.value.error
    assert error is not None
    assert refused.value.rule is error.rule
    assert facts(lab, RuleFailed) == [RuleFailed("client", error.rule.id, *error.offset, error.found)]


async def test_a_link_that_reaches_nobody_and_one_that_goes_silent(lab: Lab) -> None:
    server = await lab.serve(echo)
    link = await lab.link(server)
    await server.close()
    with suppress(HandshakeRefused, ConnectionError):
        await lab.connect(link)
    assert facts(lab) == [Unreachable("wire", link.target, "refused")]
    link.silence()
    with suppress(TimeoutError):
        await lab.connect(link, timeout=TICK)
    assert facts(lab)[1:] == [WentSilent("wire"), TimedOut("client", "opening", TICK)]


async def test_what_a_side_believes_is_a_code_on_the_tape_and_words_for_people(lab: Lab) -> None:
    client = await lab.connect(await lab.serve(echo))
    await client.close(1000)
    beliefs = [(entry.client.why, entry.client.detail) for entry in lab.tape if entry.client is not None]
    assert ("=open", "messages may travel") in beliefs
    assert ("=close-sent", "sent a Close, waits for the peer's") in beliefs
    assert beliefs[-1] == ("=closed client", "closed by the client")
