"""A run as a file, by the suffix of its name: code, or a tape in one of the formats of `export`.

Each file takes its place only once it is whole (`tape.files.replacing`).

Left out: the page (`pages`).
"""

from __future__ import annotations

from pathlib import Path

from wslab.exporter import export
from wslab.scenarios.player import PlayedTape
from wslab.scenarios.reproduction import pytest_code, script
from wslab.tape.files import replacing

__all__ = ["PAGES", "TYPES", "save_run", "size_words", "write_text"]

PAGES = (".html", ".htm", "")
"""Suffixes of the page; a name without one is that of a page, too."""

TYPES = {"jsonl": "application/jsonl", "pcapng": "application/vnd.tcpdump.pcap", "html": "text/html"}
"""Media types, by suffix."""


def save_run(tape: PlayedTape, path: str | Path, connection: int, *, secrets: bool) -> Path:
    """Write a run as code (`.py`), or in the format of `export` that the suffix names."""
    if Path(path).suffix.lower() != ".py":
        return export(tape, path, secrets=secrets)
    shown = tape if secrets else tape.redacted_call()
    code = pytest_code(shown, connection) if Path(path).name.startswith("test_") else script(shown.call)
    return write_text(path, code)


def write_text(path: str | Path, text: str) -> Path:
    """Write a text in UTF-8, whole or not at all."""
    with replacing(path) as file:
        file.write(text.encode())
    return Path(path)


def size_words(size: int) -> str:
    """A number of bytes as people say it: `212 kB`, `1.4 MB`."""
    return f"{size / 1e6:.1f} MB" if size >= 1_000_000 else f"{max(1, round(size / 1000))} kB"
