"""The launcher: whose files are whose, and a JupyterLab that starts, answers, stays at home and ends on Ctrl-C."""

from __future__ import annotations

import json
import os
import platform
import re
import signal
import socket
import subprocess
import sys
import urllib.request
import webbrowser
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.sync.client import connect

from wslab import extras
from wslab.cli import launch
from wslab.cli.errors import CliError
from wslab.cli.launch import MANIFEST, Copied, can_open_files, copy_course, course_folder, has_browser


def notebook(*sources: str, output: str = "") -> str:
    """A notebook's text with these cells, each with an output if given."""
    outputs = [{"output_type": "stream", "name": "stdout", "text": output}] if output else []
    cells = [{"cell_type": "code", "source": source, "outputs": outputs, "metadata": {}} for source in sources]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A small course: two notebooks, a picture in a folder, and what must not be copied."""
    source = tmp_path / "course"
    (source / "images").mkdir(parents=True)
    (source / ".ipynb_checkpoints").mkdir()
    (source / "00_start.ipynb").write_text(notebook("1 + 1"))
    (source / "01_more.ipynb").write_text(notebook("2 + 2"))
    (source / "images" / "a.png").write_bytes(b"\x89PNG")
    (source / ".ipynb_checkpoints" / "00_start.ipynb").write_text("old")
    return source


@pytest.fixture
def copy(course: Path, tmp_path: Path) -> Path:
    """The learner's folder, just copied."""
    copy_course(course, tmp_path / "mine")
    return tmp_path / "mine"


def names(folder: Path) -> list[str]:
    """Every file below a folder."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_copy_holds_the_course_and_its_manifest_and_nothing_hidden(course: Path, tmp_path: Path) -> None:
    copied = copy_course(course, tmp_path / "a" / "mine")
    assert copied == Copied(new=["00_start.ipynb", "01_more.ipynb", "images/a.png"])
    assert names(tmp_path / "a" / "mine") == [".wslab.json", "00_start.ipynb", "01_more.ipynb", "images/a.png"]


def test_a_second_copy_changes_nothing(course: Path, copy: Path) -> None:
    before = {name: (copy / name).stat().st_mtime_ns for name in names(copy) if name != ".wslab.json"}
    assert copy_course(course, copy) == Copied()
    assert before == {name: (copy / name).stat().st_mtime_ns for name in before}


@pytest.mark.parametrize("mine", [notebook("my own"), "not a notebook", "", "{}", notebook("1 + 1", "my cell")])
def test_a_changed_file_is_kept_also_when_the_course_moves_on(course: Path, copy: Path, mine: str) -> None:
    (copy / "00_start.ipynb").write_text(mine)
    assert copy_course(course, copy) == Copied(kept=["00_start.ipynb"])
    (course / "00_start.ipynb").write_text(notebook("new lesson"))
    assert copy_course(course, copy) == Copied(kept=["00_start.ipynb"])
    assert (copy / "00_start.ipynb").read_text() == mine


def test_a_file_as_we_left_it_is_brought_up_to_date(course: Path, copy: Path) -> None:
    (course / "00_start.ipynb").write_text(notebook("new lesson"))
    (course / "images" / "a.png").write_bytes(b"new picture")
    assert copy_course(course, copy) == Copied(updated=["00_start.ipynb", "images/a.png"])
    assert (copy / "00_start.ipynb").read_text() == notebook("new lesson")


def test_a_notebook_that_was_only_run_keeps_its_outputs_until_the_course_moves_on(course: Path, copy: Path) -> None:
    (copy / "00_start.ipynb").write_text(notebook("1 + 1", output="2"))
    assert copy_course(course, copy) == Copied()
    assert (copy / "00_start.ipynb").read_text() == notebook("1 + 1", output="2")
    (course / "00_start.ipynb").write_text(notebook("new lesson"))
    assert copy_course(course, copy) == Copied(updated=["00_start.ipynb"])


def test_a_removed_file_comes_back(course: Path, copy: Path) -> None:
    (copy / "01_more.ipynb").unlink()
    assert copy_course(course, copy) == Copied(new=["01_more.ipynb"])


def test_a_change_that_the_course_made_too_is_no_change(course: Path, copy: Path) -> None:
    for folder in (course, copy):
        (folder / "00_start.ipynb").write_text(notebook("the same idea"))
    assert copy_course(course, copy) == Copied()


@pytest.mark.parametrize("manifest", ["", "{", "[]", "null", '"x"'])
def test_without_a_readable_manifest_every_differing_file_is_the_learners(
    course: Path, copy: Path, manifest: str
) -> None:
    (copy / ".wslab.json").write_text(manifest)
    (course / "00_start.ipynb").write_text(notebook("new lesson"))
    assert copy_course(course, copy) == Copied(kept=["00_start.ipynb"])


def test_files_that_were_there_before_us_are_kept(course: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "00_start.ipynb").write_text(notebook("mine since long"))
    assert copy_course(course, tmp_path / "mine").kept == ["00_start.ipynb"]


# --- a checkout -------------------------------------------------------------------------------------


def git(*arguments: str, cwd: Path) -> str:
    """Run git without anybody's configuration; give what it says."""
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *who, *arguments], cwd=cwd, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def clone(course: Path, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of a repository with a course, from which `wslab` seems to run; `upstream` is beside it."""
    upstream = tmp_path / "upstream"
    (upstream / "wslab").mkdir(parents=True)
    course.rename(upstream / "notebooks")
    for name in ("pyproject.toml", ".gitignore"):
        (upstream / name).write_bytes((root / name).read_bytes())
    git("init", "-q", "-b", "main", cwd=upstream)
    git("add", "-A", cwd=upstream)
    git("commit", "-qm", "the course", cwd=upstream)
    git("clone", "-q", str(upstream), str(tmp_path / "clone"), cwd=tmp_path)
    monkeypatch.setattr(launch, "PACKAGE", tmp_path / "clone" / "wslab")
    return tmp_path / "clone"


def test_a_checkout_opens_a_copy_and_the_next_pull_does_not_conflict(clone: Path, tmp_path: Path) -> None:
    folder = course_folder()
    assert folder == clone / "wslab-notebooks"
    (folder / "00_start.ipynb").write_text(notebook("1 + 1", output="2"))  # run
    (folder / "01_more.ipynb").write_text(notebook("2 + 2", "my own cell"))  # and changed
    assert git("status", "--porcelain", cwd=clone) == ""

    upstream = tmp_path / "upstream"
    for name in ("00_start.ipynb", "01_more.ipynb"):
        (upstream / "notebooks" / name).write_text(notebook("new lesson"))
    git("commit", "-qam", "a new lesson", cwd=upstream)
    git("pull", "-q", cwd=clone)

    assert course_folder() == folder
    assert (folder / "00_start.ipynb").read_text() == notebook("new lesson")
    assert (folder / "01_more.ipynb").read_text() == notebook("2 + 2", "my own cell")
    assert git("status", "--porcelain", cwd=clone) == ""


def test_who_writes_the_course_opens_the_course_itself(clone: Path) -> None:
    assert course_folder(clone / "notebooks") == clone / "notebooks"
    assert not (clone / "notebooks" / MANIFEST).exists()
    assert git("status", "--porcelain", cwd=clone) == ""


def test_a_wheel_opens_a_copy_in_the_working_folder(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(launch, "PACKAGE", course.parent)
    course.rename(course.parent / "notebooks")
    monkeypatch.chdir(tmp_path)
    folder = course_folder()
    assert folder == tmp_path / "wslab-notebooks"
    (folder / "00_start.ipynb").write_text("mine")
    course_folder()
    assert "Kept as you changed them: 00_start.ipynb" in capsys.readouterr().out


def test_a_folder_that_cannot_be_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CliError, match=r"cannot be copied to .*/file/deep: Not a directory"):
        course_folder(tmp_path / "file" / "deep")


def test_without_jupyterlab_one_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    with pytest.raises(
        CliError, match=r"The course needs jupyterlab and hypothesis, .*: pip install 'wslab\[lab\]' \(wslab --help"
    ):
        launch.launch()


@pytest.mark.parametrize(
    ("browser", "expected"),
    [
        (webbrowser.BackgroundBrowser("firefox"), True),
        (webbrowser.GenericBrowser("wslview"), True),
        (webbrowser.GenericBrowser("lynx"), False),
        (None, False),
    ],
)
def test_only_a_browser_with_a_window_counts(
    browser: webbrowser.BaseBrowser | None, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def get() -> webbrowser.BaseBrowser:
        if browser is None:
            raise webbrowser.Error
        return browser

    monkeypatch.setattr(webbrowser, "get", get)
    assert has_browser() is expected


@pytest.mark.parametrize(
    ("browser", "release", "expected"),
    [(None, "6.8.0-generic", True), ("/opt/helper", "6.8.0-generic", False), (None, "5.15-microsoft-standard", False)],
)
def test_a_browser_elsewhere_is_given_the_address_and_no_file(
    browser: str | None, release: str, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BROWSER", raising=False)
    if browser:
        monkeypatch.setenv("BROWSER", browser)
    monkeypatch.setattr(platform, "release", lambda: release)
    monkeypatch.setattr(Path, "exists", lambda path: False)
    assert can_open_files() is expected


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def lab(*arguments: str, cwd: Path, package: Path | None = None) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Start `wslab` with no browser and give the process and what it printed up to its last opening line."""
    env = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(package or "")}
    command = [sys.executable, "-m", "wslab", "--no-browser", *arguments]
    with subprocess.Popen(
        command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as one:
        assert one.stdout is not None
        lines: list[str] = []
        try:
            while not lines or "Ctrl-C" not in lines[-1]:
                line = one.stdout.readline()
                assert line, f"it ended early: {lines}"
                lines.append(line)
            yield one, lines
        finally:
            one.kill()


def end(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Press Ctrl-C; give the exit code and what it said last."""
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=30)
    return process.returncode, said


def page(lines: list[str]) -> tuple[str, str]:
    """Open the printed address; give the address and the page."""
    found = re.search(r"http://127\.0\.0\.1:\d+/\S+", "".join(lines))
    assert found, lines
    with urllib.request.urlopen(found.group(), timeout=20) as answer:
        return found.group(), answer.read().decode()


@pytest.fixture
def from_wheel(wheel: Path, tmp_path: Path) -> Path:
    """The wheel, unpacked: wslab as it is where there is no checkout."""
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    return tmp_path / "site"


@pytest.mark.slow
def test_wslab_serves_the_first_notebook_of_a_copy_and_ends_on_ctrl_c(root: Path, tmp_path: Path) -> None:
    with lab("--notebooks", str(tmp_path / "mine"), "--port", str(free_port()), cwd=root) as (process, lines):
        address, html = page(lines)
        settings = _settings(address)
        _start_kernel(address)
        code, said = end(process)
    assert "/lab/workspaces/wslab/tree/00_start.ipynb?token=" in address
    assert json.loads(html.split('id="jupyter-config-data" type="application/json">')[1].split("</script>")[0])
    assert settings == {"checkForUpdates": False, "fetchNews": "false"}
    assert (code, said.strip()) == (0, "")


def _start_kernel(address: str) -> None:
    """Start a kernel as a page does, and hear from it: it must end with its server, and in silence."""
    base, token = address.split("/lab/")[0], address.split("token=")[1]
    request = urllib.request.Request(f"{base}/api/kernels?token={token}", data=b"{}", method="POST")
    with urllib.request.urlopen(request, timeout=60) as answer:
        kernel = json.load(answer)["id"]
    with connect(f"{base.replace('http', 'ws')}/api/kernels/{kernel}/channels?token={token}") as channels:
        assert channels.recv(timeout=60)


def _settings(address: str) -> dict[str, object]:
    """The defaults of JupyterLab's notifications as this server gives them."""
    base, token = address.split("/lab/")[0], address.split("token=")[1]
    url = f"{base}/lab/api/settings/@jupyterlab/apputils-extension:notification?token={token}"
    with urllib.request.urlopen(url, timeout=20) as answer:
        properties = json.load(answer)["schema"]["properties"]
    return {name: properties[name]["default"] for name in ("checkForUpdates", "fetchNews")}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_wheel_copies_the_course_opens_the_copy_and_keeps_a_changed_file(
    root: Path, from_wheel: Path, tmp_path: Path
) -> None:
    (tmp_path / "learner").mkdir()
    for mine in (None, "mine"):
        with lab("--port", str(free_port()), cwd=tmp_path / "learner", package=from_wheel) as (process, lines):
            address, _ = page(lines)
            code, _ = end(process)
        copies = tmp_path / "learner" / "wslab-notebooks"
        assert (code, "00_start.ipynb" in address) == (0, True)
        if mine is None:
            assert set(names(copies)) == {*names_in_git(root / "notebooks"), ".wslab.json"}
            (copies / "00_start.ipynb").write_text("mine")
    assert "Kept as you changed them: 00_start.ipynb" in "".join(lines)
    assert (copies / "00_start.ipynb").read_text() == "mine"


def names_in_git(folder: Path) -> list[str]:
    """The course's files, hidden ones left out."""
    return [name for name in names(folder) if not any(part.startswith(".") for part in name.split("/"))]


@pytest.mark.slow
def test_a_busy_port_gives_way_to_another_and_that_is_told(root: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with lab("--notebooks", str(tmp_path / "mine"), "--port", str(port), cwd=root) as (process, lines):
            address, _ = page(lines)
            code, _ = end(process)
    assert f"Port {port} is in use, so the lab is on" in "".join(lines)
    assert (f":{port}/" in address, code) == (False, 0)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is what POSIX has")
def test_ctrl_c_in_a_terminal_ends_it_with_no_question(
    root: Path, tmp_path: Path, press_ctrl_c: Callable[[list[str], Path], str]
) -> None:
    said = press_ctrl_c(["--no-browser", "--notebooks", str(tmp_path / "mine"), "--port", str(free_port())], root)
    assert "y/[n]" not in said
    assert "Traceback" not in said


# --- what else may be in the learner's folder ---------------------------------------------------------


@pytest.mark.parametrize("name", ["00_start.ipynb", ".wslab.json"])
@pytest.mark.parametrize("text", ["[" * 100_000, '{"cells": ' + "[" * 100_000, "9" * 5000, '"\\ud800"'])
def test_deep_json_and_long_numbers_are_the_learners_own(name: str, text: str, course: Path, copy: Path) -> None:
    (copy / name).write_text(text)
    copied = copy_course(course, copy)
    assert copied.kept == (["00_start.ipynb"] if name == "00_start.ipynb" else [])
    assert not copied.new


@pytest.mark.skipif(os.name == "nt", reason="links and FIFOs as POSIX has them")
def test_names_that_can_be_foreseen_write_nowhere_else(course: Path, tmp_path: Path) -> None:
    mine, other = tmp_path / "mine", tmp_path / "other"
    mine.mkdir()
    other.write_text("of somebody else")
    for name in (".00_start.ipynb.part", ".01_more.ipynb.part", "..wslab.json.part"):
        (mine / name).symlink_to(other)
    (mine / "01_more.ipynb").symlink_to(tmp_path / "gone")
    (mine / MANIFEST).symlink_to(other)
    copy_course(course, mine)
    assert other.read_text() == "of somebody else"
    assert not (tmp_path / "gone").exists()
    assert (mine / "00_start.ipynb").is_file()


@pytest.mark.skipif(os.name == "nt", reason="links and FIFOs as POSIX has them")
def test_a_fifo_and_a_huge_file_are_the_learners_own(course: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    for name in (".00_start.ipynb.part", "00_start.ipynb"):
        os.mkfifo(mine / name)
    with (mine / "01_more.ipynb").open("wb") as file:
        file.truncate(3 << 30)
    copied = copy_course(course, mine)
    assert copied.kept == ["00_start.ipynb", "01_more.ipynb"]
    (mine / MANIFEST).unlink()
    os.mkfifo(mine / MANIFEST)
    assert copy_course(course, mine).kept == ["00_start.ipynb", "01_more.ipynb"]


def test_a_private_copy_stays_private(course: Path, copy: Path) -> None:
    (copy / "00_start.ipynb").chmod(0o600)
    (course / "00_start.ipynb").write_text(notebook("1 + 2"))
    assert copy_course(course, copy).updated == ["00_start.ipynb"]
    assert (copy / "00_start.ipynb").stat().st_mode & 0o777 == 0o600
