"""Files that appear whole or not at all, and what is in their place: FIFOs, folders, links, private files."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

import wslab
from tests.tape.tapes import blank, conversation
from wslab.formats import UnreadableFile, har, hexdump
from wslab.formats.pcap import pcapng
from wslab.lab import Tape
from wslab.tape.files import check_target, replacing
from wslab.tape.jsonlines import JsonlinesWriter

pytestmark = pytest.mark.skipif(os.name == "nt", reason="FIFOs, links and permissions as POSIX has them")

READERS: list[Callable[[Path], object]] = [wslab.load, Tape.load, har.load, hexdump.load, pcapng.load]


def export_to(path: Path) -> object:
    return wslab.export(conversation(blank()), path)


def grow(path: Path) -> None:
    with JsonlinesWriter(conversation(blank()).log, path) as file:
        file.append()


WRITERS = [export_to, grow, lambda path: conversation(blank()).save(path)]


@pytest.mark.parametrize("read", READERS)
def test_a_fifo_a_folder_and_nothing_are_one_sentence_for_each_reader(
    read: Callable[[Path], object], tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "fifo")
    for name, why in (
        ("fifo", "a folder or a device"),
        ("", "a folder or a device"),
        ("gone", "there is no such file"),
    ):
        with pytest.raises(UnreadableFile, match=why):
            read(tmp_path / name)


@pytest.mark.parametrize("write", WRITERS)
def test_a_fifo_and_a_circle_of_links_are_refused_by_each_writer(
    write: Callable[[Path], object], tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "fifo.jsonl")
    (tmp_path / "a.jsonl").symlink_to("b.jsonl")
    (tmp_path / "b.jsonl").symlink_to("a.jsonl")
    for name in ("fifo.jsonl", "a.jsonl"):
        with pytest.raises(OSError, match=r"not a file|symbolic links"):
            write(tmp_path / name)
    assert {each.name for each in tmp_path.iterdir()} == {"fifo.jsonl", "a.jsonl", "b.jsonl"}


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666])
def test_a_file_keeps_its_permissions(write: Callable[[Path], object], mode: int, tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    path.touch(mode)
    path.chmod(mode)
    write(path)
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert len(Tape.load(path)) > 0


def test_a_private_file_is_private_from_its_first_byte(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    path.touch(0o600)
    with replacing(path) as file:
        file.write(b"secret")
        beside = next(each for each in tmp_path.iterdir() if each.suffix == ".part")
        assert stat.S_IMODE(beside.stat().st_mode) == 0o600


@pytest.mark.parametrize("write", WRITERS)
def test_a_new_file_is_for_its_owner_alone_and_stays_so(write: Callable[[Path], object], tmp_path: Path) -> None:
    path, before = tmp_path / "tape.jsonl", os.umask(0o000)
    try:
        for _ in range(2):
            write(path)
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
    finally:
        os.umask(before)


def test_what_is_no_recording_has_what_the_umask_gives(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with replacing(tmp_path / "report.html", shared=True) as file:
            file.write(b"a report")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "report.html").stat().st_mode) == 0o640


def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "link.jsonl").symlink_to("tape.jsonl")
    export_to(tmp_path / "link.jsonl")
    assert (tmp_path / "link.jsonl").is_symlink()
    assert len(Tape.load(tmp_path / "tape.jsonl")) > 0


def test_a_target_is_checked_without_a_trace(tmp_path: Path) -> None:
    check_target(tmp_path / "tape.har")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FileNotFoundError):
        check_target(tmp_path / "gone" / "tape.har")
