"""What is built and shipped: metadata, the wheel's contents, the top of the repository."""

from __future__ import annotations

import re
import subprocess
import tomllib
import zipfile
from email import message_from_string
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

import wslab

TOP = {
    *("wslab", "notebooks", "tests", "binder", "benchmarks", "pyproject.toml"),
    *("README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md"),
}


@pytest.fixture(scope="module")
def project(root: Path) -> dict[str, Any]:
    """The `[project]` table."""
    table: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    return table


@pytest.fixture(scope="module")
def contents(wheel: Path) -> list[str]:
    """Every file in the wheel."""
    return zipfile.ZipFile(wheel).namelist()


@pytest.fixture(scope="module")
def metadata(wheel: Path, contents: list[str]) -> Message:
    """The wheel's METADATA."""
    name = next(name for name in contents if name.endswith(".dist-info/METADATA"))
    return message_from_string(zipfile.ZipFile(wheel).read(name).decode())


def in_git(root: Path, *below: str) -> set[str]:
    """Every file of the checkout that git knows or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *below]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.splitlines()
    return {name for name in listed if (root / name).exists()}


def test_the_version_is_one(project: dict[str, Any], metadata: Message, root: Path) -> None:
    assert project["version"] == wslab.__version__ == metadata["Version"]
    assert f"\n## {wslab.__version__}" in (root / "CHANGELOG.md").read_text()


def test_the_core_needs_exactly_these(project: dict[str, Any]) -> None:
    names = [re.split(r"[<>=;]", need)[0] for need in project["dependencies"]]
    assert names == [
        *("h11", "htpy", "websockets", "rich", "click", "nest-asyncio2"),
    ]


def test_every_dependency_says_why(root: Path, project: dict[str, Any]) -> None:
    lines = (root / "pyproject.toml").read_text().splitlines()
    extras = project["optional-dependencies"]
    for need in [*project["dependencies"], *(need for extra in extras.values() for need in extra)]:
        reasons = [line.partition("#")[2] for line in lines if f'"{need}",' in line]
        assert any(len(reason) > 10 for reason in reasons), need


def test_the_metadata_is_whole(metadata: Message) -> None:
    assert metadata["License-Expression"] == "BSD-3-Clause"
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["Summary"]
    assert "Typing :: Typed" in metadata.get_all("Classifier", [])
    assert str(metadata.get_payload()).startswith("# wslab")


def test_the_wheel_holds_the_package_and_the_notebooks_and_nothing_else(root: Path, contents: list[str]) -> None:
    package = {name for name in contents if not name.startswith(f"wslab-{wslab.__version__}.dist-info/")}
    notebooks = {f"wslab/{name}" for name in in_git(root, "notebooks")}
    assert package == in_git(root, "wslab") | notebooks


@pytest.mark.parametrize(
    "name",
    [
        "wslab/py.typed",
        "wslab/notebooks/00_start.ipynb",
        "wslab/widgets/static/wslab.js",
        "wslab/widgets/static/wslab.css",
        "wslab/jupyter/labconfig/default_setting_overrides.json",
    ],
)
def test_the_wheel_holds_what_is_no_python(contents: list[str], name: str) -> None:
    assert name in contents


def test_the_wheel_installs_the_command_and_the_plugin_of_pytest(wheel: Path, contents: list[str]) -> None:
    name = next(name for name in contents if name.endswith("entry_points.txt"))
    points = zipfile.ZipFile(wheel).read(name).decode()
    assert "wslab = wslab.cli.main:main" in points
    assert "[pytest11]\nwslab = wslab.pytest_plugin.plugin" in points


def test_the_top_of_the_repository_holds_what_the_mission_names_and_dot_files(root: Path) -> None:
    tops = {name.split("/")[0] for name in in_git(root)}
    assert {top for top in tops if not top.startswith(".")} == TOP
