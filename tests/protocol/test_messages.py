"""Fragments become messages, text fails at the byte where it becomes impossible, a Close says its code."""

from __future__ import annotations

import codecs
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wslab.protocol import RULES, Frame, Offset, Opcode, ProtocolError
from wslab.protocol.frames.parser import Header, Unfinished
from wslab.protocol.messages import CloseBody, InHeader, MessageAssembler, Utf8, read_close

from .test_codes import ACCEPTED, REFUSED

# bytes, and the first that cannot be: where no character can go on so
BAD_TEXT = {
    "lone continuation": (b"ab\x80", 2),
    "two continuations": (b"\xc3\xbf\xbf", 2),
    "overlong slash": (b"\xc0\xaf", 0),
    "overlong in two": (b"\xc1\xbf", 0),
    "overlong in three": (b"\xe0\x80\xaf", 1),
    "overlong in three, the last": (b"\xe0\x9f\xbf", 1),
    "overlong in four": (b"\xf0\x80\x80\xaf", 1),
    "overlong in four, the last": (b"\xf0\x8f\xbf\xbf", 1),
    "first surrogate": (b"\xed\xa0\x80", 1),
    "last surrogate": (b"\xed\xbf\xbf", 1),
    "surrogate pair": (b"a\xed\xa1\x8c\xed\xbe\xb4", 2),
    "beyond U+10FFFF": (b"\xf4\x90\x80\x80", 1),
    "five bytes": (b"\xf8\x88\x80\x80\x80", 0),
    "six bytes": (b"\xfc\x84\x80\x80\x80\x80", 0),
    "0xfe": (b"abc\xfe", 3),
    "0xff": (b"\xff", 0),
    "interrupted after one": (b"\xce(", 1),
    "interrupted after two": (b"\xe2\x82(", 2),
    "interrupted after three": (b"\xf0\x9f\x98(", 3),
    "the RFC's neighbour's sample": (b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited", 12),
}
GOOD_TEXT = [
    "",
    "a",
    "\x00",
    "\x7f",
    "\x80",
    "\u07ff",
    "\u0800",
    "\ud7ff",
    "\ue000",
    "\uffff",
    "\U00010000",
    "\U0010ffff",
]
each_bad_text = pytest.mark.parametrize(("raw", "at"), BAD_TEXT.values(), ids=BAD_TEXT.keys())


def first_wrong(chunks: list[bytes]) -> int | None:
    """Bytes before the one at which the text fails, or None."""
    text, before = Utf8(), 0
    for chunk in chunks:
        try:
            text.decode(chunk)
        except ProtocolError as error:
            return before + error.offset.byte
        before += len(chunk)
    return None


@each_bad_text
def test_bad_text_fails_at_its_first_impossible_byte_wherever_it_is_cut(raw: bytes, at: int) -> None:
    assert first_wrong([raw]) == at
    assert first_wrong([raw[place : place + 1] for place in range(len(raw))]) == at
    for place in range(len(raw) + 1):
        assert first_wrong([raw[:place], raw[place:]]) == at
        assert first_wrong([raw[:place], b"", raw[place:]]) == at


@each_bad_text
def test_up_to_the_impossible_byte_all_is_well(raw: bytes, at: int) -> None:
    assert first_wrong([raw[:at]]) is None


@pytest.mark.parametrize("text", GOOD_TEXT, ids=ascii)
def test_good_text_passes_wherever_it_is_cut(text: str) -> None:
    raw = f"<{text}>".encode()
    for place in range(len(raw) + 1):
        decoder = Utf8()
        assert decoder.decode(raw[:place]) + decoder.decode(raw[place:], final=True) == f"<{text}>"


@pytest.mark.parametrize("raw", [b"\xc3", b"ab\xe2\x82", b"\xf0\x9f\x98"], ids=repr)
def test_text_that_ends_inside_a_character_fails_at_its_end(raw: bytes) -> None:
    for place in range(len(raw) + 1):
        decoder = Utf8()
        decoder.decode(raw[:place])
        with pytest.raises(ProtocolError) as caught:
            decoder.decode(raw[place:], final=True)
        assert caught.value.offset == Offset(len(raw) - place)
        assert "the end of the text" in str(caught.value)


@pytest.mark.parametrize("byte", range(256), ids=hex)
def test_every_byte_agrees_with_python_as_a_first_one(byte: int) -> None:
    data = bytes((byte,))
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        assert first_wrong([data]) == 0
    else:
        assert first_wrong([data]) is None


@given(
    data=st.one_of(st.binary(max_size=30), st.text(max_size=10).map(str.encode)), places=st.lists(st.integers(0, 30))
)
@settings(max_examples=200)
def test_any_bytes_agree_with_python_however_they_are_cut(data: bytes, places: list[int]) -> None:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    decoder = Utf8()
    chunks = [data[start:stop] for start, stop in pairwise(edges)]
    try:
        text = "".join(decoder.decode(chunk) for chunk in chunks) + decoder.decode(b"", final=True)
    except ProtocolError:
        with pytest.raises(UnicodeDecodeError):
            data.decode()
    else:
        assert text == data.decode()


# --- fragments ------------------------------------------------------------------------------------


def test_a_message_in_one_frame() -> None:
    assembler = MessageAssembler()
    assert assembler.add(Frame.text("é")) == "é"
    assert assembler.add(Frame.binary(b"\xff")) == b"\xff"
    assert not assembler.inside_message


@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
@pytest.mark.parametrize("sizes", [(0, 0), (0, 3), (3, 0), (0, 0, 3), (1, 1, 1), (1, 0, 2, 0)], ids=str)
def test_a_message_over_several_frames_empty_ones_too(opcode: Opcode, sizes: tuple[int, ...]) -> None:
    assembler = MessageAssembler()
    for number, size in enumerate(sizes):
        last = number == len(sizes) - 1
        message = assembler.add(Frame(opcode if number == 0 else 0, b"x" * size, fin=last))
        assert (message is None) is not last
        assert assembler.inside_message is not last
    assert message == ("x" * sum(sizes) if opcode is Opcode.TEXT else b"x" * sum(sizes))


@given(data=st.text(max_size=40).map(str.encode), places=st.lists(st.integers(0, 1000), max_size=6), text=st.booleans())
@settings(max_examples=200)
def test_any_fragmentation_gives_the_same_message(data: bytes, places: list[int], text: bool) -> None:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    pieces = [data[start:stop] for start, stop in pairwise(edges)]
    assembler = MessageAssembler()
    messages = [
        assembler.add(Frame(0 if number else 1 if text else 2, piece, fin=number == len(pieces) - 1))
        for number, piece in enumerate(pieces)
    ]
    assert messages == [None] * (len(pieces) - 1) + [data.decode() if text else data]


def test_two_messages_after_each_other_do_not_mix() -> None:
    assembler = MessageAssembler()
    frames = [
        Frame.text("a", fin=False),
        Frame.continuation("b"),
        Frame.binary(b"c", fin=False),
        Frame.continuation(b"d"),
    ]
    assert [assembler.add(frame) for frame in frames] == [None, "ab", None, b"cd"]


@pytest.mark.parametrize("fin", [True, False])
def test_a_continuation_without_a_beginning_is_a_fault_of_its_header(fin: bool) -> None:
    with pytest.raises(InHeader) as caught:
        MessageAssembler().add(Frame.continuation(b"", fin=fin))
    assert (caught.value.rule.id, caught.value.offset) == ("continuation-needs-start", Offset(0, 4))


@pytest.mark.parametrize("second", [Frame.text("a"), Frame.binary(b"a"), Frame.text("", fin=False)], ids=repr)
def test_a_message_inside_a_message_is_a_fault_of_its_header(second: Frame) -> None:
    assembler = MessageAssembler()
    assembler.add(Frame.text("", fin=False))
    with pytest.raises(InHeader) as caught:
        assembler.add(second)
    assert (caught.value.rule.id, caught.value.offset) == ("messages-do-not-interleave", Offset(0, 4))


@each_bad_text
def test_bad_text_is_placed_in_the_fragment_that_spoils_it(raw: bytes, at: int) -> None:
    for place in range(len(raw) + 1):
        assembler = MessageAssembler()
        with pytest.raises(ProtocolError) as caught:
            _add_both(assembler, raw[:place], raw[place:])
        assert caught.value.rule.id == "text-is-utf8"
        assert caught.value.offset == Offset(at if at < place else at - place)


def _add_both(assembler: MessageAssembler, first: bytes, second: bytes) -> None:
    assembler.add(Frame(Opcode.TEXT, first, fin=False))
    assembler.add(Frame.continuation(second))


def test_the_limit_counts_all_fragments_and_each_message_anew() -> None:
    assembler = MessageAssembler(max_message=4)
    for _ in range(3):
        assert assembler.add(Frame.binary(b"abcd")) == b"abcd"
        assert assembler.add(Frame.binary(b"ab", fin=False)) is None
        assert assembler.add(Frame.continuation(b"cd")) == b"abcd"
    assembler.add(Frame.binary(b"ab", fin=False))
    with pytest.raises(InHeader) as caught:
        assembler.add(Frame.continuation(b"cde"))
    assert (caught.value.rule.id, caught.value.offset) == ("message-too-big", Offset(1, 1))


def arriving(opcode: Opcode, length: int) -> Unfinished:
    """A frame of which only the header came."""
    return Unfinished(Header(opcode, None, length, 2), 2)


def test_a_preview_counts_the_announced_length_at_once() -> None:
    assembler = MessageAssembler(max_message=4)
    with pytest.raises(InHeader) as caught:
        assembler.preview(arriving(Opcode.BINARY, 5))
    assert caught.value.rule.id == "message-too-big"


@each_bad_text
def test_a_preview_fails_as_soon_as_the_text_does(raw: bytes, at: int) -> None:
    assembler, frame = MessageAssembler(), arriving(Opcode.TEXT, 100)
    for size in range(at):
        frame.take(raw, size, size + 1)
        assembler.preview(frame)
    frame.take(raw, at, at + 1)
    with pytest.raises(ProtocolError) as caught:
        assembler.preview(frame)
    assert caught.value.offset == Offset(at)


@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
def test_what_was_previewed_is_not_counted_twice(opcode: Opcode) -> None:
    assembler, frame = MessageAssembler(max_message=5), arriving(opcode, 5)
    for more in (b"", b"H", b"el"):
        frame.take(more, 0, len(more))
        assembler.preview(frame)
    assert assembler.add(Frame(opcode, b"Hello")) == ("Hello" if opcode is Opcode.TEXT else b"Hello")
    assert not assembler.inside_message


# --- Close --------------------------------------------------------------------------------------


def test_an_empty_close_says_that_no_status_came() -> None:
    assert read_close(b"") == CloseBody(1005, "")


@pytest.mark.parametrize("code", ACCEPTED)
def test_a_code_that_may_travel_is_read(code: int) -> None:
    assert read_close(code.to_bytes(2, "big")) == CloseBody(code, "")
    assert read_close(code.to_bytes(2, "big") + "tschüß".encode()) == CloseBody(code, "tschüß")


@pytest.mark.parametrize("code", [code for code in REFUSED if 0 <= code < 65536])
def test_any_other_code_is_refused_at_the_body(code: int) -> None:
    with pytest.raises(ProtocolError) as caught:
        read_close(code.to_bytes(2, "big"))
    rule = "close-code-valid" if code in (1005, 1006, 1015) else "close-code-known"
    assert (caught.value.rule.id, caught.value.offset) == (rule, Offset(0))
    assert str(code) in caught.value.found


@pytest.mark.parametrize("byte", [0, 3, 255])
def test_half_a_code_is_refused(byte: int) -> None:
    with pytest.raises(ProtocolError) as caught:
        read_close(bytes((byte,)))
    assert (caught.value.rule.id, caught.value.offset) == ("close-body-length", Offset(0))


@each_bad_text
def test_a_bad_reason_is_refused_at_its_byte(raw: bytes, at: int) -> None:
    with pytest.raises(ProtocolError) as caught:
        read_close(b"\x03\xe8" + raw)
    assert (caught.value.rule, caught.value.offset) == (RULES["close-reason-utf8"], Offset(2 + at))


def test_a_reason_cut_inside_a_character_is_refused() -> None:
    with pytest.raises(ProtocolError) as caught:
        read_close(b"\x03\xe8caf\xc3")
    assert (caught.value.rule.id, caught.value.offset) == ("close-reason-utf8", Offset(6))


@pytest.mark.parametrize(
    ("payload", "code", "reason"),
    [
        (b"", 1005, ""),
        (b"\x03", 1005, ""),
        (b"\x03\xe8", 1000, ""),
        (b"\x03\xe8bye", 1000, "bye"),
        (b"\x00\x00x", 0, "x"),
        (b"\x03\xee\xff", 1006, "\ufffd"),
    ],
)
def test_a_view_reads_any_body_of_a_close_as_it_stands(payload: bytes, code: int, reason: str) -> None:
    assert CloseBody.lenient(payload) == CloseBody(code, reason)
