"""The head is found in the stream, cut into lines, and held to HTTP; what is behind it is left alone."""

from __future__ import annotations

from typing import Any

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.protocol.streams import BEHIND, Way, byte_by_byte, each_way, head_verdict, request, response, whole
from wslab.protocol import DEFAULT_MAX_HEAD, HeadReader, Offset, ProtocolError, Role
from wslab.protocol.handshake.head import (
    Head,
    HeaderLine,
    escaped,
    first_lone_lf,
    http_fault,
    is_plain,
    is_refusal,
    line_fault,
    read_with_h11,
)

# --- finding the head -------------------------------------------------------------------------


def read(sender: Role, chunks: Any, **limits: int) -> tuple[Head, bytes] | None:
    """The head and all that came behind it, whichever chunk it came in."""
    reader, found, behind = HeadReader(sender, **limits), None, b""
    for chunk in chunks:
        if found is not None:
            behind += chunk
        elif (parsed := reader.feed(chunk)) is not None:
            found, behind = parsed
    return None if found is None else (found, behind)


@pytest.mark.parametrize(("sender", "data"), [(Role.CLIENT, request()), (Role.SERVER, response())], ids=str)
def test_truncated_at_every_length_a_head_is_waited_for(sender: Role, data: bytes) -> None:
    for size in range(len(data)):
        reader = HeadReader(sender)
        assert reader.feed(data[:size]) is None
        assert reader.received == size
        parsed = reader.feed(data[size:])
        assert parsed is not None
        assert (parsed[0].data, parsed[1]) == (data, b"")


@pytest.mark.parametrize(("sender", "data"), [(Role.CLIENT, request()), (Role.SERVER, response())], ids=str)
@pytest.mark.parametrize("behind", [b"", b"\x81", BEHIND, b"\r\n\r\n", b"\n\n"], ids=repr)
def test_bytes_behind_the_head_belong_to_the_first_frame(sender: Role, data: bytes, behind: bytes) -> None:
    for chunks in (
        whole(data + behind),
        byte_by_byte(data + behind),
        iter([data, behind]),
        iter([data[:-1], data[-1:] + behind]),
    ):
        parsed = read(sender, chunks)
        assert parsed is not None
        assert (parsed[0].data, parsed[1]) == (data, behind)


def test_a_body_behind_the_head_is_not_read_as_http() -> None:
    parsed = read(Role.CLIENT, [request(("Content-Length", "5")) + b"hello"])
    assert parsed is not None
    assert parsed[1] == b"hello"


@each_way
def test_a_tls_hello_is_known_by_its_first_byte(way: Way) -> None:
    assert head_verdict(Role.CLIENT, way(b"\x16\x03\x01\x02\x00\x01\x00")) == ("head-not-tls", Offset(0))


@each_way
@pytest.mark.parametrize("data", [b"\x00", b" GET / HTTP/1.1", b"\r\n", b"\xff" * 50, b"\x81\x05Hello"], ids=repr)
def test_garbage_is_refused_at_once(data: bytes, way: Way) -> None:
    assert head_verdict(Role.CLIENT, way(data)) == ("head-is-http", Offset(0))


@each_way
@pytest.mark.parametrize(
    ("data", "at"),
    [(b"GET /", 0), (b"HTTPS", 4), (b"HTTP 1.1", 4), (b"http/1.1", 0), (b"\x16\x03", 0), (b"\x81\x00", 0)],
)
def test_an_answer_begins_with_http_slash(data: bytes, at: int, way: Way) -> None:
    assert head_verdict(Role.SERVER, way(data)) == ("head-is-http", Offset(at))


@each_way
@pytest.mark.parametrize("size", [70 * 1024, DEFAULT_MAX_HEAD + 1])
def test_an_endless_first_line_is_cut_off_at_the_limit(size: int, way: Way) -> None:
    assert head_verdict(Role.CLIENT, way(b"GET /".ljust(size, b"a"))) == ("head-size", Offset(DEFAULT_MAX_HEAD))


def test_a_head_just_at_the_limit_passes_and_one_more_byte_is_refused() -> None:
    data = request()
    assert read(Role.CLIENT, [data], max_head=len(data)) is not None
    assert read(Role.CLIENT, byte_by_byte(data), max_head=len(data)) is not None
    with pytest.raises(ProtocolError) as caught:
        read(Role.CLIENT, [data], max_head=len(data) - 1)
    assert caught.value.rule.id == "head-size"


def test_the_limit_is_for_the_head_and_not_for_what_is_behind_it() -> None:
    data = request()
    assert read(Role.CLIENT, [data + bytes(10_000)], max_head=len(data)) is not None


def test_a_reader_holds_no_more_than_the_limit_and_one_chunk() -> None:
    reader = HeadReader(Role.CLIENT, max_head=100)
    with pytest.raises(ProtocolError):
        [reader.feed(b"a") for _ in range(1000)]
    assert reader.received == 101


def test_a_limit_holds_a_head() -> None:
    with pytest.raises(ValueError, match="max_head is a number of bytes, 1 or more: 0"):
        HeadReader(Role.CLIENT, max_head=0)


def test_a_role_may_be_given_by_its_word() -> None:
    assert HeadReader("server").feed(response()) is not None  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'host' is not a valid Role"):
        HeadReader("host")  # type: ignore[arg-type]


# --- cutting it into lines ----------------------------------------------------------------------


def test_every_line_knows_where_its_name_and_value_begin() -> None:
    head = Head(b"GET / HTTP/1.1\r\nHost: a\r\nX:\t b \r\nEmpty:\r\n\r\n")
    assert head.first == "GET / HTTP/1.1"
    assert head.lines == (
        HeaderLine("Host", "a", 16, 22),
        HeaderLine("X", "b", 25, 29),
        HeaderLine("Empty", "", 33, 39),
    )
    assert head.end == Offset(41)


def test_a_header_is_found_whatever_its_case() -> None:
    assert [line.value for line in Head(request(("hOST", "b"))).named("HOST")] == ["127.0.0.1", "b"]


@given(data=st.binary(max_size=200))
@settings(max_examples=150)
def test_the_cut_loses_nothing(data: bytes) -> None:
    for line in Head(data).lines:
        name = line.name.encode("latin-1")
        value = line.value.encode("latin-1")
        assert data[line.name_at :].startswith(name + b":")
        assert data[line.value_at : line.value_at + len(value)] == value


# --- holding it to HTTP -----------------------------------------------------------------------

MALFORMED = {  # a header line, and its first wrong byte
    "no colon": ("Nothing", 7),
    "space before the colon": ("X : a", 1),
    "tab before the colon": ("X\t: a", 1),
    "no name": (": a", 0),
    "NUL in the name": ("X\x00: a", 1),
    "NUL in the value": ("X: a\x00b", 4),
    "CR in the value": ("X: a\rb", 4),
    "CR twice": ("X: a\r", 4),
    "form feed in the value": ("X: a\x0cb", 4),
    "escape in the value": ("X: \x1b[2J", 3),
    "DEL in the value": ("X: a\x7fb", 4),
    "0x01 in the value": ("X: a\x01b", 4),
    "folded line": ("X: a\r\n b", 6),
    "folded line with a tab": ("X: a\r\n\tb", 6),
    "folded line that looks like a header": ("X: a\r\n Y: b", 6),
    "separator in the name": ("X(Y): a", 1),
    "letter beyond ASCII in the name": ("\xe9: a", 0),
    "Host without colon": ("Host", 4),
    "NUL in Host": ("Host: a\x00b", 7),
    "control character in Host": ("Host: a\x01b", 7),
    "folded Host": ("Host: a\r\n b", 9),
    "space before the colon of Host": ("Host : a", 4),
    "Host that is folded away": (" Host: a", 0),
    "a header inside Host": ("Host: a\rX: b", 7),
}


@each_way
@pytest.mark.parametrize(("line", "at"), MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_line_is_refused_at_its_first_wrong_byte(line: str, at: int, way: Way) -> None:
    for sender, data in ((Role.CLIENT, request()), (Role.SERVER, response())):
        behind_all = data[:-2] + line.encode("latin-1") + b"\r\n\r\n"
        assert head_verdict(sender, way(behind_all)) == ("head-is-http", Offset(len(data) - 2 + at))
        first = data.index(b"\r\n") + 2
        before_all = data[:first] + line.encode("latin-1") + b"\r\n" + data[first:]
        assert head_verdict(sender, way(before_all)) == ("head-is-http", Offset(first + at))


@each_way
@pytest.mark.parametrize("line", ["Content-Length: x", "Content-Length: 1, 2", "Transfer-Encoding: gzip"])
def test_a_length_or_encoding_that_http_refuses_is_refused(line: str, way: Way) -> None:
    assert head_verdict(Role.CLIENT, way(request()[:-2] + line.encode() + b"\r\n\r\n")) == ("head-is-http", Offset(0))


@each_way
@pytest.mark.parametrize("line", ["X:", "X: ", "X:a", "X:\ta\t", "X: \xe9\xff", "X: a\tb", "x-1_!#$%&'*+.^`|~: a"])
def test_an_unusual_but_legal_line_passes(line: str, way: Way) -> None:
    for sender, data in ((Role.CLIENT, request()), (Role.SERVER, response())):
        assert head_verdict(sender, way(data[:-2] + line.encode("latin-1") + b"\r\n\r\n")) is None


@each_way
@pytest.mark.parametrize(
    "first",
    ["GET /", "GET", "GET  / HTTP/1.1", "GET / HTTP/1.1 ", "GET / HTTP/11", "GET / http/1.1", "GET /\t HTTP/1.1"],
)
def test_a_malformed_request_line_is_refused(first: str, way: Way) -> None:
    assert head_verdict(Role.CLIENT, way(request(first=first))) == ("head-is-http", Offset(0))


@each_way
@pytest.mark.parametrize(
    "first", ["HTTP/1.1", "HTTP/1.1 ", "HTTP/1.1 10", "HTTP/1.1 1010 x", "HTTP/1.1  101 x", "HTTP/x 101"]
)
def test_a_malformed_status_line_is_refused(first: str, way: Way) -> None:
    assert head_verdict(Role.SERVER, way(response(first=first))) == ("head-is-http", Offset(0))


@each_way
@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\n"], ids=repr)
@pytest.mark.parametrize(("sender", "data"), [(Role.CLIENT, request()), (Role.SERVER, response())], ids=str)
def test_a_line_that_ends_with_lf_alone_is_refused_there(sender: Role, data: bytes, end: bytes, way: Way) -> None:
    lf_only = data.replace(b"\r\n", b"\n")
    assert head_verdict(sender, way(lf_only)) == ("head-ends-lines-with-crlf", Offset(lf_only.index(b"\n")))
    late = data[:-4] + end
    assert head_verdict(sender, way(late)) == (
        "head-ends-lines-with-crlf",
        Offset(len(late) - (2 if end == b"\n\n" else 1)),
    )


def test_a_great_many_headers_are_read_in_one_go() -> None:
    many = request(*[("a", "")] * 10_000)
    assert len(many) < DEFAULT_MAX_HEAD
    assert head_verdict(Role.CLIENT, [many]) is None


@given(data=st.one_of(st.binary(max_size=200), st.text(max_size=60).map(str.encode)), sender=st.sampled_from(Role))
@settings(max_examples=200)
def test_any_bytes_give_a_head_or_one_rule_and_the_same_byte_by_byte(data: bytes, sender: Role) -> None:
    for stream in (data, data + b"\r\n\r\n", request()[:20] + data + b"\r\n\r\n", response()[:40] + data + b"\r\n\r\n"):
        assert head_verdict(sender, whole(stream)) == head_verdict(sender, byte_by_byte(stream))


@given(value=st.binary(max_size=12), name=st.sampled_from([b"X", b"Host", b"Upgrade", b"Sec-WebSocket-Key"]))
@settings(max_examples=200)
def test_what_h11_refuses_is_refused_here(name: bytes, value: bytes) -> None:
    data = request(drop="Host")[:-2] + name + b": " + value + b"\r\n\r\n"
    if b"\n" not in value and http_fault(Head(data), Role.CLIENT) is None:
        theirs = h11.Connection(h11.SERVER)
        theirs.receive_data(data if name == b"Host" else data.replace(b"\r\n", b"\r\nHost: x\r\n", 1))
        event = theirs.next_event()
        assert isinstance(event, h11.Request)


_FIELD = st.one_of(
    st.builds(b"%b: %b".__mod__, st.tuples(st.from_regex(rb"[!-~]{1,6}", fullmatch=True), st.binary(max_size=8))),
    st.sampled_from([b"Host: a", b"host: ", b"Upgrade: websocket", b"Content-Length: x", b"Transfer-encoding: gzip"]),
)


@given(sender=st.sampled_from(Role), lines=st.lists(_FIELD, max_size=4))
@settings(max_examples=400)
def test_against_a_plain_head_nobody_has_anything(sender: Role, lines: list[bytes]) -> None:
    whole_head = request() if sender is Role.CLIENT else response()
    head = Head(whole_head[:-2] + b"".join(line + b"\r\n" for line in lines) + b"\r\n")
    if is_plain(head, sender):
        assert first_lone_lf(head) is None
        assert line_fault(head) is None
        read_with_h11(head, sender)


@pytest.mark.parametrize("line", [b"X: a", b"X: ", b"Cookie: a=b; c=d", b"User-Agent: Mozilla/5.0 (X11; Linux) x"])
def test_what_browsers_send_is_plain(line: bytes) -> None:
    assert is_plain(Head(request()[:-2] + line + b"\r\n\r\n"), Role.CLIENT)
    assert is_plain(Head(response()[:-2] + line + b"\r\n\r\n"), Role.SERVER)


@pytest.mark.parametrize(
    "line",
    [
        b"Content-Length: x",
        b"transfer-ENCODING: gzip",
        b"X:a",
        b"X: \xe9",
        b"X: a ",
        b"X: a\nb",
        b"X : a",
        b" X: a",
        b"X",
    ],
)
def test_what_http_could_have_a_word_about_is_not_plain(line: bytes) -> None:
    assert not is_plain(Head(request()[:-2] + line + b"\r\n\r\n"), Role.CLIENT)
    assert not is_plain(Head(response()[:-2] + line + b"\r\n\r\n"), Role.SERVER)


@pytest.mark.parametrize(("text", "shown"), [("grün", "grün"), ("a\nb", "a\\nb"), ("\x1b", "\\x1b"), ("", "")])
def test_what_a_terminal_could_obey_is_an_escape(text: str, shown: str) -> None:
    assert escaped(text) == shown


@pytest.mark.parametrize(
    ("response", "refuses"),
    [
        (b"HTTP/1.1 101 Switching Protocols\r\n", False),
        (b"HTTP/1.1 101\r\n", False),
        (b"HTTP/1.1 403 Forbidden\r\n", True),
        (b"HTTP/1.1 200 101 things\r\n", True),
        (b"", True),
    ],
)
def test_a_response_with_another_status_than_101_refuses(response: bytes, refuses: bool) -> None:
    assert is_refusal(response) is refuses
