"""One end of a connection: what arrives becomes events, what we do becomes bytes, in order."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from wslab.protocol import (
    TRANSITIONS,
    CloseCode,
    CloseReceived,
    Connection,
    Ended,
    Event,
    Failed,
    Frame,
    FrameParser,
    Happening,
    LocalProtocolError,
    Message,
    Offset,
    Opcode,
    PingReceived,
    PongReceived,
    Role,
    State,
    messages,
)
from wslab.protocol.connection import MAX_PONGS
from wslab.protocol.frames import parser
from wslab.protocol.masking import mask_unchecked
from wslab.protocol.messages import CloseBody, Utf8

from .streams import ZERO, Way, byte_by_byte, connect, each_way, failure, fixed_keys, frame, outcome, verdict, whole
from .test_codes import ACCEPTED, REFUSED
from .test_frames import cut, cuts, frameish, roles
from .test_messages import each_bad_text

each_role = pytest.mark.parametrize("role", Role, ids=str)


def sent(connection: Connection) -> list[Frame]:
    """The frames that the connection wants to send, as its peer reads them."""
    return FrameParser(connection.role.peer).feed(connection.data_to_send())


def plain(frames: list[Frame]) -> list[Frame]:
    return [frame.replace(mask=None) for frame in frames]


def ended(connection: Connection) -> bool:
    return connection.state is State.CLOSED


def from_peer(role: Role, *frames: Frame) -> bytes:
    """Frames as the peer of `role` sends them."""
    return b"".join(each.replace(mask=ZERO if role is Role.SERVER else None).serialize() for each in frames)


def receive(role: Role, *frames: Frame) -> Connection:
    connection = connect(role)
    connection.receive_data(from_peer(role, *frames))
    return connection


# --- what arrives ---------------------------------------------------------------------------------


@each_role
@each_way
def test_messages_come_in_order_whole_or_in_fragments(role: Role, way: Way) -> None:
    data = from_peer(
        role,
        Frame.text("é"),
        Frame.binary(b"\xff"),
        Frame.text("", fin=False),
        Frame.continuation("a", fin=False),
        Frame.ping(b"now"),
        Frame.continuation(b"\xc3", fin=False),
        Frame.pong(b"then"),
        Frame.continuation(b"\xa9"),
        Frame.text(""),
    )
    expected = (
        Message("é"), Message(b"\xff"), PingReceived(b"now"), PongReceived(b"then"), Message("aé"), Message("")
    )  # fmt: skip
    assert outcome(role, way(data)).events[:6] == expected


@each_role
def test_nothing_is_no_event(role: Role) -> None:
    connection = connect(role)
    connection.receive_data(b"")
    assert (connection.events(), connection.data_to_send(), connection.state) == ([], b"", State.OPEN)


@each_role
def test_one_byte_is_waited_for(role: Role) -> None:
    connection = connect(role)
    connection.receive_data(b"\x81")
    assert (connection.events(), connection.data_to_send()) == ([], b"")
    assert connection.inside_frame


@each_role
def test_truncated_at_every_length_a_stream_gives_only_what_is_whole(role: Role) -> None:
    frames = [Frame.text("ab"), Frame.ping(b"c"), Frame.binary(bytes(126)), Frame.close(1000, "x")]
    ends = [len(from_peer(role, *frames[: number + 1])) for number in range(len(frames))]
    data = from_peer(role, *frames)
    for size in range(len(data) + 1):
        connection = connect(role)
        connection.receive_data(data[:size])
        assert len(connection.events()) == sum(end <= size for end in ends)
        connection.data_to_send()
        connection.receive_eof()
        (end,) = connection.events()
        assert isinstance(end, Ended)
        assert end.clean is (size == len(data))
        assert end.code == (1000 if size == len(data) else 1006)


@each_role
def test_a_ping_is_answered_with_its_payload_also_inside_a_message(role: Role) -> None:
    connection = receive(role, Frame.text("a", fin=False), Frame.ping(b"\x00\xff"), Frame.ping())
    assert plain(sent(connection)) == [Frame.pong(b"\x00\xff"), Frame.pong()]
    assert connection.events() == [PingReceived(b"\x00\xff"), PingReceived(b"")]


@each_role
def test_a_pong_inside_our_own_message_does_not_break_it(role: Role) -> None:
    connection, peer = connect(role), connect(role.peer)
    connection.send_fragment("a", fin=False)
    connection.receive_data(from_peer(role, Frame.ping(b"p")))
    connection.send_fragment("b", fin=True)
    peer.receive_data(connection.data_to_send())
    assert peer.events() == [PongReceived(b"p"), Message("ab")]


@each_role
def test_a_pong_is_told_and_not_answered(role: Role) -> None:
    connection = receive(role, Frame.pong(b"unasked"))
    assert (connection.events(), connection.data_to_send()) == ([PongReceived(b"unasked")], b"")


# --- the closing handshake -----------------------------------------------------------------------------


@each_role
@pytest.mark.parametrize("code", ACCEPTED)
def test_a_close_is_answered_with_its_code(role: Role, code: int) -> None:
    connection = receive(role, Frame.close(code, "why"))
    assert connection.events() == [CloseReceived(code, "why")]
    assert plain(sent(connection)) == [Frame.close(code)]
    assert connection.state is State.CLOSING
    connection.receive_eof()
    assert connection.events() == [Ended(code, "why", clean=True, closed_by=role.peer)]
    assert ended(connection)


@each_role
def test_an_empty_close_is_answered_with_an_empty_one(role: Role) -> None:
    connection = receive(role, Frame.close())
    assert connection.events() == [CloseReceived(1005, "")]
    assert plain(sent(connection)) == [Frame.close()]


@each_way
@each_role
@pytest.mark.parametrize("code", [code for code in REFUSED if 0 <= code < 65536])
def test_a_close_with_a_code_that_may_not_travel_fails_the_connection(role: Role, code: int, way: Way) -> None:
    data = from_peer(role, Frame(Opcode.CLOSE, code.to_bytes(2, "big") + b"why"))
    rule = "close-code-valid" if code in (1005, 1006, 1015) else "close-code-known"
    assert verdict(role, way(data)) == (rule, Offset(6 if role is Role.SERVER else 2))
    connection = connect(role)
    connection.receive_data(data)
    assert plain(sent(connection)) == [Frame.close(1002, rule)]


@each_way
def test_a_close_body_of_one_byte_fails_the_connection(way: Way) -> None:
    assert verdict(Role.SERVER, way(frame(0x88, b"\x03"))) == ("close-body-length", Offset(6))


@each_way
@each_bad_text
def test_a_bad_reason_fails_the_connection_at_its_byte(raw: bytes, at: int, way: Way) -> None:
    assert verdict(Role.SERVER, way(frame(0x88, b"\x03\xe8" + raw))) == ("close-reason-utf8", Offset(8 + at))


@each_role
@each_way
def test_nothing_comes_after_a_close(role: Role, way: Way) -> None:
    data = from_peer(role, Frame.close(1000), Frame.text("late"), Frame.ping(), Frame.close(1001)) + b"\xff\xff"
    got = outcome(role, way(data))
    assert got.events == (CloseReceived(1000, ""),)
    assert plain(FrameParser(role.peer).feed(got.answer)) == [Frame.close(1000)]


@each_role
def test_after_our_close_messages_are_still_heard_and_pings_are_answered(role: Role) -> None:
    """§5.5.2: a Pong MUST answer a Ping, "unless it already received a Close frame"; what was sent does not count."""
    connection = connect(role)
    connection.close(1001, "bye")
    assert plain(sent(connection)) == [Frame.close(1001, "bye")]
    connection.receive_data(from_peer(role, Frame.text("late"), Frame.ping(b"?")))
    assert plain(sent(connection)) == [Frame.pong(b"?")]
    connection.receive_data(from_peer(role, Frame.ping(b"!"), Frame.close(1001), Frame.ping(b"discarded")))
    pings = [PingReceived(b"?"), PingReceived(b"!")]
    assert connection.events() == [Message("late"), *pings, CloseReceived(1001, "")]
    assert plain(sent(connection)) == [Frame.pong(b"!")]
    connection.receive_eof()
    assert connection.events() == [Ended(1001, "", clean=True, closed_by=role)]


CONTROL: list[Any] = [
    lambda us: us.ping(b"x"),
    lambda us: us.pong(b"x"),
    lambda us: us.send_frame(Frame.ping(b"x")),
]


@each_role
@pytest.mark.parametrize("send", CONTROL)
def test_behind_our_close_only_data_frames_are_forbidden(role: Role, send: Act) -> None:
    """§5.5.1: "The application MUST NOT send any more data frames after sending a Close frame."."""
    us = connect(role)
    us.close()
    us.data_to_send()
    send(us)
    (frame,) = sent(us)
    assert (frame.opcode in (Opcode.PING, Opcode.PONG), frame.payload) == (True, b"x")


@each_role
def test_a_second_close_does_nothing(role: Role) -> None:
    connection = connect(role)
    connection.close(1000)
    connection.data_to_send()
    connection.close(1001)
    assert connection.data_to_send() == b""
    connection.receive_eof()
    connection.close()
    assert connection.data_to_send() == b""


def test_the_server_closes_tcp_first_and_the_client_waits() -> None:
    for role in Role:
        connection = receive(role, Frame.close(1000))
        assert not connection.should_close_tcp, "its own Close has not gone out yet"
        connection.data_to_send()
        assert connection.should_close_tcp is (role is Role.SERVER)


@each_role
def test_whoever_fails_the_connection_closes_tcp(role: Role) -> None:
    connection = connect(role)
    connection.receive_data(b"\xff")
    connection.data_to_send()
    assert connection.should_close_tcp


@each_role
@pytest.mark.parametrize("ending", [Frame.close(1000), Frame(3)], ids=["Close", "violation"])
def test_messages_before_a_close_or_a_violation_are_answered_before_our_close(role: Role, ending: Frame) -> None:
    connection = receive(role, Frame.text("ask"), ending)
    assert connection.events()[0] == Message("ask")
    connection.hold_close()
    assert (connection.data_to_send(), connection.wants_to_send) == (b"", False)
    owed = [connection.owes_close]
    connection.send_text("answer")
    connection.release_close()
    answer, close = plain(sent(connection))
    assert answer == Frame.text("answer")
    assert close.opcode == Opcode.CLOSE
    assert [*owed, connection.owes_close] == [True, False]
    with pytest.raises(LocalProtocolError):
        connection.send_text("too late")


@each_role
def test_only_a_close_that_is_owed_can_be_held_and_none_is_after_the_end(role: Role) -> None:
    connection = connect(role)
    connection.hold_close()
    held = [connection.holds_close]
    connection.receive_data(from_peer(role, Frame.close(1000)))
    connection.hold_close()
    held.append(connection.holds_close)
    connection.receive_eof()
    assert [*held, connection.holds_close] == [False, True, False]


@each_role
def test_a_close_of_our_own_choice_goes_out_instead_of_the_one_that_is_owed(role: Role) -> None:
    connection = receive(role, Frame.close(1000))
    connection.close(4000, "mine")
    assert plain(sent(connection)) == [Frame.close(4000, "mine")]


@each_role
@pytest.mark.parametrize("before", [b"", b"\x81"])
def test_an_end_without_a_close_is_1006(role: Role, before: bytes) -> None:
    connection = connect(role)
    connection.receive_data(before)
    connection.receive_eof()
    assert connection.events() == [Ended(1006, "", clean=False, closed_by=None)]
    connection.receive_eof()
    connection.receive_data(b"\x81\x00")
    assert connection.events() == []


def test_an_end_after_our_unanswered_close_is_not_clean() -> None:
    connection = connect(Role.CLIENT)
    connection.close()
    connection.receive_eof()
    assert connection.events() == [Ended(1006, "", clean=False, closed_by=Role.CLIENT)]


# --- failing ------------------------------------------------------------------------------------------


@each_role
@each_way
def test_messages_before_a_violation_come_first_and_the_failure_is_last(role: Role, way: Way) -> None:
    good = from_peer(role, Frame.text("one"), Frame.ping(b"p"), Frame.binary(b"two"))
    got = outcome(role, way(good + b"\x83\x00"))
    failed = ("reserved-opcode", Offset(len(good), 4))
    assert got.events == (Message("one"), PingReceived(b"p"), Message(b"two"), failed)
    assert plain(FrameParser(role.peer).feed(got.answer)) == [Frame.pong(b"p"), Frame.close(1002, "reserved-opcode")]


@each_way
def test_a_violation_of_a_message_beats_one_of_a_later_frame(way: Way) -> None:
    data = frame(0x81, b"ok") + frame(0x80) + frame(0x83)
    assert verdict(Role.SERVER, way(data)) == ("continuation-needs-start", Offset(8, 4))


def test_after_a_failure_nothing_is_heard() -> None:
    connection = connect(Role.SERVER)
    connection.receive_data(frame(0x83) + frame(0x81, b"late"))
    connection.receive_data(frame(0x81, b"later"))
    (failed,) = connection.events()
    assert isinstance(failed, Failed)
    assert failed.error is connection.failure
    connection.data_to_send()
    with pytest.raises(LocalProtocolError, match="found a frame for a connection that we failed"):
        connection.ping()
    connection.receive_eof()
    assert connection.events() == [Ended(1006, "", clean=False, closed_by=Role.SERVER)]


def test_a_failure_after_our_close_sends_no_second_one() -> None:
    connection = connect(Role.SERVER)
    connection.close(1001)
    connection.data_to_send()
    connection.receive_data(b"\x83")
    assert connection.data_to_send() == b""
    assert connection.should_close_tcp
    assert isinstance(connection.events()[-1], Failed)


@each_role
def test_its_owner_may_fail_it_though_no_rule_was_broken_and_then_no_close_is_read(role: Role) -> None:
    connection = connect(role)
    connection.fail(1011, "no Pong")
    assert connection.close_sent == CloseBody(1011, "no Pong")
    assert connection.should_close_tcp
    connection.receive_data(from_peer(role, Frame.close(1011)))
    connection.receive_eof()
    assert connection.events() == [Ended(1006, "", clean=False, closed_by=role)]
    assert connection.failure is None


def test_failing_behind_our_close_sends_no_second_one_and_behind_the_end_it_does_nothing() -> None:
    connection = connect(Role.SERVER)
    connection.close(1001)
    connection.data_to_send()
    connection.fail(1011)
    assert connection.data_to_send() == b""
    assert connection.close_sent == CloseBody(1001, "")
    connection.receive_eof()
    connection.fail(1011)
    assert connection.state is State.CLOSED


@each_way
@each_bad_text
@pytest.mark.parametrize("first", [0, 1, 2, 5, None], ids=lambda first: f"first fragment {first}")
def test_bad_text_fails_at_its_very_byte_over_any_fragments(raw: bytes, at: int, first: int | None, way: Way) -> None:
    pieces = [raw] if first is None else [raw[:first], raw[first:]]
    data, place, seen = b"", None, 0
    for number, piece in enumerate(pieces):
        data += frame((0x80 if number == len(pieces) - 1 else 0) | (0 if number else 1), piece)
        if place is None and at < seen + len(piece):
            place = len(data) - len(piece) + at - seen
        seen += len(piece)
    assert verdict(Role.SERVER, way(data)) == ("text-is-utf8", Offset(place if place is not None else -1))


@each_bad_text
@each_role
def test_bad_text_fails_at_the_byte_while_the_frame_trickles_in(raw: bytes, at: int, role: Role) -> None:
    data = from_peer(role, Frame(Opcode.TEXT, b"fine " + raw + b" more" * 20))
    start = len(data) - len(raw) - 100
    connection = connect(role)
    for place, byte in enumerate(byte_by_byte(data)):
        connection.receive_data(byte)
        assert (connection.failure is not None) is (place >= start + at)
        if connection.failure:
            break
    assert connection.failure is not None
    assert connection.failure.offset == Offset(start + at)


@each_way
@pytest.mark.parametrize("raw", [b"\xc3", b"ab\xe2\x82", b"\xf0\x9f\x98"], ids=repr)
def test_a_message_that_ends_inside_a_character_fails_at_its_end(raw: bytes, way: Way) -> None:
    assert verdict(Role.SERVER, way(frame(0x81, raw))) == ("text-is-utf8", Offset(6 + len(raw)))
    in_two = frame(0x01, raw) + frame(0x80)
    assert verdict(Role.SERVER, way(in_two)) == ("text-is-utf8", Offset(len(in_two)))


@each_way
def test_the_order_of_fragments_is_judged_by_the_header_alone(way: Way) -> None:
    assert verdict(Role.SERVER, way(frame(0x00, b"abc"))) == ("continuation-needs-start", Offset(0, 4))
    inside = frame(0x01, b"abc") + frame(0x82, b"def")
    assert verdict(Role.SERVER, way(inside)) == ("messages-do-not-interleave", Offset(9, 4))
    assert verdict(Role.SERVER, [inside[: 9 + 6]]) == ("messages-do-not-interleave", Offset(9, 4))


# --- limits -----------------------------------------------------------------------------------------------


@each_way
@each_role
def test_a_message_at_the_limit_passes_and_one_more_fails(role: Role, way: Way) -> None:
    exact = from_peer(role, Frame.binary(bytes(9)))
    assert outcome(role, way(exact), max_message=9).events[0] == Message(bytes(9))
    over = verdict(role, way(from_peer(role, Frame.binary(bytes(10)))), max_message=9)
    assert over == ("frame-too-big", Offset(1, 1))


@each_role
def test_fragments_over_the_limit_fail_before_the_payload_arrived(role: Role) -> None:
    first = from_peer(role, Frame.binary(bytes(5), fin=False))
    second = from_peer(role, Frame.continuation(bytes(5)))
    assert verdict(role, [first + second], max_message=10) is None
    assert verdict(role, [first, second[:-5]], max_message=9) == ("message-too-big", Offset(len(first) + 1, 1))
    error = failure(role, [first + second], max_message=9)
    assert error is not None
    assert error.close_code == CloseCode.MESSAGE_TOO_BIG


@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
@pytest.mark.parametrize("piece", [1, 2, 1024])
def test_a_trickling_frame_weighs_little_more_than_itself(opcode: Opcode, piece: int) -> None:
    size = 10_000 * piece if piece < 1024 else 4 << 20
    data = Frame(opcode, b"a" * size, mask=fixed_keys(4)).serialize()
    connection = connect(Role.SERVER)
    tracemalloc.start()
    for at in range(0, len(data) - 1, piece):
        connection.receive_data(data[at : min(at + piece, len(data) - 1)])
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 3 * size + 20_000
    connection.receive_data(data[-1:])
    (message,) = connection.events()
    assert message == Message("a" * size if opcode is Opcode.TEXT else b"a" * size)


@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
@pytest.mark.parametrize(("size", "piece"), [(100 << 10, 1), (4 << 20, 1024)], ids=["single bytes", "1 KiB"])
def test_every_byte_of_a_trickling_frame_is_touched_a_fixed_number_of_times(
    size: int, piece: int, opcode: Opcode, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = {"unmasked": 0, "judged": 0}

    def unmask(data: bytes, key: bytes) -> bytes:
        counts["unmasked"] += len(data)
        return mask_unchecked(data, key)

    class Counted(Utf8):
        def decode(self, data: bytes, *, final: bool = False) -> str:
            counts["judged"] += len(data)
            return super().decode(data, final=final)

    monkeypatch.setattr(parser, "mask_unchecked", unmask)
    monkeypatch.setattr(messages, "Utf8", Counted)
    data = Frame(opcode, b"a" * size, mask=b"\0\0\0\0").serialize()
    counts["unmasked"] = 0
    connection = connect(Role.SERVER)
    for at in range(0, len(data), piece):
        connection.receive_data(data[at : at + piece])
    (message,) = connection.events()
    assert isinstance(message, Message)
    assert len(message.data) == size
    if opcode is Opcode.BINARY:
        assert counts == {"unmasked": size, "judged": 0}
    else:  # once as it comes, to be judged, and once whole
        assert size < counts["unmasked"] < 2 * size
        assert counts["judged"] == size


@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
def test_endless_empty_fragments_weigh_nothing(opcode: Opcode) -> None:
    connection = connect(Role.SERVER)
    connection.receive_data(frame(opcode, b"a"))
    many = frame(0x00) * 10_000
    connection.receive_data(many)
    tracemalloc.start()
    connection.receive_data(many)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 20_000
    assert connection.events() == []


# --- what we send ----------------------------------------------------------------------------------------


@each_role
def test_what_one_side_sends_the_other_receives(role: Role) -> None:
    us, peer = connect(role), connect(role.peer)
    us.send_text("é")
    us.send_binary(b"\xff")
    us.send_fragment(b"\xc3", fin=False, opcode=Opcode.TEXT)
    us.ping(b"p")
    us.send_fragment(b"\xa9", fin=True)
    us.pong(b"q")
    peer.receive_data(us.data_to_send())
    assert peer.events() == [
        Message("é"), Message(b"\xff"), PingReceived(b"p"), Message("é"), PongReceived(b"q")
    ]  # fmt: skip
    us.receive_data(peer.data_to_send())
    assert us.events() == [PongReceived(b"p")]


def test_a_client_masks_every_frame_with_a_fresh_key() -> None:
    keys = iter([b"aaaa", b"bbbb", b"cccc"])
    client = Connection(Role.CLIENT, keys=lambda size: next(keys))
    client.send_text("a")
    client.ping()
    client.close()
    assert [frame.mask for frame in sent(client)] == [b"aaaa", b"bbbb", b"cccc"]


def test_a_client_s_keys_come_from_the_system_unless_told_otherwise() -> None:
    client = Connection(Role.CLIENT)
    for _ in range(20):
        client.send_text("")
    assert len({frame.mask for frame in sent(client)}) > 15


def test_a_server_masks_nothing() -> None:
    server = connect(Role.SERVER)
    server.send_text("a")
    server.close()
    assert [frame.mask for frame in sent(server)] == [None, None]


def test_what_was_taken_is_not_sent_again() -> None:
    server = connect(Role.SERVER)
    server.send_text("a")
    assert server.data_to_send() == b"\x81\x01a"
    assert server.data_to_send() == b""


@each_role
def test_the_laboratory_s_doors_send_what_they_are_given(role: Role) -> None:
    us = connect(role)
    us.send_frame(Frame(0xB, b"odd", fin=False, rsv2=True))
    us.send_raw(b"\xff\x00raw")
    data = us.data_to_send()
    assert data.endswith(b"\xff\x00raw")
    assert data[0] == 0x2B


def test_raw_bytes_are_copied_and_must_be_bytes() -> None:
    us = connect(Role.SERVER)
    data: Any = bytearray(b"abc")
    us.send_raw(data)
    data[:] = b"xyz"
    for wrong in ("text", 5, None):
        with pytest.raises(TypeError, match="bytes"):
            us.send_raw(wrong)  # type: ignore[arg-type]
    assert us.data_to_send() == b"abc"


# --- misuse of our own: refused, nothing sent, no harm ------------------------------------------------------

Act = Callable[[Connection], None]

MISUSES: list[tuple[str, Any]] = [
    ("local-text", lambda us: us.send_text("\ud800")),
    ("local-text", lambda us: us.send_text(b"bytes")),
    ("local-text", lambda us: us.send_fragment("\udfff", fin=True)),
    ("local-text", lambda us: us.send_fragment(b"\xff", fin=False, opcode=Opcode.TEXT)),
    ("local-text", lambda us: us.send_fragment(b"\xc3", fin=True, opcode=Opcode.TEXT)),
    ("local-text", lambda us: us.send_fragment(b"\xed\xa0", fin=False, opcode=Opcode.TEXT)),
    ("local-text", lambda us: us.close(1000, "\ud800")),
    ("local-text", lambda us: us.close(1000, b"bytes")),
    ("local-frame-field", lambda us: us.send_binary("text")),
    ("local-frame-field", lambda us: us.send_binary(5)),
    ("local-frame-field", lambda us: us.send_binary(None)),
    ("local-frame-field", lambda us: us.send_fragment(5, fin=False)),
    ("local-frame-field", lambda us: us.send_fragment(None, fin=False)),
    ("local-frame-field", lambda us: us.ping("text")),
    ("local-frame-field", lambda us: us.ping(5)),
    ("local-message-order", lambda us: us.send_fragment(b"", fin=False, opcode=Opcode.CONTINUATION)),
    ("local-message-order", lambda us: us.send_fragment(b"", fin=False, opcode=Opcode.PING)),
    ("local-message-order", lambda us: us.send_fragment(b"", fin=True, opcode=Opcode.CLOSE)),
    ("local-control-too-long", lambda us: us.ping(bytes(126))),
    ("local-control-too-long", lambda us: us.pong(bytes(126))),
    ("local-control-too-long", lambda us: us.close(1000, "x" * 124)),
    ("local-reason-needs-code", lambda us: us.close(None, "why")),
    ("local-close-code", lambda us: us.close("1000")),
    ("local-close-code", lambda us: us.close(True)),
    *(("local-close-code-reserved", lambda us, code=code: us.close(code)) for code in (1005, 1006, 1015)),
    *(("local-close-code", lambda us, code=code: us.close(code)) for code in set(REFUSED) - {1005, 1006, 1015}),
]


@each_role
@pytest.mark.parametrize(("rule_id", "misuse"), MISUSES)
def test_a_misuse_sends_nothing_and_harms_nothing(role: Role, rule_id: str, misuse: Act) -> None:
    us, peer = connect(role), connect(role.peer)
    with pytest.raises(LocalProtocolError) as caught:
        misuse(us)
    assert caught.value.rule.id == rule_id
    assert us.data_to_send() == b""
    assert us.state is State.OPEN
    us.send_text("still here")
    us.close()
    peer.receive_data(us.data_to_send())
    assert peer.events() == [Message("still here"), CloseReceived(1000, "")]


INSIDE: list[tuple[str, Any]] = [
    ("local-message-order", lambda us: us.send_text("new")),
    ("local-message-order", lambda us: us.send_binary(b"new")),
    ("local-message-order", lambda us: us.send_fragment(b"", fin=True, opcode=Opcode.BINARY)),
    ("local-message-order", lambda us: us.send_fragment(b"", fin=True, opcode=Opcode.PING)),
    ("local-text", lambda us: us.send_fragment(b"\xff", fin=True)),
    ("local-text", lambda us: us.send_fragment(b"", fin=True)),
    ("local-text", lambda us: us.send_fragment("x", fin=False)),
    ("local-frame-field", lambda us: us.send_fragment(1, fin=True)),
]


@each_role
@pytest.mark.parametrize(("rule_id", "misuse"), INSIDE)
def test_a_misuse_inside_a_fragmented_message_does_not_harm_it(role: Role, rule_id: str, misuse: Act) -> None:
    us, peer = connect(role), connect(role.peer)
    us.send_fragment(b"\xc3", fin=False, opcode=Opcode.TEXT)  # half a character
    before = us.data_to_send()
    with pytest.raises(LocalProtocolError) as caught:
        misuse(us)
    assert caught.value.rule.id == rule_id
    assert us.data_to_send() == b""
    us.send_fragment(b"\xa9", fin=True)
    us.send_text("next")
    peer.receive_data(before + us.data_to_send())
    assert peer.events() == [Message("é"), Message("next")]


SENDING: list[Any] = [
    lambda us: us.send_text(""),
    lambda us: us.send_binary(b""),
    lambda us: us.send_fragment("", fin=True),
    lambda us: us.send_frame(Frame.close()),
    lambda us: us.send_raw(b""),
]


def close_on_both_sides(us: Connection) -> None:
    us.close()
    us.receive_data(from_peer(us.role, Frame.close()))


ENDINGS: dict[str, Act] = {
    "both Closes": close_on_both_sides,
    "the peer's close": lambda us: us.receive_data(from_peer(us.role, Frame.close())),
    "a failure": lambda us: us.receive_data(b"\x83"),
    "the end of TCP": lambda us: us.receive_eof(),
}


@each_role
@pytest.mark.parametrize("send", SENDING)
def test_no_data_is_sent_behind_our_close(role: Role, send: Act) -> None:
    us = connect(role)
    us.close()
    us.data_to_send()
    with pytest.raises(LocalProtocolError) as caught:
        send(us)
    assert caught.value.rule.id == "local-not-open"
    assert us.data_to_send() == b""


@each_role
@pytest.mark.parametrize("send", SENDING + CONTROL)
@pytest.mark.parametrize("end", ENDINGS.values(), ids=ENDINGS.keys())
def test_nothing_is_sent_behind_the_end(role: Role, end: Act, send: Act) -> None:
    us = connect(role)
    end(us)
    us.data_to_send()
    us.events()
    state = us.state
    with pytest.raises(LocalProtocolError) as caught:
        send(us)
    assert caught.value.rule.id == "local-not-open"
    assert (us.data_to_send(), us.events(), us.state) == (b"", [], state)


@pytest.mark.parametrize("key", [b"", b"abc", b"abcde", "abcd", None])
def test_a_key_that_does_not_fit_is_refused_and_harms_nothing(key: Any) -> None:
    keys = iter([key, b"\x00\x00\x00\x00", b"\x00\x00\x00\x00"])
    us, peer = Connection(Role.CLIENT, keys=lambda size: next(keys)), connect(Role.SERVER)
    with pytest.raises(LocalProtocolError) as caught:
        us.send_fragment("a", fin=False)
    assert caught.value.rule.id == "local-key-length"
    us.send_text("whole")
    us.close()
    peer.receive_data(us.data_to_send())
    assert peer.events() == [Message("whole"), CloseReceived(1000, "")]


def test_a_role_may_be_given_by_its_word() -> None:
    assert Connection("client").role is Role.CLIENT  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="is not a valid Role"):
        Connection("host")  # type: ignore[arg-type]


# --- any bytes ----------------------------------------------------------------------------------------------


@given(role=roles, data=frameish, places=cuts)
@settings(max_examples=200)
def test_any_bytes_give_the_same_events_and_answer_however_they_are_cut(
    role: Role, data: bytes, places: list[int]
) -> None:
    expected = outcome(role, whole(data), max_message=1000)
    assert outcome(role, cut(data, places), max_message=1000) == expected
    short = data[:2000]
    assert outcome(role, byte_by_byte(short), max_message=1000) == outcome(role, whole(short), max_message=1000)


@given(
    pieces=st.lists(st.tuples(st.sampled_from([0, 1, 2]), st.booleans(), st.binary(max_size=6)), max_size=6),
    places=cuts,
)
@settings(max_examples=200)
def test_any_order_of_data_frames_is_judged_the_same_however_it_is_cut(
    pieces: list[tuple[int, bool, bytes]], places: list[int]
) -> None:
    data = b"".join(frame(opcode | (0x80 if fin else 0), payload) for opcode, fin, payload in pieces)
    expected = outcome(Role.SERVER, whole(data), max_message=12)
    assert outcome(Role.SERVER, cut(data, places), max_message=12) == expected
    assert outcome(Role.SERVER, byte_by_byte(data), max_message=12) == expected


# --- two of them -----------------------------------------------------------------------------------------------


class TwoConnections(RuleBasedStateMachine):
    """Two ends wired to each other: whatever they do, and however late the bytes come, they agree in the end."""

    def __init__(self) -> None:
        super().__init__()
        self.ends = {role: connect(role) for role in Role}
        self.wire: dict[Role, bytearray] = {role: bytearray() for role in Role}  # by receiver
        self.said: dict[Role, list[str | bytes]] = {role: [] for role in Role}
        self.heard: dict[Role, list[Event]] = {role: [] for role in Role}
        self.states = dict.fromkeys(Role, State.OPEN)

    def _open(self, role: Role) -> bool:
        return self.ends[role].close_sent is None

    @rule(role=roles, text=st.text(max_size=5))
    def text(self, role: Role, text: str) -> None:
        if self._open(role):
            self.ends[role].send_text(text)
            self.said[role].append(text)

    @rule(role=roles, pieces=st.lists(st.binary(max_size=4), min_size=1, max_size=3))
    def fragments(self, role: Role, pieces: list[bytes]) -> None:
        if self._open(role):
            for number, piece in enumerate(pieces):
                self.ends[role].send_fragment(piece, fin=number == len(pieces) - 1)
            self.said[role].append(b"".join(pieces))

    @rule(role=roles, payload=st.binary(max_size=4))
    def ping(self, role: Role, payload: bytes) -> None:
        if self._open(role):
            self.ends[role].ping(payload)

    @rule(role=roles, code=st.sampled_from([None, 1000, 1001, 4000]))
    def close(self, role: Role, code: int | None) -> None:
        self.ends[role].close(code)

    @rule(role=roles, size=st.integers(1, 20))
    def deliver(self, role: Role, size: int) -> None:
        self._deliver(role, size)

    @rule(role=roles)
    @precondition(lambda self: any(end.close_received for end in self.ends.values()))
    def late_data_is_discarded(self, role: Role) -> None:
        if self.ends[role].close_received:
            self.ends[role].receive_data(b"\xff" * 5)

    def _deliver(self, role: Role, size: int) -> None:
        for each, end in self.ends.items():
            self.wire[each.peer] += end.data_to_send()
        end = self.ends[role]
        end.receive_data(bytes(self.wire[role][:size]))
        del self.wire[role][:size]
        self.heard[role] += end.events()

    @invariant()
    def every_step_is_one_of_the_table(self) -> None:
        for role, end in self.ends.items():
            assert end.state in _reachable(self.states[role])
            self.states[role] = end.state

    @invariant()
    def nobody_fails(self) -> None:
        assert not any(end.failure for end in self.ends.values())

    def teardown(self) -> None:
        self.ends[Role.CLIENT].close(1001)
        for _ in range(4):
            for role in Role:
                self._deliver(role, 1 << 20)
        for role, end in self.ends.items():
            heard = [event.data for event in self.heard[role] if isinstance(event, Message)]
            assert heard == self.said[role.peer]
            end.receive_eof()
            (last,) = end.events()
            assert isinstance(last, Ended)
            assert last.clean
            assert end.state is State.CLOSED
            assert end.close_received is not None
        client, server = self.ends[Role.CLIENT], self.ends[Role.SERVER]
        assert client.close_received == server.close_sent
        assert server.close_received == client.close_sent


def _reachable(state: State) -> set[State]:
    """Where a call may lead: one happening may follow another at once (Close received, Close sent)."""
    reached = {state}
    for _ in Happening:
        reached |= {then for (before, _), then in TRANSITIONS.items() if before in reached}
    return reached


TestTwoConnections = TwoConnections.TestCase
TestTwoConnections.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


@given(role=roles, data=frameish)
@settings(max_examples=100)
def test_every_single_move_of_a_connection_is_in_the_table(role: Role, data: bytes) -> None:
    connection = _Watched(role, keys=fixed_keys)
    for byte in byte_by_byte(data[:500]):
        connection.receive_data(byte)
    connection.close()
    connection.receive_eof()
    for before, then in pairwise(connection.seen):
        assert any(TRANSITIONS.get((before, happening)) is then for happening in Happening)
    assert connection.seen[-1] is State.CLOSED


class _Watched(Connection):
    """Notes every assignment to `state`."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "state":
            self.__dict__.setdefault("seen", []).append(value)
        super().__setattr__(name, value)

    @property
    def seen(self) -> list[State]:
        return list(self.__dict__["seen"])


# --- limits -----------------------------------------------------------------------------------------


def test_of_too_many_pings_whose_pongs_nobody_takes_the_last_is_answered() -> None:
    server = Connection(Role.SERVER)
    pings = b"".join(Frame.ping(number.to_bytes(4, "big"), mask=bytes(4)).serialize() for number in range(1000))
    for _ in range(MAX_PONGS // 1000):
        server.receive_data(pings)
    server.receive_data(pings)
    server.receive_data(Frame.ping(b"last", mask=bytes(4)).serialize())
    pongs = FrameParser(Role.CLIENT).feed(server.data_to_send())
    assert len(pongs) == MAX_PONGS + 1
    assert pongs[-1] == Frame.pong(b"last")
    server.receive_data(Frame.ping(b"next", mask=bytes(4)).serialize())
    assert server.data_to_send() == Frame.pong(b"next").serialize()


def test_a_pong_that_waits_goes_out_behind_our_close_but_not_behind_both() -> None:
    for peer_closes in (False, True):
        server = Connection(Role.SERVER)
        server.receive_data(Frame.ping(mask=bytes(4)).serialize() * (MAX_PONGS + 1))
        server.close()
        if peer_closes:
            server.receive_data(Frame.close(1000, mask=bytes(4)).serialize())
        sent = [frame.opcode for frame in FrameParser(Role.CLIENT).feed(server.data_to_send())]
        assert sent == [Opcode.PONG] * MAX_PONGS + [Opcode.CLOSE] + [Opcode.PONG] * (not peer_closes)
        assert server.data_to_send() == b""
