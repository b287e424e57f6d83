"""`python -m benchmarks.tapes [FRAMES...]`: a tape saved and loaded: how long, how much memory, and is it linear.

Saving and loading are measured in a process of their own each, because memory that was once used stays with a process;
memory is the peak above that of the bare interpreter, the tape's own included. A frame is what the lab records for it
where both ends are its own: the bytes that departed, and the count that arrived.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from wslab.lab import Tape
from wslab.lab.records import What, tag
from wslab.protocol import Frame, Role

SIZES = (125_000, 250_000, 500_000, 1_000_000)
SECONDS, TIMES_THE_FILE = 30.0, 3.0

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
    begin = time.perf_counter()
    tape.save(path)
    return {"save": time.perf_counter() - begin, "save_peak": _peak() - bare}


def load(path: str) -> dict[str, float]:
    """Load a tape and measure that."""
    bare, begin = _peak(), time.perf_counter()
    tape = Tape.load(path, max_bytes=1 << 30)
    seconds = time.perf_counter() - begin
    assert tape.size
    return {"load": seconds, "load_peak": _peak() - bare}


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _in_another(*arguments: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.tapes", *arguments]
    found: dict[str, float] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return found


def main(sizes: list[int]) -> None:
    """One line a size, and what it comes to beside the targets."""
    print("| frames | file, MB | save, s | load, s | saving takes | loading takes |")
    print("|---:|---:|---:|---:|---:|---:|")
    for frames in sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "tape.jsonl"
            found = {**_in_another("save", str(frames), str(path)), **_in_another("load", str(path))}
            size = path.stat().st_size
        print(
            f"| {frames:,} | {size / 1e6:.1f} | {found['save']:.2f} | {found['load']:.2f} "
            f"| {found['save_peak'] / size:.2f} × the file | {found['load_peak'] / size:.2f} × the file |",
            flush=True,
        )
    print(f"\nTargets at 1,000,000: at most {SECONDS:.0f} s each, memory at most {TIMES_THE_FILE:.0f} × the file.")


if __name__ == "__main__":
    if sys.argv[1:2] == ["save"]:
        print(json.dumps(save(int(sys.argv[2]), sys.argv[3])))
    elif sys.argv[1:2] == ["load"]:
        print(json.dumps(load(sys.argv[2])))
    else:
        main([int(each) for each in sys.argv[1:]] or list(SIZES))
