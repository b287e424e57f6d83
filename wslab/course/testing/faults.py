"""A check of which fault shows a bug: it is tried on the program with the bug, and on the program without it.

Both programs are servers that read chunks from TCP and parse them. The right one takes every frame of a chunk, the
other one only the first. A client sends `MESSAGES`, `PAUSE` seconds apart, through a link with the learner's fault. The
fault is right where the right program gets all of them and the other one does not, whatever the seed.

Left out: bugs that need two faults.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from wslab.course.answers import in_words, is_empty
from wslab.course.report import CheckResult
from wslab.lab import ConnectionClosed, HandshakeRefused, Lab
from wslab.lab.faults.names import resolve
from wslab.protocol import Frame, FrameParser, Opcode, ProtocolError, Role, accept_key

__all__ = ["check_fault"]

MESSAGES = ["one", "two", "three"]
PAUSE = 0.02
"""Seconds between two messages."""

SEEDS = range(5)
"""A fault that shows the bug by chance alone does not do so with each of them."""

ENOUGH = 120.0
"""Seconds of virtual time after which the messages must have come."""

BEGIN = "Write the name of a fault, with its values: for example `delay:seconds=0.1`, which does not show this one."
BIGGER = (
    "The server takes the first frame of each chunk, so two frames have to come in one chunk. Look for the fault that "
    "puts together what comes within some time."
)
SOLUTION = 'fault = "coalesce:seconds=0.1"'


def check_fault(mine: object) -> CheckResult:
    """Play the server that takes one frame a chunk, and the right one, through a link with the learner's fault.

    `mine` is the name of a fault or a preset, with its values, as `Lab.link` takes it.

    >>> check_fault("rechunk").ok
    False
    """
    if is_empty(mine):
        return CheckResult(None, "there is no fault here yet.", BEGIN, BIGGER, SOLUTION)
    if not isinstance(mine, str):
        return _wrong(f"this is {in_words(mine)}, and the check wants the name of a fault as text.", BEGIN)
    try:
        resolve([mine])
    except ValueError as error:
        return _wrong(str(error), BEGIN)
    rights = [_played(mine, seed, _every_frame) for seed in SEEDS]
    bugs = [_played(mine, seed, _first_frame) for seed in SEEDS]
    found = _too_much(mine, rights)
    found = _too_little(mine, bugs) if found is None else found
    return _shown(mine, bugs[0]) if found is None else found


def _shown(fault: str, bug: _Seen) -> CheckResult:
    sentence = f"with {fault} the server with the bug gets {bug.got}, and the right one all three."
    return CheckResult(True, sentence, tape=bug.lab.tape)


def _wrong(sentence: str, hint: str) -> CheckResult:
    return CheckResult(False, sentence, hint, BIGGER, SOLUTION)


def _too_much(fault: str, rights: Sequence[_Seen]) -> CheckResult | None:
    """What to say where the fault stops the right program, too."""
    failing = next((each for each in rights if not each.is_whole), None)
    if failing is None:
        return None
    return _wrong(
        f"with {fault} the right server fails, too: it gets {failing.got} of {MESSAGES}.",
        "A test that no program can pass shows no bug. Choose a fault that changes when the bytes come, and not "
        "whether or which.",
    )


def _too_little(fault: str, bugs: Sequence[_Seen]) -> CheckResult | None:
    """What to say where the program with the bug gets everything: always, or by chance."""
    whole = [each for each in bugs if each.is_whole]
    if not whole:
        return None
    if len(whole) < len(bugs):
        return _wrong(
            f"with {fault} the bug shows with {len(bugs) - len(whole)} of {len(bugs)} seeds, by chance.",
            "A test that finds its bug now and then is worth little. Choose a fault that leaves nothing to chance.",
        )
    return _wrong(
        f"with {fault} the server with the bug gets all three messages, as the right one does.",
        f"They came in chunks of {', '.join(map(str, whole[0].sizes))} bytes, and each text was the first frame that "
        "its chunk made whole. What has to be in a chunk, so that a frame is left behind?",
    )


# ---- one run

Read = Callable[[asyncio.StreamReader, "_Seen"], Coroutine[Any, Any, None]]


@dataclass
class _Seen:
    """A run: the texts that the server got, and the sizes of the chunks in which they came."""

    lab: Lab
    got: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether it got everything."""
        return self.got == MESSAGES

    def parsed(self, parser: FrameParser, chunk: bytes) -> list[Frame]:
        """The frames of a chunk."""
        self.sizes.append(len(chunk))
        return parser.feed(chunk)

    def take(self, frame: Frame) -> None:
        """Keep the text of a frame, if it is one."""
        if frame.opcode is Opcode.TEXT:
            self.got.append(frame.payload.decode(errors="replace"))


async def _every_frame(reader: asyncio.StreamReader, seen: _Seen) -> None:
    parser = FrameParser(Role.SERVER)
    while chunk := await reader.read(65536):
        for frame in seen.parsed(parser, chunk):
            seen.take(frame)


async def _first_frame(reader: asyncio.StreamReader, seen: _Seen) -> None:
    parser = FrameParser(Role.SERVER)
    while chunk := await reader.read(65536):
        if frames := seen.parsed(parser, chunk):
            seen.take(frames[0])


def _played(fault: str, seed: int, read: Read) -> _Seen:
    seen = _Seen(Lab(clock="virtual", seed=seed, log_errors=False))
    seen.lab.run(_story(seen, fault, read))
    return seen


async def _story(seen: _Seen, fault: str, read: Read) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, OSError, ProtocolError, ValueError):
            await _answer(reader, writer)
            await read(reader, seen)
        writer.close()

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with suppress(ConnectionClosed, HandshakeRefused, TimeoutError, OSError):
            await _say(seen.lab, f"ws://127.0.0.1:{port}/", fault)
        await seen.lab.close()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The opening handshake, as short as it can be."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    headers = dict(line.split(": ", 1) for line in head.split("\r\n") if ": " in line)
    accept = accept_key(headers.get("Sec-WebSocket-Key", ""))
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    writer.write("\r\n".join([*lines, f"Sec-WebSocket-Accept: {accept}", "", ""]).encode())


async def _say(lab: Lab, url: str, fault: str) -> None:
    client = await lab.connect(await lab.link(url, fault))
    for message in MESSAGES:
        await client.send(message)
        await asyncio.sleep(PAUSE)
    await asyncio.sleep(ENOUGH)
