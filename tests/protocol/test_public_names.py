"""The names that the rest of the laboratory, and a learner, may count on."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import subprocess
import sys
from types import ModuleType

import pytest

import wslab
from wslab import protocol

LEARNERS = {
    "Role", "Opcode", "CloseCode", "Frame", "FrameParser", "apply_mask", "accept_key", "HandshakeRequest",
    "HandshakeResponse", "Connection", "ProtocolError", "LocalProtocolError", "Rule", "RULES",
}  # fmt: skip

MODULES = [
    importlib.import_module(each.name) for each in pkgutil.walk_packages(protocol.__path__, f"{protocol.__name__}.")
]


def test_all_names_exist_in_order_and_none_is_forgotten() -> None:
    public = {name for name, value in vars(protocol).items() if name[0] != "_" and not isinstance(value, ModuleType)}
    assert set(protocol.__all__) == public
    assert len(protocol.__all__) == len(set(protocol.__all__))


@pytest.mark.parametrize("name", sorted(LEARNERS))
def test_a_learners_name_is_the_same_object_in_both_places(name: str) -> None:
    assert getattr(wslab, name) is getattr(protocol, name)
    assert name in wslab.__all__


@pytest.mark.parametrize("name", protocol.__all__)
def test_every_public_class_and_function_says_what_it_is(name: str) -> None:
    value = getattr(protocol, name)
    if isinstance(value, type) or callable(value):
        assert (value.__doc__ or "").strip()


@pytest.mark.parametrize("module", [protocol, *MODULES], ids=lambda module: module.__name__)
def test_the_examples_in_the_docstrings_hold(module: ModuleType) -> None:
    assert doctest.testmod(module).failed == 0


def test_the_docstrings_do_hold_examples() -> None:
    assert sum(doctest.testmod(module).attempted for module in MODULES) >= 10


def test_the_protocol_layer_needs_no_event_loop_and_no_jupyter() -> None:
    script = (
        "import sys, wslab.protocol\n"
        "loaded = {'asyncio', 'ipywidgets', 'anywidget', 'htpy', 'rich', 'click'} & set(sys.modules)\n"
        "print(*sorted(loaded))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")
