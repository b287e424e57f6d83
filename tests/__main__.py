"""`python -m tests [pytest arguments]`: everything that must hold, in stages.

Style, formatting, types, then pytest with the notebooks and the browser. A stage that fails lets the next one run, so
that one run tells all there is to mend; the exit code is that of the first failure. Before pytest it looks for a
Chromium, and as root on Debian or Ubuntu installs one. Nothing is skipped for want of a browser: the tests that need it
fail.

`python -m tests --conformance [cases]` is apart from all this: it runs the whole of Autobahn's test suite against the
lab's server and client, which takes minutes (`tests/conformance`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from wslab.doctor import find_chromium

ROOT = Path(__file__).parent.parent
STAGES = {
    "style": ["ruff", "check", "."],
    "formatting": ["ruff", "format", "--check", "."],
    "types": ["mypy", "--strict"],
}
APT = {
    "package lists": ["apt-get", "update", "-q"],
    "chromium": ["apt-get", "install", "-q", "-y", "--no-install-recommends", "chromium"],
}
APT_LIMIT = 600  # seconds for each of the two
NO_CHROMIUM = (
    "No Chromium found: install Chromium or Chrome (or run `playwright install chromium`), or set WSLAB_CHROMIUM to "
    "its path; until then the browser tests fail."
)


def main(arguments: Sequence[str]) -> int:
    """Run all stages, pytest last with `arguments`; give the first exit code that is not 0."""
    if "--conformance" in arguments:
        return run(["tests.conformance", *(each for each in arguments if each != "--conformance")])
    codes = [stage(name, command) for name, command in STAGES.items()]
    chromium()
    say("pytest")
    codes.append(run(["pytest", *arguments]))
    return next(filter(None, codes), 0)


def stage(name: str, command: Sequence[str]) -> int:
    """Run one tool as `python -m`, and tell its outcome and time."""
    begin = time.monotonic()
    code = run(command)
    say(f"{name}: {'ok' if code == 0 else 'FAILED'} in {time.monotonic() - begin:.1f} s ({' '.join(command)})")
    return code


def run(command: Sequence[str]) -> int:
    """Run `python -m command` from the repository's top."""
    return subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=False).returncode


def chromium() -> None:
    """Find a Chromium for the browser tests and name it in `WSLAB_CHROMIUM`, getting one first where we may."""
    begin = time.monotonic()
    found = find_chromium() or (apt_chromium() if may_install() else None)
    if found is None:
        say(NO_CHROMIUM)
        return
    os.environ["WSLAB_CHROMIUM"] = found
    say(f"browser: {found} in {time.monotonic() - begin:.1f} s")


def may_install() -> bool:
    """Whether this is root on Debian, Ubuntu or their kin."""
    return shutil.which("apt-get") is not None and hasattr(os, "geteuid") and os.geteuid() == 0


def apt_chromium() -> str | None:
    """Install chromium with apt-get; None when that did not give one."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for what, command in APT.items():
        say(f"No Chromium found, so this installs it: {what} ({' '.join(command)})")
        try:
            subprocess.run(command, env=quiet, stdout=subprocess.DEVNULL, timeout=APT_LIMIT, check=True)
        except subprocess.SubprocessError as error:
            say(f"That failed: {error}")
            break
    return find_chromium()


def say(words: str) -> None:
    """Print one line of ours, apart from the tools' own output."""
    print(f"== {words}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
