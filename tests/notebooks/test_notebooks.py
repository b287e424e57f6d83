"""The notebooks run, say what their prose says, and are kept in good order."""

from __future__ import annotations

import ast
import re
from copy import deepcopy

import nbformat
import pytest

import wslab
from tests.notebooks.course import FOLDER, NOTEBOOKS, cells, exercise, load, output, outputs, run

_AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT

ANSWERS = {
    "00_start": ["11", "closes with 1002"],
    "01_handshake": ["1", "10", "426"],
    "02_frames": ["4 bytes", "11"],
    "03_masking": ["Hello", "yes", "only in the unmasked one"],
    "04_disconnects": ["server", "1006", "it returns as if all were well", "OPEN"],
}
"""What each prediction comes to; the prose below it says so, and must not be wrong."""

SAID = {
    "00_start": ["IS ANYBODY THERE!", "client → server  T", "The server closed the connection with 1002"],
    "01_handshake": [
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        "Sec-WebSocket-Version: 13",
        "stranger.example is refused",
        "b'Welcome!'",
    ],
    "02_frames": [
        " 65,536    10 bytes                14 bytes",
        "10 €",
        "first fragment, 4 bytes",
        "bit  4 opcode  accepted",
    ],
    "03_masking": [
        "my password is swordfish",
        "masked:   []",
        "100 frames, 100 different keys",
        "The client fails the connection with 1002",
    ],
    "04_disconnects": [
        "Close frames on the tape: []",
        "1005 NO_STATUS_RCVD",
        "the client of #1 believes CLOSED 1000 here, and believes CLOSED 1006 there",
        "the server believes: OPEN  messages may travel",
        "a Ping every  2.0 s: the server knows after 22 s",
        "a Ping every 20.0 s: the server knows after 40 s",
        "half-open: The path falls silent",
        "The server stays OPEN.",
        "is anybody there?",
        "let me through",
        "ConnectionClosedError: no close frame received or sent",
        "close code: 1006",
    ],
}


SLEEPS = """
import asyncio
loop = asyncio.get_running_loop()
asleep = [each for each in loop._scheduled if "_set_result_unless_cancelled" in str(each) and not each.cancelled()]
print("asleep:", [each for each in asleep if each.when() > loop.time() + 0.5])
"""
"""The tasks that wake up while a learner reads what comes next, such as a library's keepalive."""


def test_every_notebook_has_its_claims_here() -> None:
    assert list(ANSWERS) == list(SAID) == NOTEBOOKS


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_from_top_to_bottom_and_twice_and_the_run_says_what_the_prose_says(name: str) -> None:
    notebook = load(name)
    again = deepcopy(notebook.cells)
    for number, cell in enumerate(again):
        cell["id"] = f"again-{number}"
    once = len(notebook.cells)
    notebook.cells += again
    run(notebook)

    for half in (notebook.cells[:once], notebook.cells[once:]):
        shown = "\n".join(output(cell) for cell in half if cell.cell_type == "code")
        assert re.findall(r"The run says: (.*)\.", shown) == ANSWERS[name]
        for words in SAID[name]:
            assert words in shown
        assert "Not yet: " in shown, "the stub of the exercise is told not yet"


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_cell_run_twice_in_a_row_raises_nothing(name: str) -> None:
    notebook = load(name)
    doubled = [(cell, deepcopy(cell)) for cell in notebook.cells]
    for number, (_, second) in enumerate(doubled):
        second["id"] = f"second-{number}"
    notebook.cells = [cell for pair in doubled for cell in pair]
    run(notebook)
    noise = [each.text for cell in cells(notebook, "code") for each in cell.outputs if each.get("name") == "stderr"]
    assert noise == []


@pytest.mark.timeout(120)
def test_no_keepalive_ends_a_connection_while_the_learner_thinks() -> None:
    notebook = load("04_disconnects")
    looks = {cell.id: nbformat.v4.new_code_cell(SLEEPS) for cell in cells(notebook, "code")}
    notebook.cells = [each for cell in notebook.cells for each in (cell, looks.get(cell.id)) if each is not None]
    run(notebook)
    assert {output(look) for look in looks.values()} == {"asleep: []\n"}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_solution_passes_the_check_of_its_exercise(name: str) -> None:
    notebook = load(name)
    exercise(notebook).source = (FOLDER / "solutions" / f"{name}.py").read_text("utf-8")
    assert "Right: " in outputs(run(notebook))


@pytest.mark.timeout(120)
@pytest.mark.parametrize("place", ["i", "i - begin", "begin - i", "i + begin + 1"])
def test_the_masking_exercise_tells_a_key_that_begins_elsewhere(place: str) -> None:
    notebook = load("03_masking")
    wrong = f"bytes(byte ^ key[({place}) % 4] for i, byte in enumerate(piece))"
    exercise(notebook).source = f"def mask_rest(piece, key, begin):\n    return {wrong}"
    assert "Not quite: " in outputs(run(notebook))


@pytest.mark.parametrize("name", NOTEBOOKS)
class TestOrder:
    def test_it_is_valid_has_cell_ids_and_no_outputs(self, name: str) -> None:
        notebook = load(name)
        nbformat.validate(notebook)
        assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
        assert notebook.metadata.kernelspec.name == "python3"
        assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
        for cell in cells(notebook, "code"):
            assert cell.outputs == []
            assert cell.execution_count is None

    def test_no_line_of_code_is_cut_off_in_a_jupyterlab_of_1300_pixels(self, name: str) -> None:
        lines = [line for cell in cells(load(name), "code") for line in cell.source.splitlines()]
        assert [line for line in lines if len(line) > 100] == []

    def test_it_imports_public_names_only_each_by_name(self, name: str) -> None:
        for cell in cells(load(name), "code"):
            for node in ast.walk(compile(cell.source, name, "exec", ast.PyCF_ONLY_AST | _AWAIT)):
                if isinstance(node, ast.ImportFrom):
                    assert all(alias.name != "*" for alias in node.names)
                    if (node.module or "").startswith("wslab"):
                        assert node.module == "wslab"
                        assert {alias.name for alias in node.names} <= set(wslab.__all__)

    def test_it_asks_twice_before_it_runs_has_an_exercise_and_says_what_to_remember(self, name: str) -> None:
        notebook = load(name)
        code = [cell.source for cell in cells(notebook, "code")]
        asked = [number for number, source in enumerate(code) if "Predict(" in source]
        resolved = [number for number, source in enumerate(code) if ".resolve(" in source]
        assert len(asked) == len(resolved) >= 2
        assert all(one < two for one, two in zip(asked, resolved, strict=True))
        assert exercise(notebook).cell_type == "code"
        headings = re.findall(r"^## (.*)", "\n".join(cell.source for cell in cells(notebook, "markdown")), re.MULTILINE)
        assert headings[-2:] == ["What to remember", "Two scenarios to play"]
        assert "Try it yourself" in headings

    def test_it_says_what_one_needs_and_what_one_can_do_after_it_and_ends_with_scenarios_and_a_way_on(
        self, name: str
    ) -> None:
        notebook = load(name)
        assert all(words in notebook.cells[0].source for words in ("You need: ", "Time: ", "After it you can "))
        end = next(at for at, cell in enumerate(notebook.cells) if cell.source.startswith("## Two scenarios to play"))
        played = [cell.source for cell in notebook.cells[end:] if cell.source.startswith("play(")]
        assert len(played) == len(set(played)) == 2
        assert notebook.cells[-1].source.startswith("Next: ")

    def test_its_cells_are_short_and_its_links_lead_somewhere(self, name: str) -> None:
        notebook = load(name)
        assert max(len(cell.source.splitlines()) for cell in cells(notebook, "code")) <= 32
        for cell in cells(notebook, "markdown"):
            for target in re.findall(r"\]\(([^)#]+)\)", cell.source):
                assert target.startswith("https://") or (FOLDER / target).exists(), target

    def test_every_section_it_cites_is_one_of_the_rfc(self, name: str) -> None:
        text = "\n".join(cell.source for cell in cells(load(name), "markdown"))
        sections = re.findall(r"§(\d+(?:\.\d+)*)", text)
        assert sections
        assert all(1 <= int(section.split(".")[0]) <= 13 for section in sections)
