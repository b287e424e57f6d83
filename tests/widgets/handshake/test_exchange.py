"""The handshake that the stepper shows is the protocol's own, and each break is refused by who must refuse it."""

from __future__ import annotations

import ast
import contextlib
import io
import types
from typing import Any

import pytest

from wslab.lab import Lab, echo
from wslab.protocol import HandshakeRequest, HandshakeResponse, LocalProtocolError, Role, accept_key
from wslab.widgets.handshake.breaks import BREAKS
from wslab.widgets.handshake.exchange import SAMPLE_KEY, Exchange, accept_stages, lines
from wslab.widgets.handshake.picture import real_cell

HARMLESS = {"request-upgrade-twice", "request-connection-twice"}
REFUSED_BY_SERVER = sorted(name for name, each in BREAKS.items() if each.side is Role.CLIENT and name not in HARMLESS)
REFUSED_BY_CLIENT = sorted(name for name, each in BREAKS.items() if each.side is Role.SERVER)


def test_an_unbroken_exchange_passes_every_check_of_both_sides() -> None:
    exchange = Exchange()
    assert exchange.decision is None
    assert all(check.passed for check in [*exchange.server_checks, *exchange.client_checks])
    assert HandshakeResponse.parse(exchange.response)[0].accept_value == accept_key(SAMPLE_KEY)


@pytest.mark.parametrize("name", BREAKS)
def test_a_break_changes_the_bytes_of_one_side_only(name: str) -> None:
    exchange, whole = Exchange(broken=name), Exchange()
    assert exchange.asked == whole.asked
    if BREAKS[name].side is Role.CLIENT:
        assert exchange.request != whole.request
        assert exchange.response == exchange.answered
    else:
        assert exchange.request == whole.request
        assert exchange.response != whole.response


@pytest.mark.parametrize("name", REFUSED_BY_SERVER)
def test_the_server_refuses_with_the_status_and_the_sentence_of_the_rule(name: str) -> None:
    exchange = Exchange(broken=name)
    refusal = exchange.refusal
    assert refusal is not None
    assert exchange.by is Role.SERVER
    response, body = HandshakeResponse.parse(exchange.response)
    assert response.status == refusal.rule.http_status
    assert body.decode() == str(refusal.error())
    assert int(response.header("Content-Length") or "") == len(body)


async def asked_of_a_real_server(exchange: Exchange) -> str:
    """What the lab's server answers when the cell that the stepper gives is run."""
    async with Lab() as lab:
        server = await lab.serve(echo, subprotocols=["chat"], origins=[exchange.origin])
        names: dict[str, Any] = {"server": server}
        code = compile(real_cell(exchange.request), "cell", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            await types.FunctionType(code, names)()
        return said.getvalue()


@pytest.mark.parametrize("name", ["", *(name for name, each in BREAKS.items() if each.side is Role.CLIENT)])
async def test_a_real_server_answers_with_the_same_status(name: str) -> None:
    exchange = Exchange(broken=name)
    answer = await asked_of_a_real_server(exchange)
    assert answer.startswith(f"HTTP/1.1 {exchange.status} ")


@pytest.mark.parametrize("name", REFUSED_BY_CLIENT)
def test_the_client_refuses_a_broken_answer(name: str) -> None:
    exchange = Exchange(broken=name)
    assert exchange.by is Role.CLIENT
    assert exchange.refusal is None
    assert exchange.decision is next(check for check in exchange.client_checks if not check.passed)


@pytest.mark.parametrize("name", sorted(HARMLESS))
def test_a_header_twice_that_breaks_no_rule_is_accepted(name: str) -> None:
    assert Exchange(broken=name).decision is None


@pytest.mark.parametrize(
    ("name", "rule", "status"),
    [
        ("request-post", "request-method", 405),
        ("request-http-1.0", "request-http-version", 400),
        ("request-host-missing", "request-host", 400),
        ("request-key-short", "request-key", 400),
        ("request-key-not-base64", "request-key", 400),
        ("request-version-8", "request-version", 426),
        ("request-origin-foreign", "request-origin", 403),
        ("request-lf-only", "head-ends-lines-with-crlf", 400),
        ("request-tls", "head-not-tls", 400),
    ],
)
def test_the_broken_rule_is_the_one_that_the_break_is_about(name: str, rule: str, status: int) -> None:
    exchange = Exchange(broken=name)
    assert exchange.decision is not None
    assert (exchange.decision.rule.id, exchange.status) == (rule, status)


@pytest.mark.parametrize("header", ["Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version"])
def test_each_required_header_can_be_missing_twice_and_wrong(header: str) -> None:
    short = header.removeprefix("Sec-WebSocket-").lower()
    names = [name for name in BREAKS if name.startswith(f"request-{short}-")]
    assert {f"request-{short}-missing", f"request-{short}-twice"} < set(names)


def test_the_stages_end_in_the_accept_value() -> None:
    values = [value for _, value, _ in accept_stages(SAMPLE_KEY)]
    assert values[1] == SAMPLE_KEY + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    assert len(bytes.fromhex(values[2])) == 20
    assert values[3] == accept_key(SAMPLE_KEY)


@pytest.mark.parametrize("name", ["", *BREAKS])
def test_the_lines_join_to_the_bytes_again_each_at_its_offset(name: str) -> None:
    exchange = Exchange(broken=name)
    for sent, meant in ((exchange.request, exchange.asked), (exchange.response, exchange.answered)):
        there = [line for line in lines(sent, meant) if line.offset is not None]
        assert b"".join(line.data + line.end for line in there) == sent
        for line in there:
            assert sent[line.offset :].startswith(line.data + line.end)


def test_a_missing_line_is_listed_where_it_was() -> None:
    exchange = Exchange(broken="request-key-missing")
    listed = lines(exchange.request, exchange.asked)
    assert [(line.change, line.text) for line in listed if line.change] == [
        ("gone", f"Sec-WebSocket-Key: {SAMPLE_KEY}")
    ]
    assert listed[4].offset is None


@pytest.mark.parametrize(("name", "change"), [("request-host-twice", "added"), ("request-version-8", "changed")])
def test_a_changed_or_added_line_is_marked(name: str, change: str) -> None:
    exchange = Exchange(broken=name)
    assert [line.change for line in lines(exchange.request, exchange.asked) if line.change] == [change]


def test_bytes_that_are_no_head_are_shown_in_hex_without_a_list_of_what_is_missing() -> None:
    exchange = Exchange(broken="request-tls")
    assert [line.text[:8] for line in lines(exchange.request, exchange.asked)] == ["\\x16\\x03"]


def test_own_values_are_really_sent() -> None:
    exchange = Exchange(key="AAAAAAAAAAAAAAAAAAAAAA==", path="/x?y=1", subprotocols="soap", origin="")
    request = HandshakeRequest.parse(exchange.request)[0]
    assert (request.key, request.target, request.subprotocols, request.origin) == (
        "AAAAAAAAAAAAAAAAAAAAAA==",
        "/x?y=1",
        ["soap"],
        None,
    )
    assert HandshakeResponse.parse(exchange.response)[0].subprotocol == "soap"


def test_a_wrong_key_of_ones_own_is_sent_and_refused() -> None:
    exchange = Exchange(key="short")
    assert exchange.decision is not None
    assert exchange.decision.rule.id == "request-key"


@pytest.mark.parametrize("path", ["/a b", "/a\r\nX: y", "/é"])
def test_what_cannot_stand_in_a_head_is_refused_here(path: str) -> None:
    with pytest.raises(LocalProtocolError):
        assert Exchange(path=path).asked
