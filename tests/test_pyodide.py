"""The browser's Python, as Node's Pyodide: the built wheel's layers without I/O, and each cell of the notebooks.

For the layers nothing but the wheel and h11 is unpacked there, so an import that Pyodide has not got fails here. For
the notebooks it is what they need, in IPython's shell; the real `websockets` library is among it. That scenarios play
there is held by `scenarios/test_everywhere.py`.
"""

from __future__ import annotations

import json
import shutil
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.notebooks.course import NOTEBOOKS
from tests.notebooks.test_notebooks import ANSWERS, SAID
from tests.pyodide import needs_node, packed, run

pytestmark = pytest.mark.timeout(450)  # the first test of the course waits for all its notebooks

SCRIPT = """
import sys

before = set(sys.modules)

import importlib, json, pkgutil
import wslab, wslab.explain, wslab.protocol
from wslab.protocol import Frame, FrameParser, ProtocolError, Role, accept_key, apply_mask

for layer in (wslab.protocol, wslab.explain):
    for module in pkgutil.walk_packages(layer.__path__, layer.__name__ + "."):
        importlib.import_module(module.name)

hello = bytes.fromhex("818537fa213d7f9f4d5158")
[frame] = FrameParser(Role.SERVER).feed(hello)
try:
    FrameParser(Role.SERVER).feed(bytes.fromhex("810548656c6c6f"))
except ProtocolError as error:
    refused = int(error.close_code)
json.dumps({
    "platform": sys.platform,
    "payload": bytes(frame.payload).decode(),
    "again": frame.serialize() == hello,
    "masked": apply_mask(b"Hello", bytes.fromhex("37fa213d")).hex(),
    "accept": accept_key("dGhlIHNhbXBsZSBub25jZQ=="),
    "refused": refused,
    "fields": [field.name for field in wslab.explain.anatomy(hello, Role.SERVER).fields],
    "sockets": [name for name in ("_socket", "asyncio", "websockets") if name in sys.modules and name not in before],
})
"""


@needs_node
def test_protocol_and_explain_of_the_wheel_run_in_pyodide(h11: Path, wheel: Path, tmp_path: Path) -> None:
    done = run(SCRIPT, tmp_path, wheel, h11)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    fields = told.pop("fields")
    assert told == {
        "platform": "emscripten",
        "payload": "Hello",
        "again": True,
        "masked": "7f9f4d5158",
        "accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        "refused": 1002,
        "sockets": [],
    }
    assert fields, "the anatomy names no field"


@needs_node
def test_an_import_that_pyodide_has_not_got_fails(h11: Path, wheel: Path, tmp_path: Path) -> None:
    spoiled = tmp_path / wheel.name
    shutil.copy(wheel, spoiled)
    with zipfile.ZipFile(spoiled, "a") as zipped:
        zipped.writestr("wslab/explain/sneaked.py", "import ipywidgets\n")
    done = run(SCRIPT, tmp_path, spoiled, h11)
    assert done.returncode != 0
    assert "ModuleNotFoundError: No module named 'ipywidgets'" in done.stderr


# What the notebooks need: pure Python, or with a part that is, for where nothing is compiled.
NEEDED = (
    *("h11", "htpy", "markupsafe", "anywidget", "ipywidgets", "psygnal", "typing_extensions", "comm", "traitlets"),
    *("ipython", "pygments", "ipython_pygments_lexers", "stack_data", "executing", "asttokens", "pure_eval"),
    *("matplotlib_inline", "prompt_toolkit", "wcwidth", "nest_asyncio2", "websockets", "rich"),
)

NEEDS_SYSTEM = "the browser's Python has no sockets to listen on"
"""What a cell shows that needs more than a browser has."""

UNREACHED = {
    "Browser peer of ws://127.0.0.1:",
    "TLS adds 22 bytes to each",
    "another name: The certificate of ",
    "another authority: The certificate of ",
    "an impostor: 101, and the accept value is right",
    "1 failed, 10 passed",
    "To run it again: --wslab-seed=10",
    "kept: ['test_order.py-test_order-seed=10-",
}
"""What a notebook says only where a page can reach the lab, where Python has TLS, or where it starts processes."""


@dataclass
class Course:
    """What the notebooks come to in Pyodide."""

    cells: dict[str, list[dict[str, Any]]]
    refusals: dict[str, str]
    left_over: list[str]
    report: dict[str, int]
    """How many predictions and checks `wslab.report` has after all notebooks."""
    first_widget: float
    """Seconds from the start of Node to the first widget."""

    def table(self) -> str:
        """A line for each notebook."""
        rows = [f"{'notebook':30} {'cells':>5} {'raised':>6} {'need a system':>13} {'widgets':>7}"]
        rows += [
            f"{name:30} {len(cells):5} {len(raised(cells)):6} {len(honest(cells)):13} {widgets(cells):7}"
            for name, cells in self.cells.items()
        ]
        return "\n".join([*rows, f"first widget after {self.first_widget:.1f} s"])


def raised(cells: list[dict[str, Any]]) -> list[str]:
    return [cell["error"] for cell in cells if cell["error"]]


def honest(cells: list[dict[str, Any]]) -> list[str]:
    return [cell["text"] for cell in cells if NEEDS_SYSTEM in cell["text"]]


def widgets(cells: list[dict[str, Any]]) -> int:
    return sum(cell["widgets"] for cell in cells)


@pytest.fixture(scope="module")
def course(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """All notebooks, in one Pyodide."""
    folder = tmp_path_factory.mktemp("course")
    packages = packed(folder / "packages.zip", NEEDED)
    script = (Path(__file__).parent / "notebooks" / "in_pyodide.py").read_text("utf-8")
    began = time.time()
    done = run(script, folder, wheel, packages)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    first = min(cell["first"] for cells in told["cells"].values() for cell in cells if cell["first"])
    return Course(told["cells"], told["refusals"], told["left over"], told["report"], first - began)


@needs_node
def test_each_cell_of_each_notebook_runs_and_draws_in_pyodide(course: Course) -> None:
    print(course.table())
    assert sorted(course.cells) == NOTEBOOKS
    assert {name: raised(cells) for name, cells in course.cells.items()} == {name: [] for name in NOTEBOOKS}
    alone = {name: len(honest(cells)) for name, cells in course.cells.items() if honest(cells)}
    assert alone == {"05_proxies_and_networks": 1, "12_browsers_and_alternatives": 1, "14_build_your_own": 1}
    assert all(widgets(cells) >= 8 for cells in course.cells.values()), course.table()


@needs_node
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_says_in_pyodide_what_it_says_on_a_computer(course: Course, name: str) -> None:
    text = "\n".join(cell["text"] for cell in course.cells[name])
    assert [line for line in SAID[name] if line not in text and line not in UNREACHED] == [], text


@needs_node
def test_a_report_of_all_notebooks_is_written_in_pyodide(course: Course) -> None:
    # nobody says there which cell runs, so that two questions in the same words are one
    assert course.report["file"] == course.report["predictions"] >= sum(map(len, ANSWERS.values())) * 0.9
    assert course.report["checks"] >= len(NOTEBOOKS)


@needs_node
def test_what_the_browsers_python_cannot_do_is_said_in_one_sentence(course: Course) -> None:
    assert course.refusals == {
        "run": "RuntimeError: A loop of type WebLoop runs here and cannot be entered a second time (Can't patch loop "
        "of type <class 'pyodide.webloop.WebLoop'>): write `await ...` instead of `run(...)`.",
        "TLS story": "RuntimeError: tls-name-mismatch in real time needs sockets, TLS and a program that waits, and a "
        "browser's Python has none of these: play it in Python on a computer.",
        "wss": "NotImplementedError: A browser's Python has no TLS: dial ws:// here, or wss:// from Python on a "
        "computer.",
        "elsewhere": "OSError: [Errno 40] the network in memory is one machine, and 192.0.2.1 is not on it: use "
        "127.0.0.1, ::1 or localhost, or Lab(clock='real') where Python has sockets",
    }


@needs_node
def test_nothing_listens_in_pyodide_once_nobody_holds_a_lab(course: Course) -> None:
    assert course.left_over == []
