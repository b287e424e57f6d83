"""`wslab.export` and `wslab.load`: every suffix, every content, and one sentence where it is neither."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import wslab
from tests.tape.tapes import blank, conversation
from tests.widgets.helpers import look
from wslab.exporter import SUFFIXES, UnknownSuffix
from wslab.formats import UnreadableFile
from wslab.lab import Entry, Tape


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_each_suffix_has_its_format(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"tape{suffix}"
    for _ in range(2):  # what is there is replaced
        assert wslab.export(conversation(blank()), path) == path
    assert path.stat().st_size > 500
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert wslab.export(blank(), str(path.with_name(f"EMPTY{suffix.upper()}"))).exists()


@pytest.mark.parametrize("suffix", [".jsonl", ".pcapng", ".har"])
def test_what_can_be_read_is_told_by_its_content(suffix: str, tmp_path: Path) -> None:
    tape = conversation(blank())
    path = wslab.export(tape, tmp_path / f"tape{suffix}")
    other = path.rename(tmp_path / "no-suffix")
    loaded = wslab.load(other)
    texts = [[entry.plain for entry in each.frames(1)] for each in (tape, loaded)]
    assert texts[0] == texts[1] == ["Hellö".encode()] * 2


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("tape", "the name has no suffix of a format; there are .pcapng, .har, .html, .md, .jsonl."),
        (
            "tape.pcap",
            ".pcap is not a format for a tape; there are .pcapng, .har, .html, .md, .jsonl. Did you mean .pcapng?",
        ),
        ("tape.json", ".json is not a format for a tape"),
        ("tape.zip", ".zip is not a format for a tape"),
    ],
)
def test_another_suffix_is_one_sentence_and_writes_nothing(name: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownSuffix) as caught:
        wslab.export(blank(), tmp_path / name)
    assert words in str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert list(tmp_path.iterdir()) == []


def test_the_page_is_the_timeline_and_loads_nothing(tmp_path: Path) -> None:
    html = wslab.export(conversation(blank()), tmp_path / "tape.html").read_text("utf-8")
    (root,) = look(html).having("data-wslab-static")
    assert root["data-wslab"] == "Timeline"
    for word in ("src=", "@import", "<link", "XMLHttpRequest"):
        assert word not in html.replace("https://www.rfc-editor.org", "")
    assert not look(html).having("data-page")  # the one mark with which the script asks its server for anything
    assert "Copy the story as text" in html


def test_only_the_page_needs_widgets(tmp_path: Path) -> None:
    code = (
        "import sys, wslab\n"
        "for suffix in ('.pcapng', '.har', '.md', '.jsonl'):\n"
        f"    wslab.export(wslab.Tape.blank(), {str(tmp_path)!r} + '/a' + suffix)\n"
        "print([name for name in ('anywidget', 'htpy', 'IPython') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_a_payload_is_data_in_the_narration(tmp_path: Path) -> None:
    tape = blank()
    tape.note(1, None, "<script>alert(1)</script> | `code` [a](http://b)\n# no title")
    text = wslab.export(tape, tmp_path / "tape.md").read_text("utf-8")
    assert r"\<script\>alert(1)\</script\> \| \`code\` \[a\](http://b)·\# no title" in text
    assert len(text.splitlines()) == 9


def test_the_narration_tells_both_beliefs_where_they_change(tmp_path: Path) -> None:
    text = wslab.export(conversation(blank()), tmp_path / "tape.md").read_text("utf-8")
    assert text.startswith("# What happened\n\n13 entries on 1 connection, recorded by wslab.\n")
    assert text.count("the client believes OPEN (so far); the server believes OPEN (so far)") == 1
    assert "the client believes CLOSED 1000 (so far); the server believes CLOSED 1000 (so far)" in text
    assert "client → server" in text


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "there is no such file."),
        ("folder", "this is a folder or a device, not a file."),
        (b"", "the file is empty."),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "this is neither a tape of wslab (JSON lines), nor a HAR, nor a capture"),
        (b"Dear Sir or Madam,\n", "this is no dump of bytes in a form that is known. Closest are"),
        (b"\x1f\x8b\x08" + bytes(7), "this gzip file is cut off, and nothing of it can be unpacked."),
        (b"\x1f\x8b\x08" + b"\xff" * 20, "this gzip file is damaged, and nothing of it can be unpacked."),
        (
            gzip.compress(gzip.compress(b"81 00", mtime=0), mtime=0),
            "this is compressed with gzip twice: unpack it once",
        ),
        (gzip.compress(b"", mtime=0), "the file is empty."),
        (b"\x28\xb5\x2f\xfd" + bytes(9), "this is compressed with zstd: unpack it first"),
        (b"PK\x03\x04" + bytes(20), "this is a zip archive"),
        (b"<!doctype html><p>", "this is HTML or XML"),
        (b"{}", "this is JSON, but no HAR"),
        (b'{"log": {"entries": 3}}', "this is JSON, but no HAR"),
        (b'{"log": {"entries": [{}, 4]}}', "this HAR has 2 entries, and no WebSocket connection"),
        (
            b'{"log": {"entries": [',
            "this is damaged JSON: Expecting value in line 1; a HAR that was cut cannot be read",
        ),
        (b'{"log": "\xff"}', "this begins like JSON, but is not UTF-8 text"),
        (b"[" * 200_000, "this is JSON nested beyond all reason"),
        (json.dumps({"wslab": "tape", "version": 9}).encode(), "this tape is of version 9, written by a newer wslab"),
        (b"\xa1\xb2\xc3\xd4", "this capture has no packets. The capture is cut off behind packet 0"),
        (b"\x0a\x0d\x0d\x0a\x1c\x00\x00\x00", "this capture has no packets. The capture is damaged"),
        (b"818", "hex (the dump cannot end in half a byte"),
        (b" \n", "this hex dump has no bytes"),
    ],
)
def test_what_cannot_be_loaded_is_one_sentence(content: bytes | str | None, why: str, tmp_path: Path) -> None:
    path = tmp_path / "thing"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content:
        path.mkdir()
    with pytest.raises(UnreadableFile) as caught:
        wslab.load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(os.name != "posix", reason="devices are files only there")
def test_a_device_is_refused_and_never_read() -> None:
    with pytest.raises(UnreadableFile, match="a folder or a device"):
        wslab.load("/dev/zero")


@pytest.mark.parametrize("suffix", [".har", ".md"])
def test_the_entries_of_many_connections_are_looked_at_once(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tape = blank(max_bytes=1 << 26)
    for number in range(1, 101):
        conversation(tape, connection=number)
    looks: list[object] = []
    of_tape = Tape.entries

    def entries(self: Tape, connection: int | None = None) -> list[Entry]:
        looks.append(connection)
        return of_tape(self, connection)

    monkeypatch.setattr(Tape, "entries", entries)
    wslab.export(tape, tmp_path / f"tape{suffix}")
    assert len(looks) < 5  # one for each connection, and each goes through all entries, is quadratic
