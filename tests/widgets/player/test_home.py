"""Taking a run home: the menu, the files, the page with all runs, and what cannot be written."""

from __future__ import annotations

import json
import logging
import os
import re
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from tests.formats import tshark
from tests.widgets.helpers import look, press
from wslab import ScenarioPlayer, Tape, Timeline, drop, edit, play
from wslab.exporter import UnknownSuffix
from wslab.scenarios.catalogue import SCENARIOS
from wslab.scenarios.reproduction import pytest_code, script
from wslab.widgets.player.home.files import size_words
from wslab.widgets.player.home.pages import MOST, runs_page
from wslab.widgets.player.widget import MOST_FORKS

HEAD = "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer very-secret-indeed\r\n\r\n"


def forked() -> ScenarioPlayer:
    """A player in which two forks were made, back at the run as it is."""
    view = ScenarioPlayer("half-open", asks=False)
    press(view, "change", "6:drop")
    press(view, "back")
    press(view, "change", "3:delay:1")
    press(view, "back")
    return view


def titles(html: str) -> list[str]:
    return re.findall(r'<details class="wsl-run"><summary>([^<]*)', html)


# ---- the menu


def test_the_menu_copies_script_test_and_command_of_the_run_that_is_shown() -> None:
    view = ScenarioPlayer(play("clean-close", do={6: drop}))
    copied = [str(each["data-copy"]) for each in look(view.regions["header"]).having("data-copy")]
    assert script(view.player.played.call) in copied
    assert pytest_code(view.player.played) in copied
    assert "wslab play clean-close --do=6=drop" in copied
    view = ScenarioPlayer(play("clean-close", do={3: edit(b"\x81\x00")}))
    assert "Copy the command" not in look(view.regions["header"]).text


def test_it_follows_parameters_and_forks() -> None:
    view = ScenarioPlayer("half-open", ping_interval=3.0, asks=False)
    press(view, "change", "6:drop")
    assert 'play("half-open", ping_interval=3, do={6: drop})' in str(look(view.regions["header"]).having("data-copy"))


@pytest.mark.parametrize("suffix", ["jsonl", "pcapng", "html"])
def test_a_file_is_given_to_the_browser_and_its_size_is_told(suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    view, sent = ScenarioPlayer(play("clean-close", do={6: drop})), []
    monkeypatch.setattr(view, "send", lambda content, buffers=None: sent.append(content))
    press(view, "take", suffix)
    saved = next(each["save"] for each in sent if "save" in each)
    assert saved["name"] == f"clean-close-step-6-drop.{suffix}"
    data = b64decode(saved["data"])
    assert data[:4] == {"jsonl": b'{"ws', "pcapng": b"\x0a\x0d\x0d\x0a", "html": b"<!do"}[suffix]
    told = look(view.regions["header"]).text
    assert f"Saved clean-close-step-6-drop.{suffix}, {size_words(len(data))}." in told


def test_an_unknown_file_is_an_error_in_the_view() -> None:
    view = ScenarioPlayer("cut", asks=False)
    press(view, "take", "exe")
    assert "exe is not a format" in look(view.regions["error"]).text


# ---- files


def test_the_tape_is_read_back_and_says_the_same(tmp_path: Path) -> None:
    view = ScenarioPlayer(play("clean-close", do={6: drop}))
    loaded = Tape.load(view.save(tmp_path / "run.jsonl"))
    assert loaded.digest() == view.player.played.digest()


def test_tshark_reads_the_capture(tmp_path: Path) -> None:
    path = ScenarioPlayer(play("clean-close", do={6: drop})).save(tmp_path / "run.pcapng")
    said = tshark.run(path, "-Y", "websocket", "-T", "fields", "-e", "websocket.opcode")
    assert said.split() == ["1", "1", "8", "8"]


def test_a_python_file_is_the_script_or_the_test(tmp_path: Path) -> None:
    view = ScenarioPlayer(play("clean-close", do={6: drop}))
    assert view.save(tmp_path / "story.py").read_text() == script(view.player.played.call)
    assert view.save(tmp_path / "test_story.py").read_text() == pytest_code(view.player.played)


def test_an_unknown_suffix_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownSuffix, match="is not a format for a tape"):
        ScenarioPlayer("cut").save(tmp_path / "run.exe")
    assert not [*tmp_path.iterdir()]


# ---- what cannot be written

NAMES = ["run.html", "run.jsonl", "run.pcapng", "run.py"]


def one_sentence(error: BaseException) -> str:
    assert re.fullmatch(r"[^\n]*\.", str(error))
    assert ".part" not in str(error)
    return str(error)


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_folder_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileNotFoundError) as found:
        ScenarioPlayer("cut").save(tmp_path / "nowhere" / name)
    assert f"there is no folder {tmp_path / 'nowhere'}; make it first" in one_sentence(found.value)


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_is_no_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(OSError, match="a folder or a device, not a file") as found:
        ScenarioPlayer("cut").save(tmp_path / name)
    one_sentence(found.value)


@pytest.mark.parametrize("name", NAMES)
def test_without_rights_the_old_file_stays(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / name).write_text("old")

    def refuse(*_given: Any, **_more: Any) -> int:
        raise PermissionError(13, "Permission denied")

    view = ScenarioPlayer("cut")
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(PermissionError, match="you have no right to write into") as found:
        view.save(tmp_path / name)
    one_sentence(found.value)
    monkeypatch.undo()
    assert (tmp_path / name).read_text() == "old"


@pytest.mark.parametrize("make", [lambda: ScenarioPlayer("cut"), lambda: Timeline(play("cut"))])
def test_a_full_disk_empties_nothing(tmp_path: Path, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "page.html"
    path.write_text("old")

    def full(_file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left on device") as found:
        make().save(path)
    one_sentence(found.value)
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["page.html"]


def test_a_file_that_is_there_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("x" * 1_000_000)
    assert ScenarioPlayer("cut").save(path).read_text().endswith("</html>")


# ---- the page


def test_the_page_has_the_fixed_variant_and_every_fork() -> None:
    html = forked().html()
    assert titles(html) == ["The fixed variant", "A fork: step 6 dropped", "A fork: step 3 delayed 1 s"]
    assert len(look(html).having("data-wslab-static")) == 4
    assert (html.count("<style>"), html.count('<script type="module">')) == (1, 1)


def test_each_run_of_the_page_shows_where_it_differs() -> None:
    """Before, a fork of another connection, or of a long run, stood there without its first difference."""
    for name, change in (("sent-twice", "9:drop"), ("in-order", "3:drop")):
        view = ScenarioPlayer(name, asks=False)
        press(view, "change", change)
        press(view, "back")
        runs = view.html().split('<details class="wsl-run">')[1:]
        assert runs
        assert all("wsl-tparting" in run for run in runs), name


def test_the_run_that_is_shown_is_not_there_twice() -> None:
    view = forked()
    press(view, "change", "6:drop")
    assert titles(view.html()) == ["The fixed variant", "A fork: step 3 delayed 1 s"]
    press(view, "back")
    press(view, "run", "fixed")
    assert "The fixed variant" not in titles(view.html())


def test_forks_of_another_scenario_are_not_on_the_page() -> None:
    view = forked()
    press(view, "open", "clean-close")
    assert titles(view.html()) == []


def test_nothing_answers_on_the_page_before_it_is_asked() -> None:
    folded = look(ScenarioPlayer("half-open").html())
    assert not [each for each in folded.of_class("wsl-run") if "open" in each]


def test_the_last_forks_are_kept() -> None:
    view = ScenarioPlayer("clean-close", asks=False)
    for number in range(MOST_FORKS + 2):
        press(view, "change", f"3:flip:{number}")
        press(view, "back")
    html = view.html()
    assert len(titles(html)) == MOST_FORKS
    assert "bit 9 flipped" in titles(html)[-1]
    assert "bit 0 flipped" not in html


def test_the_page_says_how_large_it_is() -> None:
    html = forked().html()
    told = re.search(r"This page holds 4 runs and has (\d+) kB\. It loads nothing\.", html)
    assert told is not None
    assert abs(int(told[1]) - len(html.encode()) / 1000) <= 2


def test_the_page_is_bounded_and_says_what_has_no_room() -> None:
    html = runs_page("cut", "shown", [("large", "x" * (MOST // 2)), ("larger", "y" * (MOST // 2)), ("small", "z")])
    assert len(html.encode()) < MOST + 2000
    assert titles(html) == ["large", "small"]
    assert "1 more would make it larger than 2.0 MB." in html


@pytest.mark.parametrize("name", ["herd", "in-order", "zombie-user", "tls-name-mismatch"])
def test_large_scenarios_stay_far_below_the_bound(name: str) -> None:
    assert SCENARIOS[name]
    assert len(ScenarioPlayer(name, asks=False).html().encode()) < MOST / 2


def test_secrets_become_asterisks_in_each_file_unless_they_are_asked_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    view = ScenarioPlayer("clean-close", asks=False)
    press(view, "edit", "1")
    press(view, "draft", "lines", HEAD)
    press(view, "edited", "1")
    for name in NAMES:
        with caplog.at_level(logging.WARNING, "wslab"):
            assert "very-secret-indeed" not in view.save(tmp_path / name).read_bytes().decode("latin-1"), name
    assert "very-secret-indeed" in view.save(tmp_path / "page.html", secrets=True).read_text()
    assert "very-secret-indeed" in view.save(tmp_path / "code.py", secrets=True).read_text()
    press(view, "back")
    assert "very-secret-indeed" not in view.save(tmp_path / "forks.html").read_text()
    assert "step 1 edited" in (tmp_path / "forks.html").read_text()


def test_what_was_said_is_on_the_page_too(tmp_path: Path) -> None:
    view = ScenarioPlayer("half-open")
    view.selected = "said-0"
    html = view.save(tmp_path / "page.html").read_text()
    (root, *_) = look(html).having("data-wslab-static")
    assert (root["data-selected"], root["data-step"]) == ("said-0", str(view.step))
    assert json.dumps(view.player.said) == '"said-0"'


def test_the_gallery_is_a_page_too(tmp_path: Path) -> None:
    assert "half-open" in ScenarioPlayer().save(tmp_path / "all.html").read_text()
