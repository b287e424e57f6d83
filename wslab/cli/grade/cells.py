"""The code cells of a notebook, and the definitions in them by their names. Nothing here runs anything.

A definition is a function, a class, an import, or a name that a value is assigned to, at the top of a cell. `Source`
maps each name to the one that came last. Lines of IPython (`%pip`, `!ls`) are left out, a cell that is not Python is
skipped.
"""

from __future__ import annotations

import ast
import json
import symtable
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Cell", "Definition", "cells_of", "definitions", "parsed", "program", "used_names"]

MOST_CELLS = 2_000
"""Cells that a notebook may have."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A code cell: its id (empty where it has none), its source, and whether it is to be filled in by the learner."""

    id: str
    source: str
    is_exercise: bool = False


@dataclass(frozen=True, slots=True)
class Definition:
    """What defines a name: the statement, and its place among all of the notebook."""

    place: tuple[int, int]
    code: ast.stmt


def cells_of(text: str) -> list[Cell]:
    """The code cells of a notebook; `ValueError` with the end of a sentence where it is none."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("is no JSON") from None
    cells = data.get("cells") if isinstance(data, dict) else None
    if not isinstance(cells, list):
        raise ValueError("is not a notebook of format 4")
    if len(cells) > MOST_CELLS:
        raise ValueError(f"has {len(cells):,} cells, and a notebook to grade has at most {MOST_CELLS:,}")
    return [_cell(cell) for cell in cells if isinstance(cell, dict) and cell.get("cell_type") == "code"]


def _cell(cell: Mapping[str, Any]) -> Cell:
    name, source, metadata = cell.get("id"), cell.get("source"), cell.get("metadata")
    lines = [source] if isinstance(source, str) else source if isinstance(source, list) else []
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    text = "".join(line for line in lines if isinstance(line, str))
    return Cell(name if isinstance(name, str) else "", text, isinstance(tags, list) and "exercise" in tags)


def parsed(source: str) -> list[ast.stmt]:
    """The statements of a cell; `ValueError` with the end of a sentence where it is not Python."""
    lines = source.splitlines()
    kept = ["" if line.startswith(("%", "!", "?")) else line for line in lines]
    try:
        return ast.parse("\n".join(kept)).body
    except SyntaxError as error:
        raise ValueError(f"is not Python: line {error.lineno}, {error.msg}") from None
    except (ValueError, RecursionError, MemoryError):
        raise ValueError("is not Python") from None


def definitions(cells: Iterable[Cell], values: Iterable[str] | None = None) -> dict[str, Definition]:
    """The definitions of cells by name.

    An assignment counts where its value is a literal. Any value counts in the cells whose ids are `values`, and in all
    cells where no ids are given.
    """
    found: dict[str, Definition] = {}
    anywhere = None if values is None else set(values)
    for number, cell in enumerate(cells):
        try:
            statements = parsed(cell.source)
        except ValueError:
            continue
        for line, code in enumerate(statements):
            for name in _defined(code, any_value=anywhere is None or cell.id in anywhere):
                found[name] = Definition((number, line), code)
    return found


def _defined(code: ast.stmt, *, any_value: bool) -> Iterator[str]:
    """The names that a statement defines; none where it is something else than a definition."""
    match code:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield code.name
        case ast.Import() | ast.ImportFrom():
            yield from map(_imported, code.names)
        case ast.Assign(targets=targets, value=value) if any_value or _is_literal(value):
            yield from (node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if any_value or _is_literal(value):
            yield name
        case _:
            return


def _is_literal(value: ast.expr) -> bool:
    try:
        ast.literal_eval(value)
    except (ValueError, TypeError, MemoryError, RecursionError):
        return False
    return True


def used_names(source: str) -> set[str]:
    """The names that code reads and does not make itself, wherever in it; those of a function's own are none."""
    whole = symtable.symtable(source, "cell", "exec")
    own = {each.get_name() for each in whole.get_symbols() if each.is_assigned() or each.is_imported()}
    return {name for table in _tables(whole) for name in _read(table, whole)} - own


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _tables(child)


def _read(table: symtable.SymbolTable, whole: symtable.SymbolTable) -> Iterator[str]:
    for each in table.get_symbols():
        if each.is_referenced() and (table is whole or each.is_global()):
            yield each.get_name()


def program(wanted: Iterable[str], known: Mapping[str, Definition]) -> str:
    """The definitions of these names and of all that they use, in the order of the notebook, as Python."""
    left, taken = list(wanted), dict[str, Definition]()
    while left:
        name = left.pop()
        if name in known and name not in taken:
            taken[name] = known[name]
            left += used_names(ast.unparse(known[name].code))
    statements = {each.place: each.code for each in taken.values()}  # one statement may define several names
    return "\n".join(ast.unparse(_of_use(statements[place], taken)) for place in sorted(statements))


def _of_use(code: ast.stmt, wanted: Container[str]) -> ast.stmt:
    """A statement; of an import what is wanted of it, since the rest may need packages that are not here."""
    if isinstance(code, ast.Import):
        return ast.Import([alias for alias in code.names if _imported(alias) in wanted])
    if isinstance(code, ast.ImportFrom):
        return ast.ImportFrom(code.module, [alias for alias in code.names if _imported(alias) in wanted], code.level)
    return code


def _imported(alias: ast.alias) -> str:
    """The name that an import defines."""
    return (alias.asname or alias.name).split(".")[0]
