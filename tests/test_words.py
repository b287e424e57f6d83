"""Words that the lab does not use: old private metaphors, and English that stumbles. Each has a plain replacement."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

REPLACEMENTS = {
    # private metaphors
    "bench": "context",
    "cable": "connection, or relayed connection",
    "diary": "recorder",
    "door": "the thing itself: run, launcher",
    "entrance": "opening handshake",
    "farewell": "Close",
    "goodbye": "closing handshake",
    "lane": "pipeline",
    "meddle": "intervention",
    "misdeed": "violation",
    "reel": "tape view",
    "spotter": "scanner",
    # one word for one thing
    "mend": "fix",
    "mended": "fixed",
    "mends": "fixes",
    "octet": "byte; in a quotation of an RFC it stays",
    "octets": "bytes; in a quotation of an RFC it stays",
    # English that stumbles
    "all the same": "still, or anyway",
    "nobody is told": "with no sign to either side",
    "none such": "no such thing",
    "somebody's hand": "by hand",
    "that is none": "that is not one",
    "told as such": "called that",
    "whoever": "anyone who, or name it",
}
QUOTED = re.compile(r'# .*§.*?"')
SUFFIXES = (".py", ".ipynb", ".md", ".js", ".css")


def lines(root: Path) -> list[tuple[str, str]]:
    """Every line that people read, in small letters, with its place; quotations of an RFC in comments left out."""
    files = [root / "README.md"]
    for folder in ("wslab", "notebooks"):
        files += sorted(path for path in (root / folder).rglob("*") if path.suffix in SUFFIXES)
    found = []
    for path in files:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            unquoted = re.sub(r'"[^"]*"', "", line) if QUOTED.search(line) else line
            found.append((f"{path.relative_to(root)}:{number}", unquoted.lower()))
    return found


@pytest.fixture(scope="module")
def all_lines() -> list[tuple[str, str]]:
    return lines(Path(__file__).parent.parent)


@pytest.mark.parametrize("word", REPLACEMENTS)
def test_a_banned_word_is_nowhere(word: str, all_lines: list[tuple[str, str]]) -> None:
    pattern = re.compile(rf"(?<![a-z]){word}(?![a-z])")
    places = [place for place, line in all_lines if pattern.search(line)]
    assert places == [], f"instead of “{word}” write: {REPLACEMENTS[word]}"


def test_only_a_quotation_may_hold_the_words_of_an_rfc(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text('# §5.3: "each octet"\n"an octet"\n')
    assert [line for _, line in lines(tmp_path)] == ["# §5.3: ", '"an octet"']
