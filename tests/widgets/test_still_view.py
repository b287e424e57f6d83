"""A view without a widget: its page is the widget's own, to the byte, and so is what a notebook keeps of it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import wslab
from tests.tape.tapes import blank, conversation
from wslab.lab import Tape
from wslab.widgets.still_view import of_check, of_tape

CASES: dict[str, Callable[[], Tape]] = {
    "nothing": blank,
    "a conversation": lambda: conversation(blank()),
    "several connections": lambda: wslab.play("hasty-reset"),
    "a scenario": lambda: wslab.play("half-open"),
    "a fork": lambda: wslab.play("half-open", do={4: wslab.drop}),
    "more steps than a still view has": lambda: wslab.play("in-order"),
    "secrets in its heads": lambda: wslab.play("cross-site-origin"),
}


@pytest.fixture(params=CASES)
def tape(request: pytest.FixtureRequest) -> Tape:
    return CASES[request.param]()


@pytest.mark.parametrize("secrets", [True, False])
def test_the_page_of_a_tape_is_that_of_its_timeline(tape: Tape, secrets: bool) -> None:
    assert of_tape(tape, secrets=secrets).page() == wslab.Timeline(tape, secrets=secrets).html()


def test_a_notebook_keeps_of_a_tape_what_it_keeps_of_its_timeline(tape: Tape) -> None:
    view = wslab.Timeline(tape, secrets=True)
    assert without_id(of_tape(tape, secrets=True).in_notebook()) == without_id(view._repr_html_())


@pytest.mark.parametrize("value", ["s3pPLMBiTxaQ9kYGzzhZRbK+x0o=", "", 3])
def test_a_check_is_that_of_its_report(value: object) -> None:
    result = wslab.check_value(value, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    view = wslab.CheckReport(result)
    assert of_check(result).page() == view.html()
    assert without_id(of_check(result).in_notebook()) == without_id(view._repr_html_())


def without_id(html: str) -> str:
    """The HTML without the number that is another for each view, and without the note below it."""
    return re.sub(r"\b[0-9a-f]{16}\b", "", re.sub(r"A still (page|view):.*?<", "<", html))


def test_a_notebook_is_told_what_brings_the_widget() -> None:
    assert "wslab[notebook]" in of_tape(blank()).in_notebook()
    assert "wslab[notebook]" not in of_tape(blank()).page()


def test_no_widget_is_loaded_for_a_page(tmp_path: Path) -> None:
    code = (
        "import sys, wslab\n"
        f"wslab.export(wslab.play('half-open'), {str(tmp_path / 'tape.html')!r})\n"
        "print({'anywidget', 'ipywidgets', 'traitlets', 'IPython'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "set()\n"


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="cannot be written: there is no folder"):
        of_tape(blank()).save(tmp_path / "none" / "tape.html")
