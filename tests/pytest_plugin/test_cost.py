"""What the plugin costs a run of pytest that uses none of it: four small modules, and nothing of the lab."""

from __future__ import annotations

from pathlib import Path

import pytest

DIST = "wslab_as_installed-0.dist-info"
MINE = {"wslab", "wslab.pytest_plugin", "wslab.pytest_plugin.asked", "wslab.pytest_plugin.plugin"}
WIDGETRY = {"IPython", "anywidget", "click", "htpy", "ipywidgets", "rich"}
REPORT = """
import sys

import pytest


def test_plain():
    assert sorted(each for each in sys.modules if each.split(".")[0] == "wslab") == {mine}


def test_lab(wslab_virtual):
    assert "wslab.lab.lab" in sys.modules
    assert not {widgetry} & set(sys.modules)
"""


def test_pytest_loads_no_lab_before_a_fixture_is_used(
    pytester: pytest.Pytester, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the entry point of this checkout, as if it were installed, and in a process of its own."""
    entry = (root / "pyproject.toml").read_text().partition("[project.entry-points.pytest11]\n")[2].partition("\n")[0]
    dist = pytester.mkdir(DIST)
    (dist / "entry_points.txt").write_text(f"[pytest11]\n{entry.replace(chr(34), '')}\n")
    (dist / "METADATA").write_text("Name: wslab-as-installed\nVersion: 0\n")
    monkeypatch.setenv("PYTHONPATH", f"{pytester.path}:{root}")
    pytester.makepyfile(REPORT.format(mine=sorted(MINE), widgetry=WIDGETRY))
    others = ("asyncio", "aiohttp", "anyio", "hypothesispytest", "xdist", "timeout")
    blocked = [part for name in others for part in ("-p", f"no:{name}")]
    pytester.runpytest_subprocess(*blocked).assert_outcomes(passed=2)
