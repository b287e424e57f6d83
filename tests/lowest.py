"""`python -m tests.lowest [pytest arguments]`: the lowest versions that pyproject.toml allows, and tests that use them.

A fresh environment gets the lower bound of each dependency of the core, the course and the tests, no more and no less.
What those need in turn is pip's choice: the newest that fits. ruff and mypy run there, then the tests of `USES`, or
what the arguments name. `tests/test_bounds.py` is one of them, and holds that what is installed is what pyproject.toml
says.

`--make FOLDER` does all but the tests, and writes what it says to a file there; `--made FOLDER` prints that, and does
the rest. So `python -m tests` makes the environment beside its other stages.

The highest versions need nothing of this: pip takes them wherever nothing is in the way, so `python -m tests` has them.
There are no upper bounds, since no dependency has a later version that is known to break something.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parent.parent
EXTRAS = ("lab", "hub", "test")
MARK = "WSLAB_LOWEST"
"""Set in the environment of the tests that run with the lowest versions."""

SAID = "said.txt"

USES = {
    "h11": "tests/protocol/handshake",
    "htpy": "tests/widgets/test_components.py",
    "anywidget": "tests/widgets/test_view.py",
    "ipywidgets": "tests/widgets/predict",
    "websockets": "tests/lab/test_websockets.py",
    "rich": "tests/cli/terminal",
    "click": "tests/cli/test_main.py",
    "prompt-toolkit": "tests/cli/play/test_play.py::test_a_key_goes_on_or_back_and_the_question_comes_first",
    "nest-asyncio2": "tests/lab/clock/test_runner.py",
    "trustme": "tests/lab/network/test_tls.py",
    "jupyterlab": "tests/browser/test_inspector.py::test_it_fits_everyone",
    "kosoku": "tests/conformance/test_runner.py",
    "pytest": "tests/test_bounds.py",
    "pytest-asyncio": "tests/lab/endpoint/test_keepalive.py",
    "pytest-aiohttp": "tests/pytest_plugin/test_beside_others.py",
    "pytest-timeout": "tests/test_bounds.py",
    "pytest-xdist": "tests/test_bounds.py",
    "hypothesis": "tests/protocol/test_masking.py",
    "wsproto": "tests/lab/libraries/test_virtual_time.py",
    "aiohttp": "tests/lab/libraries/test_virtual_time.py",
    "uvicorn": "tests/lab/libraries/test_virtual_time.py",
    "starlette": "tests/lab/libraries/test_virtual_time.py",
    "picows": "tests/lab/libraries/test_virtual_time.py",
    "pyspellchecker": "tests/test_spelling.py",
    "pyte": "tests/cli/play/test_play.py::test_a_key_goes_on_or_back_and_the_question_comes_first",
    "nbformat": "tests/notebooks/test_exported_pictures.py",
    "nbclient": "tests/notebooks/test_exported_pictures.py",
    "nbconvert": "tests/notebooks/test_exported_pictures.py",
    "ipykernel": "tests/lab/test_kernel.py",
    "playwright": "tests/browser/test_inspector.py::test_it_fits_everyone",
    "axe-playwright-python": "tests/browser/test_inspector.py::test_it_fits_everyone",
    "jupyter-server-proxy": "tests/browser/test_browser_peer.py::test_through_the_real_proxy_it_is_another_connection",
    "notebook": "tests/browser/test_hosts.py",
    "voila": "tests/browser/test_hosts.py",
    "marimo": "tests/browser/test_hosts.py",
    "jupyter-repo2docker": "tests/test_binder.py",
    "build": "tests/test_packaging.py",
    "hatchling": "tests/test_packaging.py",
}
"""Where each dependency is used, as little as does that, for the time of a run; mypy and ruff are run by `TOOLS`."""

TOOLS = {"ruff": ["ruff", "check", "."], "mypy": ["mypy", "--strict"]}


def bounds(project: Path = ROOT / "pyproject.toml", extras: Sequence[str] = EXTRAS) -> dict[str, str]:
    """The lower bound of each dependency by its name; `ValueError` for one that has none, or more than that."""
    table = tomllib.loads(project.read_text())["project"]
    found = {}
    for need in [*table["dependencies"], *chain.from_iterable(of_extra(each, table) for each in extras)]:
        match = re.fullmatch(r"([a-z0-9-]+)>=([0-9.]+)", need)
        if match is None:
            raise ValueError(f"{need!r} in pyproject.toml is not `name>=version`.")
        found[match[1]] = match[2]
    return found


def of_extra(extra: str, table: Mapping[str, Any]) -> Iterator[str]:
    """What an extra needs of others, with what the extras need that it names."""
    for need in table["optional-dependencies"][extra]:
        named = re.fullmatch(rf"{re.escape(table['name'])}\[([a-z]+)\]", need)
        yield from of_extra(named[1], table) if named else (need,)


def main(arguments: Sequence[str]) -> int:
    """Install, then run the tools and pytest; give the first exit code that is not 0."""
    match list(arguments):
        case ["--make", folder]:
            with (Path(folder) / SAID).open("w") as said:
                return make(Path(folder), said)
        case ["--made", folder]:
            print((Path(folder) / SAID).read_text(), flush=True)
            return try_out(Path(folder), [])
    with tempfile.TemporaryDirectory() as folder:
        codes = [make(Path(folder)), try_out(Path(folder), arguments)]
    return next(filter(None, codes), 0)


def make(folder: Path, said: IO[str] | None = None) -> int:
    """Install, and run the tools, all of which say what they have to say to `said`."""
    python = install(folder, said)
    return next(filter(None, [run(python, command, said) for command in TOOLS.values()]), 0)


def try_out(folder: Path, arguments: Sequence[str]) -> int:
    """Run pytest in an environment that was made."""
    chosen = list(arguments) or ["-m", "not slow", *sorted(set(USES.values()))]
    return run(python_in(folder), ["pytest", "-q", "-n", "3", "--dist", "worksteal", "-p", "no:cacheprovider", *chosen])


def install(folder: Path, said: IO[str] | None = None) -> Path:
    """Make an environment with the lowest versions; give its Python.

    What is imported there is compiled then; that is a small part of what is installed.
    """
    venv.create(folder / "env", with_pip=True)
    constraints = folder / "constraints.txt"
    constraints.write_text("".join(f"{name}=={version}\n" for name, version in bounds().items()))
    wanted = ["-e", f"{ROOT}[{','.join(EXTRAS)}]", "-c", str(constraints)]
    command = [str(python_in(folder)), "-m", "pip", "install", "-q", "--no-compile", *wanted]
    subprocess.run(command, check=True, stdout=said, stderr=said)
    return python_in(folder)


def python_in(folder: Path) -> Path:
    """The Python of the environment below a folder."""
    return folder / "env" / "bin" / "python"


def run(python: Path, command: Sequence[str], said: IO[str] | None = None) -> int:
    """Run `python -m command` there, from the repository's top."""
    bin_first = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, MARK: "1", "PATH": bin_first, "MYPY_CACHE_DIR": str(python.parent.parent / "mypy")}
    done = subprocess.run([python, "-m", *command], cwd=ROOT, env=environment, check=False, stdout=said, stderr=said)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
