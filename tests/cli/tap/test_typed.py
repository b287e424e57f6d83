"""A person's hand on a link: what each word does, and that a wrong one does nothing but say so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from tests.cli.process import eventually
from wslab.cli.tap.typed import COMMANDS, TapCommands, faults_of
from wslab.lab import ConnectionClosed, Endpoint, Lab, Link, echo
from wslab.lab.faults.ending import Silence
from wslab.lab.faults.manual import Insert
from wslab.lab.faults.timing import Delay, Outage
from wslab.protocol import Deflate


@dataclass
class Table:
    """A client and a server with a link between, and somebody at it."""

    lab: Lab
    link: Link
    client: Endpoint
    commands: TapCommands
    said: list[str] = field(default_factory=list)

    async def until_held(self, count: int) -> None:
        await eventually(lambda: len(self.link.held) == count)


@pytest.fixture
async def table() -> AsyncIterator[Table]:
    async with Lab(timeout=3.0) as lab:
        server = await lab.serve(echo, deflate=Deflate())
        link = await lab.link(server, Insert())
        client = await lab.connect(link)
        said: list[str] = []
        yield Table(lab, link, client, TapCommands(link, said.append), said)


async def test_a_ping_goes_to_both_sides_and_is_answered(table: Table) -> None:
    table.commands.obey("ping are you there")
    await eventually(lambda: sum(entry.kind == "pong" for entry in table.lab.tape) == 2)
    assert {entry.sender for entry in table.lab.tape if entry.kind == "pong"} == {"client", "server"}


async def test_a_close_to_one_side_has_its_code_and_reason(table: Table) -> None:
    table.commands.obey("close client 1011 out of order")
    with pytest.raises(ConnectionClosed) as closed:
        await table.client.recv()
    assert (closed.value.code, closed.value.reason) == (1011, "out of order")


async def test_a_text_is_put_between_the_others(table: Table) -> None:
    table.commands.obey("#1 text client from the middle")
    assert await table.client.recv() == "from the middle"
    table.commands.obey("text server echo me")
    assert await table.client.recv() == "echo me"


async def test_paused_frames_pass_vanish_or_change_as_decided(table: Table) -> None:
    table.commands.obey("pause")
    for text in ("one", "two", "three"):
        await table.client.send(text)
    await table.until_held(3)
    table.commands.obey("held")
    assert [line for line in table.said if "text “one”" in line]
    table.commands.obey("drop 2")
    table.commands.obey("pass")
    table.commands.obey("edit changed by hand")
    await table.until_held(2)
    table.commands.obey("resume")
    assert [await table.client.recv(), await table.client.recv()] == ["one", "changed by hand"]
    assert not table.commands.is_paused


async def test_pass_all_lets_everything_go_and_holds_what_comes_next(table: Table) -> None:
    table.commands.obey("pause")
    await table.client.send("one")
    await table.until_held(1)
    table.commands.obey("pass all")
    await table.until_held(1)
    table.commands.obey("edit hex 6f 6e 65 21")
    assert await table.client.recv() == "one!"


async def test_a_fault_stands_from_now_on_and_off_takes_it_out(table: Table) -> None:
    table.commands.obey("fault delay:0.01")
    assert Delay(0.01) in table.link.faults
    table.commands.obey("fault off")
    assert table.link.faults == (Insert(),)


@pytest.mark.parametrize(("line", "tcp"), [("cut", "RST"), ("fin", "FIN")])
async def test_cut_and_fin_end_tcp_on_both_sides(table: Table, line: str, tcp: str) -> None:
    table.commands.obey(line)
    with pytest.raises(ConnectionClosed) as closed:
        await table.client.recv()
    assert closed.value.code == 1006
    assert tcp in closed.value.ending.tcp.words


async def test_help_lists_every_command(table: Table) -> None:
    table.commands.obey("help")
    assert all(any(usage in line for line in table.said) for usage, _ in COMMANDS.values())


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("nonsense", "no command 'nonsense'"),
        ("#7 ping", "no open connection #7; open are #1"),
        ("close 99", "no close code"),
        ("close 1006", "must not carry 1005, 1006 or 1015"),
        ("ping " + "x" * 126, "125 bytes"),
        ("text hello", "Say who"),
        ("drop", "pause holds"),
        ("pass 3", "pause holds"),
        ("fault", "Name a fault"),
        ("fault mobil", "did you mean 'mobile'"),
        ("fault delay:-1", "not below 0"),
        ("fault delay", "needs seconds"),
        ("cut gently", "fin for FIN"),
    ],
)
async def test_a_wrong_word_is_a_sentence_and_nothing_happens(table: Table, line: str, words: str) -> None:
    faults = table.link.faults
    with pytest.raises(ValueError, match=words):
        table.commands.obey(line)
    assert table.link.faults == faults
    await table.client.send("still")
    assert await table.client.recv() == "still"


@pytest.mark.parametrize(
    ("line", "words"),
    [("drop x", "not a number"), ("drop 2", "no number 2: 1 wait"), ("edit hex 0", "hex"), ("pass 0", "not a number")],
)
async def test_a_wrong_choice_of_what_waits_is_a_sentence(table: Table, line: str, words: str) -> None:
    table.commands.obey("pause")
    await table.client.send("one")
    await table.until_held(1)
    with pytest.raises(ValueError, match=words):
        table.commands.obey(line)
    assert len(table.link.held) == 1


async def test_a_head_that_waits_can_be_dropped_and_not_edited(table: Table) -> None:
    table.commands.obey("pause")
    connecting = asyncio.create_task(table.lab.connect(table.link))
    await table.until_held(1)
    table.commands.obey("held")
    assert any("GET / HTTP/1.1" in line for line in table.said)
    with pytest.raises(ValueError, match="head is not a frame"):
        table.commands.obey("edit x")
    table.commands.obey("resume")
    await (await connecting).close()


def test_a_name_with_a_delay_gives_the_same_faults_later() -> None:
    assert faults_of("half-open", 10.0) == (Silence(after=10.0),)
    assert Outage(45, after=15) in faults_of("train_tunnel", 5.0)


async def test_a_fault_is_told_in_words_and_silence_says_what_it_means_for_what_is_injected(table: Table) -> None:
    table.commands.obey("fault delay:0.2")
    assert table.said[-1] == "From now on: Each byte of both sides comes 200 ms later; order is kept."
    table.commands.obey("fault half-open")
    table.commands.obey("ping client")
    assert table.said[-1] == "The link is silent: what you inject may not arrive either. cut ends the connection."
