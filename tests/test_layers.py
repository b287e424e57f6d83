"""The layers of the design hold: a module imports from its own layer and from those before it, never from behind."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "wslab"
LAYERS = (
    "protocol",
    "explain",
    "tape",
    "formats",
    "lab",
    "scenarios",
    "course",
    "widgets",
    "conformance",
    "cli",
)
TOP = {"_gc": "protocol", "exporter": "widgets"}  # modules beside the folders; what is not named here is the cli's
PURE = {"h11", "websockets"}
LOOPED = PURE | {"nest_asyncio", "nest_asyncio2"}
DRAWN = LOOPED | {"anywidget", "htpy", "ipywidgets", "IPython", "markupsafe", "traitlets"}
MAY_USE = {
    "protocol": PURE,
    "explain": set(),
    "tape": set(),
    "formats": set(),
    "lab": LOOPED,
    "scenarios": LOOPED | {"trustme"},  # for one scenario, in the extra `tls`
    "course": LOOPED,
    "widgets": DRAWN,
    "conformance": DRAWN | {"kosoku"},
    "cli": DRAWN | {"click", "jupyter_core", "jupyterlab", "prompt_toolkit", "rich", "zmq"},
}
# What a layer without I/O, clock or randomness of its own has no use for.
IMPURE = {
    *(
        "asyncio",
        "concurrent",
        "datetime",
        "http.client",
        "http.server",
        "multiprocessing",
        "random",
        "select",
        "selectors",
        "signal",
    ),
    *("socket", "socketserver", "ssl", "subprocess", "threading", "time", "urllib.request"),
}
HEAVY = {
    "IPython",
    "anywidget",
    "asyncio",
    "click",
    "htpy",
    "ipywidgets",
    "jupyterlab",
    "markupsafe",
    "prompt_toolkit",
    "rich",
    "websockets",
}
# Of the library, the C mask alone; its package's own module is an empty shell until a name is asked of it.
C_MASK = {"websockets", "websockets.imports", "websockets.speedups", "websockets.version"}
MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")
INITS = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*/__init__.py"))


def layer(name: str) -> str:
    """The layer of a path or a dotted name below `wslab`; what lies at the top belongs to the command line."""
    first = name.replace("/", ".").split(".")[0]
    return first if first in LAYERS else TOP.get(first, "cli")


def imports(path: str) -> Iterator[str]:
    """Every dotted name that a module imports, wherever in it that stands, relative ones made whole."""
    package = ["wslab", *path.split("/")[:-1]]
    for node in ast.walk(ast.parse((PACKAGE / path).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, [base, node.module]))
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names if module == "wslab")


@pytest.mark.parametrize("path", MODULES + INITS)
def test_a_module_imports_only_from_its_own_layer_and_those_before(path: str) -> None:
    mine = LAYERS.index(layer(path))
    ours = [name.removeprefix("wslab").removeprefix(".") for name in imports(path) if name.split(".")[0] == "wslab"]
    behind = [name or "wslab itself" for name in ours if LAYERS.index(layer(name)) > mine]
    assert not behind, f"{path} is {layer(path)} and imports {behind}"


@pytest.mark.parametrize("path", MODULES + INITS)
def test_a_module_uses_only_the_packages_of_its_layer(path: str) -> None:
    used = {name.split(".")[0] for name in imports(path)} - set(sys.stdlib_module_names) - {"wslab"}
    assert used <= MAY_USE[layer(path)]


@pytest.mark.parametrize("path", [path for path in MODULES + INITS if layer(path) in ("protocol", "explain", "tape")])
def test_protocol_explain_and_tape_touch_no_socket_clock_or_chance(path: str) -> None:
    allowed = {"threading"} if path == "tape/tape.py" else set()  # its lock: a widget may look from a thread of its own
    used = set(imports(path)) - allowed
    assert not {name for name in used if name in IMPURE or name.split(".")[0] in IMPURE}


@pytest.mark.parametrize("name", ["wslab", "wslab.protocol", "wslab.explain"])
def test_importing_loads_nothing_heavy(name: str) -> None:
    code = f"import {name}, sys, json; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    heavy = {module for module in json.loads(done.stdout) if module.split(".")[0] in HEAVY}
    assert heavy <= C_MASK


@pytest.mark.parametrize(
    ("path", "expected"),
    [("protocol/frames/parser.py", "protocol"), ("cli/main.py", "cli"), ("_gc.py", "protocol"), ("", "cli")],
)
def test_a_path_has_its_layer(path: str, expected: str) -> None:
    assert layer(path) == expected
