"""The grammar of Sec-WebSocket-Extensions, legal and not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wslab.protocol import Extension, Offset, ProtocolError, parse_extensions
from wslab.protocol.extensions import write_extensions

token = st.text("abcXYZ019-_.!~", min_size=1, max_size=8)
extension = st.builds(Extension, token, st.lists(st.tuples(token, st.none() | token), max_size=3).map(tuple))


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("x", [Extension("x")]),
        ("x, y", [Extension("x"), Extension("y")]),
        (" x ;a ; b=1\t, y;c", [Extension("x", (("a", None), ("b", "1"))), Extension("y", (("c", None),))]),
        ('x; a="b"', [Extension("x", (("a", "b"),))]),
        (r'x; a="b\-c"', [Extension("x", (("a", "b-c"),))]),
        ("x, , y,", [Extension("x"), Extension("y")]),
        ("x; a; a", [Extension("x", (("a", None), ("a", None)))]),
    ],
)
def test_a_legal_value_is_read(value: str, found: list[Extension]) -> None:
    assert parse_extensions(value) == found


@pytest.mark.parametrize(
    ("value", "at"),
    [
        ("", 0),
        (" ", 0),
        (",", 1),
        (" ,\t, ", 5),
        ("x;", 2),
        ("x; =1", 3),
        ("x; a=", 5),
        ("x; a b", 5),
        ("x y", 2),
        ("=x", 0),
        ('x; a="b', 5),
        ('x; a="b c"', 6),
        ("x; a=b=c", 6),
        ("é", 0),
        ("x; a=;b", 5),
    ],
)
def test_an_illegal_value_is_refused_at_its_first_wrong_character(value: str, at: int) -> None:
    with pytest.raises(ProtocolError) as caught:
        parse_extensions(value)
    assert (caught.value.rule.id, caught.value.offset) == ("extensions-syntax", Offset(at))


@given(st.lists(extension, min_size=1, max_size=4))
def test_what_is_written_is_read_again(extensions: list[Extension]) -> None:
    assert parse_extensions(write_extensions(extensions)) == extensions


@given(st.text('ab;,= \t"\\', max_size=20))
def test_any_text_is_read_or_refused_with_a_place(value: str) -> None:
    place = -1
    try:
        found = parse_extensions(value)
    except ProtocolError as error:
        place, found = error.offset.byte, []
    assert found or 0 <= place <= len(value)
