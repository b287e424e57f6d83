"""Packages of npm that tests and benchmarks use: installed once, at a pinned version, in the user's cache."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

WS = "ws@8.23.0"
"""The WebSocket library of Node.js."""

LIMIT = 100  # seconds that an installation may take


def npm_package(package: str) -> Path | None:
    """Where a package of npm, `name@version`, is installed: a folder of its own; None where that cannot be."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return None
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    folder = cache / "wslab" / package
    if not (folder / "node_modules" / package.partition("@")[0]).is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--silent", "--prefix", str(folder), package]
        quiet = subprocess.run(command, capture_output=True, timeout=LIMIT, check=False)
        if quiet.returncode:
            return None
    return folder
