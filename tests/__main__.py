"""`python -m tests [pytest arguments]`: everything that must hold, in stages.

Style, formatting, types, then pytest with the notebooks and the browser. Without arguments the lowest versions of all
dependencies come last (`tests/lowest.py`); their environment is made beside the first stages, which use one core. A
stage that fails lets the next one run, so that one run tells all there is to fix; the exit code is that of the first
failure. Before pytest it looks for a Chromium and for tshark, and as root on
Debian or Ubuntu installs what is missing. Nothing is skipped without them: the tests that need it fail.

`python -m tests --conformance [cases]` is apart from all this: it runs the whole of Autobahn's test suite against the
lab's server and client, which takes minutes (`tests/conformance`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from wslab.cli.doctor import find_chromium

ROOT = Path(__file__).parent.parent
STAGES = {
    "style": ["ruff", "check", "."],
    "formatting": ["ruff", "format", "--check", "."],
    "types": ["mypy", "--strict"],
}
THREE_AT_ONCE = ["-n", "3", "--dist", "worksteal"]
"""Tests run in three processes where all are asked for, on two cores too: many wait for a browser or a clock.

Each begins with its own third, so that what tests of one module share is made once; who is done takes from the others.
"""

PACKAGE_LISTS = ["apt-get", "update", "-q"]
INSTALL = ["apt-get", "install", "-q", "-y", "--no-install-recommends"]
APT_LIMIT = 600  # seconds for each of the two
NO_CHROMIUM = (
    "No Chromium found: install Chromium or Chrome (or run `playwright install chromium`), or set WSLAB_CHROMIUM to "
    "its path; until then the browser tests fail."
)
NO_TSHARK = "No tshark found: install tshark (or Wireshark); until then the tests of captures fail."


def main(arguments: Sequence[str]) -> int:
    """Run all stages, pytest with `arguments`; give the first exit code that is not 0."""
    if "--conformance" in arguments:
        return run(["tests.conformance", *(each for each in arguments if each != "--conformance")])
    if arguments:
        codes = before_the_lowest(arguments)
    else:
        with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor() as beside:
            made = beside.submit(run, ["tests.lowest", "--make", folder])
            codes = before_the_lowest(THREE_AT_ONCE)
            codes += [made.result(), stage("lowest versions", ["tests.lowest", "--made", folder])]
    return next(filter(None, codes), 0)


def before_the_lowest(arguments: Sequence[str]) -> list[int]:
    """Run the stages with the versions that are installed, pytest with `arguments`; give their exit codes."""
    codes = [stage(name, command) for name, command in STAGES.items()]
    chromium()
    tshark()
    say("pytest")
    return [*codes, run(["pytest", *arguments])]


def stage(name: str, command: Sequence[str]) -> int:
    """Run one tool as `python -m`, and tell its outcome and time."""
    begin = time.monotonic()
    code = run(command)
    say(f"{name}: {'ok' if code == 0 else 'FAILED'} in {time.monotonic() - begin:.1f} s ({' '.join(command)})")
    return code


def run(command: Sequence[str]) -> int:
    """Run `python -m command` from the repository's top."""
    return subprocess.run([sys.executable, "-m", *command], cwd=ROOT, env=environment(), check=False).returncode


def environment() -> dict[str, str]:
    """Ours, in which Python keeps what it compiles: a container's image often forbids it, to stay small.

    The tests start some hundred programs and kernels, and each would compile the package again.
    """
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def chromium() -> None:
    """Find a Chromium for the browser tests and name it in `WSLAB_CHROMIUM`, getting one first where we may."""
    begin = time.monotonic()
    found = find_chromium() or (apt("chromium", "Chromium", find_chromium) if may_install() else None)
    if found is None:
        say(NO_CHROMIUM)
        return
    os.environ["WSLAB_CHROMIUM"] = found
    say(f"browser: {found} in {time.monotonic() - begin:.1f} s")


def tshark() -> None:
    """Find tshark, which reads the captures that the tests write, getting it first where we may."""
    begin = time.monotonic()
    found = find_tshark() or (apt("tshark", "tshark", find_tshark) if may_install() else None)
    say(NO_TSHARK if found is None else f"captures: {found} in {time.monotonic() - begin:.1f} s")


def find_tshark() -> str | None:
    """Where tshark is."""
    return shutil.which("tshark")


def may_install() -> bool:
    """Whether this is root on Debian, Ubuntu or their kin."""
    return shutil.which("apt-get") is not None and hasattr(os, "geteuid") and os.geteuid() == 0


def apt(package: str, name: str, find: Callable[[], str | None]) -> str | None:
    """Install a package with apt-get; None when that did not give what `find` finds."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for what, command in (("package lists", PACKAGE_LISTS), (package, [*INSTALL, package])):
        say(f"No {name} found, so this installs it: {what} ({' '.join(command)})")
        try:
            subprocess.run(command, env=quiet, stdout=subprocess.DEVNULL, timeout=APT_LIMIT, check=True)
        except subprocess.SubprocessError as error:
            say(f"That failed: {error}")
            break
    return find()


def say(words: str) -> None:
    """Print one line of ours, apart from the tools' own output."""
    print(f"== {words}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
