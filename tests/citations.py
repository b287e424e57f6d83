"""Every section that wslab cites, with its line, to be read with the RFC: `python -m tests.citations [folder ...]`.

A citation is `§5.2` in words, or "5.2" and "RFC 9112 2.2" as data. `SECTIONS` are all sections of the RFCs that are
cited most, and of the others those that were looked up; `test_citations` holds that nothing else is cited.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
WHERE = ("wslab", "notebooks", "README.md")
SUFFIXES = (".py", ".ipynb", ".md")

SECTIONS = {
    "6455": "1 1.1 1.2 1.3 1.4 1.5 1.6 1.7 1.8 1.9 2 2.1 3 4 4.1 4.2 4.2.1 4.2.2 4.3 4.4 5 5.1 5.2 5.3 5.4 5.5"
    " 5.5.1 5.5.2 5.5.3 5.6 5.7 5.8 6 6.1 6.2 7 7.1 7.1.1 7.1.2 7.1.3 7.1.4 7.1.5 7.1.6 7.1.7 7.2 7.2.1"
    " 7.2.2 7.2.3 7.3 7.4 7.4.1 7.4.2 8 8.1 9 9.1 9.2 10 10.1 10.2 10.3 10.4 10.5 10.6 10.7 10.8 11 11.1"
    " 11.1.1 11.1.2 11.2 11.3 11.3.1 11.3.2 11.3.3 11.3.4 11.3.5 11.4 11.5 11.6 11.7 11.8 11.9 12",
    "7692": "1 2 3 4 5 5.1 5.2 6 6.1 6.2 7 7.1 7.1.1 7.1.1.1 7.1.1.2 7.1.2 7.1.2.1 7.1.2.2 7.1.3 7.2 7.2.1 7.2.2"
    " 7.2.3 7.2.3.1 7.2.3.2 7.2.3.3 7.2.3.4 7.2.3.5 7.2.3.6 8 9",
    "9293": "1 2 2.2 3 3.1 3.2 3.3 3.4 3.5 3.5.1 3.5.2 3.5.3 3.6 3.6.1 3.7 3.7.1 3.7.4 3.8 3.8.1 3.8.2 3.8.3 3.8.4"
    " 3.8.6 3.8.6.1 3.8.6.2 3.8.6.3 3.9 3.10 3.10.1 3.10.2 3.10.3 3.10.4 3.10.5 3.10.7",
    "9110": "5.1 5.3 5.4 5.5 5.6.1 5.6.2 6.4.1 7.6.1 7.8 8.6 9.1 9.3.1 9.3.6 10.2.2 10.2.3 11.1 11.4 11.6.1 11.6.2"
    " 11.7.1 11.7.2 15 15.2 15.3.6 15.4 15.5.2 15.5.4 15.5.6 15.5.8 15.5.22 15.6.4",
    "9112": "2 2.1 2.2 3 3.2 3.2.2 4 5 5.2 6 6.1 6.3 7.1 9.3",
    "9113": "3.4 6.5",
    "1951": "3.2.5",
    "1928": "3 4 6",
    "1929": "2",
    "8441": "3 4 5",
    "8446": "1.2 5.1",
    "6585": "5",
    "4648": "3.5",
    "6298": "5",
    "6066": "3",
    "6265": "4.1.1 4.2",
    "3986": "2.1 3.2 3.3",
    "3629": "3 4",
    "9525": "6",
}
"""The sections that there are, by RFC."""


class Citation(NamedTuple):
    """A section: where it is cited, the RFC's number where it is named, and the line."""

    place: str
    rfc: str
    section: str
    line: str


_IN_WORDS = re.compile(r"(?:RFC (?P<rfc>\d{4}) )?§(?P<section>\d+(?:\.\d+)*)")
_AS_DATA = re.compile(r'"(?:RFC (?P<rfc>\d{4}) )?(?P<section>\d{1,2}(?:\.\d{1,2}){1,3}|(?<=RFC \d{4} )\d)"')
_DATA = (
    "wslab/protocol/rules.py",
    "wslab/explain/words.py",
    "wslab/explain/anatomy.py",
    "wslab/conformance/lessons.py",
)


def citations(names: Iterable[str] = WHERE) -> Iterator[Citation]:
    """Every citation of these files and folders, line by line."""
    for path in _files(names):
        place = path.relative_to(ROOT).as_posix()
        patterns = (_IN_WORDS, _AS_DATA) if place in _DATA else (_IN_WORDS,)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for found in (each for pattern in patterns for each in pattern.finditer(line)):
                yield Citation(f"{place}:{number}", found["rfc"] or "", found["section"], line.strip())


def _files(names: Iterable[str]) -> Iterator[Path]:
    for name in names:
        path = ROOT / name
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (each for each in found if each.suffix in SUFFIXES)


def main(names: list[str]) -> None:
    """Print them and their number."""
    found = list(citations(names or WHERE))
    for each in found:
        print(f"{each.place}: {f'RFC {each.rfc} ' if each.rfc else ''}§{each.section}: {each.line}")
    print(f"{len(found)} citations")


if __name__ == "__main__":
    main(sys.argv[1:])
