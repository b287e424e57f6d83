"""The layout of the design: layers, the rooms of the lab, no circles, small folders, one name for one thing."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
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
    "pytest_plugin",
)
TOP = {
    "_gc": "protocol",
    "exporter": "widgets",
    "extras": "protocol",
    "kernel": "protocol",
    "replayer": "scenarios",
}  # modules beside the folders; what is not named here is the cli's
APART = (("formats", "lab"), ("lab/link", "lab/endpoint"))  # these never import each other
FLOORS = (
    {"limits", "errors", "ending"},
    {"clock"},
    {"network"},
    {"faults"},
    {"context", "foundation"},
    {"link", "endpoint", "replay"},
    {"server"},
    {"lab"},
)  # of the lab: a room imports from its own floor and from those before it
PURE = {"h11", "websockets"}
LOOPED = PURE | {"nest_asyncio2"}
DRAWN = LOOPED | {"anywidget", "htpy", "ipywidgets", "IPython", "markupsafe", "traitlets"}
NOTEBOOKS = {"nbclient", "nbconvert", "nbformat"}  # come with JupyterLab
MAY_USE = {
    "protocol": PURE,
    "explain": set(),
    "tape": set(),
    "formats": set(),
    "lab": LOOPED,
    "scenarios": LOOPED | {"trustme"},  # for one scenario
    "course": LOOPED | {"hypothesis", "wsproto"},  # where they are installed
    "widgets": DRAWN,
    "conformance": DRAWN | {"kosoku"},
    "cli": DRAWN | {"click", "jupyter_core", "jupyterlab", "prompt_toolkit", "rich", "zmq"} | NOTEBOOKS,
    "pytest_plugin": {"pytest"},
}
# What a layer without I/O, clock or randomness of its own has no use for.
IMPURE = {
    *("asyncio", "concurrent", "datetime", "http.client", "http.server", "multiprocessing", "random", "select"),
    *("selectors", "signal", "socket", "socketserver", "ssl", "subprocess", "threading", "time", "urllib.request"),
}
HEAVY = {
    *("IPython", "anywidget", "asyncio", "click", "htpy", "ipywidgets", "jupyterlab", "markupsafe"),
    *("prompt_toolkit", "rich", "websockets"),
}
WIDGETRY = {"IPython", "anywidget", "ipywidgets", "traitlets"}
# Of the library, the C mask alone; its package's own module is an empty shell until a name is asked of it.
C_MASK = {"websockets", "websockets.imports", "websockets.speedups", "websockets.version"}
MOST_MODULES = 13
LARGEST_SHARE = 0.3
ONE_WORD = ("protocol", "explain", "tape", "formats", "lab")  # here a public class name is used once

PATHS = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))
MODULES = [path for path in PATHS if not path.endswith("__init__.py")]
FOLDERS = sorted({Path(path).parent.as_posix() for path in MODULES} - {"."})


@cache
def text(path: str) -> str:
    """A module's text."""
    return (PACKAGE / path).read_text()


@cache
def tree(path: str) -> ast.Module:
    """A module as a tree; it is made in a test, since each worker collects all of them and runs a part."""
    return ast.parse(text(path))


def dotted(path: str) -> str:
    """The name under which a module is imported."""
    return ".".join(["wslab", *Path(path).with_suffix("").parts]).removesuffix(".__init__")


NAMES = {dotted(path): path for path in PATHS}


def layer(name: str) -> str:
    """The layer of a path or a dotted name below `wslab`; what lies at the top belongs to the command line."""
    first = name.removesuffix(".py").replace("/", ".").split(".")[0]
    return first if first in LAYERS else TOP.get(first, "cli")


@cache
def imports(path: str) -> tuple[str, ...]:
    """Every dotted name that a module imports, wherever in it that stands, relative ones made whole.

    `from package import module` is the module, `from module import name` the module that has the name.
    """
    return tuple(_imports(path))


def _imports(path: str) -> Iterator[str]:
    package = ["wslab", *path.split("/")[:-1]]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, [base, node.module]))
            for alias in node.names:
                name = f"{module}.{alias.name}"
                yield name if name in NAMES or module == "wslab" else module


def ours(path: str) -> set[str]:
    """The paths of the modules of ours that a module imports."""
    return {NAMES[name] for name in imports(path) if name in NAMES} - {path}


@pytest.mark.parametrize("path", PATHS)
def test_a_module_imports_only_from_its_own_layer_and_those_before(path: str) -> None:
    mine = LAYERS.index(layer(path))
    named = [name.removeprefix("wslab").removeprefix(".") for name in imports(path) if name.split(".")[0] == "wslab"]
    behind = [name or "wslab itself" for name in named if LAYERS.index(layer(name)) > mine]
    assert not behind, f"{path} is {layer(path)} and imports {behind}"


@pytest.mark.parametrize("path", PATHS)
def test_rooms_that_are_apart_never_import_each_other(path: str) -> None:
    for pair in APART:
        for mine, other in (pair, pair[::-1]):
            if path.startswith(f"{mine}/"):
                assert not [each for each in ours(path) if each.startswith(f"{other}/")]


def floor(path: str) -> int | None:
    """The floor of the lab on which a module is; None for what is not in the lab, and for the lab's own index."""
    folder, _, rest = path.partition("/")
    room = rest.removesuffix(".py").split("/")[0]
    found = [number for number, rooms in enumerate(FLOORS) if folder == "lab" and room in rooms]
    return found[0] if found else None


@pytest.mark.parametrize("path", [path for path in PATHS if path.startswith("lab/") and path != "lab/__init__.py"])
def test_a_room_of_the_lab_imports_only_from_its_own_floor_and_those_below(path: str) -> None:
    mine = floor(path)
    assert mine is not None, f"FLOORS does not say where {path} is"
    above = [each for each in ours(path) if (floor(each) or 0) > mine]
    assert not above
    assert "lab/__init__.py" not in ours(path)


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {path: ours(path) for path in PATHS if path != "__init__.py"}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle: {' -> '.join(error.args[1])}")


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_has_no_more_modules_than_one_sees_at_a_glance(folder: str) -> None:
    assert len([path for path in MODULES if Path(path).parent.as_posix() == folder]) <= MOST_MODULES


def test_no_layer_has_more_than_three_tenths_of_the_lines() -> None:
    lines: Counter[str] = Counter()
    for path in PATHS:
        lines[path.split("/")[0]] += (PACKAGE / path).read_text().count("\n")
    name, most = lines.most_common(1)[0]
    assert most <= LARGEST_SHARE * lines.total(), name


def test_a_public_class_name_stands_for_one_thing() -> None:
    homes: dict[str, list[str]] = defaultdict(list)
    for path in PATHS:
        if layer(path) in ONE_WORD:
            for node in tree(path).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    homes[node.name].append(path)
    assert {name: paths for name, paths in homes.items() if len(paths) > 1} == {}


@pytest.mark.parametrize("path", PATHS)
def test_a_private_name_stays_in_its_module(path: str) -> None:
    taken = [
        alias.name
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").startswith("wslab"))
        for alias in node.names
        if alias.name.startswith("_") and alias.name != "_gc" and not alias.name.startswith("__")
    ]
    assert not taken


@pytest.mark.parametrize("path", PATHS)
def test_a_module_uses_only_the_packages_of_its_layer(path: str) -> None:
    used = {name.split(".")[0] for name in imports(path)} - set(sys.stdlib_module_names) - {"wslab"}
    assert used <= MAY_USE[layer(path)]


@pytest.mark.parametrize("path", [path for path in PATHS if layer(path) in ("protocol", "explain", "tape")])
def test_protocol_explain_and_tape_touch_no_socket_clock_or_chance(path: str) -> None:
    allowed = (
        {"threading"} if path in ("tape/tape.py", "tape/follow.py") else set()
    )  # a lock: a widget may look from a thread of its own
    used = set(imports(path)) - allowed
    assert not {name for name in used if name in IMPURE or name.split(".")[0] in IMPURE}


@pytest.mark.parametrize("path", [path for path in PATHS if Path(path).name in ("state.py", "picture.py")])
def test_state_and_picture_of_a_widget_know_no_traits(path: str) -> None:
    if path.startswith("widgets/"):
        seen, left = set(), {path}
        while left:
            seen |= left
            left = {each for one in left for each in ours(one)} - seen
        assert not {name.split(".")[0] for one in seen for name in imports(one)} & WIDGETRY


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if "click" in text(path) and "click" in {name.split(".")[0] for name in imports(path)}],
)
def test_click_is_imported_only_where_commands_are(path: str) -> None:
    is_command = any(
        isinstance(node, ast.FunctionDef) and any("click.command" in ast.unparse(each) for each in node.decorator_list)
        for node in tree(path).body
    )
    assert is_command or path in ("cli/main.py", "cli/options.py")


@pytest.mark.parametrize("name", ["wslab", "wslab.protocol", "wslab.explain"])
def test_importing_loads_nothing_heavy(name: str) -> None:
    code = f"import {name}, sys, json; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    heavy = {module for module in json.loads(done.stdout) if module.split(".")[0] in HEAVY}
    assert heavy <= C_MASK


@pytest.mark.parametrize(
    ("path", "expected"),
    [("protocol/frames.py", "protocol"), ("cli/main.py", "cli"), ("_gc.py", "protocol"), ("", "cli")],
)
def test_a_path_has_its_layer(path: str, expected: str) -> None:
    assert layer(path) == expected
