"""A story is the same in every process, in every Python, and in the browser's: the same bytes, told in the same words.

Each scenario on the virtual clock is played as it is, fixed, and with a bit flipped; its recording and what it
prints are compared with those of this process.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.pyodide import needs_node, run

TOLD = """
import hashlib, json
from wslab.scenarios import SCENARIOS, flip, play

def told(tape):
    return [tape.digest(), hashlib.sha256(str(tape).encode()).hexdigest()]

def three(name):
    tape = play(name, seed=3)
    do = {entry.number: flip(100) for entry in tape if entry.sender != "wire" and entry.data}
    fixed = play(name, seed=3, fixed=bool(SCENARIOS[name].fix))
    return [told(tape), told(fixed), told(play(name, seed=3, do=dict(list(do.items())[:1])))]

stories = {name: three(name) for name, scenario in SCENARIOS.items() if scenario.clock == "virtual"}
"""
PRINTED = f"{TOLD}\nprint(json.dumps(stories))"
IN_A_LOOP = f"""{TOLD}
import asyncio
json.dumps([type(asyncio.get_running_loop()).__name__, stories])
"""

Stories = dict[str, list[list[str]]]


@cache
def here() -> Stories:
    """What this process tells."""
    place: dict[str, Stories] = {}
    exec(TOLD, place)
    return place["stories"]


def there(python: str | Path, h11: Path, hash_seed: str) -> Stories:
    """What another process tells, which has nothing but this checkout and h11."""
    environment = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(h11)]), "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(
        [python, "-W", "error", "-c", PRINTED], env=environment, capture_output=True, text=True, timeout=100, check=True
    )
    stories: Stories = json.loads(done.stdout)
    return stories


@pytest.mark.parametrize("hash_seed", ["1", "2", "random"])
def test_another_process_with_other_hashes_tells_the_same(h11: Path, hash_seed: str) -> None:
    assert there(sys.executable, h11, hash_seed) == here()


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_another_python_tells_the_same(h11: Path, version: str) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"Python {version} is not on this machine: not tried")
    assert there(python, h11, "0") == here()


def interpreter(version: str) -> str | Path | None:
    """A Python of that version: of the system, or of pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    return next(pyenv.glob(f"{version}.*/bin/python"), None) or shutil.which(f"python{version}")


@needs_node
def test_the_browsers_python_tells_the_same_inside_its_running_loop(h11: Path, wheel: Path, tmp_path: Path) -> None:
    done = run(IN_A_LOOP, tmp_path, wheel, h11)
    assert done.returncode == 0, done.stderr
    loop, stories = json.loads(done.stdout.splitlines()[-1])
    assert loop == "WebLoop"
    assert stories == here()
