"""`replay`: a recording as a peer for a program of yours, from a tape or from any file that `load` takes.

It stands beside the folders because it needs two that never import each other: `formats`, which reads files, and
`lab`, which has the connections.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from wslab.formats import load
from wslab.lab.replay.deviation import Deviation
from wslab.lab.replay.replay import Replay
from wslab.tape.log import DEFAULT_MAX_BYTES
from wslab.tape.tape import Tape

__all__ = ["replay"]


def replay(
    recording: Tape | str | Path,
    *,
    connection: int | None = None,
    fast: bool = False,
    timeout: float = 10.0,
    on_deviation: Callable[[int, Deviation], object] | None = None,
    tape_bytes: int = DEFAULT_MAX_BYTES,
) -> Replay:
    """A recorded connection, to be played again by the lab as its server (`serve`) or its client (`connect`).

    It sends what the recorded side sent, each time once the other side has sent what came before, and says where the
    other side does something else: by frame, byte and bit. It runs on real sockets, and within
    `Lab(clock="virtual").run(...)` in virtual time.

    `recording` is a tape, or a file: JSON lines, a HAR, a capture or a dump. `connection` is its number there (None:
    the first with frames). `fast` leaves the recorded pauses out. Each wait for the other side may take `timeout`
    seconds more than it took in the recording. `on_deviation(connection, deviation)` is called as each is found.
    `tape_bytes` limits the tape of the replay, `Replay.tape`.

    What may differ: masking keys, the handshake's key and accept value, Host, Date, the payload of a Ping. Secrets that
    the recording has as asterisks are sent as asterisks (`Replay.masked` counts them).

    Raises `UnreadableFile`, a `ValueError`, where the file cannot be read, and `ValueError` where it has no such
    connection, or a limit is not one.
    """
    tape = recording if isinstance(recording, Tape) else load(recording)
    return Replay(
        tape,
        connection=connection,
        fast=fast,
        timeout=timeout,
        on_deviation=on_deviation,
        tape_bytes=tape_bytes,
    )
