"""`check_server`: a learner's echo server, with a real client of the lab's on the other side.

The function is `async def server(reader, writer)`, as `asyncio.start_server` takes it, with a connection that has just
been accepted. What is asked of it:

- it answers the opening handshake, and refuses a request that is not one;
- it sends back each message, as text or as binary, however it comes: long, in fragments, byte by byte, or with another;
- it answers a Ping with a Pong, also between two fragments;
- it answers a Close with the same code, ends TCP, and returns; it returns, too, when the client is gone;
- it ends the connection where a client breaks a rule: a frame that is not masked, or has a reserved bit.

How it works: a `Situation` is a script of the client's. `_play` runs it in a lab of its own, on the virtual clock,
where `asyncio.start_server` listens in memory. What the client finds wrong is raised as `_Wrong`, with what to say
about it. A rule that the server's bytes break is taken from the tape.

Left out: subprotocols, extensions, and how many clients it can bear.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from wslab.course.exercises.server_solution import SERVER
from wslab.course.exercises.trial import Finding, Trial, not_begun, report
from wslab.course.report import CheckResult
from wslab.explain.words import quoted
from wslab.lab import ConnectionClosed, Endpoint, HandshakeRefused
from wslab.lab.faults.base import Fault
from wslab.lab.faults.content import Rechunk
from wslab.lab.faults.timing import Coalesce, Rate
from wslab.protocol import RULES, CloseCode, Frame, Opcode, Rule
from wslab.protocol.numbers import size_in_words

__all__ = ["check_server"]

HOST, PORT = "127.0.0.1", 8001

LIMIT = 5.0
"""Seconds that the client waits for whatever it waits for."""

STEPS = 1_500_000
"""Instructions within one moment: to unmask the longest message byte by byte takes most of them."""

LENGTHS = (125, 126, 127)
"""Around the lengths at which the form of the length changes (§5.2)."""

KEY = bytes.fromhex("37fa213d")


class _Wrong(Exception):
    """What the client finds wrong."""

    def __init__(self, found: Finding) -> None:
        super().__init__(found.sentence)
        self.found = found


class _Stage:
    """What a situation has: a client that opens connections to the learner's server."""

    def __init__(self, trial: Trial, situation: Situation) -> None:
        self.trial = trial
        self.faults = situation.faults
        self.rule = situation.rule

    async def open(self) -> Endpoint:
        """A connection whose opening handshake is done."""
        lab = self.trial.lab
        target = f"ws://{HOST}:{PORT}/"
        try:
            return await lab.connect(await lab.link(target, *self.faults) if self.faults else target, timeout=LIMIT)
        except HandshakeRefused as error:
            raise self._broken("handshake", f"the client does not open the connection: {error}", _ACCEPT) from None
        except (TimeoutError, OSError) as error:
            what = "gets no whole answer to its request" if isinstance(error, TimeoutError) else "finds the end of TCP"
            raise self._broken("no-answer", f"the client {what}.", _ACCEPT, "response-status") from None

    async def echo(self, ws: Endpoint, message: str | bytes) -> None:
        """A message goes there and comes back."""
        with suppress(ConnectionClosed):
            await ws.send(message)
        await self.back(ws, message)

    async def back(self, ws: Endpoint, message: str | bytes) -> None:
        """A message comes back."""
        try:
            got = await ws.recv(timeout=LIMIT)
        except TimeoutError:
            raise self._broken("no-echo", f"{_shown(message)} does not come back within {LIMIT:g} s.", _ECHO) from None
        except ConnectionClosed:
            raise self._broken("ended", f"the connection ends before {_shown(message)} comes back.", _ECHO) from None
        if type(got) is not type(message):
            said = f"{_shown(message)} comes back as {'text' if isinstance(got, str) else 'binary'}."
            raise self._broken("other-kind", said, "Send each message with the opcode that it came with (§5.6).")
        if got != message:
            raise self._broken("other-message", f"{_shown(message)} comes back as {_shown(got)}.", _ECHO)

    def _broken(self, mistake: str, sentence: str, hint: str, rule: str = "") -> _Wrong:
        """What went wrong; where the server's bytes break a rule, that is why."""
        errors = [each.error for each in self.trial.lab.tape if each.error is not None and each.sender == "server"]
        if errors:
            broken = errors[0].rule
            return _Wrong(Finding(sentence, str(errors[0]), hint, SERVER, broken.id, f"breaks-{broken.id}"))
        failed = self._failed()
        if failed is not None:
            said = f"The client fails the connection: {failed.text} ({failed.reference})."
            return _Wrong(Finding(sentence, said, hint, SERVER, failed.id, f"breaks-{failed.id}"))
        rule = rule or self.rule
        crashed = next((run for run in self.trial.runs if run.error is not None), None)
        if crashed is not None:
            told = self.trial.raised(crashed)
            return _Wrong(Finding(f"{sentence} {told.sentence}", told.hint, hint, SERVER, rule, "raises"))
        return _Wrong(Finding(sentence, hint, _WAY, SERVER, rule, mistake))

    def _failed(self) -> Rule | None:
        """The rule for which the client fails the connection: its id is the reason of its Close."""
        closes = self.trial.lab.tape.frames(Opcode.CLOSE, "client")
        reasons = (each.frame.payload[2:].decode(errors="replace") for each in closes if each.frame is not None)
        return next((RULES[each] for each in reasons if each in RULES), None)

    def wrong(self, mistake: str, sentence: str, hint: str) -> _Wrong:
        """What a situation finds wrong by itself."""
        return self._broken(mistake, sentence, hint)


def _shown(message: str | bytes) -> str:
    if len(message) > 20:
        return f"a message of {size_in_words(len(message))}"
    return f"“{message}”" if isinstance(message, str) else quoted(message)


# ---- what the client does


async def _opens(stage: _Stage) -> None:
    await stage.open()


async def _text(stage: _Stage) -> None:
    ws = await stage.open()
    for message in ("Hello", "", "é😀", "again"):
        await stage.echo(ws, message)


async def _binary(stage: _Stage) -> None:
    ws = await stage.open()
    for message in (b"\x00\xff", b"", b"Hello"):
        await stage.echo(ws, message)


async def _lengths(stage: _Stage) -> None:
    ws = await stage.open()
    for size in LENGTHS:
        await stage.echo(ws, "a" * size)


async def _long(stage: _Stage) -> None:
    await stage.echo(await stage.open(), "a" * 65536)


async def _together(stage: _Stage) -> None:
    ws = await stage.open()
    for message in ("one", "two", "three"):
        await ws.send(message)
    for message in ("one", "two", "three"):
        await stage.back(ws, message)


async def _fragments(stage: _Stage) -> None:
    ws = await stage.open()
    await ws.send_fragment("Hel", fin=False)
    await ws.send_fragment("lo", fin=True)
    await stage.back(ws, "Hello")


async def _ping(stage: _Stage) -> None:
    ws = await stage.open()
    await _pong(stage, ws)
    await stage.echo(ws, "Hello")


async def _ping_between(stage: _Stage) -> None:
    ws = await stage.open()
    await ws.send_fragment("Hel", fin=False)
    await _pong(stage, ws)
    await ws.send_fragment("lo", fin=True)
    await stage.back(ws, "Hello")


async def _pong(stage: _Stage, ws: Endpoint) -> None:
    try:
        await ws.ping(b"are you there", timeout=LIMIT)
    except (TimeoutError, ConnectionClosed):
        said = "the client's Ping is not answered by a Pong with the same payload."
        raise stage.wrong("no-pong", said, "Send the Ping's payload back with opcode 10 (§5.5.3).") from None


async def _close(stage: _Stage) -> None:
    ws = await stage.open()
    await stage.echo(ws, "Hello")
    with suppress(TimeoutError, ConnectionClosed):
        await ws.close(1001, "lunch", timeout=LIMIT)
    closes = stage.trial.lab.tape.frames(Opcode.CLOSE, "server")
    if not closes:
        raise stage.wrong("no-close", "the client's Close is not answered with a Close.", _CLOSE)
    if ws.close_code != 1001:
        told = "no code" if ws.close_code == CloseCode.NO_STATUS_RCVD else ws.close_code
        said = f"the answer to Close 1001 carries {told}."
        raise stage.wrong("other-close-code", said, _CLOSE)
    await _returns(stage, "the client has closed")


async def _gone(stage: _Stage) -> None:
    ws = await stage.open()
    await stage.echo(ws, "Hello")
    ws.abort()
    await _returns(stage, "the client is gone")


async def _returns(stage: _Stage, when: str) -> None:
    await asyncio.sleep(LIMIT)
    run = stage.trial.runs[0]
    if run.ended is None:
        said = f"{when}, and {LIMIT:g} s later your function still runs."
        raise stage.wrong("goes-on", said, "Return when nothing more can come: a task for each client would stay.")
    if run.error is not None:
        said = f"{when}, and an error leaves your function."
        hint = "`readexactly` raises IncompleteReadError at the end of TCP, other calls ConnectionError: catch both."
        told = stage.trial.raised(run)
        raise _Wrong(Finding(f"{said} {told.sentence}", hint, told.hint, SERVER, stage.rule, "error-leaves"))


async def _violates(stage: _Stage, frame: Frame, what: str, rule: str) -> None:
    ws = await stage.open()
    await ws.send_raw(frame.serialize())
    with suppress(ConnectionClosed, TimeoutError):
        back = await ws.recv(timeout=LIMIT) in ("Hello", b"Hello")
        said = f"the client sends {what}, and gets {'it back' if back else 'a message for it'}."
        raise _Wrong(Finding(said, _FAIL, _WAY, SERVER, rule, "accepts"))
    await asyncio.sleep(LIMIT)
    if ws.is_open:
        said = f"the client sends {what}, and the connection stays open."
        raise _Wrong(Finding(said, _FAIL, _WAY, SERVER, rule, "stays-open"))


async def _unmasked(stage: _Stage) -> None:
    await _violates(stage, Frame.text("Hello"), "a frame that is not masked", "client-masks")


async def _reserved(stage: _Stage) -> None:
    frame = Frame(Opcode.TEXT, b"Hello", rsv1=True, mask=KEY)
    await _violates(stage, frame, "a frame with RSV1", "reserved-bits")


async def _no_request(stage: _Stage) -> None:
    reader, writer = await asyncio.open_connection(HOST, PORT)
    writer.write(b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n")
    answer = b""
    with suppress(TimeoutError, ConnectionError):
        answer = await asyncio.wait_for(reader.read(2000), LIMIT)
    writer.close()
    if not answer.startswith(b"HTTP/1.1 4"):
        said = f"a browser asks for a page, and gets {_shown(answer[:20]) if answer else 'no answer'}."
        hint = "A request without Upgrade: websocket is answered with 400 (§4.2.1) or 426."
        raise _Wrong(Finding(said, hint, _WAY, SERVER, "request-upgrade", "no-refusal"))


async def _two(stage: _Stage) -> None:
    first, second = await stage.open(), await stage.open()
    await first.send("from the first")
    await stage.echo(second, "from the second")
    await stage.back(first, "from the first")


@dataclass(frozen=True, slots=True)
class Situation:
    """What the client does: its name, a sentence about it, its script, the rule it is about, what is on the way."""

    name: str
    setting: str
    script: Callable[[_Stage], Awaitable[None]]
    rule: str
    faults: tuple[Fault, ...] = ()


BYTE_BY_BYTE = (Rechunk(1), Rate(2000))

SITUATIONS = (
    Situation("opening", "A client opens a connection:", _opens, "response-accept"),
    Situation("text", "A client sends text:", _text, "client-masks"),
    Situation("binary", "A client sends binary messages:", _binary, "client-masks"),
    Situation(
        "lengths", f"A client sends messages of {', '.join(map(str, LENGTHS))} bytes:", _lengths, "length-minimal"
    ),
    Situation("fragments", "A client sends a message in two fragments:", _fragments, "continuation-needs-start"),
    Situation("ping", "A client sends a Ping:", _ping, "control-fragmented"),
    Situation(
        "ping-between", "A client sends a Ping between two fragments:", _ping_between, "continuation-needs-start"
    ),
    Situation(
        "byte-by-byte", "The client's bytes come one at a time:", _together, "length-minimal", (Rechunk(1), Rate(2000))
    ),
    Situation("together", "Three messages come in one chunk:", _together, "length-minimal", (Coalesce(0.1),)),
    Situation("close", "A client closes with 1001:", _close, "close-body-length"),
    Situation("gone", "A client ends TCP without a Close:", _gone, "close-body-length"),
    Situation("two", "Two clients are there:", _two, "client-masks"),
    Situation("long", "A client sends a message of 65536 bytes:", _long, "length-minimal"),
    Situation("unmasked", "A client breaks a rule:", _unmasked, "client-masks"),
    Situation("reserved-bit", "A client breaks a rule:", _reserved, "reserved-bits"),
    Situation("no-websocket", "A client wants no WebSocket:", _no_request, "request-upgrade"),
)
"""In the order in which they are played."""


def check_server(mine: object) -> CheckResult:
    """Run a learner's `async def server(reader, writer)` against a client; the first situation that goes wrong is told.

    Nothing takes real time, nothing raises at the learner, and code that never ends is stopped. The `tape` of the
    result is that of the situation that went wrong; where all go well, of the first with messages.

    >>> async def server(reader, writer):
    ...     writer.write(b"Hello")
    >>> check_server(server).ok
    False
    """
    early = not_begun(mine, "read the request up to its empty line, and answer it (§4.2.2).", _ACCEPT, _WAY, SERVER)
    if early is not None:
        return early
    assert callable(mine)
    for number, situation in enumerate(SITUATIONS, 1):
        trial, found = _play(mine, situation)
        if found is not None:
            return report(f"{situation.name}: {situation.setting}", number, len(SITUATIONS), found, trial.tape)
    what = f"your server does its work in all {len(SITUATIONS)} situations."
    return CheckResult(True, what, tape=_play(mine, SITUATIONS[1])[0].tape)


def _play(function: Callable[..., Awaitable[object]], situation: Situation) -> tuple[Trial, Finding | None]:
    trial = Trial(function, steps=STEPS)
    found: list[Finding] = []
    trial.run(_story(trial, situation, found))
    finding = trial.finding()
    if finding is not None:
        return trial, replace(finding, mistake="any-code", solution=SERVER)
    return trial, found[0] if found else None


async def _story(trial: Trial, situation: Situation, found: list[Finding]) -> None:
    def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        run = trial.start(reader, writer)
        assert run.task is not None
        run.task.add_done_callback(lambda _: writer.close())  # no connection outlives its run

    listener = await asyncio.start_server(handle, HOST, PORT)
    stage = _Stage(trial, situation)
    try:
        await situation.script(stage)
    except _Wrong as wrong:
        found.append(wrong.found)
    except ConnectionClosed as error:
        found.append(stage.wrong("ended", f"the connection ends. {error}", _ECHO).found)
    listener.close()


_WAY = (
    "Read the request, answer 101, and then in a loop: read a frame, unmask it, and answer it by its opcode. `await "
    "reader.readexactly(n)` waits until n bytes are there, however they come."
)
_ACCEPT = "The answer is 101 with Upgrade, Connection and Sec-WebSocket-Accept, and an empty line at its end (§4.2.2)."
_ECHO = "Unmask the payload, and send it back with FIN, the same opcode and no mask (§5.1, §5.3)."
_CLOSE = "Send a Close with the same two bytes of code back, then end TCP (§5.5.1)."
_FAIL = "Send a Close with 1002 and end TCP: the stream cannot be trusted any more (§7.1.7)."
