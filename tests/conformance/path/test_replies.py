"""What came back, with its places: however it was cut, and up to the first violation."""

from __future__ import annotations

import pytest

from wslab.conformance.path.judging import first_difference
from wslab.conformance.path.replies import Replies
from wslab.protocol import Deflate, Frame, Message, Opcode, Role
from wslab.protocol.deflate import Deflater

HELLO = Frame.text("Hello").serialize()


@pytest.mark.parametrize("cut", [1, 3, 1000])
def test_messages_and_pongs_have_their_places(cut: int) -> None:
    data = HELLO + Frame.pong(b"1").serialize() + Frame.binary(b"x").serialize()
    replies = Replies()
    for at in range(0, len(data), cut):
        replies.feed(data[at : at + cut])
    assert [(each.event, each.begin, each.end) for each in replies.messages] == [
        (Message("Hello"), 0, 7),
        (Message(b"x"), 10, 13),
    ]
    assert [(payload, each.begin) for payload, each in replies.pongs.items()] == [(b"1", 7)]
    assert (replies.error, replies.close, replies.read) == (None, None, 13)


def test_a_message_in_fragments_begins_with_its_first_one_also_around_a_pong() -> None:
    replies = Replies()
    replies.feed(HELLO + Frame.text("a", fin=False).serialize() + Frame.pong().serialize())
    replies.feed(Frame.continuation("b").serialize())
    assert [(each.event, each.begin) for each in replies.messages] == [(Message("Hello"), 0), (Message("ab"), 7)]


def test_a_violation_has_its_place_and_what_came_before_it_counts() -> None:
    replies = Replies()
    replies.feed(HELLO + Frame.text("x", mask=bytes(4)).serialize())
    replies.feed(HELLO)
    assert replies.error is not None
    assert (replies.error.rule.id, replies.error.offset) == ("server-does-not-mask", (8, 0))
    assert len(replies.messages) == 1


def test_bad_text_has_its_place_in_the_stream() -> None:
    replies = Replies()
    replies.feed(HELLO + Frame(Opcode.TEXT, b"ok\xff").serialize())
    assert replies.error is not None
    assert (replies.error.rule.id, replies.error.offset.byte) == ("text-is-utf8", 11)


def test_a_close_stands_with_what_is_behind_it_even_with_a_code_that_we_would_refuse() -> None:
    replies = Replies()
    replies.feed(Frame(Opcode.CLOSE, (5000).to_bytes(2, "big")).serialize() + HELLO)
    assert replies.close is not None
    assert getattr(replies.close.event, "code", None) == 5000
    assert [frame.payload for frame in replies.behind_close] == [b"Hello"]
    assert (replies.error, replies.messages) == (None, [])


def test_a_close_with_a_code_that_never_travels_is_a_violation() -> None:
    replies = Replies()
    replies.feed(Frame(Opcode.CLOSE, (1005).to_bytes(2, "big")).serialize())
    assert replies.error is not None
    assert replies.error.rule.id == "close-code-valid"


def test_what_is_compressed_is_inflated_as_agreed() -> None:
    agreed = Deflate()
    replies = Replies(agreed)
    payload = Deflater(agreed, Role.SERVER).deflate(b"Hello")
    replies.feed(Frame(Opcode.TEXT, payload, rsv1=True).serialize())
    assert [each.event for each in replies.messages] == [Message("Hello")]


@pytest.mark.parametrize(
    ("came", "place"),
    [
        ("810548656c6c6f", (7, 0)),
        ("8105", (2, 0)),
        ("", (0, 0)),
        ("810548656c6c6f00", (7, 0)),
        ("820548656c6c6f", (0, 6)),
        ("818548656c6c6f", (1, 0)),
        ("810548656c6c6e", (6, 7)),
    ],
)
def test_the_first_difference_is_named_to_the_bit(came: str, place: tuple[int, int]) -> None:
    assert first_difference(bytes.fromhex(came), HELLO) == place
