"""The lines of code in which the fixed variant of a scenario differs from the scenario as it is.

How it works: a scenario is one function, and its fix is other values for some parameters. So the function's source is
read twice, once with each set of values. A value replaces the parameter's name; an `if`, a conditional expression and a
condition that these values decide become the part that runs. Of the two texts, the lines that differ are what the fix
changes. All other code stays as it is written, and a test runs both texts: they give the same tapes as the scenario.

Left out: code that a scenario calls elsewhere. There the call with its other argument is the difference.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from wslab.scenarios.catalogue import Scenario
from wslab.scenarios.interventions import as_code

__all__ = ["CodeChange", "code_changes", "code_with"]


@dataclass(frozen=True, slots=True)
class CodeChange:
    """Lines that stand next to each other: `plain` as they are, `fixed` as they are in the fixed variant."""

    plain: tuple[str, ...]
    fixed: tuple[str, ...]


def code_changes(scenario: Scenario) -> list[CodeChange]:
    """What the fix changes in the scenario's code, from top to bottom; nothing where there is no fix."""
    if not scenario.fix:
        return []
    plain = {name: scenario.parameters[name].default for name in scenario.fix}
    return list(_differing(code_with(scenario, plain), code_with(scenario, scenario.fix)))


def code_with(scenario: Scenario, values: Mapping[str, object]) -> list[str]:
    """The lines of the scenario's body, with these values in the place of its parameters."""
    source = textwrap.dedent(inspect.getsource(scenario.run))
    constants = {name: value for name, value in _globals(scenario).items() if name.isupper()}
    return _Function(source, values, constants).lines()


def _globals(scenario: Scenario) -> Mapping[str, object]:
    found: Mapping[str, object] = getattr(scenario.run, "__globals__", {})
    return found


def _differing(plain: Sequence[str], fixed: Sequence[str]) -> Iterator[CodeChange]:
    for tag, start, stop, start2, stop2 in SequenceMatcher(None, plain, fixed, autojunk=False).get_opcodes():
        if tag != "equal":
            yield CodeChange(_dedented(plain[start:stop]), _dedented(fixed[start2:stop2]))


def _dedented(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(textwrap.dedent("\n".join(lines)).splitlines())


class _Function:
    """The source of a function, with known values in the place of its parameters."""

    def __init__(self, source: str, values: Mapping[str, object], constants: Mapping[str, object]) -> None:
        self._lines = source.splitlines(keepends=True)
        self._values = values
        self._known = {**constants, **values}
        (function,) = ast.parse(source).body
        assert isinstance(function, (ast.AsyncFunctionDef, ast.FunctionDef))
        self._alone = {id(block[0]) for node in ast.walk(function) for block in _blocks(node) if len(block) == 1}
        self._body = function.body[ast.get_docstring(function) is not None :]

    def lines(self) -> list[str]:
        """The lines of its body that are not empty, without the docstring."""
        text = "".join(self._statement(each) for each in self._body)
        return [line.rstrip() for line in textwrap.dedent(text).splitlines() if line.strip()]

    # ---- statements

    def _statement(self, node: ast.stmt) -> str:
        """A statement as whole lines."""
        if isinstance(node, ast.If) and self._decides(node.test):
            return self._branch(node)
        last = node.end_lineno or 0
        rest = self._at((last, node.end_col_offset or 0), (last, None))
        return f"{self._lines[node.lineno - 1][: node.col_offset]}{self._text(node)}{rest}"

    def _branch(self, node: ast.If) -> str:
        """The branch that runs, moved to where the `if` stands."""
        chosen = node.body if self._value(node.test) else node.orelse
        text = "".join(self._statement(each) for each in chosen) or ("pass\n" if id(node) in self._alone else "")
        if chosen is node.orelse and text.lstrip().startswith("elif "):
            text = text.replace("elif ", "if ", 1)
        return textwrap.indent(textwrap.dedent(text), " " * node.col_offset)

    # ---- any code

    def _text(self, node: ast.AST) -> str:
        """The source of a node, with what is known put in."""
        replaced = self._replaced(node)
        if replaced is not None:
            return replaced
        text, done = "", _begin(node)
        for child in _parts(node):
            text += self._at(done, _begin(child)) + self._child(node, child)
            done = _end(child)
        return text + self._at(done, _end(node))

    def _child(self, node: ast.AST, child: ast.AST) -> str:
        """A part of a node; a number before a dot stands in brackets."""
        text = self._text(child)
        return f"({text})" if isinstance(node, ast.Attribute) and text.isdecimal() else text

    def _replaced(self, node: ast.AST) -> str | None:
        """What stands for a node; None where its source does, with the parts replaced.

        Before Python 3.12 the parts of an f-string have no place of their own, so it stays as it is.
        """
        if isinstance(node, ast.JoinedStr):
            return self._at(_begin(node), _end(node))
        if isinstance(node, ast.IfExp) and self._decides(node.test):
            return self._text(node.body if self._value(node.test) else node.orelse)
        if isinstance(node, ast.If) and self._decides(node.test):
            return self._branch(node).strip()
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Dict) and self._decides(node.slice):
            return self._picked(node.value, self._value(node.slice))
        if isinstance(node, (ast.Name, ast.Compare, ast.BoolOp, ast.UnaryOp)) and self._decides(node):
            return as_code(self._value(node))
        return self._shorter(node) if isinstance(node, ast.BoolOp) else None

    def _picked(self, table: ast.Dict, key: object) -> str | None:
        """The value of a key in a table that is written out."""
        pairs = zip(table.keys, table.values, strict=True)
        return next((self._text(each) for name, each in pairs if isinstance(name, ast.Constant) and name.value == key))

    def _shorter(self, node: ast.BoolOp) -> str | None:
        """`a and b` without the first parts that are decided and let the next one decide."""
        left = list(node.values)
        while len(left) > 1 and self._decides(left[0]):
            del left[0]
        if len(left) == len(node.values):
            return None
        word = " and " if isinstance(node.op, ast.And) else " or "
        return word.join(self._text(each) for each in left)

    # ---- what is known

    def _decides(self, node: ast.expr) -> bool:
        """Whether the given values decide what an expression is."""
        named = any(isinstance(each, ast.Name) and each.id in self._values for each in ast.walk(node))
        return named and self._is_known(node)

    def _is_known(self, node: ast.expr) -> bool:
        if isinstance(node, ast.BoolOp):
            return self._ends(node)
        if isinstance(node, ast.Name):
            return isinstance(node.ctx, ast.Load) and node.id in self._known
        if isinstance(node, ast.Compare):
            return all(self._is_known(each) for each in (node.left, *node.comparators))
        return isinstance(node, ast.Constant) or (isinstance(node, ast.UnaryOp) and self._is_known(node.operand))

    def _ends(self, node: ast.BoolOp) -> bool:
        """Whether `and` or `or` is decided before anything unknown is asked."""
        stops = isinstance(node.op, ast.Or)
        for each in node.values:
            if not self._is_known(each):
                return False
            if bool(self._value(each)) == stops:
                return True
        return True

    def _value(self, node: ast.expr) -> object:
        if isinstance(node, ast.BoolOp):
            stops = isinstance(node.op, ast.Or)
            values = [self._value(each) for each in node.values if self._is_known(each)]
            return next((value for value in values if bool(value) == stops), values[-1])
        code = compile(ast.Expression(node), "<a scenario>", "eval")
        return eval(code, {"__builtins__": {}}, self._known)  # noqa: S307  names and constants of our own source

    def _at(self, start: tuple[int, int], stop: tuple[int, int | None]) -> str:
        """The source between two places; to the end of a line where that has no column."""
        rows = [line.encode() for line in self._lines[start[0] - 1 : stop[0]]]
        rows[-1] = rows[-1][: stop[1]]  # first: it may be the only one
        rows[0] = rows[0][start[1] :]
        return b"".join(rows).decode()


def _blocks(node: ast.AST) -> Iterator[Sequence[ast.stmt]]:
    """The blocks of statements that a node has."""
    yield from (
        getattr(node, name)
        for name in ("body", "orelse", "finalbody")
        if isinstance(node, ast.stmt) and hasattr(node, name)
    )


def _parts(node: ast.AST) -> list[ast.AST]:
    """The parts of a node that have a place, in their order."""
    found: list[ast.AST] = []
    for child in ast.iter_child_nodes(node):
        found += [child] if hasattr(child, "lineno") else _parts(child)
    return sorted(found, key=_begin)


def _begin(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def _end(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "end_lineno", 0), getattr(node, "end_col_offset", 0)
