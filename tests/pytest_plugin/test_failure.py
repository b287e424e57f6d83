"""What a failing test prints of its tape, and the file that keeps the whole."""

from __future__ import annotations

from pathlib import Path

import pytest

import wslab
from wslab.pytest_plugin.failure import file_name

from .conftest import Play

FAILING = """
import pytest

from wslab import echo


async def talk(server, lab, count):
    ws = await lab.connect(server, headers=[("Authorization", "Bearer hunter2")])
    for number in range(count):
        await ws.send(f"message {number}")
        await ws.recv()


async def test_virtual(wslab_virtual, wslab_server):
    await talk(await wslab_server(echo), wslab_virtual, 30)
    assert False


async def test_short(wslab_virtual, wslab_server):
    await talk(await wslab_server(echo), wslab_virtual, 0)
    assert False


@pytest.mark.wslab(seed=7)
async def test_real(wslab_lab, wslab_server):
    await talk(await wslab_server(echo), wslab_lab, 1)
    assert False


async def test_passes(wslab_virtual, wslab_server):
    await talk(await wslab_server(echo), wslab_virtual, 1)


@pytest.mark.xfail(strict=True)
async def test_expected(wslab_virtual):
    assert False


def test_no_lab():
    assert False
"""


@pytest.mark.parametrize("workers", ["0", "1"])
def test_it_prints_the_last_steps_with_both_beliefs_and_keeps_the_whole(
    play: Play, tmp_path: Path, workers: str
) -> None:
    result = play({"test_it": FAILING}, "-n", workers, "--wslab-tapes=kept", "--wslab-seed", "3")
    result.assert_outcomes(failed=4, passed=1, xfailed=1)
    result.stdout.fnmatch_lines_random(
        [
            "*- wslab: virtual clock, seed 3 -*",
            "*- wslab: real clock, seed 7 -*",
            "The last 20 of 63 steps:",
            "*the client believes OPEN; the server believes OPEN",
            "  62 *client ? server  T The server sends text, 10 bytes: ?message 29?.",
            "To run it again: --wslab-seed=3",
            "The whole tape, for wslab.load (1 secret in heads masked): *test_short-*.jsonl",
        ]
    )
    result.stdout.no_fnmatch_line("*hunter2*")
    result.stdout.no_fnmatch_line("*Close 1001*")  # how the lab closes is not what failed
    tapes = {path.name.split("-")[1]: wslab.load(path) for path in Path("kept").iterdir()}
    assert {name: len(tape) for name, tape in tapes.items()} == {"test_virtual": 63, "test_short": 3, "test_real": 5}
    assert b"hunter2" not in tapes["test_short"].bytes(1, "client")


def test_a_folder_that_cannot_be_is_said_and_hides_no_failure(play: Play, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = play({"test_it": FAILING}, "-k", "short", f"--wslab-tapes={tmp_path / 'file'}")
    result.assert_outcomes(failed=1, deselected=5)
    result.stdout.fnmatch_lines(["The tape could not be kept in */file/test_it.py-test_short-*.jsonl: *"])


def test_without_the_option_nothing_is_kept(play: Play) -> None:
    result = play({"test_it": FAILING}, "-k", "short")
    result.stdout.fnmatch_lines(["--wslab-tapes=DIR keeps the whole tape."])
    assert list(Path.cwd().rglob("*.jsonl")) == []


LEFT = """
import asyncio


async def test_deadlock(wslab_virtual):
    await asyncio.Event().wait()


async def forever():
    try:
        await asyncio.sleep(1e6)
    finally:
        await asyncio.sleep(5)
        print("cleaned up")


async def test_left(wslab_virtual):
    asyncio.create_task(forever())
    await asyncio.sleep(1)
"""


def test_a_deadlock_is_one_sentence_and_what_a_test_leaves_is_cleaned_up(play: Play) -> None:
    result = play({"test_it": LEFT}, "-s", "--asyncio-mode=auto")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*cleaned up*"])
    result.stdout.fnmatch_lines(
        ["*_ test_deadlock _*", "Deadlock: * test_deadlock (line 5) waits in Event.wait.", "*- wslab: virtual clock*"],
        consecutive=True,
    )


def test_like_ids_have_unlike_file_names_that_every_system_takes() -> None:
    ids = ["tests/test_a.py::test_b[x/y]", "tests/test_a.py::test_b[x:y]", f"test_a.py::test_b[{'z' * 500}]"]
    names = [file_name(each) for each in ids] + [file_name(ids[0], 1)]
    assert len({each.lower() for each in names}) == len(names)
    assert all(len(each) < 200 and each.isascii() and not set(each) & set("/\\:*?[]") for each in names)
