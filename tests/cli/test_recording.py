"""Keeping a recording: what cannot be written is said at once, and what a full tape dropped at the end."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tape.tapes import blank, conversation, moved
from wslab.cli.errors import CliError
from wslab.cli.recording import check_save, saving
from wslab.lab import Tape

FIFO = pytest.mark.skipif(os.name == "nt", reason="FIFOs and links as POSIX has them")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wslab", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )


@FIFO
@pytest.mark.parametrize("suffix", [".jsonl", ".JSONL", ".har", ".html"])
@pytest.mark.parametrize(
    "command",
    [
        ["tap", "ws://127.0.0.1:9/", "--save"],
        ["connect", "ws://127.0.0.1:9/", "--save"],
        ["play", "clean-close", "--save"],
        ["conformance", "ws://127.0.0.1:9/", "--json"],
        ["conformance", "ws://127.0.0.1:9/", "--html"],
    ],
)
def test_a_fifo_and_a_circle_of_links_are_one_sentence_at_once(command: list[str], suffix: str, tmp_path: Path) -> None:
    fifo, loop = tmp_path / f"fifo{suffix}", tmp_path / f"loop{suffix}"
    os.mkfifo(fifo)
    loop.symlink_to(loop)
    for path in (fifo, loop) if suffix == ".har" else (fifo,):
        done = run(*command, str(path))
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1
        assert "cannot be written" in done.stderr


@pytest.mark.parametrize("name", ["tape.txt", "tape"])
def test_a_name_without_a_format_is_refused_before_anything_runs(name: str, tmp_path: Path) -> None:
    with pytest.raises(CliError, match="format"):
        check_save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


async def test_the_suffix_in_capitals_grows_as_well(tmp_path: Path) -> None:
    path, tape = tmp_path / "TAPE.JSONL", blank()
    async with saving(tape, path):
        assert path.exists()
        conversation(tape)
    assert Tape.load(path).digest() == tape.digest()


@pytest.mark.parametrize("suffix", [".jsonl", ".har"])
async def test_what_a_full_tape_dropped_is_said_and_counted(
    suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tape = blank(max_bytes=2000)
    async with saving(tape, tmp_path / f"tape{suffix}"):
        conversation(tape)
        for _ in range(50):
            moved(tape, bytes(500))
    said = capsys.readouterr().err
    count, size = tape.dropped_records, tape.dropped_bytes
    assert count
    assert f"The tape was full: {count:,} records with {size:,} bytes were not kept." in said
    if suffix == ".jsonl":
        assert Tape.load(tmp_path / "tape.jsonl").dropped_records == count


@FIFO
@pytest.mark.parametrize("suffix", [".jsonl", ".har", ".md"])
async def test_a_private_recording_stays_private(suffix: str, tmp_path: Path) -> None:
    path, tape = tmp_path / f"tape{suffix}", blank(max_bytes=500)
    path.touch(0o600)
    async with saving(tape, path):
        conversation(tape)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
