"""A report in JupyterLab: predictions and checks carry the ids of their cells, by which `wslab grade` knows them."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenNotebook

pytestmark = pytest.mark.browser

CELLS = [
    "from wslab import Prediction, check_repaired, report",
    "which = Prediction('Which?', [1, 2])\nwhich.choose(1)\nwhich.resolve(2)",
    "check_repaired(lambda text: text)",
    "made = report('Ada', path=None)\n"
    "cells = {made.predictions[0].cell, made.checks[0].cell}\n"
    "print(made, len(cells), 'cells', '' in cells)",
]


def test_a_report_has_the_cells_of_its_predictions_and_checks(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(CELLS)
    said = notebook.page.locator(".jp-OutputArea-output", has_text="Ada: ")
    expect(said).to_have_text("Ada: 0 of 1 predictions right, 0 of 1 checks passed. 2 cells False\n")
