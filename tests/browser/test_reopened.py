"""A notebook on the next day: opened again with another kernel, exported, or shown where no script runs.

What is saved is the last picture and its words; no output names a model that is gone. While the kernel still runs, a
page that is loaded again has its views back.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import RUNNING_MS, JupyterServer, Notebook, OpenNotebook
from tests.browser.test_hosts import TALL
from tests.widgets.github import as_github_shows

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

WIDGET = "application/vnd.jupyter.widget-view+json"
CELLS = [
    "from wslab import FrameInspector, HandshakeStepper, Lab, LinkPanel, MaskingStepper, OpcodeTable, Predict, echo\n"
    "from wslab import ScenarioPlayer, StateMap, Timeline, check_bytes, play",
    "tape = play('half-open')\nTimeline(tape)",
    "StateMap('client', tape)",
    "FrameInspector()",
    "HandshakeStepper()",
    "OpcodeTable()",
    "MaskingStepper()",
    "asked = Predict('Which code?', {1000: 'No Close came.', 1006: 'TCP ended.'})\nasked",
    "answer = asked.resolve(1006)",
    "ScenarioPlayer('cut')",
    "ScenarioPlayer('half-open')",
    "check_bytes('81 05', bytes.fromhex('8104'))",
    "lab = Lab(timeout=3)\nlink = await lab.link(await lab.serve(echo))\nws = await lab.connect(link)",
    "LinkPanel(link)",
]
NAMES = ["Timeline", "StateMap", "FrameInspector", "HandshakeStepper", "OpcodeTable", "MaskingStepper", "Predict"]
NAMES += ["ScenarioPlayer", "CheckReport"]


def views(page: Page, name: str) -> Locator:
    found = page.locator(f"[data-wslab='{name}']")
    found.first.wait_for(state="visible", timeout=RUNNING_MS)
    return found.first


def saved(notebook: Notebook, jupyter: JupyterServer) -> Path:
    """Save the notebook; give its file once it is written."""
    notebook.page.evaluate("() => jupyterapp.shell.currentWidget.context.save()")
    return jupyter.folder / str(notebook.page.evaluate("() => jupyterapp.shell.currentWidget.context.path"))


def outputs(path: Path) -> list[dict[str, Any]]:
    cells = json.loads(path.read_text())["cells"]
    return [output["data"] for cell in cells for output in cell["outputs"] if "data" in output]


def change_what_is_shown(notebook: Notebook) -> None:
    masking, timeline = notebook.widget("MaskingStepper"), notebook.widget("Timeline")
    masking.get_by_role("button", name="First step").click()
    masking.locator("input[data-do='payload']").fill("Grüße <b>")
    expect(masking.locator(".wsl-count")).to_have_text("byte 0 of 0–10")
    timeline.get_by_role("button", name="First step").click()
    player, report = notebook.widget("ScenarioPlayer"), notebook.widget("CheckReport")
    player.get_by_role("button", name="See what happens").click()
    expect(player.locator(".wsl-ask")).to_have_count(0)
    player.get_by_role("button", name="Why", exact=True).click()
    report.get_by_role("button", name="Hint", exact=True).click()
    expect(report.locator(".wsl-chint:visible")).to_have_count(1)
    notebook.widget("Predict").get_by_label("1000").check()
    expect(notebook.widget("Predict").locator(".is-chosen")).to_have_count(1)


def shows_the_last_picture(page: Page) -> None:
    for name in (*NAMES, "LinkPanel"):
        assert views(page, name).evaluate("el => el.getBoundingClientRect().height") > 80, name
    expect(page.get_by_text("Error displaying widget")).to_have_count(0)
    expect(views(page, "Timeline").locator(".wsl-count")).to_have_text("step 0")
    expect(views(page, "MaskingStepper").locator(".wsl-count")).to_contain_text("byte 0")
    expect(views(page, "MaskingStepper").locator("input[data-do='payload']")).to_have_value("Grüße <b>")
    expect(views(page, "ScenarioPlayer").locator(".wsl-ask")).to_have_count(0)
    expect(views(page, "ScenarioPlayer").locator("[data-select='part-why']")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-wslab=ScenarioPlayer]").nth(1).locator(".wsl-ask")).to_be_visible()
    expect(views(page, "CheckReport").locator(".wsl-chint:visible")).to_have_count(1)
    question = views(page, "Predict")
    expect(question.get_by_label("1000")).to_be_checked()
    expect(question.locator("[data-show]:visible")).to_contain_text("No Close came.")


def steps_and_answers(page: Page) -> None:
    timeline, question, player = views(page, "Timeline"), views(page, "Predict"), views(page, "ScenarioPlayer")
    player.get_by_role("button", name="What happened").click()
    expect(player.locator(".wsl-part:visible")).to_contain_text("TCP is reset")
    views(page, "CheckReport").get_by_role("button", name="Bigger hint").click()
    expect(views(page, "CheckReport").locator(".wsl-chint:visible")).to_have_count(2)
    timeline.get_by_role("button", name="Last step").click()
    expect(timeline.locator(".wsl-count")).not_to_have_text("step 0")
    question.get_by_label("1006").check()
    expect(question.locator("[data-show]:visible")).to_contain_text("and so did you")
    expect(page.get_by_text("A still page").first).to_be_visible()


def test_the_next_day_shows_the_last_picture(
    open_notebook: OpenNotebook, jupyter: JupyterServer, browser: BrowserContext, tmp_path: Path
) -> None:
    notebook = open_notebook(CELLS)
    notebook.page.set_viewport_size(TALL)
    notebook.settle()
    change_what_is_shown(notebook)
    path = saved(notebook, jupyter)
    kept = outputs(path)
    assert len(kept) == 11
    assert not any(WIDGET in data for data in kept)
    views(notebook.page, "Timeline").get_by_role("button", name="One step forward").click()  # it lives on
    expect(views(notebook.page, "Timeline").locator(".wsl-count")).not_to_have_text("step 0")

    tomorrow = open_notebook(path, run=False)
    tomorrow.page.set_viewport_size(TALL)
    shows_the_last_picture(tomorrow.page)
    steps_and_answers(tomorrow.page)

    exported = browser.new_page()
    exported.goto(_exported(path, tmp_path).as_uri())
    shows_the_last_picture(exported)
    steps_and_answers(exported)
    exported.close()

    github = browser.new_page()
    github.set_content("".join(as_github_shows("".join(data["text/html"])) for data in kept))
    assert (
        github.locator("svg:visible").count() == 9
    )  # all but the prediction and the check of a `str`: words say it all
    timeline, masking = github.locator("svg").nth(0), github.locator("svg").nth(5)
    assert timeline.evaluate("el => el.getBoundingClientRect().width") > 790
    expect(timeline).to_contain_text("client CONNECTING")  # at step 0, where it was left
    expect(timeline).not_to_contain_text("client CLOSED")
    expect(masking).to_contain_text("Byte 0")
    assert timeline.locator("rect").first.evaluate("el => getComputedStyle(el).fill") == "rgb(255, 255, 255)"
    words = github.locator("body").inner_text()
    assert "client" in words
    assert "3c 00111100 <" in words
    assert "(•) 1000" in words
    assert "What happened:" in words  # of the player that was answered
    assert "( ) Only the client finds out, after 10 s" in words  # of the other one, among what there is to choose from
    assert "Its RST is lost" not in words
    assert "What follows, and why, shows once you have answered." in words
    assert "≠ Not quite:" in words
    assert "function" not in words
    assert "{" not in words
    github.close()


def test_a_page_loaded_again_has_its_views_back_while_the_kernel_runs(
    open_notebook: OpenNotebook, jupyter: JupyterServer
) -> None:
    notebook = open_notebook(["from wslab import MaskingStepper\nMaskingStepper()"])
    notebook.settle()
    saved(notebook, jupyter)
    for text in ("abc", "defg"):
        notebook.page.reload()
        view = views(notebook.page, "MaskingStepper")
        expect(notebook.page.get_by_text("A still page")).to_have_count(0, timeout=RUNNING_MS)
        view.locator("input[data-do='payload']").fill(text)
        expect(view.locator(".wsl-count")).to_contain_text(f"of 0–{len(text) - 1}")


def _exported(path: Path, folder: Path) -> Path:
    offline = ["--HTMLExporter.require_js_url=", "--HTMLExporter.mathjax_url="]
    command = [sys.executable, "-m", "nbconvert", "--to", "html", *offline, "--output-dir", str(folder), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=100)
    return folder / f"{path.stem}.html"


def test_a_saved_notebook_of_somebody_else_has_its_words(open_notebook: OpenNotebook, jupyter: JupyterServer) -> None:
    """A file that this user has not run is not trusted: JupyterLab takes scripts and styles out of it."""
    from wslab.widgets.masking.widget import MaskingStepper

    view = MaskingStepper("abc")
    cell = {"cell_type": "code", "source": "view", "metadata": {}, "execution_count": 1, "id": "a"}
    shown = {"text/html": view._repr_html_(), "text/plain": view.text()}
    output = {"output_type": "execute_result", "data": shown, "metadata": {}, "execution_count": 1}
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    document = {"cells": [{**cell, "outputs": [output]}], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    path = jupyter.folder / "theirs.ipynb"
    path.write_text(json.dumps(document))
    notebook = open_notebook(path, run=False)
    expect(notebook.page.locator(".jp-OutputArea-output pre")).to_contain_text("61 01100001 a")
    expect(
        notebook.page.locator("[data-wslab-image]").or_(notebook.page.locator(".jp-OutputArea-output svg"))
    ).to_have_count(0)
    assert "payload key wire" not in notebook.page.locator(".jp-OutputArea-output").inner_text()
