"""The browser's Python without a browser: Pyodide under Node, which npm fetches once into the user's cache."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from collections.abc import Iterable
from importlib.metadata import files
from itertools import chain
from pathlib import Path

import pytest

from tests.npm import npm_package

PYODIDE = "314.0.7"
SCRIPT_LIMIT = 400.0
"""Seconds that a script may take."""

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not on this machine: Pyodide not tried")


_COMPILED = (".so", ".pyd", ".pyc")


def installed() -> Path:
    """The folder of Pyodide, fetched by npm if it is not in the cache yet."""
    folder = npm_package(f"pyodide@{PYODIDE}")
    assert folder is not None, "npm could not install Pyodide"
    return folder / "node_modules" / "pyodide"


def packed(archive: Path, distributions: Iterable[str]) -> Path:
    """An archive of installed packages, without what is compiled for this machine."""
    with zipfile.ZipFile(archive, "w") as zipped:
        for file in chain.from_iterable(files(name) or () for name in distributions):
            if ".." not in file.parts and file.suffix not in _COMPILED:
                zipped.write(file.locate(), file.as_posix())
    return archive


def run(script: str, folder: Path, *archives: Path) -> subprocess.CompletedProcess[str]:
    """Run a script in Pyodide with these archives unpacked; `folder` is for the script.

    Its last value is printed; what is a coroutine there is awaited.
    """
    (folder / "script.py").write_text(script)
    tool = Path(__file__).with_name("pyodide.mjs")
    command = ["node", str(tool), str(installed()), str(folder / "script.py"), *map(str, archives)]
    return subprocess.run(command, capture_output=True, text=True, timeout=SCRIPT_LIMIT, check=False)
