"""permessage-deflate: what is agreed, what comes out, and what is stopped (RFC 7692)."""

from __future__ import annotations

import os
import time
import tracemalloc
import zlib
from itertools import pairwise

import pytest
import wsproto
from hypothesis import given
from hypothesis import strategies as st
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame as TheirFrame
from websockets.frames import Opcode as TheirOpcode
from wsproto.extensions import PerMessageDeflate as WsprotoDeflate

from wslab.protocol import (
    RULES,
    Connection,
    Deflate,
    Extension,
    Frame,
    FrameParser,
    HandshakeRequest,
    HandshakeResponse,
    Message,
    Opcode,
    ProtocolError,
    Role,
    parse_extensions,
)
from wslab.protocol.deflate import MAX_FINAL_BLOCKS, Deflater, Inflater, agreed_by, choose

from .streams import KEY, each_way, whole

NAME = "permessage-deflate"
SETTINGS = [
    Deflate(),
    Deflate(server_no_context_takeover=True),
    Deflate(client_no_context_takeover=True),
    Deflate(True, True, 8, 8),
    Deflate(server_max_window_bits=8, client_max_window_bits=9),
    Deflate(server_max_window_bits=12, client_max_window_bits=8),
]
each_setting = pytest.mark.parametrize("agreed", SETTINGS, ids=lambda each: str(each.offer())[20:] or "plain")
each_role = pytest.mark.parametrize("role", Role)

# §7.2.3 of the RFC: "Hello" in every form that it shows
HELLO = "f248cdc9c90700"
HELLO_WITH_WINDOW = "f200110000"
HELLO_STORED = "000500faff48656c6c6f00"
HELLO_FINAL = "f348cdc9c9070000"
HELLO_TWO_BLOCKS = "f248050000 00ffff cac9c90700".replace(" ", "")


def pair(agreed: Deflate) -> tuple[Connection, Connection]:
    client, server = (Connection(role, keys=os.urandom, deflate=agreed) for role in Role)
    return client, server


def carry(sender: Connection, receiver: Connection) -> bytes:
    data = sender.data_to_send()
    receiver.receive_data(data)
    return data


# --- messages ----------------------------------------------------------------------------------


@each_setting
@given(messages=st.lists(st.text(max_size=300) | st.binary(max_size=300), max_size=6))
def test_messages_come_out_as_they_went_in_both_ways(agreed: Deflate, messages: list[str | bytes]) -> None:
    client, server = pair(agreed)
    for one, two in ((client, server), (server, client)):
        for message in messages:
            one.send_text(message) if isinstance(message, str) else one.send_binary(message)
            carry(one, two)
            assert two.events() == [Message(message)]
            assert two.failure is None


@each_way
@pytest.mark.parametrize("payload", [HELLO, HELLO_STORED, HELLO_FINAL, HELLO_TWO_BLOCKS])
def test_the_forms_of_the_rfc_are_read(way: object, payload: str) -> None:
    frame = Frame(Opcode.TEXT, bytes.fromhex(payload), rsv1=True, mask=bytes(4)).serialize()
    for chunks in (whole(frame), [frame[at : at + 1] for at in range(len(frame))]):
        server = Connection(Role.SERVER, deflate=Deflate())
        for chunk in chunks:
            server.receive_data(chunk)
        assert server.events() == [Message("Hello")]


def test_the_second_hello_is_shorter_with_the_window_kept_and_not_without() -> None:
    keeps, forgets = Deflater(Deflate(), Role.CLIENT), Deflater(Deflate(client_no_context_takeover=True), Role.CLIENT)
    assert [keeps.deflate(b"Hello").hex() for _ in range(2)] == [HELLO, HELLO_WITH_WINDOW]
    assert [forgets.deflate(b"Hello").hex() for _ in range(2)] == [HELLO, HELLO]


@each_setting
def test_an_empty_message_is_one_zero_byte_and_comes_back_empty(agreed: Deflate) -> None:
    deflater, inflater = Deflater(agreed, Role.CLIENT), Inflater(agreed, Role.SERVER)
    for _ in range(3):
        payload = deflater.deflate(b"")
        assert len(payload) == 1
        assert b"".join(inflater.inflate(payload, 10, last=True)) == b""


@each_role
def test_fragments_are_compressed_as_one_message_with_rsv1_on_the_first_alone(role: Role) -> None:
    client, server = pair(Deflate())
    sender, receiver = (client, server) if role is Role.CLIENT else (server, client)
    sender.send_fragment("one, two, ", fin=False)
    sender.ping(b"between")
    sender.send_fragment("one, two, ", fin=False)
    sender.send_fragment("three 🙂", fin=True)
    data = carry(sender, receiver)
    assert Message("one, two, one, two, three 🙂") in receiver.events()
    frames = FrameParser(receiver.role, rsv1=True).feed(data)
    assert [(frame.opcode, frame.rsv1, frame.fin) for frame in frames] == [
        (Opcode.TEXT, True, False),
        (Opcode.PING, False, True),
        (Opcode.CONTINUATION, False, False),
        (Opcode.CONTINUATION, False, True),
    ]


def test_a_message_that_is_not_compressed_passes_too() -> None:
    server = Connection(Role.SERVER, deflate=Deflate())
    server.receive_data(Frame.text("plain", mask=bytes(4)).serialize())
    assert server.events() == [Message("plain")]


def test_text_that_is_no_utf8_once_inflated_fails_with_1007() -> None:
    server = Connection(Role.SERVER, deflate=Deflate())
    payload = Deflater(Deflate(), Role.CLIENT).deflate(b"ab\xff")
    server.receive_data(Frame(Opcode.TEXT, payload, rsv1=True, mask=bytes(4)).serialize())
    assert server.failure is not None
    assert (server.failure.rule.id, server.failure.close_code) == ("text-is-utf8", 1007)


@pytest.mark.parametrize("bits", range(8, 16))
def test_what_is_compressed_for_a_window_stays_within_it(bits: int) -> None:
    """Also 8, which zlib itself cannot make: a decompressor with exactly that window reads it."""
    agreed = Deflate(client_max_window_bits=bits)
    text = os.urandom(200) * 40 + os.urandom(5000) + b"abc" * 5000
    payload = Deflater(agreed, Role.CLIENT).deflate(text)
    reader = zlib.decompressobj(wbits=-bits)
    assert reader.decompress(payload + b"\x00\x00\xff\xff") == text


def test_a_peer_that_reaches_back_beyond_the_window_fails() -> None:
    deflater, message = Deflater(Deflate(), Role.CLIENT), os.urandom(2000)
    inflater = Inflater(Deflate(client_max_window_bits=9), Role.SERVER)
    assert b"".join(inflater.inflate(deflater.deflate(message), 10_000, last=True)) == message
    with pytest.raises(ProtocolError) as caught:
        list(inflater.inflate(deflater.deflate(message), 10_000, last=True))
    assert caught.value.rule.id == "deflate-data"


# --- blocks that say that they are the last (BFINAL) -------------------------------------------


def final(data: bytes, window: bytes = b"") -> bytes:
    """A DEFLATE stream whose last block says so, made by a sender that knows `window`."""
    deflater = zlib.compressobj(wbits=-15, zdict=window)
    return deflater.compress(data) + deflater.flush(zlib.Z_FINISH)


def messages_of(*payloads: bytes, agreed: Deflate, fragments: bool = False) -> list[str | bytes] | str:
    """The messages that a server hears in compressed payloads, or the rule that fails the connection."""
    server = Connection(Role.SERVER, deflate=agreed)
    for at, payload in enumerate(payloads):
        begins, fin = not fragments or not at, not fragments or at == len(payloads) - 1
        opcode = Opcode.BINARY if begins else Opcode.CONTINUATION
        server.receive_data(Frame(opcode, payload, fin=fin, rsv1=begins, mask=bytes(4)).serialize())
    if server.failure is not None:
        return server.failure.rule.id
    return [event.data for event in server.events() if isinstance(event, Message)]


WORDS = os.urandom(300)  # cannot be compressed, but for what the window already has


def test_the_window_goes_on_behind_a_final_block_into_the_next_message() -> None:
    """RFC 7692 §7.2.2: "the LZ77 sliding window that was used to decompress the last message"."""
    again = final(WORDS, WORDS)
    assert len(again) < 20
    assert messages_of(final(WORDS), again, agreed=Deflate()) == [WORDS, WORDS]
    # and a window that a message filled which came long before, without a final block of its own
    plain = Deflater(Deflate(), Role.CLIENT).deflate(WORDS)
    assert messages_of(plain, final(b""), again, agreed=Deflate()) == [WORDS, b"", WORDS]


def test_the_window_goes_on_behind_a_final_block_inside_a_message() -> None:
    again = final(WORDS, WORDS)
    assert messages_of(final(WORDS) + final(b"") + again, agreed=Deflate()) == [WORDS * 2]
    assert messages_of(final(WORDS), final(b""), again, agreed=Deflate(), fragments=True) == [WORDS * 2]


def test_the_window_behind_a_final_block_is_the_agreed_one_and_no_larger() -> None:
    small, far = Deflate(client_max_window_bits=9), WORDS + os.urandom(600)
    assert messages_of(final(far), final(far, far), agreed=small) == "deflate-data"


def test_without_context_takeover_a_final_block_leaves_nothing_to_the_next_message() -> None:
    forgets = Deflate(client_no_context_takeover=True)
    assert messages_of(final(WORDS), final(WORDS, WORDS), agreed=forgets) == "deflate-data"
    assert messages_of(final(WORDS), final(WORDS), agreed=forgets) == [WORDS, WORDS]


@pytest.mark.parametrize("behind", [b"", b"\x00"])
def test_a_message_may_end_behind_its_final_block(behind: bytes) -> None:
    """§7.2.3.4 shows one more zero byte, which opens the block that the tail ends; some senders leave it out."""
    payloads = [final(WORDS) + behind, final(b"two") + behind, Deflater(Deflate(), Role.CLIENT).deflate(b"three")]
    assert messages_of(*payloads, agreed=Deflate()) == [WORDS, b"two", b"three"]


@pytest.mark.parametrize("at", range(-3, 4))
def test_a_final_block_may_end_anywhere_around_a_slice(at: int) -> None:
    stored = os.urandom(16 * 1024 + at - 5)  # a stored block has five bytes more
    payload = b"\x01" + len(stored).to_bytes(2, "little") + (len(stored) ^ 0xFFFF).to_bytes(2, "little") + stored
    for more in (b"", b"\x00", final(b"more"), final(b"more") + b"\x00"):
        text = stored + (b"more" if len(more) > 1 else b"")
        assert messages_of(payload + more, final(b"next"), agreed=Deflate()) == [text, b"next"]


@pytest.mark.parametrize("name", ["websockets", "wsproto"])
def test_peers_lose_what_comes_behind_a_final_block(name: str) -> None:
    """Where they differ, §7.2.2 decides; a peer of a later version that reads on makes this test fail."""
    payloads = [final(WORDS), final(WORDS)]
    if name == "websockets":
        extension = PerMessageDeflate(False, False, 15, 15)
        frames = [TheirFrame(TheirOpcode.BINARY, payload, rsv1=True) for payload in payloads]
        heard = [bytes(extension.decode(frame).data) for frame in frames]
    else:
        theirs = WsprotoDeflate()
        theirs._enabled = True
        peer = wsproto.connection.Connection(wsproto.ConnectionType.SERVER, extensions=[theirs])
        for payload in payloads:
            peer.receive_data(Frame(Opcode.BINARY, payload, rsv1=True, mask=bytes(4)).serialize())
        heard = [bytes(event.data) for event in peer.events() if isinstance(event, wsproto.events.BytesMessage)]
    assert heard[0] == WORDS
    assert WORDS not in heard[1:]
    assert messages_of(*payloads, agreed=Deflate()) == [WORDS, WORDS]


FLOOD = b"\x03\x00"  # a whole DEFLATE stream that inflates to nothing


def test_so_many_final_blocks_pass_and_one_more_fails_with_1008() -> None:
    assert messages_of(FLOOD * MAX_FINAL_BLOCKS, FLOOD * MAX_FINAL_BLOCKS, agreed=Deflate()) == [b"", b""]
    assert messages_of(FLOOD * (MAX_FINAL_BLOCKS + 1), agreed=Deflate()) == "deflate-final-blocks"
    halves = [FLOOD * (MAX_FINAL_BLOCKS // 2)] * 3
    assert messages_of(*halves, agreed=Deflate(), fragments=True) == "deflate-final-blocks"
    assert str(MAX_FINAL_BLOCKS) in RULES["deflate-final-blocks"].text


def test_a_flood_of_final_blocks_in_one_chunk_is_refused_at_once() -> None:
    """It took 40 s a MiB: the rest was copied for each block."""
    begin = time.process_time()
    assert messages_of(FLOOD * (1 << 19), agreed=Deflate()) == "deflate-final-blocks"
    assert time.process_time() - begin < 1


# --- the bomb ----------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1 << 20, 16 << 20])
def test_a_bomb_stops_while_it_inflates_and_never_holds_more_than_the_limit_and_a_mebibyte(limit: int) -> None:
    bomb = Deflater(Deflate(), Role.CLIENT).deflate(bytes(256 << 20))
    assert len(bomb) < 300_000
    server = Connection(Role.SERVER, max_message=limit, deflate=Deflate())
    data = Frame(Opcode.BINARY, bomb, rsv1=True, mask=bytes(4)).serialize()
    tracemalloc.start()
    for at in range(0, len(data), 65536):
        server.receive_data(data[at : at + 65536])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert server.failure is not None
    assert (server.failure.rule.id, server.failure.close_code) == ("inflated-too-big", 1009)
    assert peak <= limit + (1 << 20)


def test_the_limit_counts_over_all_fragments() -> None:
    server = Connection(Role.SERVER, max_message=1500, deflate=Deflate())
    deflater = Deflater(Deflate(), Role.CLIENT)
    first = Frame(Opcode.BINARY, deflater.deflate(bytes(1000), last=False), fin=False, rsv1=True, mask=bytes(4))
    second = Frame(Opcode.CONTINUATION, deflater.deflate(bytes(1000)), mask=bytes(4))
    failures = []
    for frame in (first, second):
        server.receive_data(frame.serialize())
        failures.append(server.failure and server.failure.rule.id)
    assert failures == [None, "inflated-too-big"]
    assert "found a message that inflates to more than 1500 bytes" in str(server.failure)
    assert "expected at most 1500;" in str(server.failure)


# --- what is agreed -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("offer", "answer"),
    [
        ("permessage-deflate", "permessage-deflate"),
        ("permessage-deflate; client_max_window_bits", "permessage-deflate"),
        ("permessage-deflate; server_no_context_takeover", "permessage-deflate; server_no_context_takeover"),
        ("permessage-deflate; client_no_context_takeover", "permessage-deflate; client_no_context_takeover"),
        ("permessage-deflate; server_max_window_bits=10", "permessage-deflate; server_max_window_bits=10"),
        ("permessage-deflate; server_max_window_bits=15", "permessage-deflate; server_max_window_bits=15"),
        ("permessage-deflate; client_max_window_bits=10", "permessage-deflate; client_max_window_bits=10"),
        ("permessage-deflate; client_max_window_bits=15", "permessage-deflate"),
        ("x-other, permessage-deflate", "permessage-deflate"),
        ("permessage-deflate; level=9, permessage-deflate", "permessage-deflate"),
        ("permessage-deflate; server_max_window_bits=7, permessage-deflate; server_max_window_bits=9",
         "permessage-deflate; server_max_window_bits=9"),
    ],
)  # fmt: skip
def test_a_server_takes_the_first_offer_that_is_legal(offer: str, answer: str) -> None:
    chosen = choose(parse_extensions(offer), Deflate())
    assert chosen is not None
    assert str(chosen[1]) == answer


@pytest.mark.parametrize(
    "offer",
    [
        "x-other",
        "permessage-deflate; level=9",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; client_no_context_takeover=true",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=08",
        "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; client_max_window_bits=x",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; client_max_window_bits; client_max_window_bits=10",
    ],
)
def test_an_illegal_offer_is_declined_and_never_an_error(offer: str) -> None:
    assert choose(parse_extensions(offer), Deflate()) is None


@pytest.mark.parametrize("wanted", SETTINGS)
@pytest.mark.parametrize("asked", SETTINGS)
def test_both_sides_end_with_the_same_agreement_and_understand_each_other(asked: Deflate, wanted: Deflate) -> None:
    request = HandshakeRequest.build("x", key=KEY, extensions=[asked.offer()])
    request.check()
    chosen = choose(request.extensions, wanted)
    assert chosen is not None
    agreed, answer = chosen
    response = HandshakeResponse.accept(request, extensions=[answer])
    response.check(request)
    assert agreed_by(response.extensions[0], asked.offer()) == agreed

    client, server = pair(agreed)
    for message in ("a" * 1000, "b" * 1000 + "a" * 1000):
        client.send_text(message)
        carry(client, server)
        server.send_text(message)
        carry(server, client)
        assert server.events() == client.events() == [Message(message)]


@pytest.mark.parametrize(
    ("offer", "answer", "rule"),
    [
        ("", "", "deflate-answer-client-bits; client_max_window_bits=10"),
        ("server_no_context_takeover", "", "deflate-answer-takeover"),
        ("server_max_window_bits=10", "", "deflate-answer-server-bits"),
        ("server_max_window_bits=10", "server_max_window_bits=11", "deflate-answer-server-bits"),
        ("server_max_window_bits=15", "", "deflate-answer-server-bits"),
        ("", "level=9", "deflate-parameter-known"),
        ("", "server_max_window_bits", "deflate-parameter-value"),
        ("client_max_window_bits", "client_max_window_bits", "deflate-parameter-value"),
        ("", "server_no_context_takeover; server_no_context_takeover", "deflate-parameter-once"),
    ],
)
def test_an_illegal_answer_is_refused_by_its_rule(offer: str, answer: str, rule: str) -> None:
    rule, _, more = rule.partition("; ")
    asked, given = ("; ".join(filter(None, [NAME, words])) for words in (offer, more or answer))
    request = HandshakeRequest.build("x", key=KEY, extensions=parse_extensions(asked))
    response = HandshakeResponse.accept(request, extensions=parse_extensions(given))
    with pytest.raises(ProtocolError) as caught:
        response.check(request)
    assert caught.value.rule.id == rule


@pytest.mark.parametrize(("hint", "answered"), [("=10", "=15"), ("=10", "=11"), ("=15", "=9"), ("", "=15"), ("=9", "")])
def test_a_clients_window_may_be_answered_larger_than_its_hint_and_the_smaller_holds(hint: str, answered: str) -> None:
    """RFC 7692 §7.1.2.2: "the server may either ignore this value or use this value"."""
    name = "client_max_window_bits"
    (offer,) = parse_extensions(f"{NAME}; {name}{hint}")
    (answer,) = parse_extensions(f"{NAME}; {name}{answered}" if answered else NAME)
    request = HandshakeRequest.build("x", key=KEY, extensions=[offer])
    HandshakeResponse.accept(request, extensions=[answer]).check(request)
    smaller = min(int(value.strip("=") or 15) for value in (hint, answered))
    assert agreed_by(answer, offer) == Deflate(client_max_window_bits=smaller)


def test_an_answer_may_fit_any_of_several_offers() -> None:
    offers = parse_extensions("permessage-deflate; server_max_window_bits=8, permessage-deflate")
    request = HandshakeRequest.build("x", key=KEY, extensions=offers)
    HandshakeResponse.accept(request, extensions=[Extension(NAME)]).check(request)


def test_an_answer_that_was_not_asked_for_is_refused_by_the_rule_for_all_extensions() -> None:
    request = HandshakeRequest.build("x", key=KEY)
    offering = HandshakeRequest.build("x", key=KEY, extensions=[Extension(NAME)])
    response = HandshakeResponse.accept(offering, extensions=[Extension(NAME)])
    failed = [check.rule.id for check in response.checks(request) if not check.passed]
    assert failed == ["response-extensions"]


@pytest.mark.parametrize("bits", [7, 16, 0, -8])
def test_a_window_of_another_size_cannot_be_wished_for(bits: int) -> None:
    with pytest.raises(ValueError, match="8 to 15 bits"):
        Deflate(server_max_window_bits=bits)


# --- with others ---------------------------------------------------------------------------------


@each_setting
def test_what_we_compress_websockets_inflates_and_the_reverse(agreed: Deflate) -> None:
    bits = (agreed.server_max_window_bits, agreed.client_max_window_bits)
    theirs = PerMessageDeflate(
        remote_no_context_takeover=agreed.client_no_context_takeover,
        local_no_context_takeover=agreed.server_no_context_takeover,
        remote_max_window_bits=bits[1],
        local_max_window_bits=max(bits[0], 9),
    )
    ours, reader = Deflater(agreed, Role.CLIENT), Inflater(agreed, Role.CLIENT)
    for message in (b"Hello", b"Hello", b"", b"x" * 100_000, os.urandom(3000)):
        sent = TheirFrame(TheirOpcode.BINARY, ours.deflate(message), rsv1=True)
        assert theirs.decode(sent).data == message
        back = theirs.encode(TheirFrame(TheirOpcode.BINARY, message))
        assert b"".join(reader.inflate(bytes(back.data), 200_000, last=True)) == message


def test_wsproto_understands_us_and_we_understand_it() -> None:
    theirs = WsprotoDeflate()
    theirs._enabled = True
    peer = wsproto.connection.Connection(wsproto.ConnectionType.SERVER, extensions=[theirs])
    ours = Connection(Role.CLIENT, keys=os.urandom, deflate=Deflate())
    for message in ("Hello", "Hello", "€" * 5000):
        ours.send_text(message)
        peer.receive_data(ours.data_to_send())
        (heard,) = list(peer.events())
        assert isinstance(heard, wsproto.events.TextMessage)
        assert heard.data == message
        ours.receive_data(peer.send(wsproto.events.TextMessage(message)))
        assert ours.events() == [Message(message)]


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=4))
def test_any_bytes_marked_as_compressed_give_a_message_or_a_violation_however_cut(data: bytes, cuts: list[int]) -> None:
    wire = Frame(Opcode.BINARY, data, rsv1=True, mask=bytes(4)).serialize()
    places = sorted({0, len(wire), *(cut for cut in cuts if cut < len(wire))})
    ways = ([wire], [wire[one:two] for one, two in pairwise(places)])
    outcomes = []
    for chunks in ways:
        server = Connection(Role.SERVER, max_message=5000, deflate=Deflate())
        for chunk in chunks:
            server.receive_data(chunk)
        outcomes.append([event for event in server.events() if isinstance(event, Message)] or server.failure)
    assert type(outcomes[0]) is type(outcomes[1])
