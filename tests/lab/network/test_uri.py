"""Where a URL leads, and which URLs are refused."""

from __future__ import annotations

import pytest

from wslab.lab.network.uri import parse_uri


@pytest.mark.parametrize(
    ("url", "address", "path", "name"),
    [
        ("ws://127.0.0.1/", "127.0.0.1:80", "/", ""),
        ("ws://127.0.0.1:0", "127.0.0.1:0", "/", ""),
        ("WS://LOCALHOST:9/a/b?c=%20", "127.0.0.1:9", "/a/b?c=%20", ""),
        ("ws://127.0.0.1:9#", "127.0.0.1:9", "/", ""),
        ("ws://[::1]:9?x", "[::1]:9", "/?x", ""),
        ("wss://localhost", "127.0.0.1:443", "/", "localhost"),
    ],
)
def test_a_url_leads_to_one_address(url: str, address: str, path: str, name: str) -> None:
    uri = parse_uri(url)
    assert (str(uri.address), uri.path, uri.name) == (address, path, name)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ws://[::1", "'ws://\\[::1' is no address: "),
        ("ws://127.0.0.1:70000/", "'ws://127.0.0.1:70000/' is no address: [Pp]ort out of range"),
        ("ws://127.0.0.1:x/", "is no address: "),
        ("ws:/127.0.0.1", "write ws://"),
        ("ws://u:secret@127.0.0.1/", "no user and no password"),
        ("ws://127.0.0.1/ä", "percent"),
        ("ws://127.0.0.1/a b", "percent"),
        ("x" * 100_000, "write ws://"),
    ],
)
def test_any_other_url_is_refused_in_a_short_sentence_without_the_password(url: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        parse_uri(url)
    assert len(str(caught.value)) < 400
    assert "secret" not in str(caught.value)
