"""`wslab doctor`: what the lab needs, whether this machine has it, and how to get it.

A finding is required (the lab does not work without it) or useful (an extra, a test or an export needs it). Of an extra
it says what that is for. What only an extra needs is looked for where that is installed. Doctor changes
nothing and asks no other machine.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import socket
import sys
import urllib.request
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

import wslab
from wslab.extras import EXTRAS, Extra

CORE = ("h11", "htpy", "websockets", "rich", "click", "nest-asyncio2")
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@dataclass(frozen=True)
class Finding:
    """One thing looked for: what was found, and if nothing was, how to get it."""

    name: str
    ok: bool
    found: str
    fix: str = ""
    required: bool = True


@click.command()
@click.pass_context
def doctor(context: click.Context) -> None:
    """Check this machine: what is missing, and how to get it.

    It looks at versions, ports and the widgets' front end. The exit code is 0 when all that the lab needs is there, 1
    otherwise.
    """
    findings = examine()
    Console().print(report(findings))
    context.exit(0 if all(finding.ok or not finding.required for finding in findings) else 1)


def examine() -> list[Finding]:
    """Look at everything, in the order in which the lab would miss it."""
    return [
        _python(),
        *(_package(name, "pip install --force-reinstall wslab") for name in CORE),
        _loopback(),
        _proxy(),
        *map(_extra, EXTRAS.values()),
        *(_of_notebook() if not EXTRAS["notebook"].missing else []),
        *(_of_lab() if not EXTRAS["lab"].missing else []),
        _program("Chromium", find_chromium(), "the browser tests", "install it, or set WSLAB_CHROMIUM to its path"),
        _program("node", shutil.which("node"), "npm's ws in BreakIt, and tests", "install Node.js"),
        _program("tshark", shutil.which("tshark"), "reading exported captures", "install Wireshark's tshark"),
    ]


def report(findings: list[Finding]) -> Group:
    """Draw the findings: a mark, a name, what was found or the way to get it, and one sentence at the end."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for one in findings:
        mark, style = ("✓", "green") if one.ok else ("×", "bold red") if one.required else ("–", "yellow")
        found = one.found if one.ok or not one.fix else f"{one.found}: {one.fix}"
        table.add_row(Text(mark, style), Text(one.name), Text(found, "" if one.ok else style, overflow="fold"))
    return Group(table, Text(verdict(findings)))


def verdict(findings: list[Finding]) -> str:
    """Say in one sentence whether the lab has all that it needs."""
    missing = [finding.name for finding in findings if finding.required and not finding.ok]
    return f"Missing, and needed by the lab: {', '.join(missing)}." if missing else "All that the lab needs is here."


def find_chromium() -> str | None:
    """Find Chromium, Chrome or playwright's own Chromium; `WSLAB_CHROMIUM` goes before all of them."""
    if given := os.environ.get("WSLAB_CHROMIUM"):
        return shutil.which(given)
    places = (shutil.which(name) for name in CHROMIUM_NAMES)
    return next(filter(None, places), None) or _application() or _playwright_chromium()


def _application() -> str | None:
    """Where macOS keeps the two browsers."""
    places = ("Google Chrome.app/Contents/MacOS/Google Chrome", "Chromium.app/Contents/MacOS/Chromium")
    return next((str(path) for place in places if (path := Path("/Applications", place)).exists()), None)


def _playwright_chromium() -> str | None:
    """Where playwright keeps the browser that `playwright install chromium` gets; the newest one."""
    home = Path.home()
    caches = (home / ".cache/ms-playwright", home / "Library/Caches/ms-playwright")
    given = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    programs = ("chrome-linux*/chrome", "chrome-mac*/*.app/Contents/MacOS/*", "chrome-win*/chrome.exe")
    folders = [Path(given)] if given else caches
    found = (path for folder in folders for program in programs for path in folder.glob(f"chromium-*/{program}"))
    return max(map(str, found), default=None)


def _python() -> Finding:
    return Finding("Python", sys.version_info >= (3, 11), f"{platform.python_version()}, wslab {wslab.__version__}")


def _package(name: str, fix: str) -> Finding:
    try:
        return Finding(name, True, version(name))
    except PackageNotFoundError:
        return Finding(name, False, "not installed", fix)


def _extra(extra: Extra) -> Finding:
    """Whether an extra is here, at which versions, and what it is for."""
    name, missing = f"wslab[{extra.name}]", extra.missing
    if missing:
        return Finding(name, False, f"no {', '.join(missing)}; {extra.purpose}", extra.command, required=False)
    found = ", ".join(f"{each} {version(each)}" for each in extra.packages)
    return Finding(name, True, f"{found}; {extra.purpose}", required=False)


def _of_notebook() -> list[Finding]:
    """The two parts of the widgets that run in the browser."""
    return [
        _front_end("anywidget", "pip install --force-reinstall anywidget"),
        _front_end("@jupyter-widgets/jupyterlab-manager", "pip install --force-reinstall jupyterlab_widgets"),
    ]


def _of_lab() -> list[Finding]:
    """What runs the notebooks."""
    return [_package("ipykernel", EXTRAS["lab"].command), _kernel()]


def _loopback() -> Finding:
    """Whether a server can listen on 127.0.0.1 at a port of the system's choice, and be reached."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname(), 2):
            return Finding("loopback", True, "127.0.0.1 listens and answers")
    except OSError as error:
        fix = "let this user listen and connect on 127.0.0.1 (a firewall or a sandbox forbids it)"
        return Finding("loopback", False, error.strerror or str(error), fix)


def _proxy() -> Finding:
    """Whether a proxy named in the environment would take even what goes to 127.0.0.1."""
    proxies = {"http", "https", "socks", "all"} & urllib.request.getproxies().keys()
    if not proxies or urllib.request.proxy_bypass("127.0.0.1"):
        return Finding("proxy", True, "none in the way of 127.0.0.1", required=False)
    fix = "set NO_PROXY=127.0.0.1,localhost, or other clients will ask the proxy for the lab's servers"
    return Finding("proxy", False, f"{', '.join(sorted(proxies))} also for 127.0.0.1", fix, required=False)


def _front_end(name: str, fix: str) -> Finding:
    """Whether JupyterLab would find the half of the widgets that runs in the browser."""
    what = f"{name.partition('/')[2] or name} front end"
    for folder in _jupyter_path("labextensions"):
        package = Path(folder, name, "package.json")
        if package.is_file():
            return Finding(what, True, json.loads(package.read_text())["version"])
    return Finding(what, False, "not found", fix)


def _kernel() -> Finding:
    """Whether the notebooks' kernel, `python3`, runs this Python and not another one without wslab."""
    fix = f"{sys.executable} -m ipykernel install --sys-prefix"
    for folder in _jupyter_path("kernels"):
        spec = Path(folder, "python3", "kernel.json")
        if spec.is_file():
            program = json.loads(spec.read_text())["argv"][0]
            ours = program in ("python", "python3", sys.executable)
            found = "runs this Python" if ours else f"runs another Python, {program}"
            return Finding("kernel python3", ours, found, fix)
    return Finding("kernel python3", False, "no kernel spec", fix)


def _jupyter_path(*parts: str) -> list[str]:
    """Return the folders in which Jupyter looks, in its own order; without Jupyter, this environment's."""
    try:
        from jupyter_core.paths import jupyter_path
    except ImportError:
        return [str(Path(sys.prefix, "share", "jupyter", *parts))]
    return jupyter_path(*parts)


def _program(name: str, path: str | None, purpose: str, fix: str) -> Finding:
    return Finding(name, path is not None, path or f"not found; only for {purpose}", fix, required=False)
