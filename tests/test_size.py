"""The house stays small: short functions, modules that fit a reader's head, comments where the subject is subtle."""

from __future__ import annotations

import ast
import io
import tokenize
from pathlib import Path
from statistics import median

import pytest

PACKAGE = Path(__file__).parent.parent / "wslab"
PATHS = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))
MOST_LINES = 450
LONGEST, NINE_IN_TEN, MIDDLE = 40, 12, 5  # lines of a function's body
RULES = "protocol/rules.py"  # a table, and longer
SUBTLE = (
    "tape/interpreter.py",
    "protocol/connection.py",
    "lab/endpoint/closing_handshake.py",
    "lab/network/memory.py",
    "protocol/handshake/checks.py",
    "lab/link/relayed.py",
)
ONE_IN = 6


def bodies(path: str) -> list[tuple[int, str]]:
    """The lines that each function's body has, without its docstring, and the function's name."""
    found = []
    for node in ast.walk(ast.parse((PACKAGE / path).read_text())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            size = (node.end_lineno or 0) - body[0].lineno + 1 if body else 0
            found.append((size, f"{path}:{node.name}"))
    return found


def test_functions_are_short() -> None:
    sizes = sorted(each for path in PATHS for each in bodies(path))
    lines = [size for size, _ in sizes]
    assert sizes[-1][0] <= LONGEST, sizes[-1]
    assert lines[len(lines) * 9 // 10] <= NINE_IN_TEN
    assert median(lines) <= MIDDLE


@pytest.mark.parametrize("path", [path for path in PATHS if path != RULES])
def test_a_module_is_short(path: str) -> None:
    assert (PACKAGE / path).read_text().count("\n") <= MOST_LINES


@pytest.mark.parametrize("path", PATHS)
def test_a_module_opens_with_what_it_is(path: str) -> None:
    opening = ast.get_docstring(ast.parse((PACKAGE / path).read_text()))
    assert opening is not None
    assert "TODO" not in opening


@pytest.mark.parametrize("path", SUBTLE)
def test_a_subtle_module_explains_itself_as_it_goes(path: str) -> None:
    source = (PACKAGE / path).read_text()
    tree = ast.parse(source)
    docstrings: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            docstrings |= set(range(node.lineno, (node.end_lineno or 0) + 1))
    comments, code = set(), set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        line = token.start[0]
        if token.type == tokenize.COMMENT:
            comments.add(line)
        elif token.string.strip() and line not in docstrings:
            code.add(line)
    assert len(comments) * ONE_IN >= len(code), f"{len(comments)} comments on {len(code)} lines of code"
