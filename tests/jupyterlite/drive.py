"""Each notebook in a page of its own in Chromium: all its cells are run, and its last widget is asked for an answer."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import FLAGS, KERNEL_READY
from wslab.cli.doctor import find_chromium

STARTING_MS = 90_000
RUNNING_S = 200.0
CLICK_S = 20.0
RUN_ALL = "() => { jupyterapp.commands.execute('notebook:run-all-cells'); }"
OUTPUTS = """() => jupyterapp.shell.currentWidget.content.widgets
  .filter(cell => cell.model.type === "code" && cell.model.sharedModel.source.trim())
  .map(cell => ({
    ran: cell.model.executionCount !== null && cell.model.executionState !== "running",
    errors: cell.model.sharedModel.getOutputs().filter(out => out.output_type === "error")
      .map(out => `${out.ename}: ${out.evalue}`),
  }))"""
DRAWN = ".jp-OutputArea-output .wsl .wsl-body > *"
ASKS = '.jp-OutputArea-output .wsl input[value="See what happens"]'

HEADER = f"{'notebook':30} {'cells':>5} {'ran':>5} {'raised':>6} {'widgets':>7} {'first widget':>12} {'a click':>8}"


class Files(SimpleHTTPRequestHandler):
    """The site's files, with the types that modules and WebAssembly must have."""

    extensions_map = {  # noqa: RUF012  the library's
        **SimpleHTTPRequestHandler.extensions_map,
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
    }

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name is the library's
        """Say nothing."""


@dataclass
class Run:
    """What became of a notebook; times in seconds."""

    name: str
    cells: list[dict[str, Any]] = field(default_factory=list)
    widgets: int = 0
    first_widget: float = 0.0
    click: float = CLICK_S
    outside: list[str] = field(default_factory=list)

    @property
    def errors(self) -> list[str]:
        """What cells raised."""
        return [error for cell in self.cells for error in cell["errors"]]

    @property
    def problems(self) -> list[str]:
        """What should not be."""
        waits = sum(not cell["ran"] for cell in self.cells)
        silent = [] if waits or self.errors or self.click < CLICK_S else ["a click was not answered"]
        return [*self.errors, *self.outside, *([f"{waits} cells did not run"] if waits else []), *silent]

    def __str__(self) -> str:
        ran = sum(cell["ran"] for cell in self.cells)
        times = f"{self.first_widget:10.1f} s {self.click:6.2f} s"
        return f"{self.name:30} {len(self.cells):5} {ran:5} {len(self.errors):6} {self.widgets:7} {times}"


def run_notebooks(site: Path, names: Sequence[str]) -> Iterator[Run]:
    """Run them one after the other."""
    with served(site) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        for name in names:
            context = browser.new_context()
            yield run_notebook(context.new_page(), url, name)
            context.close()
        browser.close()


@contextmanager
def served(site: Path) -> Iterator[str]:
    """The site's address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=str(site)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def run_notebook(page: Page, url: str, name: str) -> Run:
    """Open it, run all its cells, and click at the question of its last widget."""
    run, own = Run(name), (url, "data:", "blob:")
    page.on("request", lambda request: None if request.url.startswith(own) else run.outside.append(request.url))
    began = time.monotonic()
    page.goto(f"{url}lab/index.html?path={name}.ipynb")
    page.wait_for_function("() => window.jupyterapp", timeout=STARTING_MS)
    page.wait_for_function(KERNEL_READY, timeout=STARTING_MS)
    page.evaluate(RUN_ALL)
    while not ended(run) and time.monotonic() - began < RUNNING_S:
        time.sleep(0.3)
        run.cells = page.evaluate(OUTPUTS)
        if not run.first_widget and page.locator(DRAWN).count():
            run.first_widget = time.monotonic() - began
    run.widgets = page.locator(".jp-OutputArea-output .wsl").count()
    if ended(run) and not run.errors:
        run.click = click(page)
    return run


def ended(run: Run) -> bool:
    """Whether all cells ran, or one raised, behind which none is run."""
    return bool(run.cells) and (bool(run.errors) or all(cell["ran"] for cell in run.cells))


def click(page: Page) -> float:
    """Seconds until the last scenario has put its question away and shows what happens: to Python and back."""
    asks = page.locator(ASKS)
    before, began = asks.count(), time.monotonic()
    asks.last.click()
    while asks.count() == before and time.monotonic() - began < CLICK_S:
        time.sleep(0.02)
    return time.monotonic() - began
