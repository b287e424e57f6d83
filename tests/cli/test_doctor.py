"""The doctor: what is here, what is missing, how to get it."""

from __future__ import annotations

import json
import shutil
import socket
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from wslab.cli import doctor
from wslab.cli.doctor import CORE, Finding, examine, find_chromium, verdict
from wslab.cli.main import main


def find(name: str) -> Finding:
    """The finding of this name in a fresh look."""
    return next(finding for finding in examine() if finding.name == name)


def test_this_environment_has_all_that_the_lab_needs() -> None:
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 0, result.stdout
    assert result.stdout.splitlines()[-1] == "All that the lab needs is here."


def test_a_missing_package_is_named_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "CORE", (*CORE, "no-such-package"))
    result = CliRunner().invoke(main, ["doctor"], env={"COLUMNS": "160"})
    assert result.exit_code == 1
    assert "pip install --force-reinstall wslab" in result.stdout
    assert result.stdout.splitlines()[-1] == "Missing, and needed by the lab: no-such-package."


def test_the_core_packages_are_those_of_pyproject(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert [line.split(">=")[0] for line in project["dependencies"]] == list(CORE)


def test_a_missing_tool_of_the_tests_is_told_and_does_not_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    finding = find("tshark")
    assert (finding.ok, finding.required) == (False, False)
    assert verdict([finding]) == "All that the lab needs is here."


def test_a_loopback_that_cannot_listen_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> socket.socket:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket, "create_server", refuse)
    finding = find("loopback")
    assert (finding.ok, finding.required, finding.found) == (False, True, "Permission denied")


@pytest.mark.parametrize(("no_proxy", "ok"), [("", False), ("127.0.0.1,localhost", True)])
def test_a_proxy_in_the_way_of_loopback_is_told(no_proxy: str, ok: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:3128")
    monkeypatch.setenv("no_proxy", no_proxy)
    assert find("proxy").ok is ok


@pytest.fixture
def jupyter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty place where Jupyter looks, and the only one."""
    monkeypatch.setattr(doctor, "_jupyter_path", lambda *parts: [str(tmp_path.joinpath(*parts))])
    return tmp_path


def test_a_missing_front_end_is_told(jupyter: Path) -> None:
    finding = find("anywidget front end")
    assert (finding.ok, finding.required) == (False, True)
    assert "anywidget" in finding.fix


@pytest.mark.parametrize(
    ("program", "ok"), [("python", True), (sys.executable, True), ("/usr/bin/elsewhere/python3", False), (None, False)]
)
def test_a_kernel_of_another_python_is_told(jupyter: Path, program: str | None, ok: bool) -> None:
    if program:
        (jupyter / "kernels" / "python3").mkdir(parents=True)
        (jupyter / "kernels" / "python3" / "kernel.json").write_text(json.dumps({"argv": [program, "-m", "ipykernel"]}))
    assert find("kernel python3").ok is ok


def test_the_named_chromium_goes_before_all_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = tmp_path / "my-chromium"
    mine.write_text("#!/bin/sh\n")
    mine.chmod(0o755)
    monkeypatch.setenv("WSLAB_CHROMIUM", str(mine))
    assert find_chromium() == str(mine)


def test_a_named_chromium_that_is_not_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WSLAB_CHROMIUM", "/no/such/chromium")
    assert find_chromium() is None


def test_playwrights_own_chromium_is_found_the_newest_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for revision in ("chromium-1100", "chromium-1255"):
        (tmp_path / revision / "chrome-linux64").mkdir(parents=True)
        (tmp_path / revision / "chrome-linux64" / "chrome").write_text("")
    monkeypatch.delenv("WSLAB_CHROMIUM", raising=False)
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert find_chromium() == str(tmp_path / "chromium-1255" / "chrome-linux64" / "chrome")
