"""Spelling, of all that people read: the notebooks, the pages, the texts and docstrings of wslab.

How it works: prose is cut into words, and each is looked up in pyspellchecker's English dictionary and in the words of
the field, `words.txt`, one a line. A word that is right and not known is added there. British and American forms pass.
Code is no prose: what stands in backquotes or a fence, addresses, markup, a word with a capital, a digit or a sign
inside, such as `WebSocket` or `ws.py`, and a text in a program without three words in a row. Left out: comments, and
mistakes that are another word (“form” for “from”).
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from spellchecker import SpellChecker

from tests.test_words import strings

ROOT = Path(__file__).parent.parent
LIST = Path(__file__).parent / "words.txt"
LISTED = set(LIST.read_text("utf-8").split())
PAGES = ("*.md", "wslab/**/*.md", "notebooks/**/*.md", "tests/**/*.md")
NOTEBOOKS = ("notebooks/**/*.ipynb", "tests/notebooks/*.ipynb")

CODE = re.compile(r"```.*?```|`[^`]*`|https?://\S+|\]\([^)]*\)|<[^<>]*>|\{[^{}]*\}|&\w+;", re.DOTALL)
SENTENCE = re.compile(r"[^\W\d_]+ [^\W\d_]+ [^\W\d_]+")
WORD = re.compile(r"(?<![^\s(\[“”\"'‘*—-])[^\W\d_]+(?=(?:[’']s)?[.,;:!?]*(?:[\s)\]“”\"'’*—-]|$))")


def words(text: str) -> set[str]:
    """The words of a text, in small letters; code in it is left out, and so is a word with a capital inside."""
    return {word.lower() for word in WORD.findall(CODE.sub(" ", text)) if word[1:] == word[1:].lower()}


def texts() -> Iterator[tuple[str, str]]:
    """All prose, with its place."""
    for path in (path for pattern in PAGES for path in ROOT.glob(pattern)):
        yield str(path.relative_to(ROOT)), path.read_text("utf-8")
    for path in (path for pattern in NOTEBOOKS for path in ROOT.glob(pattern)):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            for text in _prose(cell["cell_type"], "".join(cell["source"])):
                yield f"{path.relative_to(ROOT)}: {cell['id']}", text
    for path in ROOT.glob("wslab/**/*.py"):
        for line, text in strings(path):
            if SENTENCE.search(text):
                yield f"{path.relative_to(ROOT)}:{line}", text


def _prose(kind: str, source: str) -> list[str]:
    """What people read of a cell: all of a Markdown cell, and of code the texts in it."""
    if kind == "markdown":
        return [source]
    nodes = ast.walk(ast.parse(source))
    found = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return [text for text in found if SENTENCE.search(text)]


@pytest.fixture(scope="module")
def dictionary() -> SpellChecker:
    return SpellChecker()


@pytest.fixture(scope="module")
def places() -> dict[str, list[str]]:
    """Where each word is."""
    found: dict[str, list[str]] = {}
    for place, text in texts():
        for word in words(text):
            found.setdefault(word, []).append(place)
    return found


def test_every_word_is_spelt_as_the_dictionary_or_the_list_has_it(
    dictionary: SpellChecker, places: dict[str, list[str]]
) -> None:
    assert len(places) > 3000
    unknown = dictionary.unknown(places) - LISTED
    assert {word: places[word][:3] for word in sorted(unknown)} == {}, f"fix it, or add it to tests/{LIST.name}"


def test_the_list_is_in_order_and_has_no_word_of_the_dictionary(dictionary: SpellChecker) -> None:
    assert LIST.read_text("utf-8").split() == sorted(LISTED)
    assert dictionary.known(LISTED) == set()


@pytest.mark.parametrize(
    "wrong",
    [
        *("accomodate", "adress", "begining", "definately", "garantee", "immediatly", "independant", "lenght"),
        *("neccessary", "occured", "recieve", "refered", "seperate", "succesful", "thier", "transfered", "untill"),
        *("writen", "handhsake", "conection", "fragmnet", "maksed", "websokcet", "heartbaet"),
    ],
)
def test_a_mistake_is_found_wherever_it_stands(wrong: str, dictionary: SpellChecker) -> None:
    for text in (f"A {wrong} of it.", f"(“{wrong.capitalize()}”)", f"**{wrong}**, and {wrong}'s", f"a half-{wrong}\n"):
        assert wrong in dictionary.unknown(words(text)) - LISTED, text


@pytest.mark.parametrize(
    "code",
    ["`adress`", "```\nadress\n```", "https://adress.example", "[x](adress.md)", "adress.py", "reAdress", "adress1"],
)
def test_code_is_no_prose(code: str) -> None:
    assert words(f"See {code} there.") <= {"see", "there", "x"}
