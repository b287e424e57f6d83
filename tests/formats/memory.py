"""How much memory a piece of Python takes, measured in a process of its own."""

from __future__ import annotations

import subprocess
import sys

_MEASURE = """
import resource, sys
import wslab.formats.har, wslab.formats.hexdump, wslab.formats.pcap.pcapng, wslab.tape.jsonlines
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
{}
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def peak(code: str) -> int:
    """Bytes by which the process grew at its peak while `code` ran."""
    run = subprocess.run(
        [sys.executable, "-c", _MEASURE.format(code)], capture_output=True, text=True, timeout=100, check=False
    )
    assert run.returncode == 0, run.stderr
    unit = 1 if sys.platform == "darwin" else 1024
    return int(run.stdout) * unit


def peak_of_loading(path: object) -> int:
    """The same for `wslab.load(path)`; a file that is refused may be one."""
    load = f"try:\n    load({str(path)!r})\nexcept UnreadableFile:\n    pass"
    return peak(f"from wslab.formats import load, UnreadableFile\n{load}")
