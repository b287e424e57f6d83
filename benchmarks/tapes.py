"""A tape saved and loaded: how long, how much memory, and is it linear.

Saving and loading are measured in a process of their own each, because memory that was once used stays with a process;
time is the processor's. Memory is the peak above that of the bare interpreter, the tape's own included. A frame is
what the lab records for it where both ends are its own: the bytes that departed, and the count that arrived.
`python -m benchmarks.tapes save FRAMES PATH` and `load PATH` are those processes.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.harness import OURS, Measurement, Progress, Target
from wslab.lab import Tape
from wslab.lab.records import What, tag
from wslab.protocol import Frame, Role

SIZES = (125_000, 250_000, 500_000, 1_000_000)
SECONDS, TIMES_THE_FILE = 30.0, 3.0
MOST_A_FRAME = 2.0  # times what it takes with the fewest: less is linear

_SENT, _COUNTED = tag(What.SENT, Role.CLIENT), tag(What.COUNTED, Role.SERVER)


def save(frames: int, path: str) -> dict[str, float]:
    """Save a tape of that many frames of 16 bytes."""
    bare = _peak()
    now = iter(range(3 * frames)).__next__
    tape = Tape(lambda: now() / 7e5, lambda *_: None, max_bytes=1 << 30)
    data = Frame.binary(bytes(16), mask=b"1234").serialize()
    for _ in range(frames):
        tape.record(1, _SENT, data)
        tape.record_count(1, _COUNTED, len(data))
    begin = time.process_time()
    tape.save(path)
    return {"save": time.process_time() - begin, "save_peak": _peak() - bare}


def load(path: str) -> dict[str, float]:
    """Load a tape and measure that."""
    bare, begin = _peak(), time.process_time()
    tape = Tape.load(path, max_bytes=1 << 30)
    seconds = time.process_time() - begin
    assert tape.size
    return {"load": seconds, "load_peak": _peak() - bare}


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _in_another(*arguments: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.tapes", *arguments]
    found: dict[str, float] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return found


def _measured(frames: int) -> dict[str, float]:
    """Saved, and loaded again; memory as times the file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tape.jsonl"
        found = {**_in_another("save", str(frames), str(path)), **_in_another("load", str(path))}
        size = path.stat().st_size
    return found | {name: value / size for name, value in found.items() if name.endswith("_peak")}


def measure(progress: Progress) -> Iterator[Measurement]:
    """Saving and loading: seconds, growth, memory."""
    found = {}
    for frames in SIZES:
        progress(f"a tape of {frames:,} frames")
        found[frames] = _measured(frames)
    for what, words in {"save": "saving", "load": "loading"}.items():
        yield from _told(what, f"{words} a tape of {max(SIZES):,} frames", found)


def _told(what: str, name: str, found: dict[int, dict[str, float]]) -> Iterator[Measurement]:
    fewest, most = min(SIZES), max(SIZES)
    yield Measurement(name, "s", {OURS: found[most][what]}, False, limit=SECONDS)
    peak = {OURS: found[most][f"{what}_peak"]}
    yield Measurement(f"{name}: memory", "× the file", peak, False, limit=TIMES_THE_FILE)
    each = {f"{frames:,} frames": found[frames][what] / frames * 1e6 for frames in SIZES if frames != most}
    medians = {OURS: found[most][what] / most * 1e6, **each}
    yield Measurement(f"{name}: each", "µs", medians, False, [Target(f"{fewest:,} frames", 1 / MOST_A_FRAME)])


if __name__ == "__main__":
    print(json.dumps(save(int(sys.argv[2]), sys.argv[3]) if sys.argv[1] == "save" else load(sys.argv[2])))
