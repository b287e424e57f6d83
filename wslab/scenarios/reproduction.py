"""The code that plays a run again: a script, a test for pytest, and a line for the command line.

Name, seed, parameters and interventions give the same bytes on every machine, so the code has nothing else. The test
says what both sides of a connection believe in the end, and the digest of the whole tape.

Left out: the tape as a file (`wslab.export`).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from wslab.lab import Belief
from wslab.scenarios.player import Call, PlayedTape

__all__ = ["command", "file_name", "pytest_code", "script"]

WIDEST = 100
"""Letters of a line of code from which on a call is written over several lines."""

_NAMES = ("Frame", "cut", "delay", "drop", "edit", "flip")
"""What the code of an intervention may name."""


def script(call: Call) -> str:
    """A script that plays it, and prints what happened and why."""
    return "\n".join([_opening(call), "", _assigned(call, ""), "print(tape)", "print(tape.explanation)", ""])


def pytest_code(tape: PlayedTape, connection: int = 1) -> str:
    """A test that plays it, and holds what both sides of a connection believe in the end, and every byte."""
    name = file_name(tape.call).replace("-", "_")
    lines = [_opening(tape.call), "", "", f"def test_{name}() -> None:", _assigned(tape.call, "    ")]
    return "\n".join([*lines, *(f"    {line}" for line in _checks(tape, connection)), ""])


def _checks(tape: PlayedTape, connection: int) -> Iterator[str]:
    entries = tape.entries(connection)
    if entries:
        last = entries[-1]
        yield f"last = tape.entries({connection})[-1]"
        yield from (_believes(side, getattr(last, side)) for side in ("client", "server"))
    else:
        yield f"assert tape.entries({connection}) == []"
    if tape.can_fork:  # else it was played in real time, and no two runs have the same bytes
        yield "# every byte; with another zlib a long compressed message may have others"
        yield f'assert tape.digest() == "{tape.digest()}"'


def _believes(side: str, belief: Belief | None) -> str:
    return f"assert last.{side} is None" if belief is None else f'assert str(last.{side}) == "{belief}"'


def command(call: Call) -> str | None:
    """What plays it on a command line; None where that has no words for a change, or for the clock."""
    changes = [(step, _option(str(did.action), repr(did), did.data)) for step, did in sorted(call.do.items())]
    if call.clock or any(option is None for _, option in changes):
        return None
    words = ["wslab", "play", call.name]
    words += [f"--set={name}={value}" for name, value in call.parameters.items()]
    words += ["--fixed"] if call.fixed else []
    words += [f"--seed={call.seed}"] if call.seed else []
    return shlex.join([*words, *(f"--do={step}={option}" for step, option in changes)])


def _option(action: str, code: str, data: object) -> str | None:
    """A change as `--do` reads it."""
    if action == "edit":
        return f"edit:{data}" if isinstance(data, str) else None
    return code.replace("(", ":").rstrip(")")


def file_name(call: Call) -> str:
    """A name for files of this run: that of the scenario, and what is other."""
    changes = [f"step-{step}-{did.action}" for step, did in sorted(call.do.items())]
    return "-".join([call.name, *(["fixed"] if call.fixed else []), *changes])[:80]


def _opening(call: Call) -> str:
    """The docstring and the import."""
    used = [name for name in _NAMES if re.search(rf"\b{name}\b", _bare(str(call)))]
    return f'"""A scenario of wslab: {file_name(call)}."""\n\nfrom wslab import {", ".join([*used, "play"])}'


def _bare(code: str) -> str:
    """Code without its texts."""
    return re.sub(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""", '""', code)


def _assigned(call: Call, indent: str) -> str:
    code = f"{indent}tape = {call}"
    if len(code) <= WIDEST:
        return code
    given = "".join(f"{indent}    {each},\n" for each in call.arguments)
    return f"{indent}tape = play(\n{given}{indent})"
