"""CONTRIBUTING.md against the tree: its map has every folder and module of the package, and every path exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| `([\w/]+/)` \| (.*) \|$", TEXT, flags=re.MULTILINE))
PACKAGE = [folder for folder in ROWS if folder.startswith("wslab/")]


def folders() -> list[str]:
    """Every folder of the package with a file of its own."""
    files = (path for path in (ROOT / "wslab").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return sorted({f"{path.parent.relative_to(ROOT).as_posix()}/" for path in files})


def test_every_folder_of_the_package_is_on_the_map() -> None:
    on_map = [folder for folder in folders() if any(folder.startswith(each) for each in PACKAGE if each != "wslab/")]
    assert on_map == [folder for folder in folders() if folder != "wslab/"]
    packages = [folder for folder in folders() if (ROOT / folder / "__init__.py").exists()]
    assert [folder for folder in packages if folder not in ROWS] == []


@pytest.mark.parametrize("folder", ROWS)
def test_a_folder_of_the_map_exists(folder: str) -> None:
    assert (ROOT / folder).is_dir()


@pytest.mark.parametrize("folder", [each for each in PACKAGE if list((ROOT / each).glob("*.py"))])
def test_a_row_names_exactly_the_modules_of_its_folder(folder: str) -> None:
    there = {path.stem for path in (ROOT / folder).glob("*.py")} - {"__init__"}
    assert set(re.findall(r"`(\w+)`", ROWS[folder])) == there


def test_every_path_in_the_text_exists() -> None:
    paths = re.findall(r"`((?:wslab|tests|notebooks|binder|benchmarks|\.ci)/[\w./]*)`", TEXT)
    assert len(paths) > 50
    assert [path for path in paths if "NN_" not in path and not (ROOT / path).exists()] == []


def test_every_module_of_the_theory_of_operation_exists() -> None:
    theory = TEXT.partition("## Theory of operation")[2].partition("\n## ")[0]
    modules = re.findall(r"`((?:lab|tape|protocol|widgets)/[\w/]+)`", theory)
    assert len(modules) > 5
    assert [each for each in modules if not (ROOT / "wslab" / f"{each}.py").exists()] == []


def test_every_class_of_the_theory_of_operation_exists() -> None:
    theory = TEXT.partition("## Theory of operation")[2].partition("\n## ")[0]
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "wslab").rglob("*.py"))
    names = set(re.findall(r"`(?:protocol\.)?([A-Z][a-z]\w+)(?:\.(\w+))?`", theory))
    assert len(names) > 10
    assert [name for name, method in sorted(names) if f"class {name}" not in source] == []
    assert [method for _, method in names if method and f"def {method}(" not in source] == []
