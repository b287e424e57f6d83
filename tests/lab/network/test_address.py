"""An address is written as in a URL, and only loopback is this machine."""

from __future__ import annotations

import pytest

from wslab.lab.network.address import Address, is_loopback


@pytest.mark.parametrize(
    ("address", "text"), [(Address("127.0.0.1", 80), "127.0.0.1:80"), (Address("::1", 80), "[::1]:80")]
)
def test_an_address_is_written_as_in_a_url(address: Address, text: str) -> None:
    assert str(address) == text


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_loopback_is_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "localhost.example.com", ""])
def test_every_other_host_is_beyond_it(host: str) -> None:
    assert not is_loopback(host)
