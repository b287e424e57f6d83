"""The browser's Python without a browser: Pyodide under Node, which npm fetches once into the user's cache."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.npm import npm_package

PYODIDE = "314.0.7"
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not on this machine: Pyodide not tried")


def installed() -> Path:
    """The folder of Pyodide, fetched by npm if it is not in the cache yet."""
    folder = npm_package(f"pyodide@{PYODIDE}")
    assert folder is not None, "npm could not install Pyodide"
    return folder / "node_modules" / "pyodide"


def run(script: str, folder: Path, *archives: Path) -> subprocess.CompletedProcess[str]:
    """Run a script in Pyodide with these archives unpacked; `folder` is for the script. Its last value is printed."""
    (folder / "script.py").write_text(f"import sys\nbefore = set(sys.modules)\n{script}")
    tool = Path(__file__).with_name("pyodide.mjs")
    command = ["node", str(tool), str(installed()), str(folder / "script.py"), *map(str, archives)]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
