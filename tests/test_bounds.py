"""Each dependency's lower bound is one that a run has tested (`tests/lowest.py`), and what runs here obeys it."""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.version import Version

from tests import lowest


def test_every_dependency_is_used_by_tests_of_the_lowest_run(root: Path) -> None:
    assert {*lowest.USES, *lowest.TOOLS} == lowest.bounds().keys()
    assert {"anywidget", "trustme"} <= lowest.bounds(extras=("lab",)).keys()  # by the extras that it names
    for place in lowest.USES.values():
        path, _, test = place.partition("::")
        assert (root / path).is_dir() or f"def {test or 'test_'}" in (root / path).read_text()


@pytest.mark.parametrize(("name", "bound"), lowest.bounds().items(), ids=str)
def test_what_is_installed_is_what_the_bound_says(name: str, bound: str) -> None:
    """In the lowest run it is the bound itself, so that it is the bound which is tested."""
    installed = Version(version(name))
    assert installed == Version(bound) if os.environ.get(lowest.MARK) else installed >= Version(bound)


@pytest.mark.parametrize("need", ["click", "click>=8.4,<9", "click>=8.4; python_version < '3.12'", "click~=8.4"])
def test_a_dependency_in_another_form_is_named(need: str, tmp_path: Path) -> None:
    extras = "optional-dependencies = {lab = [], hub = [], test = []}"
    (tmp_path / "pyproject.toml").write_text(f'[project]\nname = "wslab"\ndependencies = ["{need}"]\n{extras}\n')
    with pytest.raises(ValueError, match="is not `name>=version`"):
        lowest.bounds(tmp_path / "pyproject.toml")
