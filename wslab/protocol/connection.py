"""One endpoint of an open connection as pure code: bytes in, events out; calls in, bytes out.

Nothing here reads, writes, waits or looks at a clock. The owner gives what arrived to `receive_data`, takes what
happened from `events`, writes what `data_to_send` returns, and ends TCP when `should_close_tcp` says so. It
begins behind the opening handshake, in state OPEN: what came behind the head is the first to give to `receive_data`.

How the machine works. What an endpoint knows of its connection is four facts, and everything else follows from them:

- `close_sent` and `close_received`: what each Close said. They are set once and never again.
- `failure`: the first rule that the peer broke. Its owner may `fail` the connection without one, where it waited in
  vain. After either (`has_failed`) nothing of the peer's is read any more, not even its Close (§7.1.7).
- `state`: OPEN, CLOSING or CLOSED, moved only by the table in `states`.

From OPEN there are three ways into CLOSING: we send a Close, we receive one, or we fail the connection. Two Closes make
the closing handshake, in any order; they may cross on the way, and then neither is an answer. Only the end of TCP leads
to CLOSED, from every state: `receive_eof` is the last thing that happens, and its `Ended` event says what this side
believes. It was clean if both Closes were there. Without one from the peer the code is 1006, which never travels.

Three asymmetries are easy to miss:

- Receiving a Close stops reading at once, sending one does not: the peer's messages before its Close still count, and
  its Pings are still answered. Our Close ends our data frames, not our Pings and Pongs.
- Receiving a Close does not stop sending. A Close that we owe, as an answer or for a failure, is only noted (`_owed`)
  and goes out at the end of the next `data_to_send`, behind the owner's answers to what arrived before the Close. An
  owner that answers later holds it with `hold_close`.
- The server ends TCP once both Closes are there, and the client waits for that; a failure lets either side end it.

Order. Events come in the order of the bytes. One chunk may hold ten messages and then a violation: the messages come
first, the failure behind them. A peer's violation never raises out of `receive_data`; it becomes a `Failed` event and a
Close with the code of the rule. A call of our own that breaks a rule raises `LocalProtocolError`, and nothing is sent.

What this module leaves out: time limits (the lab's), the opening handshake (`handshake`), fragments (`messages`).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from wslab.protocol.codes import CloseCode, Opcode, Role
from wslab.protocol.deflate import Deflate, Deflater, Inflater
from wslab.protocol.errors import LocalProtocolError, ProtocolError
from wslab.protocol.events import CloseReceived, Ended, Event, Failed, Message, PingReceived, PongReceived
from wslab.protocol.frames.frame import (
    DEFAULT_MAX_MESSAGE,
    FIN,
    OPCODE,
    RSV1,
    Frame,
    check_key,
    encode,
    own_bytes,
    write_frame,
)
from wslab.protocol.frames.parser import FrameError, FrameParser, Unfinished
from wslab.protocol.messages import CloseBody, InHeader, MessageAssembler, OwnMessage, read_close, read_text
from wslab.protocol.rules import RULES
from wslab.protocol.states import Happening, State, after

Keys = Callable[[int], bytes]

MAX_PONGS = 10_000
"""Pongs that may wait for `data_to_send`; of any more Pings only the last is answered, as §5.5.3 allows."""

# the first byte of a whole message, or of a Pong, in one plain frame
_WHOLE_TEXT = FIN | Opcode.TEXT
_WHOLE_BINARY = FIN | Opcode.BINARY
_WHOLE_PONG = FIN | Opcode.PONG
_WHOLE = (_WHOLE_TEXT, _WHOLE_BINARY)

# asked for each message or frame: in Python 3.11 a member looked up in its enum costs more than what is done with it
_OPEN, _CLOSED = State.OPEN, State.CLOSED
_BINARY, _PING, _PONG = Opcode.BINARY, Opcode.PING, Opcode.PONG


class Connection:
    r"""One endpoint of an open connection.

    `role` is our own. `max_message` limits a message that we accept, in bytes (16 MiB by default). `keys(4)` makes the
    masking keys of a client. They must be unpredictable (§5.3), so the default is the system's strongest source, and
    only a laboratory passes another. `deflate` is what the handshake agreed on (RFC 7692): then every message that we
    send is compressed, and `compresses` is True. `first_close` is who sent the first Close or failed the connection.

    >>> server = Connection(Role.SERVER)
    >>> server.receive_data(Frame.text("Hello", mask=bytes(4)).serialize())
    >>> server.events()
    [Message(data='Hello')]
    >>> server.send_text("Hello back")
    >>> server.data_to_send()
    b'\x81\nHello back'
    """

    def __init__(
        self,
        role: Role,
        *,
        max_message: int = DEFAULT_MAX_MESSAGE,
        keys: Keys = secrets.token_bytes,
        deflate: Deflate | None = None,
    ) -> None:
        self.role = Role(role)
        self.state = State.OPEN
        self.close_sent: CloseBody | None = None
        self.close_received: CloseBody | None = None
        self.failure: ProtocolError | None = None
        self.has_failed = False
        self.compresses = deflate is not None
        self._keys = keys
        self._masks = self.role.masks
        self.parser = FrameParser(role, max_payload=max_message, rsv1=deflate is not None)
        self.inflater = None if deflate is None else Inflater(deflate, self.role)
        self._assembler = MessageAssembler(max_message=max_message, inflater=self.inflater)
        self._deflater = None if deflate is None else Deflater(deflate, self.role)
        self._owed: Frame | None = None  # the Close that answers, until it goes out
        self.holds_close = False  # whether it waits for `release_close`
        self._pongs = 0  # that wait for `data_to_send`
        self._late_pong: bytes | None = None  # of the last Ping, where there are too many
        self._sending = OwnMessage()
        self._outgoing: list[bytes] = []
        self._happened: list[Event | str | bytes] = []  # a message as its data
        self.first_close: Role | None = None

    # --- what arrived -------------------------------------------------------------

    def receive_data(self, data: bytes) -> None:
        """Take bytes from the peer, cut anywhere. Behind a Close (§1.4) or a failure (§7.1.7) they are discarded."""
        # §1.4: "after receiving a control frame indicating the connection should be closed, a peer discards any
        # further data received"; §7.1.7 forbids to process more after a failure, "including a responding Close frame"
        if self.close_received or self.has_failed or self.state is _CLOSED:
            return
        failure: ProtocolError | None = None
        try:
            frames = self.parser.feed(data)
        except FrameError as error:
            frames, failure = error.frames, error
        # the frames before a violation are valid; what breaks a rule in them came first, and so counts first
        failure = self._receive_all(frames) or failure
        if failure is None and self.parser.unfinished is not None:
            failure = self._preview(self.parser.unfinished)
        if failure is not None and not self.close_received:  # behind a Close even a violation is discarded
            self._fail(failure)

    def receive_eof(self) -> None:
        """TCP has ended, by the peer's FIN or by a loss: no more bytes will come (§7.1.4)."""
        if self.state is State.CLOSED:
            return
        # §7.1.5: the code is the peer's, 1005 where its Close had none, and where no Close was received "is considered
        # to be 1006"; what we sent ourselves does not count
        self._forget_owed()
        self.state = after(self.state, Happening.TCP_CLOSED)
        # §7.1.4: the end was clean if TCP ended behind a complete closing handshake
        body = self.close_received or CloseBody(CloseCode.ABNORMAL_CLOSURE, "")
        clean = self.close_received is not None and self.close_sent is not None
        self._happened.append(Ended(body.code, body.reason, clean, self.first_close))

    def events(self) -> list[Event]:
        """What happened since the last call."""
        return [Message(each) if isinstance(each, (str, bytes)) else each for each in self.happened()]

    def happened(self) -> list[Event | str | bytes]:
        """As `events`, with each message as its bare data: cheaper where there are many."""
        happened, self._happened = self._happened, []
        return happened

    # --- what we send -------------------------------------------------------------

    def data_to_send(self) -> bytes:
        """The bytes to write since the last call. The Close that we owe the peer comes last, unless it is held."""
        # the limit is for Pongs that wait, and these go out now
        self._pongs = 0
        # the Pong for the last of too many Pings, then the Close that we owe: with that both Closes are there
        if self._late_pong is not None and self._forbids(Opcode.PONG) is None:
            self._send_frame(Frame.pong(self._late_pong))
        self._late_pong = None
        if self._owed is not None and not self.holds_close:
            self._pay(self._owed)
        data = b"".join(self._outgoing)
        self._outgoing.clear()
        return data

    @property
    def wants_to_send(self) -> bool:
        """Whether `data_to_send` would return anything."""
        return bool(self._outgoing) or (self._owed is not None and not self.holds_close)

    def send_text(self, text: str) -> None:
        """A text message in one frame (§5.6)."""
        if self.state is not _OPEN or self._sending.kind is not None:
            self._check_between_messages()
        self._send_data(_WHOLE_TEXT, encode(text), self._key())

    def send_binary(self, data: bytes | bytearray | memoryview) -> None:
        """A binary message in one frame (§5.6)."""
        if self.state is not _OPEN or self._sending.kind is not None:
            self._check_between_messages()
        self._send_data(_WHOLE_BINARY, data if type(data) is bytes else own_bytes(data), self._key())

    def send_fragment(self, data: str | bytes, *, fin: bool, opcode: Opcode | None = None) -> None:
        """One fragment of a message (§5.4); `fin` says that it is the last.

        The first fragment's type makes the message text (`str`) or binary (`bytes`);
        pass `opcode=Opcode.TEXT` to send text as bytes, also cut inside a character.
        """
        self._check_open()
        frame = self._sending.next_frame(data, fin, opcode)
        key = self._key()
        self._sending.took(frame)  # the last that may refuse; from here on the fragment counts
        self._send_data(frame.first, frame.payload, key)

    def ping(self, payload: bytes = b"") -> None:
        """A Ping of at most 125 bytes (§5.5.2)."""
        # §5.4: allowed between our own fragments, too, so nothing is asked of `_sending`
        self._send_frame(Frame.ping(payload))

    def pong(self, payload: bytes = b"") -> None:
        """An unsolicited Pong (§5.5.3); those that answer a Ping go out by themselves."""
        self._send_frame(Frame.pong(payload))

    def close(self, code: int | None = CloseCode.NORMAL_CLOSURE, reason: str = "") -> None:
        """Start the closing handshake, or answer the peer's Close (§7.1.2, §5.5.1). A second call does nothing."""
        if self.close_sent or self.state is State.CLOSED:
            return
        self._send_close(Frame.close(code, reason))
        self._forget_owed()  # this one is the answer

    def fail(self, code: int, reason: str = "") -> None:
        """Fail the connection though the peer broke no rule (§7.1.7): tell it why, and read nothing of it any more."""
        if self.has_failed or self.state is State.CLOSED:
            return
        self.close(code, reason)
        self._has_failed()

    def hold_close(self) -> None:
        """Keep back the Close that we owe: messages that arrived before it are still to be answered (§5.5.1)."""
        self.holds_close = self._owed is not None

    def release_close(self) -> None:
        """The next `data_to_send` ends with the Close that we owe, if we still do."""
        self.holds_close = False

    def send_frame(self, frame: Frame) -> None:
        """Any frame just as it is, masked if our role masks: for breaking rules on purpose."""
        self._send_frame(frame)

    def send_raw(self, data: bytes) -> None:
        """Any bytes just as they are: for breaking rules on purpose."""
        self._check_open()
        self._outgoing.append(bytes(memoryview(data)))  # a view first: bytes(5) would be five zeros

    # --- what this side believes ----------------------------------------------------

    @property
    def should_close_tcp(self) -> bool:
        """Whether to end TCP now: a server after both Closes, either side after a failure (§7.1.1, §7.1.7)."""
        if self.close_sent is None:
            return False
        # §5.5.1: after both Closes "The server MUST close the underlying TCP connection immediately; the client SHOULD
        # wait for the server to close the connection"
        return self.has_failed or (self.role is Role.SERVER and self.close_received is not None)

    @property
    def owes_close(self) -> bool:
        """Whether a Close that answers the peer's, or tells of a failure, is still to be sent."""
        return self._owed is not None

    @property
    def inside_frame(self) -> bool:
        """Whether the bytes so far end inside a frame."""
        return self.parser.inside_frame

    # --- inside -----------------------------------------------------------------------

    def _receive_all(self, frames: list[Frame]) -> ProtocolError | None:
        """Handle whole frames in order, up to a Close or the first violation."""
        happened, assembler = self._happened, self._assembler
        for number, frame in enumerate(frames):
            try:
                if assembler.opcode is not None or frame.first not in _WHOLE:
                    self._receive(frame)
                else:  # the common case: a whole message in one frame, of which only the text is left to judge
                    happened.append(frame.payload if frame.first == _WHOLE_BINARY else read_text(frame.payload))
            except ProtocolError as error:
                return self._placed(error, frames, number)
            # §1.4: what stands behind the Close is discarded, in the same chunk too
            if self.close_received:
                break
        return None

    def _receive(self, frame: Frame) -> None:
        """One frame. Control frames may stand between the fragments of a message and do not touch it (§5.4)."""
        opcode = frame.opcode
        if opcode <= _BINARY:
            message = self._assembler.add(frame)
            if message is not None:
                self._happened.append(message)
        # §5.4: "Control frames (see Section 5.5) MAY be injected in the middle of a fragmented message."
        elif opcode == _PING:
            self._receive_ping(frame.payload)
        elif opcode == _PONG:
            self._happened.append(PongReceived(frame.payload))
        else:
            self._receive_close(frame.payload)

    def _receive_ping(self, payload: bytes) -> None:
        """Answer a Ping, also behind our own Close."""
        # §5.5.2: "Upon receipt of a Ping frame, an endpoint MUST send a Pong frame in response, unless it already
        # received a Close frame", and behind the peer's Close nothing is read; the payload is the same (§5.5.3)
        self._happened.append(PingReceived(payload))
        if self._pongs < MAX_PONGS:
            self._pongs += 1
            self._outgoing.append(write_frame(_WHOLE_PONG, payload, self._key()))
        else:  # §5.5.3: an endpoint "MAY elect to send a Pong frame for only the most recently processed Ping frame"
            self._late_pong = payload

    def _receive_close(self, payload: bytes) -> None:
        """The peer's Close; `ProtocolError` where its body is illegal, and then nothing has changed."""
        self.close_received = read_close(payload)
        self.state = after(self.state, Happening.CLOSE_RECEIVED)
        self.first_close = self.first_close or self.role.peer  # unless ours went out before
        self._happened.append(CloseReceived(self.close_received.code, self.close_received.reason))
        # §5.5.1: an endpoint that "did not previously send a Close frame" "MUST send a Close frame in response" and
        # "typically echos the status code it received"; where none came, none goes back
        if not self.close_sent:
            self._owed = Frame(Opcode.CLOSE, payload[:2])

    def _preview(self, unfinished: Unfinished) -> ProtocolError | None:
        """Judge the payload of a data frame that is still arriving."""
        if self.close_received or unfinished.header.first & 0b1000:  # a control frame is short: it is judged whole
            return None
        try:
            self._assembler.preview(unfinished)
        except InHeader as error:
            return error.moved(unfinished.begin - unfinished.header.size)
        except ProtocolError as error:
            return error.moved(unfinished.begin)
        return None

    def _placed(self, error: ProtocolError, frames: list[Frame], number: int) -> ProtocolError:
        """An error in frame `number` of a chunk, as a place in the whole stream."""
        # the parser knows where the last whole frame ends; from there back over the frames of the chunk
        behind = sum(frame.header_size + len(frame.payload) for frame in frames[number:])
        start = self.parser.position - behind
        return error.moved(start if isinstance(error, InHeader) else start + frames[number].header_size)

    def _fail(self, error: ProtocolError) -> None:
        """Fail the connection: tell the peer why, then end TCP (§7.1.7)."""
        # §7.1.7: an endpoint that fails an established connection "SHOULD send a Close frame with an appropriate status
        # code" first
        self.failure = error
        self._has_failed()
        self._happened.append(Failed(error))
        if not self.close_sent:
            self._owed = Frame.close(error.close_code, error.rule.id)

    def _has_failed(self) -> None:
        self.has_failed = True
        self.state = after(self.state, Happening.FAILED)
        self.first_close = self.first_close or self.role

    def _pay(self, close: Frame) -> None:
        """Send the Close that we owe."""
        self._owed = None
        self._send_close(close)

    def _forget_owed(self) -> None:
        self._owed = None
        self.holds_close = False

    def _send_close(self, frame: Frame) -> None:
        """Send a Close and remember what it said, read from its own bytes."""
        # queued first: once `close_sent` is set, `_check_open` lets nothing through, not even this
        self._send_frame(frame)
        self.close_sent = read_close(frame.payload)
        self.state = after(self.state, Happening.CLOSE_SENT)
        self.first_close = self.first_close or self.role

    def _send_data(self, first: int, payload: bytes, key: bytes | None) -> None:
        """A data frame, compressed where that was agreed on, with RSV1 on the message's first (RFC 7692 §6.1)."""
        # RFC 7692 §6.1: RSV1 stands on the first fragment only, which is the one with an opcode other than 0
        if self._deflater is not None:
            payload = self._deflater.deflate(payload, last=bool(first & FIN))
            first |= RSV1 if first & OPCODE else 0
        self._outgoing.append(write_frame(first, payload, key))

    def _send_frame(self, frame: Frame) -> None:
        """Queue one frame, masked with a fresh key where our role masks."""
        self._check_open(frame.opcode)
        key = self._key()
        self._outgoing.append((frame if key is None else frame.replace(mask=key)).serialize())

    def _key(self) -> bytes | None:
        """A fresh key for a client's frame (§5.3); None for a server's."""
        if not self._masks:
            return None
        # §5.3: "the client MUST pick a fresh masking key from the set of allowed 32-bit values"
        key = self._keys(4)
        return key if type(key) is bytes and len(key) == 4 else check_key(key)

    def _check_open(self, opcode: int = Opcode.CONTINUATION) -> None:
        """`LocalProtocolError` where no frame of this kind may be sent any more; without `opcode` no data frame."""
        found = self._forbids(opcode)
        if found is not None:
            raise LocalProtocolError(RULES["local-not-open"], found, "an open connection")

    def _forbids(self, opcode: int) -> str | None:
        """Why no frame of this kind may be sent any more, in words; None where it may."""
        if self.state is State.CLOSED:
            return "a frame for a connection that has ended"
        if self.close_sent is None:
            return None
        # behind both Closes, and behind a failure, nobody reads any more: TCP is to end now (§7.1.1, §7.1.7)
        if self.has_failed:
            return "a frame for a connection that we failed"
        if self.close_received is not None:
            return "a frame behind the closing handshake"
        # §5.5.1: "The application MUST NOT send any more data frames after sending a Close frame.": Pings and Pongs are
        # control frames, and a Ping that comes before the peer's Close still wants its Pong (§5.5.2)
        return None if opcode in (Opcode.PING, Opcode.PONG) else "a frame behind our Close that is no Ping or Pong"

    def _check_between_messages(self) -> None:
        """`LocalProtocolError` where no new message may begin."""
        self._check_open()
        self._sending.check_between_messages()
