"""A real JupyterLab and a real Chromium, started once; each test opens a notebook of its own.

`open_notebook(cells)` writes a notebook, opens it in JupyterLab, runs all its cells and gives a `Notebook`: the page,
what the console said and which requests would have left this machine. Both are checked again when the test ends, so
no test can forget them. `fits_everyone(notebook, name)` counts what a screen reader would stumble on, in both themes.

Playwright's sync interface keeps an event loop of its own running: its fixtures live as long as this package's tests
and no longer, so that coroutine tests elsewhere are not disturbed. Tests in this folder are plain functions.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Playwright, Request, sync_playwright

from wslab.cli.doctor import find_chromium

ROOT = Path(__file__).parent.parent.parent
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# a cell that is run before its kernel is connected would open the dialog "Select Kernel"
KERNEL_READY = """() => {
  const session = jupyterapp.shell.currentWidget?.sessionContext;
  return session?.isReady && session.session?.kernel?.connectionStatus === "connected";
}"""
NOTHING_RUNS = """() => {
  const panel = jupyterapp.shell.currentWidget;
  const hasCode = (cell) => cell.model.type === "code" && cell.model.sharedModel.source.trim();
  const cells = panel.content.widgets.filter(hasCode);
  const ran = (cell) => cell.model.executionCount !== null && cell.model.executionState !== "running";
  return panel.sessionContext.session?.kernel?.status === "idle" && cells.every(ran);
}"""
THEME_IS_LIGHT = "light => document.body.dataset.jpThemeLight === light"
# what JupyterLab itself says when a kernel goes: to its widgets, to its sessions, to its debugger
WITHOUT_KERNEL = ("Cannot send", "Kernel", "kernel", "404", "Canceled future")
STARTING_S = 60
RUNNING_MS = 60_000


@dataclass(frozen=True)
class JupyterServer:
    """A JupyterLab on loopback: its address, its token and the folder that it shows."""

    url: str
    token: str
    folder: Path


@dataclass
class Notebook:
    """A notebook open in JupyterLab. `said` is the console's errors, `outside` the requests that left the machine."""

    page: Page
    said: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def widget(self, name: str, index: int = 0) -> Locator:
        """The root of a widget of this class, once it is shown."""
        found = self.page.locator(f"[data-wslab='{name}']").nth(index)
        found.wait_for(state="visible", timeout=RUNNING_MS)
        return found

    def command(self, name: str, **arguments: object) -> None:
        """Start one of JupyterLab's own commands; it does not wait for the end, which a running cell can keep far."""
        self.page.evaluate("([name, args]) => { jupyterapp.commands.execute(name, args) }", [name, arguments])

    def run_all(self) -> None:
        """Run all cells; it does not wait for their end."""
        self.command("notebook:run-all-cells")

    def theme(self, name: str) -> None:
        """Change JupyterLab to its light or its dark theme."""
        self.command("apputils:change-theme", theme=f"JupyterLab {name.capitalize()}")
        self.page.wait_for_function(THEME_IS_LIGHT, arg=str(name == "light").lower(), timeout=RUNNING_MS)

    def width(self, pixels: int) -> None:
        """Change the width of the page."""
        self.page.set_viewport_size({"width": pixels, "height": 1000})

    def stop_kernel(self) -> None:
        """Shut the kernel down for good, as a learner who closes it (or a crash) does."""
        self.page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.shutdown()")

    def settle(self) -> None:
        """Wait until every cell with code has run and the kernel is idle."""
        self.page.wait_for_function(NOTHING_RUNS, timeout=RUNNING_MS)


OpenNotebook = Callable[..., Notebook]


@pytest.fixture(scope="package")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    """One JupyterLab for all tests: own folders, no news, no look beyond this machine."""
    with running(tmp_path_factory.mktemp("jupyter")) as server:
        yield server


@contextlib.contextmanager
def running(home: Path) -> Iterator[JupyterServer]:
    """A JupyterLab that has everything of its own in this folder."""
    folder = home / "notebooks"
    folder.mkdir()
    server = JupyterServer(f"http://127.0.0.1:{free_port()}", secrets.token_hex(16), folder)
    with (home / "log.txt").open("w") as log:
        process = subprocess.Popen(_command(server), env=_environment(home), cwd=home, stdout=log, stderr=log)
        try:
            _wait_until_up(server, process, home / "log.txt")
            yield server
        finally:
            end(process)


def _command(server: JupyterServer) -> list[str]:
    settings = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": urlsplit(server.url).port,
        "ServerApp.port_retries": 0,
        "ServerApp.open_browser": False,
        "ServerApp.allow_root": True,
        "ServerApp.root_dir": str(server.folder),
        "IdentityProvider.token": server.token,
        "LabApp.news_url": None,
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "LabApp.extension_manager": "readonly",
        "LabApp.expose_app_in_browser": True,
        "JupyterNotebookApp.expose_app_in_browser": True,
        "VoilaConfiguration.show_tracebacks": True,
    }
    return [sys.executable, "-m", "jupyterlab", *(f"--{name}={value}" for name, value in settings.items())]


def _environment(home: Path) -> dict[str, str]:
    paths = {f"JUPYTER_{what}_DIR": str(home / what.lower()) for what in ("CONFIG", "DATA", "RUNTIME")}
    notify = {"@jupyterlab/apputils-extension:notification": {"checkForUpdates": False, "fetchNews": "false"}}
    config = home / "config" / "labconfig"
    config.mkdir(parents=True)
    (config / "default_setting_overrides.json").write_text(json.dumps(notify))
    return {**os.environ, **paths, "HOME": str(home), "IPYTHONDIR": str(home / "ipython"), "PYTHONPATH": str(ROOT)}


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask a server to end, and kill it where it does not within 10 s."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10)
    process.kill()
    process.wait()


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_up(server: JupyterServer, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + STARTING_S
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{server.url}/api?token={server.token}", timeout=5):
            return
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """What drives a Chromium."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="package")
def browser(
    playwright: Playwright, jupyter: JupyterServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BrowserContext]:
    """One Chromium for all tests, and one context: JupyterLab's own files are then loaded once.

    It has a profile on the disk, as a person's has: there Chromium keeps compiled scripts, and a JupyterLab opens a
    second earlier than in a private window, for which each is compiled again.
    """
    path = find_chromium()
    assert path, "No Chromium: install Chromium or Chrome, or set WSLAB_CHROMIUM to its path."
    context = playwright.chromium.launch_persistent_context(
        tmp_path_factory.mktemp("profile"), executable_path=path, args=FLAGS, base_url=jupyter.url
    )
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=jupyter.url)
    yield context
    context.close()


@pytest.fixture
def open_notebook(jupyter: JupyterServer, browser: BrowserContext) -> Iterator[OpenNotebook]:
    """Gives `open_notebook(cells, theme="light", width=1100, run=True, allow=()) -> Notebook`.

    `cells` is sources of code, or the path of a notebook. When the test ends, its console must have said no error
    (but those that contain a word of `allow`) and no request may have left this machine.
    """
    with contextlib.ExitStack() as stack:
        yield lambda cells, **options: stack.enter_context(_notebook(jupyter, browser, cells, **options))


@contextlib.contextmanager
def _notebook(
    jupyter: JupyterServer,
    browser: BrowserContext,
    cells: Sequence[str] | Path,
    *,
    theme: str = "light",
    width: int = 1100,
    run: bool = True,
    allow: Sequence[str] = (),
) -> Iterator[Notebook]:
    notebook = Notebook(browser.new_page())
    notebook.width(width)
    _watch(notebook)
    name = write_notebook(jupyter.folder, cells)
    try:
        _open(notebook, jupyter, name, theme)
        if run:
            notebook.run_all()
        yield notebook
        assert [line for line in notebook.said if not any(word in line for word in allow)] == []
        assert notebook.outside == []
    finally:
        _end_kernels(jupyter)
        notebook.page.close()


def write_notebook(folder: Path, cells: Sequence[str] | Path) -> str:
    """Write cells of code, or a copy of a notebook, into the server's folder; give its name."""
    name = f"test-{secrets.token_hex(4)}.ipynb"
    if isinstance(cells, Path):
        (folder / name).write_bytes(cells.read_bytes())
        return name
    document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    document.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(document, folder / name)
    return name


def _open(notebook: Notebook, jupyter: JupyterServer, name: str, theme: str) -> None:
    page = notebook.page
    page.goto(f"/lab/workspaces/{secrets.token_hex(4)}/tree/{name}?token={jupyter.token}")
    page.locator(".jp-Notebook").wait_for(timeout=RUNNING_MS)
    page.wait_for_function(KERNEL_READY, timeout=RUNNING_MS)
    if page.locator(".jp-FileBrowser").is_visible():
        notebook.command("application:toggle-left-area")
    notebook.theme(theme)


def _watch(notebook: Notebook) -> None:
    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            notebook.said.append(f"{message.text} ({message.location.get('url', '')})")

    def on_request(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname not in ("127.0.0.1", "localhost"):
            notebook.outside.append(request.url)

    notebook.page.on("console", on_console)
    notebook.page.on("pageerror", lambda error: notebook.said.append(str(error)))
    notebook.page.on("request", on_request)


def _end_kernels(jupyter: JupyterServer) -> None:
    headers = {"Authorization": f"token {jupyter.token}"}
    with urllib.request.urlopen(urllib.request.Request(f"{jupyter.url}/api/sessions", headers=headers)) as answer:
        sessions = json.load(answer)
    for session in sessions:
        request = urllib.request.Request(
            f"{jupyter.url}/api/sessions/{session['id']}", headers=headers, method="DELETE"
        )
        with contextlib.suppress(OSError), urllib.request.urlopen(request):
            pass


@pytest.fixture
def fits_everyone() -> Callable[[Notebook, str], None]:
    """Gives `fits_everyone(notebook, name)`: a widget has no violation of axe in either theme, and fits 700 pixels."""
    return _fits_everyone


def _fits_everyone(notebook: Notebook, name: str) -> None:
    view = notebook.widget(name)
    for theme in ("light", "dark"):
        notebook.theme(theme)
        assert violations(notebook, f"[data-wslab='{name}']") == [], theme
    for pixels in (1100, 700):
        notebook.width(pixels)
        assert view.evaluate("el => el.scrollWidth <= el.clientWidth + 1"), f"scrolls sideways at {pixels} pixels"


def violations(notebook: Notebook, selector: str) -> list[str]:
    """What axe finds wrong in a part of the page, one line each."""
    found: Any = Axe().run(notebook.page, context=selector).response["violations"]
    return [f"{each['id']}: {each['help']}: {node['html'][:200]}" for each in found for node in each["nodes"]]
