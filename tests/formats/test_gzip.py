"""What is compressed with gzip is read as what it unpacks to, as far as it is whole; too much is refused."""

from __future__ import annotations

import gzip
import random
import tracemalloc
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.tape.tapes import blank, conversation
from wslab.cli.dissect import dissect
from wslab.formats import UnreadableFile, load
from wslab.formats.pcap import pcapng
from wslab.lab import Tape
from wslab.tape.files import opened

DATA = Path(__file__).parent / "data"
CASES = Path(__file__).parent.parent / "data" / "cases"
MIB = 1 << 20


@pytest.fixture
def tape_file(tmp_path: Path) -> Path:
    return conversation(blank()).save(tmp_path / "tape.jsonl")


def packed(path: Path, folder: Path) -> Path:
    packed = folder / (path.name + ".gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    return packed


FILES = (DATA / "echo.pcap", DATA / "chrome.har", CASES / "01b-xxd.txt", CASES / "04a-request-again-as-frame.bin")


@pytest.mark.parametrize("path", [*FILES, None], ids=lambda path: path.name if path else "tape")
def test_every_kind_of_recording_may_be_compressed(path: Path | None, tmp_path: Path, tape_file: Path) -> None:
    path = path or tape_file
    tape = load(packed(path, tmp_path))
    assert list(tape.records()) == list(load(path).records())
    assert tape.warnings == []


def test_a_tape_and_dissect_read_it_too(tmp_path: Path, tape_file: Path) -> None:
    assert str(Tape.load(packed(tape_file, tmp_path))) == str(Tape.load(tape_file))
    plain, small = (
        CliRunner().invoke(dissect, ["--json", str(path)])
        for path in (CASES / "01b-xxd.txt", packed(CASES / "01b-xxd.txt", tmp_path))
    )
    assert (small.exit_code, small.output) == (plain.exit_code, plain.output) == (0, plain.output)


def test_members_follow_one_another_and_zeros_fill_them_up(tmp_path: Path) -> None:
    data, path = (DATA / "echo.pcap").read_bytes(), tmp_path / "rotated.gz"
    parts = [gzip.compress(data[at : at + 100]) for at in range(0, len(data), 100)]
    path.write_bytes(bytes(20_000).join([*parts, b""]))
    with opened(path) as file:
        assert file.read() == data


def test_any_place_can_be_gone_to(tmp_path: Path) -> None:
    chance = random.Random(5)
    data, path = chance.randbytes(100_000) * 3, tmp_path / "any.gz"
    path.write_bytes(gzip.compress(data))
    with opened(path) as file:
        assert file.seek(0, 2) == len(data)
        for _ in range(30):
            at, size = chance.randrange(len(data)), chance.randrange(70_000)
            assert file.seek(at) == at
            assert file.read(size) == data[at : at + size]


@pytest.mark.parametrize("damage", ["cut", "changed", "behind"])
def test_of_damaged_gzip_the_rest_is_read_and_the_damage_is_told(damage: str, tmp_path: Path) -> None:
    path, whole = tmp_path / "a.gz", pcapng.save(many(), tmp_path / "a.pcapng").read_bytes()
    small = gzip.compress(whole, mtime=0)
    path.write_bytes(
        {
            "cut": small[: len(small) * 3 // 4],
            "changed": small[:-8] + bytes(8),  # its sum
            "behind": small + b"This is behind it.",
        }[damage]
    )
    tape = load(path)
    told = "is cut off" if damage == "cut" else "is damaged"
    assert tape.warnings[-1] == f"The gzip file {told}: what comes before that was read."
    assert len(tape.frames()) == 600 if damage == "behind" else 200 < len(tape.frames()) <= 600


def many() -> Tape:
    tape = blank(max_bytes=MIB)
    for number in range(1, 76):  # 8 frames each
        conversation(tape, connection=number)
    return tape


@pytest.mark.parametrize("begin", [(DATA / "echo.pcap").read_bytes(), b'{"log": ', b"81 00\n"])
def test_a_gzip_bomb_is_refused_in_one_sentence_and_in_little_memory(begin: bytes, tmp_path: Path) -> None:
    (tmp_path / "bomb.gz").write_bytes(gzip.compress(begin + bytes(32 * MIB)))
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableFile) as caught:
            load(tmp_path / "bomb.gz")
        assert tracemalloc.get_traced_memory()[1] < 8 * MIB
    finally:
        tracemalloc.stop()
    assert caught.value.why == (
        "this gzip file unpacks to more than 100 times its size: if you trust it, unpack it first (gunzip)."
    )


def test_a_reader_of_its_own_is_stopped_by_a_bomb_too(tmp_path: Path, tape_file: Path) -> None:
    (tmp_path / "bomb.gz").write_bytes(gzip.compress(tape_file.read_bytes() + bytes(32 * MIB)))
    with pytest.raises(UnreadableFile, match="unpacks to more than 100 times its size"):
        Tape.load(tmp_path / "bomb.gz")


def test_a_small_file_may_unpack_to_much(tmp_path: Path) -> None:
    (tmp_path / "zeros.gz").write_bytes(gzip.compress(b"82 7e 03 e8" + b" 00" * 1000 + b"\n" * 2000))
    [entry] = load(tmp_path / "zeros.gz").frames()
    assert entry.plain == bytes(1000)
