"""A sentence is for people. No code of wslab looks into one: what it wants to know is a fact of the entry.

What a view must not do is found in the syntax: a `.sentence` or a belief's `.detail`, or a variable made of one, is
compared, searched, cut or matched. Printing one is fine.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent.parent / "wslab"
WORDS = {"sentence", "detail"}
"""Attributes that are made for people: of an entry, of a belief, of an error."""
CUTS = {
    *("startswith", "endswith", "removeprefix", "removesuffix", "partition", "rpartition", "split", "rsplit"),
    *("splitlines", "find", "rfind", "index", "rindex", "count", "replace", "translate"),
}
"""Methods that look into a text."""
SEARCHES = {"match", "search", "fullmatch", "findall", "finditer", "split", "sub", "subn"}
"""Functions of `re`, and methods of a pattern."""


def reads(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Lines that look into a sentence, with the function that they are in."""
    for function in _functions(tree):
        named = _names_of_sentences(function)
        for node in ast.walk(function):
            if any(_is_sentence(each, named) for each in _looked_into(node)):
                yield node.lineno, function.name  # type: ignore[attr-defined]


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (each for each in ast.walk(tree) if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)))


def _names_of_sentences(function: ast.AST) -> set[str]:
    """Variables to which a sentence was assigned."""
    named: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and _is_sentence(node.value, named):
            named |= {each.id for each in node.targets if isinstance(each, ast.Name)}
        elif isinstance(node, ast.NamedExpr) and _is_sentence(node.value, named):
            named.add(node.target.id)
    return named


def _is_sentence(node: ast.AST, named: set[str]) -> bool:
    """Whether this is a sentence as a whole, or in other letters, or a slice of one."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in ("lower", "upper", "strip", "casefold") and _is_sentence(node.func.value, named)
    if isinstance(node, ast.Subscript):
        return _is_sentence(node.value, named)
    if isinstance(node, ast.Attribute):
        return node.attr in WORDS
    return isinstance(node, ast.Name) and node.id in named


def _looked_into(node: ast.AST) -> list[ast.AST]:
    """What this node compares, searches or cuts."""
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators]
    if isinstance(node, ast.Subscript):
        return [node.value]
    if isinstance(node, ast.Match):
        return [node.subject]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        cut = [node.func.value] if node.func.attr in CUTS else []
        return [*cut, *(node.args if node.func.attr in SEARCHES else [])]
    return []


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_looks_into_a_sentence(path: Path) -> None:
    module = path.relative_to(PACKAGE).as_posix()
    found = [f"line {line}, in {function}" for line, function in reads(ast.parse(path.read_text(encoding="utf-8")))]
    assert not found, f"{module} looks into a sentence ({'; '.join(found)}): look at entry.fact, entry.tcp or the bytes"


@pytest.mark.parametrize(
    "line",
    [
        "if 'FIN' in entry.sentence: pass",
        "return entry.sentence == other.sentence",
        "return re.match('The client', entry.sentence)",
        "return PATTERN.search(entry.sentence)",
        "return entry.sentence.startswith('The client')",
        "return entry.sentence.lower().endswith('lost.')",
        "words = entry.sentence\n    return words.partition(':')",
        "return entry.sentence[:20]",
        "match entry.sentence:\n        case 'x': pass",
        "return belief.detail == 'closed by the client'",
    ],
)
def test_each_way_to_look_into_one_is_found(line: str) -> None:
    assert [*reads(ast.parse(f"def look(entry, other, belief):\n    {line}\n"))]


@pytest.mark.parametrize("line", ["print(entry.sentence)", "return f'{entry.sentence}!'", "return x or entry.sentence"])
def test_to_print_one_is_fine(line: str) -> None:
    assert not [*reads(ast.parse(f"def show(entry, x):\n    {line}\n"))]
