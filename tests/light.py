"""The wheel of this checkout, and an environment with the core alone, as `pip install wslab` makes it.

It is made by the pip that runs here and has none of its own, so that what is counted is what `pip install wslab` adds.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from tests.cli.process import ROOT_ENV, Tool, wslab

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Light:
    """An environment with wslab and what it needs, and a folder to work in."""

    folder: Path
    work: Path

    @property
    def python(self) -> Path:
        """Its Python."""
        return self.folder / "bin" / "python"

    @property
    def packages(self) -> list[str]:
        """What is installed."""
        found = self.folder.glob("lib/python*/site-packages/*.dist-info")
        return sorted(path.stem.rpartition("-")[0] for path in found)

    @property
    def size(self) -> int:
        """Bytes of all files that are installed, with those that Python compiled."""
        return sum(path.stat().st_size for path in self.folder.glob("lib/**/*") if path.is_file())

    def install(self, *what: str) -> None:
        """Install something more."""
        pip = [sys.executable, "-m", "pip", "--python", str(self.python), "--disable-pip-version-check"]
        done = subprocess.run([*pip, "install", "-q", *what], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run one of its programs, such as `wslab`, to its end."""
        line = [str(self.folder / "bin" / command[0]), *command[1:]]
        return subprocess.run(
            line, cwd=self.work, env=outside(), capture_output=True, text=True, timeout=60, check=False
        )

    def said(self, *command: str) -> str:
        """What a program of it prints that ends with exit code 0."""
        done = self.run(*command)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, *arguments: str) -> AbstractAsyncContextManager[Tool]:
        """Its `wslab`, beside this process."""
        command = (str(self.folder / "bin" / "wslab"),)
        return wslab(*arguments, command=command, env={**ROOT_ENV, **outside()}, cwd=self.work)


def outside() -> dict[str, str]:
    """An environment that does not lead back to this checkout."""
    return {**os.environ, "PYTHONPATH": "", "COLUMNS": "200"}


def built(out: Path) -> Path:
    """Build the wheel into a folder."""
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(out.glob("wslab-*.whl"))


def made(wheel: Path, folder: Path) -> Light:
    """Make one below a folder; the programs in it run in that folder."""
    light = Light(folder / "env", folder)
    venv.create(light.folder, with_pip=False)
    light.install(str(wheel))
    return light
