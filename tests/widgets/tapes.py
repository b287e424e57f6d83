"""Tapes for the timeline's tests: recorded by hand, so that every time and every loss is known."""

from __future__ import annotations

from wslab.lab import Tape
from wslab.protocol import Frame, HandshakeRequest, HandshakeResponse, Role
from wslab.protocol.states import State
from wslab.tape.records import RecordKind, pack_belief, tag

C, S = Role.CLIENT, Role.SERVER
KEY = bytes.fromhex("37fa213d")


class Recorder:
    """Writes records as the lab's endpoints and links do, at times of its own (in seconds)."""

    def __init__(self, connection: int = 1, tape: Tape | None = None) -> None:
        self.connection = connection
        self.time = 0.0
        self.tape = tape or Tape(lambda: self.time, lambda delay, call: call())

    def wait(self, seconds: float) -> Recorder:
        self.time += seconds
        return self

    def record(self, what: RecordKind, side: Role | None = None, data: bytes = b"") -> Recorder:
        self.tape.record(self.connection, tag(what, side), data)
        return self

    def believe(self, side: Role, state: State, code: int | None = None) -> Recorder:
        return self.record(RecordKind.BELIEF, side, pack_belief(state, code, ""))

    def depart(self, side: Role, data: bytes) -> Recorder:
        return self.wait(0.001).record(RecordKind.SENT, side, data)

    def arrive(self, side: Role, size: int, after: float = 0.0004) -> Recorder:
        """`size` bytes reach `side`."""
        self.wait(after).tape.record_count(self.connection, tag(RecordKind.COUNTED, side), size)
        return self

    def send(self, side: Role, data: bytes) -> Recorder:
        return self.depart(side, data).arrive(side.peer, len(data))

    def now(self, side: Role, data: bytes) -> Recorder:
        """`side` sends at the very same moment."""
        return self.record(RecordKind.SENT, side, data)

    def open(self) -> Recorder:
        """TCP and the opening handshake."""
        request = HandshakeRequest.build("127.0.0.1:9001", "/chat", key="dGhlIHNhbXBsZSBub25jZQ==")
        answer = HandshakeResponse.accept(request).serialize()
        self.record(RecordKind.CONNECT, C).believe(C, State.CONNECTING).wait(0.0002).record(RecordKind.ACCEPT, S)
        self.believe(S, State.CONNECTING).send(C, request.serialize())
        self.depart(S, answer).believe(S, State.OPEN).arrive(C, len(answer)).believe(C, State.OPEN)
        return self

    def say(self, text: str) -> Recorder:
        """A text message and its echo."""
        return self.send(C, Frame.text(text, mask=KEY).serialize()).send(S, Frame.text(text).serialize())


def closed() -> Tape:
    """Hello, its echo, and a clean close."""
    told = Recorder().open().say("Hello")
    mine, theirs = Frame.close(1000, "bye", mask=KEY).serialize(), Frame.close(1000).serialize()
    told.depart(C, mine).believe(C, State.CLOSING).arrive(S, len(mine)).believe(S, State.CLOSING, 1000)
    told.depart(S, theirs).arrive(C, len(theirs)).record(RecordKind.FIN_SENT, S).believe(S, State.CLOSED, 1000)
    told.record(RecordKind.FIN_ARRIVED, C).believe(C, State.CLOSED, 1000)
    return told.tape


def half_open() -> Tape:
    """Hello, its echo, then a silent link: what both send is lost, until the server gives up."""
    told = Recorder().open().say("Hello").wait(0.002).record(RecordKind.SILENCE)
    told.wait(2).record(RecordKind.SENT, C, Frame.text("Are you there?", mask=KEY).serialize())
    told.wait(20).record(RecordKind.RST_SENT, S).believe(S, State.CLOSED, 1006).record(RecordKind.ENDED, S)
    return told.tape


def long(messages: int) -> Tape:
    """An opening handshake and many messages with their echoes."""
    told = Recorder().open()
    for number in range(messages):
        told.say(f"message {number}")
    return told.tape
