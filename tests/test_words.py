"""Words that the lab does not use: old private metaphors, and English that stumbles. Each has a plain replacement."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from wslab.scenarios import SCENARIOS

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
    "hang up": "end",
    "hangs up": "ends",
    "hung up": "ended",
    "impatient": "with a short timeout",
    "patience": "timeout",
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
PATTERNS = {
    r"(?i)\b(clients?|servers?|prox(y|ies)|intermediar(y|ies)|heartbeats?|side) (give|gives|gave) up\b": "end",
    r"\b(ping|pong)s?\b": "Ping, Pong: a frame has a capital",
    r"\bclose frames?\b": "Close frame",
    r"\bmiddlebox(es)?\b": "intermediary",
    r"\b(seconds|s|min|minutes|hours?) of silence\b": "nothing for 10 s; silence is a path that swallows everything",
}
"""What the prose for learners does not say: as a pattern, with what to write."""

LEARNERS = (
    "scenarios",
    "course",
    "explain",
    "lab/faults",
    "tape/sentences.py",
    "protocol/rules.py",
    "conformance/lessons.py",
)
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


def strings(path: Path) -> list[tuple[int, str]]:
    """The texts of a module with more than one word, docstrings included; a pattern, `r"..."`, is no text of ours."""
    source = path.read_text(encoding="utf-8")
    lines, nodes = source.encode().split(b"\n"), ast.walk(ast.parse(source))
    found = [node for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    found = [node for node in found if not _is_pattern(lines[node.lineno - 1][node.col_offset :])]
    return [(node.lineno, str(node.value)) for node in found if " " in str(node.value).strip()]


def _is_pattern(code: bytes) -> bool:
    return code.startswith(b'r"') and not code.startswith(b'r"""')


def prose(root: Path) -> list[tuple[str, str]]:
    """What learners read, with its place; code and quotations are left out."""
    texts = [("README.md", re.sub(r"```.*?```", "", (root / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL))]
    for path in sorted((root / "notebooks").rglob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        texts += [(path.name, "".join(cell["source"])) for cell in cells if cell["cell_type"] == "markdown"]
    for part in LEARNERS:
        place = root / "wslab" / part
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            texts += [(f"{path.relative_to(root)}:{number}", text) for number, text in strings(path)]
    names = "|".join(sorted((name for name in SCENARIOS if "-" in name), key=len, reverse=True))  # they are code
    return [
        (place, re.sub(rf"`[^`]*`|“[^”]*”|(?m:^[ .]*await .*$)|\b(?:{names})\b", "", text)) for place, text in texts
    ]


@pytest.fixture(scope="module")
def all_lines() -> list[tuple[str, str]]:
    return lines(Path(__file__).parent.parent)


@pytest.mark.parametrize("word", REPLACEMENTS)
def test_a_banned_word_is_nowhere(word: str, all_lines: list[tuple[str, str]]) -> None:
    pattern = re.compile(rf"(?<![a-z]){word}(?![a-z])")
    places = [place for place, line in all_lines if pattern.search(line)]
    assert places == [], f"instead of “{word}” write: {REPLACEMENTS[word]}"


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_prose_for_learners_has_one_word_for_one_thing(pattern: str) -> None:
    texts = prose(Path(__file__).parent.parent)
    places = [(place, found[0]) for place, text in texts for found in re.finditer(pattern, text)]
    assert len(texts) > 1000
    assert places == [], f"write: {PATTERNS[pattern]}"


def test_only_a_quotation_may_hold_the_words_of_an_rfc(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text('# §5.3: "each octet"\n"an octet"\n')
    assert [line for _, line in lines(tmp_path)] == ["# §5.3: ", '"an octet"']
