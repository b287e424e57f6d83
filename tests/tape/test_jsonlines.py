"""JSON lines: what is saved is loaded, what is damaged is named, and a save is whole or not at all."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tape.facts import SAID
from tests.tape.tapes import REQUEST, blank, conversation, moved, sent
from wslab.formats import UnreadableFile
from wslab.lab import Tape
from wslab.protocol import Role, State
from wslab.tape import files, jsonlines
from wslab.tape.jsonlines import VERSION
from wslab.tape.records import COUNTS, FACTS, SIDED, LinkEnded, Raised, RecordKind, pack, pack_belief, pack_change, tag

HEAD = {"wslab": "tape", "version": VERSION}


def every_kind() -> Tape:
    """One record of each kind and side."""
    tape = blank()
    sent(tape, REQUEST.serialize())
    for what in RecordKind:
        for side in Role if what in SIDED else (None, *Role):
            if what in COUNTS:
                tape.record_count(1, tag(what, side), 3)
            else:
                tape.record(1, tag(what, side), example(what))
    return tape


def example(what: RecordKind) -> bytes:
    if what is RecordKind.BELIEF:
        return pack_belief(State.CLOSED, 1006, "it “ended”\n")
    if what in (RecordKind.SWALLOWED, RecordKind.CHANGED):
        return pack_change(5, 1, b"\x83", "A bit is flipped.")
    if what in FACTS:
        return pack(next(fact for fact, _ in SAID if type(fact) is FACTS[what]))
    return "Wörds\x1b".encode() if what in (RecordKind.NOTE, RecordKind.LOST) else b"\x81\x05Hello"


def saved(tape: Tape, folder: Path) -> Path:
    return tape.save(folder / "tape.jsonl")


def written(folder: Path, *lines: object) -> Path:
    path = folder / "written.jsonl"
    path.write_text("".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines))
    return path


@pytest.mark.parametrize("make", [blank, every_kind, lambda: conversation(blank(epoch=1_700_000_000.25))])
def test_what_is_saved_is_loaded(make: object, tmp_path: Path) -> None:
    tape: Tape = make()  # type: ignore[operator]
    loaded = Tape.load(saved(tape, tmp_path))
    assert loaded.digest() == tape.digest()
    assert tape.diff(loaded, times=True, keys=True) is None
    assert str(loaded) == str(tape)
    assert (loaded.epoch, loaded.warnings) == (tape.epoch, [])
    assert saved(loaded, tmp_path).read_bytes() == saved(tape, tmp_path).read_bytes()


def test_a_slice_is_loaded_as_that_slice(tmp_path: Path) -> None:
    cut = conversation(blank()).slice(4, 7)
    loaded = Tape.load(saved(cut, tmp_path))
    assert loaded.digest() == cut.digest()
    assert [repr(entry) for entry in loaded] == [repr(entry) for entry in cut]
    assert len(loaded) == 3


def test_a_file_reads_well(tmp_path: Path) -> None:
    lines = saved(conversation(blank()), tmp_path).read_text().splitlines()
    assert json.loads(lines[0])["wslab"] == "tape"
    assert lines[3].startswith('{"time":2.0,"connection":1,"what":"sent","side":"client","text":"GET / HTTP/1.1\\r\\n')
    assert (
        lines[4] == f'{{"time":3.0,"connection":1,"what":"counted","side":"server","bytes":{len(REQUEST.serialize())}}}'
    )
    assert '"what":"belief","side":"client","state":"OPEN","code":null,"detail":"so far"}' in lines[7]
    assert not {name for name in ("What", "0x") if name in "".join(lines)}


def test_a_full_tape_stays_full(tmp_path: Path) -> None:
    tape = blank(max_bytes=300)
    conversation(tape)
    loaded = Tape.load(saved(tape, tmp_path))
    assert (loaded.dropped_records, loaded.dropped_bytes) == (tape.dropped_records, tape.dropped_bytes)
    assert "The tape is full" in str(loaded)
    small = Tape.load(saved(conversation(blank()), tmp_path), max_bytes=300)
    assert small.dropped_records == tape.dropped_records


def test_a_file_cut_anywhere_gives_all_whole_lines_and_names_the_last(tmp_path: Path) -> None:
    tape = conversation(blank())
    path = saved(tape, tmp_path)
    data = path.read_bytes()
    for cut in range(data.index(b"\n") + 1, len(data), 7):
        path.write_bytes(data[:cut])
        loaded = Tape.load(path)
        whole, rest = data[:cut].count(b"\n") - 1, data[:cut].rpartition(b"\n")[2]
        torn = bool(rest) and not rest.endswith(b"}")
        assert len(list(loaded.records())) == whole + (bool(rest) and not torn)
        assert loaded.warnings == [f"Line {whole + 2} of the file is left out: the file ends inside it."] * torn
        assert str(loaded)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("nonsense\n", "it is not JSON (Expecting value at character 1)"),
        ("[1]\n", "it is not a JSON object"),
        ({}, "'time' is missing"),
        ({"time": -1, "connection": 1, "what": "cut", "side": "wire"}, "time=-1 is not a number of seconds"),
        ('{"time": NaN, "connection": 1, "what": "cut", "side": "wire"}\n', "time=nan is not a number of seconds"),
        ({"time": "1", "connection": 1, "what": "cut", "side": "wire"}, "time='1' is not a number of seconds"),
        ({"time": 1, "connection": -1, "what": "cut", "side": "wire"}, "connection=-1 is not a number of a connection"),
        (
            {"time": 1, "connection": 1, "what": "tele", "side": "wire"},
            "it has what='tele', which this version does not",
        ),
        ({"time": 1, "connection": 1, "what": [], "side": "wire"}, "what=[], which"),
        ({"time": 1, "connection": 1, "what": "sent", "side": "wire"}, "side='wire' does not go with 'sent'"),
        ({"time": 1, "connection": 1, "what": "cut", "side": "me"}, "side='me' does not go with 'cut'"),
        ({"time": 1, "connection": 1, "what": "sent", "side": "client", "hex": "8"}, "not hex"),
        ({"time": 1, "connection": 1, "what": "sent", "side": "client", "hex": 8}, "not hex"),
        ({"time": 1, "connection": 1, "what": "sent", "side": "client", "text": 8}, "not text"),
        (
            {"time": 1, "connection": 1, "what": "counted", "side": "client", "bytes": -1},
            "bytes=-1 is not a number of bytes",
        ),
        ({"time": 1, "connection": 1, "what": "belief", "side": "client", "state": "x", "code": 1}, "is not a belief"),
        (
            {"time": 1, "connection": 1, "what": "changed", "side": "client", "start": -1, "size": 1},
            "start=-1 with size=1 is not a place in a stream",
        ),
        ({"time": "9" * 1000, "connection": 1, "what": "cut", "side": "wire"}, "999' is not a number of seconds"),
        ({"time": 1e11, "connection": 1, "what": "cut", "side": "wire"}, "is not a number of seconds"),
        ("[" * 100_000 + "\n", "nested beyond all reason"),
        ("\udcff\n", ""),
    ],
)
def test_a_damaged_line_is_left_out_and_named(line: object, why: str, tmp_path: Path) -> None:
    path = saved(conversation(blank()), tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[5:5] = [(line if isinstance(line, str) else json.dumps(line) + "\n").encode(errors="surrogateescape")]
    path.write_bytes(b"".join(lines))
    loaded = Tape.load(path)
    assert len(loaded.warnings) == 1
    assert loaded.warnings[0].startswith("Line 6 of the file is left out: ")
    assert why in loaded.warnings[0]
    assert loaded.digest() == conversation(blank()).digest()
    assert loaded.warnings[0] in str(loaded)


def test_a_file_of_version_2_may_have_the_former_name_of_fin_to_both_sides(tmp_path: Path) -> None:
    tape = conversation(blank())
    tape.record(1, tag(RecordKind.FIN_TO_BOTH))
    path = saved(tape, tmp_path)
    written = path.read_bytes()
    assert written.count(b'"fin_to_both"') == 1
    path.write_bytes(written.replace(b'"fin_to_both"', b'"cut_gently"'))
    loaded = Tape.load(path)
    assert (loaded.warnings, loaded.digest()) == ([], tape.digest())
    assert loaded[-1].fact == LinkEnded("wire", "FIN")


def test_empty_lines_are_passed_over(tmp_path: Path) -> None:
    path = saved(conversation(blank()), tmp_path)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n \n\n"))
    loaded = Tape.load(path)
    assert loaded.warnings == []
    assert loaded.digest() == conversation(blank()).digest()


def test_a_device_or_a_folder_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path / "pipe", tmp_path):
        with pytest.raises(OSError, match="not a file"):
            blank().save(place)
    assert (tmp_path / "pipe").is_fifo()


def test_many_damaged_lines_are_counted(tmp_path: Path) -> None:
    loaded = Tape.load(written(tmp_path, HEAD, *["?\n"] * 1000))
    assert len(loaded.warnings) == files.MOST_WARNINGS + 1
    assert loaded.warnings[-1] == "900 more lines of the file are left out."


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "this is not a tape of wslab"),
        ("hello\n", "this is not a tape of wslab"),
        ({"log": {}}, "this is not a tape of wslab"),
        ({"wslab": "tape"}, "says version None"),
        ({"wslab": "tape", "version": "1"}, "says version '1'"),
        ({"wslab": "tape", "version": VERSION + 1}, f"of version {VERSION + 1}, written by a newer wslab"),
    ],
)
def test_a_file_that_is_not_a_tape_is_refused_with_a_sentence(line: object, why: str, tmp_path: Path) -> None:
    path = written(tmp_path, line)
    with pytest.raises(UnreadableFile, match=why) as caught:
        Tape.load(path)
    assert caught.value.path == path


def test_a_head_with_odd_values_is_taken_as_far_as_it_goes(tmp_path: Path) -> None:
    odd = {**HEAD, "epoch": "now", "hidden": -3, "shown": "all", "dropped_records": None}
    assert len(Tape.load(written(tmp_path, odd))) == 0


VALUES = st.one_of(
    st.none(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=5), st.sampled_from(["client", "server"])
)


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "time": st.floats(0, 10),
                "connection": st.integers(0, 2),
                "what": st.sampled_from([what.name.lower() for what in RecordKind]),
                "side": st.sampled_from(["client", "server", "wire"]),
            },
            optional={
                "hex": st.binary(max_size=20).map(bytes.hex),
                "text": st.sampled_from([REQUEST.serialize().decode(), "HTTP/1.1 101 OK\r\n\r\n", "x"]),
                "bytes": st.integers(0, 300),
                "state": st.sampled_from([state.value for state in State]),
                "code": st.none() | st.integers(0, 65535),
                "detail": st.text(max_size=3),
                "start": st.integers(0, 300),
                "size": st.integers(0, 30),
                "words": st.text(max_size=3),
                "epoch": VALUES,
            },
        ),
        max_size=30,
    )
)
def test_whatever_stands_in_the_lines_the_tape_tells_it(lines: list[dict[str, object]]) -> None:
    loaded = load_text("".join(json.dumps(line) + "\n" for line in [HEAD, *lines]))
    assert str(loaded)
    assert len([entry.opcode for entry in loaded]) == len(loaded)


def load_text(text: str) -> Tape:
    """Load from memory what would stand in a file."""
    with mock.patch.object(jsonlines, "opened", return_value=io.BytesIO(text.encode())):
        return Tape.load("in-memory.jsonl")


def test_a_save_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = saved(conversation(blank()), tmp_path)
    before = path.read_bytes()
    broken = conversation(blank())
    broken.record(1, tag(RecordKind.BELIEF, Role.CLIENT), b"\xff")
    with pytest.raises(IndexError):
        broken.save(path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_a_save_goes_through_a_link_and_replaces_what_is_there(tmp_path: Path) -> None:
    target = saved(blank(), tmp_path)
    link = tmp_path / "link.jsonl"
    link.symlink_to(target)
    tape = blank()
    moved(tape, REQUEST.serialize())
    assert tape.save(link) == link
    assert link.is_symlink()
    assert len(Tape.load(target)) == 1


@pytest.mark.parametrize("text", ["ä" * 1_000_000, "😀" * 300_000, "é" * 200_000], ids=["two bytes", "four", "shorter"])
def test_a_long_note_in_letters_of_any_script_is_loaded_again(tmp_path: Path, text: str) -> None:
    tape = blank(max_bytes=8 << 20)
    tape.note(0, None, text)
    tape.record_fact(0, Raised("server", "handler", text))
    loaded = Tape.load(tape.save(tmp_path / "a.jsonl"))
    assert [entry.fact for entry in loaded] == [entry.fact for entry in tape]
    assert len(loaded) == 2
    assert not loaded.warnings
