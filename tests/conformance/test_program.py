"""A person's program as a process of ours: what it gets, what it said, and that nothing of it is left."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from wslab.conformance.errors import NotGraded
from wslab.conformance.program import MOST_SAID, running

SHOW = "import os, sys; print(sys.argv[1], os.environ['THE_PORT']); sys.exit(3)"


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


async def test_it_gets_the_value_in_its_words_and_in_its_environment() -> None:
    async with running([sys.executable, "-c", SHOW, "--port={p}"], "{p}", "80", "THE_PORT") as program:
        assert await program.wait(20) == 3
        assert program.said == "--port=80 80\n"


async def test_only_the_last_that_it_said_is_shown() -> None:
    code = "import sys; sys.stderr.write('x' * 100_000 + 'end')"
    async with running([sys.executable, "-c", code], "{p}", "80", "THE_PORT") as program:
        await program.wait(20)
        assert program.said == "x" * (MOST_SAID - 3) + "end"


async def test_it_is_ended_with_what_it_has_started(tmp_path: Path) -> None:
    sleep = "import time; time.sleep(60)"
    code = (
        "import subprocess, sys, time;"
        f"child = subprocess.Popen([sys.executable, '-c', {sleep!r}]);"
        "open(sys.argv[1], 'w').write(f'{child.pid} '); time.sleep(60)"
    )
    file = tmp_path / "pid"
    async with running([sys.executable, "-c", code, str(file)], "{p}", "80", "THE_PORT") as program:
        while not file.exists() or not file.read_text():
            assert await program.wait(0.05) is None
        pid = int(file.read_text())
        assert lives(pid)
    for _ in range(100):  # the child of a process that is gone is reaped by the system, soon
        if not lives(pid):
            return
        time.sleep(0.02)  # noqa: ASYNC251
    pytest.fail("what it has started still runs")


async def test_what_ignores_sigterm_is_killed() -> None:
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
    )
    async with running([sys.executable, "-c", code], "{p}", "80", "THE_PORT", grace=0.2) as program:
        while program.said != "ready\n":
            assert await program.wait(0.05) is None
    assert program.exit_code == -9


async def test_a_command_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(NotGraded, match="'/nowhere/server' cannot be started: No such file"):
        async with running(["/nowhere/server"], "{p}", "80", "THE_PORT"):
            pass
