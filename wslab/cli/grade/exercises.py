"""The exercises of the course, each with the code that checks it, taken from the course's own notebooks.

An exercise is a cell with the tag `exercise`; its check is the next code cell. What the check needs beside the
learner's definitions is taken from the course's notebook as definitions, by name. So nothing that a learner handed in
decides how it is checked, and a notebook that joins the course is graded with no line more.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from wslab.cli.grade.cells import Cell, Definition, cells_of, definitions, used_names

__all__ = ["SOLUTIONS", "Exercise", "Lesson", "lessons"]

SOLUTIONS = "solutions-"
"""How each id begins in the course's notebooks of solutions, which lie beside a learner's own."""


@dataclass(frozen=True, slots=True)
class Exercise:
    """An exercise: its cell, the names that it defines, and the cell that checks it."""

    cell: Cell
    names: tuple[str, ...]
    check: Cell

    @property
    def title(self) -> str:
        """The names that the learner defines."""
        return ", ".join(self.names)

    @property
    def needs(self) -> set[str]:
        """The names that the check reads, and does not get from the learner."""
        return used_names(self.check.source) - set(self.names)


@dataclass(frozen=True)
class Lesson:
    """A notebook of the course, by the name of its file."""

    name: str
    cells: Sequence[Cell]

    @cached_property
    def by_id(self) -> Mapping[str, Cell]:
        """The code cells by their ids."""
        return {cell.id: cell for cell in self.cells}

    @cached_property
    def known(self) -> Mapping[str, Definition]:
        """What the notebook defines, each at its place among the `others`."""
        return definitions(self.others)

    @cached_property
    def others(self) -> Sequence[Cell]:
        """Its code cells but the exercises and their checks."""
        apart = [cell for each in self.exercises for cell in (each.cell, each.check)]
        return [cell for cell in self.cells if cell not in apart]

    @cached_property
    def exercises(self) -> tuple[Exercise, ...]:
        """Its exercises, in their order."""
        pairs = zip(self.cells, self.cells[1:], strict=False)
        return tuple(Exercise(cell, _names(cell), check) for cell, check in pairs if cell.is_exercise)


def lessons(folder: Path) -> list[Lesson]:
    """The notebooks of the course that have exercises."""
    found = [Lesson(path.stem, cells_of(path.read_text("utf-8"))) for path in sorted(folder.glob("*.ipynb"))]
    return [lesson for lesson in found if lesson.exercises]


def _names(cell: Cell) -> tuple[str, ...]:
    """What an exercise defines; imports of it are not what is asked."""
    found = definitions([cell])
    return tuple(name for name, each in found.items() if not isinstance(each.code, (ast.Import, ast.ImportFrom)))
