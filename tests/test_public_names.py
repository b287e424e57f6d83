"""What `wslab` itself exports: one table, which type checkers and tests see whole."""

from __future__ import annotations

import ast
from pathlib import Path

import wslab


def test_every_public_name_exists() -> None:
    for name in wslab.__all__:
        assert getattr(wslab, name) is not None
    assert set(wslab.__all__) <= set(dir(wslab))


def test_type_checkers_are_told_every_public_name_and_no_other() -> None:
    tree = ast.parse(Path(wslab.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    imported = [alias for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert all(alias.asname == alias.name for alias in imported)
    assert sorted(alias.name for alias in imported) == wslab.__all__
