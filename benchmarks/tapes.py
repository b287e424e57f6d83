"""A tape saved, loaded and read for the first time: how long, how much memory, and is it linear.

Saving and loading are measured in a process of their own each, because memory that was once used stays with a process;
time is the processor's. Memory is the peak above that of the bare interpreter, the tape's own included. A frame is
what the lab records for it where both ends are its own: the bytes that departed, and the count that arrived.
`python -m benchmarks.tapes save FRAMES PATH` and `load PATH` are those processes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import chain, count, repeat
from pathlib import Path

from benchmarks.harness import OURS, Measurement, Progress, Target
from wslab.lab import Tape
from wslab.protocol import Frame, HandshakeRequest, Role
from wslab.tape.records import RecordKind, tag

SIZES = (125_000, 250_000, 500_000, 1_000_000)
SECONDS, TIMES_THE_FILE = 30.0, 3.0
MOST_A_FRAME = 2.0  # times what it takes with the fewest: less is linear

_REQUEST = HandshakeRequest.build("127.0.0.1", key="dGhlIHNhbXBsZSBub25jZQ==").serialize()


def recorded(frames: int) -> Tape:
    """A tape of that many frames of 16 bytes behind one head, each read and written alone, as in a conversation."""
    seconds = count(0.0, 1 / 7e5).__next__
    tape = Tape(seconds, lambda *_: None, max_bytes=1 << 30)
    for what, side in ((RecordKind.CONNECT, Role.CLIENT), (RecordKind.ACCEPT, Role.SERVER)):
        tape.record(1, tag(what, side))
    for data in chain((_REQUEST,), repeat(Frame.binary(bytes(16), mask=b"1234").serialize(), frames)):
        tape.record(1, tag(RecordKind.SENT, Role.CLIENT), data)
        tape.record_count(1, tag(RecordKind.COUNTED, Role.SERVER), len(data))
    return tape


def save(frames: int, path: str) -> dict[str, float]:
    """Save a tape of that many frames and measure that."""
    bare = _peak()
    tape = recorded(frames)
    begin = time.process_time()
    tape.save(path)
    return {"save": time.process_time() - begin, "save_peak": _peak() - bare}


def load(path: str) -> dict[str, float]:
    """Load a tape, then work out its entries, and measure both."""
    bare, begin = _peak(), time.process_time()
    tape = Tape.load(path, max_bytes=1 << 30)
    found = {"load": time.process_time() - begin, "load_peak": _peak() - bare}
    begin = time.process_time()
    assert len(tape) > min(SIZES)  # each frame is an entry of its own
    return found | {"read": time.process_time() - begin, "read_peak": _peak() - bare}


def _peak() -> int:
    """The most memory that this process had so far; `getrusage` tells that of who started it, if it is more."""
    return 1024 * int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])


def _in_another(*arguments: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.tapes", *arguments]
    found: dict[str, float] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return found


def _measured(frames: int) -> dict[str, float]:
    """Saved, loaded again, and read; memory as times the file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tape.jsonl"
        found = {**_in_another("save", str(frames), str(path)), **_in_another("load", str(path))}
        size = path.stat().st_size
    return found | {name: value / size for name, value in found.items() if name.endswith("_peak")}


def measure(progress: Progress) -> Iterator[Measurement]:
    """Saving, loading, reading for the first time: seconds, growth, memory."""
    found = {}
    for frames in SIZES:
        progress(f"a tape of {frames:,} frames")
        found[frames] = _measured(frames)
    for what, words in {"save": "saving", "load": "loading", "read": "first reading of"}.items():
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
