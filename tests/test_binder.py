"""Binder: repo2docker takes the repository, every version is pinned, and the steps give a Jupyter that runs 00_start.

The steps are read out of the Dockerfile that repo2docker prints, and run in a fresh environment without Docker.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from packaging.version import Version

from tests.lowest import bounds

FIRST = "notebooks/00_start.ipynb"


@pytest.fixture(scope="module")
def dockerfile(root: Path) -> str:
    """What repo2docker would build from this checkout."""
    tool = Path(sys.executable).with_name("jupyter-repo2docker")
    command = [str(tool), "--no-build", "--debug", "."]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def pins(root: Path) -> dict[str, str]:
    """The pinned packages by their normal name."""
    lines = (root / "binder" / "requirements.txt").read_text().splitlines()
    pairs = (line.split("==") for line in lines if not line.startswith("#"))
    return {normal(name): version for name, version in pairs}


def normal(name: str) -> str:
    """A package's name as the index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def steps(dockerfile: str) -> list[str]:
    """The commands with which Binder makes this repository's own part of the image."""
    return re.findall(r"^RUN (\S+/bin/pip install .*|\./binder/\S+)$", dockerfile, flags=re.MULTILINE)


def test_repo2docker_takes_the_repository_with_the_python_of_runtime_txt(root: Path, dockerfile: str) -> None:
    wanted = (root / "binder" / "runtime.txt").read_text().strip().replace("-", "=")
    assert f"Building conda environment for {wanted}" in dockerfile


def test_binder_installs_the_pins_and_then_runs_post_build(dockerfile: str) -> None:
    pip = '${KERNEL_PYTHON_PREFIX}/bin/pip install --no-cache-dir -r "binder/requirements.txt"'
    assert steps(dockerfile) == [pip, "./binder/postBuild"]


def test_every_requirement_is_one_exact_version_and_nothing_else(root: Path) -> None:
    head, *lines = (root / "binder" / "requirements.txt").read_text().splitlines()
    assert head == "# Written by `python binder/pin.py`; do not edit by hand."
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line)] == []


def test_every_package_of_the_course_is_pinned_within_its_bound(pins: dict[str, str]) -> None:
    lowest = bounds(extras=("lab", "hub"))
    assert [name for name, bound in lowest.items() if Version(pins.get(name, "0")) < Version(bound)] == []


def test_the_launch_link_of_the_readme_opens_the_first_notebook(root: Path) -> None:
    assert f"urlpath=lab/tree/{FIRST}" in (root / "README.md").read_text()
    assert (root / FIRST).is_file()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_steps_give_a_jupyter_in_which_the_first_notebook_runs(
    root: Path, dockerfile: str, pins: dict[str, str], tmp_path: Path
) -> None:
    venv.create(prefix := tmp_path / "env", with_pip=True)
    left_out = shutil.ignore_patterns(".git", ".venv", ".*_cache", ".hypothesis", ".ipynb_checkpoints", "__pycache__")
    shutil.copytree(root, checkout := tmp_path / "checkout", ignore=left_out)

    def shell(command: str) -> str:
        env = {**os.environ, "KERNEL_PYTHON_PREFIX": str(prefix), "PATH": f"{prefix}/bin:{os.environ['PATH']}"}
        env["JUPYTER_CONFIG_DIR"] = env["JUPYTER_DATA_DIR"] = str(tmp_path / "home")
        env["PIP_NO_COMPILE"] = "1"  # most of what is installed is not imported here
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=checkout,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    for step in steps(dockerfile):
        shell(step)
    shell("pip check")
    installed = dict(line.split("==") for line in shell("pip list --format=freeze").splitlines())
    there = {normal(name): version for name, version in installed.items()}
    assert {name: there[name] for name in there.keys() - {"pip", "setuptools", "wheel", "wslab"}} == pins
    assert "All that the lab needs is here." in shell("wslab doctor")
    shell(f"cd notebooks && jupyter execute {Path(FIRST).name}")
    assert (prefix / "etc/jupyter/labconfig/default_setting_overrides.json").is_file()
