"""The browser's Python without a browser: Pyodide under Node, which npm fetches once into the user's cache."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PYODIDE = "314.0.7"
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not on this machine: Pyodide not tried")


def installed() -> Path:
    """The folder of Pyodide, fetched by npm if it is not in the cache yet."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "wslab" / f"pyodide-{PYODIDE}"
    folder = cache / "node_modules" / "pyodide"
    if not (folder / "pyodide.mjs").is_file():
        cache.mkdir(parents=True, exist_ok=True)
        quiet = ["--no-save", "--no-audit", "--no-fund"]
        command = ["npm", "install", *quiet, "--prefix", str(cache), f"pyodide@{PYODIDE}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
        assert done.returncode == 0, done.stderr
    return folder


def run(script: str, folder: Path, *archives: Path) -> subprocess.CompletedProcess[str]:
    """Run a script in Pyodide with these archives unpacked; `folder` is for the script. Its last value is printed."""
    (folder / "script.py").write_text(f"import sys\nbefore = set(sys.modules)\n{script}")
    tool = Path(__file__).with_name("pyodide.mjs")
    command = ["node", str(tool), str(installed()), str(folder / "script.py"), *map(str, archives)]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
