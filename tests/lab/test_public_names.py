"""What `wslab.lab` offers, and that `wslab` offers it too where a learner uses it."""

from __future__ import annotations

import inspect

import pytest

import wslab
import wslab.lab


def test_every_public_name_exists_and_is_told() -> None:
    for name in wslab.lab.__all__:
        assert inspect.getdoc(getattr(wslab.lab, name))
    assert sorted(wslab.lab.__all__) == wslab.lab.__all__


@pytest.mark.parametrize("name", ["ConnectionClosed", "HandshakeRefused", "Lab", "PortInUse", "Tape", "echo", "run"])
def test_a_learner_finds_it_in_wslab(name: str) -> None:
    assert getattr(wslab, name) is getattr(wslab.lab, name)


@pytest.mark.parametrize("cls", [wslab.lab.Lab, wslab.lab.Server, wslab.lab.Endpoint, wslab.lab.Link, wslab.lab.Tape])
def test_every_public_method_is_told(cls: type) -> None:
    own = [name for name in vars(cls) if not name.startswith("_") and callable(getattr(cls, name))]
    assert own
    assert [name for name in own if not inspect.getdoc(getattr(cls, name))] == []
