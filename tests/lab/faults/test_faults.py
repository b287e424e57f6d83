"""Every fault on both clocks: the same events in the same order at both ends, and what the wire's truth asks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from wslab.lab import ConnectionClosed, Endpoint, HandshakeRefused, Lab, Link, echo
from wslab.lab.faults.base import Fault
from wslab.lab.faults.content import AlterHeader, Flip, Rechunk, Split, TruncateText
from wslab.lab.faults.ending import Cut, IdleTimer, MaxAge, Silence
from wslab.lab.faults.manual import Gate, Insert
from wslab.lab.faults.names import NAMES, check, faults_named, resolve
from wslab.lab.faults.pongs import DelayPongs, SwallowPongs
from wslab.lab.faults.presets import PRESETS
from wslab.lab.faults.timing import Coalesce, Delay, Loss, Outage, Rate
from wslab.protocol import Frame

TICK = 0.1
"""Seconds: short enough to wait for, long enough that a busy machine does not mix up what comes first."""

Story = Callable[[Lab, Link], Awaitable[None]]


@dataclass
class Play:
    """A fault, and what happens meanwhile."""

    name: str
    faults: tuple[Fault, ...]
    story: Story
    tells: str  # what both tapes must say
    ends: tuple[object, object]  # the codes that the client and the server believe in
    timeout: float = field(default=TICK * 12)


async def talk(lab: Lab, link: Link) -> None:
    """Two messages to and fro, then the client closes."""
    client = await lab.connect(link)
    for text in ("grüße", "two"):
        await client.send(text)
        await client.recv()
    await client.close(1000, "done")


async def talk_until_it_ends(lab: Lab, link: Link) -> None:
    """Messages until somebody says no."""
    with suppress(ConnectionClosed, TimeoutError, HandshakeRefused):
        client = await lab.connect(link)
        for text in ("grüße", "two", "three", "four"):
            await client.send(text)
            await client.recv()


async def rest(lab: Lab, link: Link) -> None:
    """One message, then nothing, until the connection ends."""
    client = await lab.connect(link)
    await client.send("one")
    await client.recv()
    await client.wait_closed()


async def rest_and_write(lab: Lab, link: Link) -> None:
    """One message, a long rest, and one more."""
    client = await lab.connect(link)
    await client.send("one")
    await client.recv()
    await asyncio.sleep(TICK * 4)
    with suppress(ConnectionClosed, TimeoutError):
        await client.send("still there?")
        await client.recv()
    if client.is_open:
        client.abort()
    await client.wait_closed()


async def ping(lab: Lab, link: Link) -> None:
    """A Ping, which may find no Pong."""
    client = await lab.connect(link)
    with suppress(TimeoutError):
        await client.ping(b"hey", timeout=TICK * 3)
    await client.close(1000)


async def refused(lab: Lab, link: Link) -> None:
    """A handshake that fails."""
    with suppress(HandshakeRefused, TimeoutError):
        await lab.connect(link)


PLAYS = [
    Play("no fault", (), talk, "Close 1000", (1000, 1000)),
    Play("delay", (Delay(TICK, jitter=TICK / 2),), talk, "Close 1000", (1000, 1000)),
    Play("rate", (Rate(3000),), talk, "Close 1000", (1000, 1000)),
    Play("loss", (Loss(0.4, retransmit_after=TICK / 2),), talk, "Close 1000", (1000, 1000), timeout=5),
    Play("outage", (Outage(TICK * 3, after=0),), talk, "Close 1000", (1000, 1000)),
    Play("silence", (Silence(),), refused, "goes silent: it swallows what both", (None, None)),
    Play("silence later", (Silence(after=TICK * 2),), rest_and_write, "It is lost on the way", (1006, None)),
    Play("silence of the server", (Silence(of="server", after=TICK * 2),), rest_and_write, "one way", (1006, 1006)),
    Play("silence of the client", (Silence(of="client", after=TICK * 2),), rest_and_write, "one way", (1006, None)),
    Play("cut with RST", (Cut(after=TICK * 2),), rest, "RST to both sides", (1006, 1006)),
    Play("cut with FIN", (Cut(gently=True, after=TICK * 2),), rest, "FIN to both sides", (1006, 1006)),
    Play("cut behind bytes", (Cut(at_byte=175),), talk_until_it_ends, "The link is cut", (1006, 1006)),
    Play("cut in the head", (Cut(at_byte=20),), talk_until_it_ends, "The link is cut", (None, None)),
    Play("cut at a frame", (Cut(at_frame=2),), talk_until_it_ends, "The link is cut", (1006, 1006)),
    Play("cut in a frame", (Cut(at_frame=2, into=3),), talk_until_it_ends, "The link is cut", (1006, 1006)),
    Play("cut at the answer", (Cut(at_frame=1, of="server"),), talk_until_it_ends, "The link is cut", (1006, 1006)),
    Play("cut at a word", (Cut(seen=b"two", of="server"),), talk_until_it_ends, "The link is cut", (1006, 1006)),
    Play("idle, FIN", (IdleTimer(TICK * 2, "fin"),), rest, "saw no byte for 0.2 s", (1006, 1006)),
    Play("idle, RST", (IdleTimer(TICK * 2, "rst"),), rest, "with RST to both sides", (1006, 1006)),
    Play("idle, forgotten", (IdleTimer(TICK * 2, "forget"),), rest_and_write, "knows no such connection", (1006, None)),
    Play("idle, silent", (IdleTimer(TICK * 2, "silent"),), rest_and_write, "and tells nobody", (1006, None)),
    Play("too old", (MaxAge(TICK * 3),), rest, "lets no connection live longer", (1006, 1006)),
    Play("byte by byte", (Rechunk(1),), talk, "Close 1000", (1000, 1000)),
    Play("split", (Split(150),), talk, "Close 1000", (1000, 1000)),
    Play("glued", (Coalesce(TICK),), talk, "Close 1000", (1000, 1000)),
    Play("bit of the opcode", (Flip(at_frame=1, into=0, bit=5),), talk_until_it_ends, "is turned over", (1002, 1006)),
    Play("bit of the payload", (Flip(at_frame=1, into=9, bit=0),), talk_until_it_ends, "turned over", (1007, 1006)),
    Play("bit of the head", (Flip(at_byte=0, bit=7),), refused, "of the head", (None, None)),
    Play("truncated text", (TruncateText(1),), talk_until_it_ends, "inside a character", (1007, 1006)),
    Play("no Upgrade", (AlterHeader("Upgrade", of="client"),), refused, "takes the header Upgrade", (None, None)),
    Play(
        "another accept", (AlterHeader("Sec-WebSocket-Accept", "x", of="server"),), refused, "makes the", (None, 1006)
    ),
    Play("Pongs swallowed", (SwallowPongs(),), ping, "Close 1000", (1000, 1000)),
    Play("Pongs late", (DelayPongs(TICK),), ping, "Close 1000", (1000, 1000)),
    Play("insert", (Insert(),), talk, "Close 1000", (1000, 1000)),
]


async def played(play: Play, lab: Lab) -> tuple[list[str], tuple[object, object]]:
    """What each side did and saw, side by side, and the codes that they believe in at last."""
    ends: dict[str, Endpoint] = {}

    async def serve(connection: Endpoint) -> None:
        ends["server"] = connection
        await echo(connection)

    link = await lab.link(await lab.serve(serve), *play.faults)
    with suppress(TimeoutError):
        async with asyncio.timeout(10):
            await play.story(lab, link)
    await asyncio.sleep(TICK * 2)
    last = lab.tape[-1]
    codes = tuple(None if each is None else each.code for each in (last.client, last.server))
    lines = [f"{each.sender} {each.sentence} {each.fate}" for each in lab.tape]
    masked = [line.partition(" masked with")[0] if "Ping" in line else line for line in lines]
    await lab.close()
    return sorted(masked, key=lambda line: line.split()[0]), (codes[0], codes[1])


@pytest.mark.parametrize("play", PLAYS, ids=lambda play: play.name)
async def test_a_fault_does_the_same_on_both_clocks(play: Play) -> None:
    virtual = Lab(clock="virtual", timeout=play.timeout, seed=3)
    in_memory, believed = virtual.run(played(play, virtual))
    real = Lab(timeout=play.timeout, seed=3)
    on_sockets, believed_too = await played(play, real)
    assert play.tells in " ".join(in_memory)
    assert believed == play.ends
    assert (on_sockets, believed_too) == (in_memory, believed)


def test_every_fault_is_played() -> None:
    played = {type(fault) for play in PLAYS for fault in play.faults}
    assert {*NAMES.values(), Insert} - played == {Gate}  # which has tests of its own


# --- while it runs ------------------------------------------------------------------------


async def on_either(story: Callable[[Lab], Awaitable[None]]) -> None:
    """The same on both clocks."""
    virtual = Lab(clock="virtual", timeout=2)
    virtual.run(story(virtual))  # type: ignore[arg-type]
    async with Lab(timeout=2) as lab:
        await story(lab)


async def test_faults_can_change_while_it_runs_and_what_was_held_comes_in_order() -> None:
    async def story(lab: Lab) -> None:
        link = await lab.link(await lab.serve(echo))
        client = await lab.connect(link)
        link.faults = (Delay(60),)
        for number in range(5):
            await client.send(str(number))
        link.faults = ("byte_by_byte",)
        await client.send("5")
        assert [await client.recv() for _ in range(6)] == list("012345")
        assert link.faults == (Rechunk(1),)

    await on_either(story)


async def test_a_fault_that_stays_goes_on_as_it_was() -> None:
    async def story(lab: Lab) -> None:
        link = await lab.link(await lab.serve(echo), Cut(at_frame=3, of="server"))
        client = await lab.connect(link)
        await client.send("1")
        await client.recv()
        link.faults = (*link.faults, Delay(0.01))
        await client.send("2")
        await client.recv()
        await client.send("3")
        with pytest.raises(ConnectionClosed):
            await client.recv()

    await on_either(story)


async def test_a_connection_that_swallowed_bytes_stays_silent_and_a_new_one_is_whole() -> None:
    async def story(lab: Lab) -> None:
        link = await lab.link(await lab.serve(echo))
        first = await lab.connect(link)
        link.silence()
        await first.send("lost")
        await asyncio.sleep(TICK)
        link.faults = ()
        with pytest.raises(TimeoutError):
            await first.ping(timeout=TICK)
        second = await lab.connect(link)
        assert await second.ping() < 2

    await on_either(story)


async def test_at_a_gate_each_frame_waits_and_can_pass_vanish_or_change() -> None:
    async def story(lab: Lab) -> None:
        link = await lab.link(await lab.serve(echo))
        client = await lab.connect(link)
        link.faults = (Gate(of="client"),)
        for text in ("one", "two", "three"):
            await client.send(text)
        await asyncio.sleep(TICK)
        first, second, third = link.held
        assert [each.frame and each.frame.payload for each in link.held] == [b"one", b"two", b"three"]
        third.edit(Frame.text("THREE", mask=b"abcd").serialize())
        second.drop()
        await asyncio.sleep(TICK)
        assert link.held == [first]
        first.release()
        assert [await client.recv(), await client.recv()] == ["one", "THREE"]
        told = str(lab.tape)
        assert "“two”. It is lost on the way." in told
        assert "changed by hand" in told
        with pytest.raises(ValueError, match="decided already"):
            first.drop()

    await on_either(story)


async def test_whoever_watches_a_link_is_told_of_what_comes_late_to_its_gate(lab: Lab) -> None:
    link = await lab.link(await lab.serve(echo))
    client = await lab.connect(link)
    link.faults = (Delay(TICK * 4), Gate(of="client"))
    seen: list[int] = []
    stop = link.watch(lambda: seen.append(len(link.held)))
    await client.send("one")
    await asyncio.sleep(TICK * 8)
    stop()
    assert seen[-1] == 1


async def test_a_gate_that_is_taken_away_lets_everything_pass_and_fin_waits_behind() -> None:
    async def story(lab: Lab) -> None:
        link = await lab.link(await lab.serve(echo))
        client = await lab.connect(link)
        link.faults = (Gate(of="client"),)
        await client.send("one")
        await client.send("two")
        await asyncio.sleep(TICK)
        link.faults = ()
        assert [await client.recv(), await client.recv()] == ["one", "two"]
        await client.close()

    await on_either(story)


async def test_frames_can_be_put_in_from_the_middle_masked_where_they_must_be() -> None:
    async def story(lab: Lab) -> None:
        got: list[str | bytes] = []

        async def keep(connection: Endpoint) -> None:
            async for message in connection:
                got.append(message)  # noqa: PERF401  what came before an error counts

        link = await lab.link(await lab.serve(keep), Insert())
        client = await lab.connect(link)
        await client.send("mine")
        await asyncio.sleep(TICK)
        assert link.inject(Frame.text("not yours"), to="server") == 1
        assert link.inject(Frame.text("hello, client"), to="client") == 1
        assert await client.recv() == "hello, client"
        link.inject(Frame.close(1011, "enough"), to="client")
        with pytest.raises(ConnectionClosed, match="1011"):
            await client.recv()
        await asyncio.sleep(TICK)
        assert got == ["mine", "not yours"]
        assert "Somebody in the middle sends the server text" in str(lab.tape)

    await on_either(story)


@pytest.mark.parametrize("to", [("client",), ("server",), ("client", "server")], ids="+".join)
async def test_a_close_put_in_from_the_middle_ends_both_sides_with_a_closing_handshake(to: tuple[str, ...]) -> None:
    async def story(lab: Lab) -> None:
        link = await lab.link(await lab.serve(echo), Insert())
        client = await lab.connect(link)
        await client.send("one")
        await client.recv()
        for side in to:
            link.inject(Frame.close(1011, "enough"), to=side)
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        await asyncio.sleep(TICK)
        last = lab.tape[-1]
        assert last.client is not None
        assert last.server is not None
        assert (last.client.code, last.server.code, closed.value.ending.clean) == (1011, 1011, True)

    await on_either(story)


async def test_inserting_needs_its_fault_from_the_beginning(lab: Lab) -> None:
    link = await lab.link(await lab.serve(echo))
    assert link.inject(Frame.ping(), to="client") == 0
    await lab.connect(link)
    with pytest.raises(ValueError, match=r"give the link the fault Insert\(\) first"):
        link.inject(Frame.ping(), to="client")


async def test_a_slow_path_holds_back_the_writer_and_loses_nothing() -> None:
    async def story(lab: Lab) -> None:
        message = bytes(400_000)
        link = await lab.link(await lab.serve(echo), Rate(2_000_000, of="server"))
        client = await lab.connect(link)
        await client.send(message)
        assert await client.recv(timeout=10) == message

    await on_either(story)


@pytest.mark.parametrize("preset", PRESETS)
async def test_every_preset_lets_a_short_talk_pass_or_ends_it_by_its_rule(preset: str) -> None:
    lab = Lab(clock="virtual", timeout=5)

    async def story() -> None:
        link = await lab.link(await lab.serve(echo), preset)
        await talk_until_it_ends(lab, link)

    lab.run(story())
    assert len(lab.tape) > 2


# --- what is refused ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Delay(-1), "seconds is not below 0"),
        (lambda: Silence(after=-2), "after is not below 0"),
        (lambda: Rate(0), "use Silence"),
        (lambda: Loss(1.0), "is Silence"),
        (lambda: Cut(at_byte=3, at_frame=1), "one place"),
        (lambda: Flip(bit=3), "say which byte"),
        (lambda: Flip(at_byte=0, bit=8), "bit is 0 to 7"),
        (lambda: IdleTimer(3, "gently"), "one of fin, rst, forget, silent"),
        (lambda: IdleTimer(3, of="client"), "both directions"),
        (lambda: AlterHeader("a: b"), "one line"),
        (lambda: Rechunk(0), "at least 1"),
        (lambda: Delay(1, of="proxy"), "'client' or 'server'"),
        (lambda: check([Delay(1), Delay(2)]), "which one holds"),
        (lambda: check([Silence(of="client"), Silence()]), "Two faults Silence on the bytes of the client"),
        (lambda: check([Rechunk(1), Coalesce(1)]), "contradict each other"),
        (lambda: resolve(["mobil"]), "did you mean 'mobile'"),
        (lambda: resolve(["zzz"]), "there are mobile"),
        (lambda: faults_named("delay"), "needs seconds: write delay:seconds="),
        (lambda: faults_named("delay:fast"), "seconds is a number; not 'fast'"),
        (lambda: faults_named("delay:1,size=2"), "has no 'size': there are seconds, jitter, of, after"),
        (lambda: faults_named("mobile:3"), "takes no values"),
        (lambda: faults_named("cut:gently=maybe"), "gently is yes or no; not 'maybe'"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(make: Callable[[], object], says: str) -> None:
    with pytest.raises(ValueError, match=says.replace("(", r"\(")):
        make()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("half-open", Silence()),
        ("delay:0.2", Delay(0.2)),
        ("delay:0.2s,0.1", Delay(0.2, 0.1)),
        ("cut:gently,at_frame=3,of=server", Cut(gently=True, at_frame=3, of="server")),
        ("cut:gently=True", Cut(gently=True)),
        ("max-age:5,gently=no", MaxAge(5, gently=False)),
        ("cut:seen=forbidden", Cut(seen=b"forbidden")),
        ("idle:60,how=rst", IdleTimer(60, "rst")),
        ("max_age:5", MaxAge(5)),
        ("header:Upgrade,of=client", AlterHeader("Upgrade", of="client")),
    ],
)
def test_a_command_line_can_name_every_fault(text: str, fault: Fault) -> None:
    assert faults_named(text) == (fault,)
    assert faults_named("half-open", after=10.0) == (Silence(after=10.0),)


async def test_a_head_that_is_altered_twice_arrives_once(lab: Lab) -> None:
    server = await lab.serve(echo)
    link = await lab.link(server, AlterHeader("Origin", "https://a.example", of="client"), AlterHeader("X", "y"))
    client = await lab.connect(link)
    await client.send("after the heads")
    await client.recv()
    await client.close()
    assert [entry.fate for entry in lab.tape if entry.kind in ("http", "text")] == ["arrived"] * 4
