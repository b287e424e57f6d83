"""Tapes that tests write record by record."""

from __future__ import annotations

from collections.abc import Callable

from wslab.lab import Tape
from wslab.protocol import Frame, HandshakeRequest, HandshakeResponse, Role, State
from wslab.tape.records import RecordKind, pack_belief, tag

REQUEST = HandshakeRequest.build("127.0.0.1:9001", key="dGhlIHNhbXBsZSBub25jZQ==")
ANSWER = HandshakeResponse.accept(REQUEST)
KEY = b"1234"


class Clock:
    """A clock that goes on by one second with every record, and calls nothing by itself."""

    def __init__(self) -> None:
        self.seconds = 100.0
        self.planned: list[Callable[[], object]] = []

    def now(self) -> float:
        self.seconds += 1
        return self.seconds

    def later(self, _: float, call: Callable[[], object]) -> None:
        self.planned.append(call)


def blank(*, max_bytes: int = 1 << 20, epoch: float = 0.0) -> Tape:
    clock = Clock()
    return Tape(clock.now, clock.later, max_bytes=max_bytes, epoch=epoch)


def sent(tape: Tape, data: bytes, side: Role = Role.CLIENT, *, connection: int = 1) -> None:
    tape.record(connection, tag(RecordKind.SENT, side), data)


def counted(tape: Tape, size: int, side: Role = Role.SERVER, *, connection: int = 1) -> None:
    tape.record_count(connection, tag(RecordKind.COUNTED, side), size)


def moved(tape: Tape, data: bytes, side: Role = Role.CLIENT, *, connection: int = 1) -> None:
    """Sent and arrived."""
    sent(tape, data, side, connection=connection)
    counted(tape, len(data), side.peer, connection=connection)


def believed(
    tape: Tape, side: Role, state: State, code: int | None = None, detail: str = "so far", *, connection: int = 1
) -> None:
    tape.record(connection, tag(RecordKind.BELIEF, side), pack_belief(state, code, detail))


def opened(tape: Tape, *, connection: int = 1) -> None:
    tape.record(connection, tag(RecordKind.CONNECT, Role.CLIENT), b"127.0.0.1:9001")
    tape.record(connection, tag(RecordKind.ACCEPT, Role.SERVER), b"127.0.0.1:50000")


def shaken(tape: Tape, *, connection: int = 1) -> None:
    """Opened, with both heads."""
    opened(tape, connection=connection)
    moved(tape, REQUEST.serialize(), connection=connection)
    moved(tape, ANSWER.serialize(), Role.SERVER, connection=connection)
    for side in Role:
        believed(tape, side, State.OPEN, connection=connection)


def conversation(tape: Tape, *, connection: int = 1) -> Tape:
    """A whole connection: text both ways, a fragmented message, Ping and Pong, Close and FIN."""
    shaken(tape, connection=connection)
    for data, side in (
        (Frame.text("Hellö", mask=KEY), Role.CLIENT),
        (Frame.text("Hellö"), Role.SERVER),
        (Frame.binary(bytes(range(200)), mask=KEY, fin=False), Role.CLIENT),
        (Frame.ping(b"alive"), Role.SERVER),
        (Frame.pong(b"alive", mask=KEY), Role.CLIENT),
        (Frame.continuation(b"end", mask=KEY), Role.CLIENT),
        (Frame.close(1000, "bye", mask=KEY), Role.CLIENT),
        (Frame.close(1000, "bye"), Role.SERVER),
    ):
        moved(tape, data.serialize(), side, connection=connection)
    for side in reversed(Role):
        tape.record(connection, tag(RecordKind.FIN_SENT, side))
        tape.record(connection, tag(RecordKind.FIN_ARRIVED, side.peer))
        believed(tape, side, State.CLOSED, 1000, connection=connection)
    return tape
