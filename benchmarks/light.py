"""What `pip install wslab` costs: packages, megabytes, and the start of a process that uses it.

It is measured in an environment with the core alone, as the test of it is (`tests/light.py`). Megabytes are millions of
bytes in files, with what Python compiled. A start is beside that of a bare Python, in turn. It waits for nothing, so
the processor's time is what counts.
"""

from __future__ import annotations

import resource
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.harness import OURS, Measurement, Progress, Target, take_turns
from tests.light import Light, built, made

MOST_PACKAGES, MOST_MEGABYTES = 15, 35.0
ROUNDS = 21
BARE = "a bare Python"

STARTS = {
    "import wslab": (("python", "-c", "import wslab"), 3.0),
    "wslab --help": (("wslab", "--help"), 10.0),
}
"""What is started, and how many times as long as a bare Python it may take."""


def measure(progress: Progress) -> Iterator[Measurement]:
    """How large it is, and how it starts."""
    with tempfile.TemporaryDirectory() as folder:
        progress("an environment with the core alone")
        wheel, before = built(Path(folder)), _seconds()
        light = made(wheel, Path(folder))
        yield Measurement("pip install wslab: pip itself", "s", {OURS: _seconds() - before}, False)
        packages = {OURS: float(len(light.packages))}
        yield Measurement("pip install wslab: packages", "packages", packages, False, limit=MOST_PACKAGES)
        yield Measurement("pip install wslab: on disk", "MB", {OURS: light.size / 1e6}, False, limit=MOST_MEGABYTES)
        yield from _starts(light, progress)


def _starts(light: Light, progress: Progress) -> Iterator[Measurement]:
    runs = {BARE: partial(_start, light, ("python", "-c", "pass"))}
    runs |= {name: partial(_start, light, command) for name, (command, _) in STARTS.items()}
    found = take_turns(runs, progress, rounds=ROUNDS)
    for name, (_, most) in STARTS.items():
        medians = {OURS: found[name], BARE: found[BARE]}
        yield Measurement(f"{name}, in a fresh process", "ms", medians, False, [Target(BARE, 1 / most)])


def _start(light: Light, command: tuple[str, ...]) -> float:
    """Milliseconds of the processor that a process takes from its start to its end."""
    before = _seconds()
    light.said(*command)
    return (_seconds() - before) * 1000


def _seconds() -> float:
    """What the processes that this one started and that have ended took of the processor."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
