"""The extras: the table is pyproject's, and what needs one that is not installed says so in one sentence."""

from __future__ import annotations

import re
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import wslab
import wslab.widgets
from tests.lowest import of_extra
from tests.widgets.helpers import look
from wslab import extras
from wslab.cli.doctor import examine
from wslab.cli.main import main
from wslab.extras import EXTRAS, MissingExtra, need
from wslab.widgets.player.gallery import GalleryState, gallery_text, regions

FOR_DEVELOPERS = {"test", "benchmarks"}
TLS = "The scenario tls-name-mismatch needs trustme, which is not installed: pip install 'wslab[tls]'"
NOTEBOOK = "anywidget and ipywidgets, which are not installed: pip install 'wslab[notebook]'"


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if no package of an extra were installed."""
    absent = {name.replace("-", "_") for extra in EXTRAS.values() for name in extra.packages}
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name in absent else find_spec(name))


@pytest.fixture
def project(root: Path) -> dict[str, Any]:
    """The `[project]` table."""
    table: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    return table


def test_the_table_is_that_of_pyproject(project: dict[str, Any]) -> None:
    assert EXTRAS.keys() == project["optional-dependencies"].keys() - FOR_DEVELOPERS
    for name, extra in EXTRAS.items():
        needs = project["optional-dependencies"][name]
        own = [re.split("[<>=]", each)[0] for each in needs if not each.startswith("wslab[")]
        assert list(extra.packages) == own


@pytest.mark.parametrize("extra", ["lab", "hub", "notebook"])
def test_the_course_has_the_widgets_and_every_scenario(extra: str, project: dict[str, Any]) -> None:
    names = {need.split(">=")[0] for need in of_extra(extra, project)}
    assert {"anywidget", "ipywidgets", "trustme"} <= names


def test_what_is_here_raises_nothing() -> None:
    need("notebook", "A view")


@pytest.mark.usefixtures("light")
@pytest.mark.parametrize("name", wslab.widgets.__all__)
def test_a_widget_can_be_named_and_says_what_it_needs_when_it_is_made(name: str) -> None:
    stand_in = getattr(wslab.widgets, name)
    assert stand_in.__name__ == name
    with pytest.raises(MissingExtra) as caught:
        stand_in()
    assert str(caught.value) == f"wslab.{name} needs {NOTEBOOK}"


def test_a_widget_that_was_named_before_its_extra_was_installed_is_made(light: None) -> None:
    stand_in = wslab.widgets.OpcodeTable
    with pytest.MonkeyPatch.context() as installed:
        installed.setattr(extras, "find_spec", find_spec)
        assert isinstance(stand_in(), wslab.widgets.OpcodeTable)


@pytest.mark.usefixtures("light")
def test_what_is_missing_is_named_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name == "ipywidgets" else find_spec(name))
    with pytest.raises(MissingExtra, match=r"^A view needs ipywidgets, which is not installed: pip install 'wslab"):
        need("notebook", "A view")


@pytest.mark.usefixtures("light")
def test_a_tape_and_a_check_show_themselves_in_a_notebook_without_widgets() -> None:
    for shown, name in (
        (wslab.Tape.blank(), "Timeline"),
        (wslab.play("half-open"), "Timeline"),
        (wslab.check_value(3, "4", "a number"), "CheckReport"),
    ):
        data, metadata = wslab._bundle(shown)
        assert (list(data), metadata) == (["text/html"], {})
        (box,) = look(data["text/html"]).having("data-wslab-kept")
        assert box["data-wslab-kept"] == name


@pytest.mark.usefixtures("light")
def test_the_scenario_with_certificates_is_listed_and_says_what_it_needs() -> None:
    with pytest.raises(ImportError) as caught:
        wslab.play("tls-name-mismatch")
    assert str(caught.value) == TLS
    result = CliRunner().invoke(main, ["play", "tls-name-mismatch"])
    assert (result.exit_code, result.stderr) == (2, f"wslab: {TLS}\n")
    assert TLS in " ".join(CliRunner().invoke(main, ["play"]).stdout.split())
    assert TLS in gallery_text(GalleryState())
    assert gallery_text(GalleryState()).count("pip install") == 1
    assert "is not installed" in str(regions(GalleryState())["picture"])


def test_where_all_is_installed_no_list_says_more() -> None:
    assert "pip install" not in gallery_text(GalleryState())
    assert "pip install" not in CliRunner().invoke(main, ["play"]).stdout


def test_a_player_shows_what_a_scenario_of_its_gallery_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    player = wslab.ScenarioPlayer()
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name == "trustme" else find_spec(name))
    player._receive(player, {"do": "open", "arg": "tls-name-mismatch"}, [])
    assert "trustme, which is not installed" in player.regions["error"]
    assert "MissingExtra" not in player.regions["error"]


@pytest.mark.usefixtures("light")
def test_doctor_says_of_each_extra_what_it_is_for_and_fails_for_none() -> None:
    found = {finding.name: finding for finding in examine()}
    for name, extra in EXTRAS.items():
        finding = found[f"wslab[{name}]"]
        assert (finding.ok, finding.required, finding.fix) == (False, False, extra.command)
        assert finding.found.endswith(extra.purpose)
    assert not {"anywidget front end", "kernel python3"} & found.keys()
    assert all(finding.ok or not finding.required for finding in found.values())
