"""What the options of several commands share: kinds of values, addresses, certificates."""

from __future__ import annotations

import ssl
from pathlib import Path

import click
import pytest

from wslab.cli.errors import CliError
from wslab.cli.options import DURATION, SECONDS, find_target, listen_at, trusting


@pytest.mark.parametrize(
    ("text", "seconds"), [("10", 10.0), ("10s", 10.0), ("500ms", 0.5), ("2 m", 120.0), ("1h", 3600.0), ("0", 0.0)]
)
def test_a_duration_has_a_unit_or_is_in_seconds(text: str, seconds: float) -> None:
    assert DURATION.convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-1s", "1.2.3", "nan", "10 days"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not a time"):
        DURATION.convert(text, None, None)


def test_seconds_may_be_without_end_and_are_a_number() -> None:
    assert SECONDS.convert("inf", None, None) == float("inf")
    with pytest.raises(click.BadParameter, match="not a number of seconds"):
        SECONDS.convert("nan", None, None)


@pytest.mark.parametrize(
    ("text", "place"),
    [("9000", ("127.0.0.1", 9000)), ("localhost:0", ("127.0.0.1", 0)), ("[::1]:80", ("::1", 80))],
)
def test_a_port_alone_listens_on_loopback(text: str, place: tuple[str, int]) -> None:
    assert listen_at(text, beyond_loopback=False) == place


@pytest.mark.parametrize("text", ["9" * 5000, "", "port", "65536", "127.0.0.1:", "²"])
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(CliError, match="takes a port"):
        listen_at(text, beyond_loopback=False)


def test_another_machine_is_dialled_or_listened_for_only_where_that_was_asked_for() -> None:
    with pytest.raises(CliError, match=r"example\.org is another machine"):
        find_target("ws://example.org/", beyond_loopback=False)
    with pytest.raises(CliError, match=r"0\.0\.0\.0 is open to other machines"):
        listen_at("0.0.0.0:80", beyond_loopback=False)
    assert find_target("ws://example.org/", beyond_loopback=True).host == "example.org"
    assert listen_at("0.0.0.0:80", beyond_loopback=True) == ("0.0.0.0", 80)


@pytest.mark.parametrize(
    ("url", "header"),
    [
        ("ws://example.org/", "example.org"),
        ("ws://example.org:80/", "example.org"),
        ("wss://example.org:443/", "example.org"),
        ("ws://example.org:443/", "example.org:443"),
        ("ws://[::1]:9000/", "[::1]:9000"),
    ],
)
def test_a_host_header_has_the_port_where_it_is_not_the_default(url: str, header: str) -> None:
    assert find_target(url, beyond_loopback=True).host_header == header


def test_any_server_is_trusted_only_over_tls(tmp_path: Path) -> None:
    context = trusting(None, anybody=True, secure=True)
    assert context is not None
    assert context.verify_mode == ssl.CERT_NONE
    assert trusting(None, anybody=False, secure=True) is None
    with pytest.raises(CliError, match="has none"):
        trusting(None, anybody=True, secure=False)
    empty = tmp_path / "none.pem"
    empty.touch()
    with pytest.raises(CliError, match="no certificate"):
        trusting(empty, anybody=False, secure=True)
