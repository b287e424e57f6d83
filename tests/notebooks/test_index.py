"""The index of the course: it is up to date, has every notebook, and its paths have what each notebook needs."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from tests.notebooks.course import FOLDER, NOTEBOOKS, load
from tests.notebooks.index import DAY, DROPS, INDEX, MAP, WORKSHOP, Path, depth, direct, drawn, index, of
from wslab.cli.handout.outline import outlines

COURSE = outlines(FOLDER)
TEXT = "\n".join(cell.source for cell in load("index").cells)
HOW = "python -m tests.notebooks.index"


def test_the_index_and_its_map_are_up_to_date() -> None:
    assert INDEX.read_text("utf-8") == index(), HOW
    assert MAP.read_text("utf-8") == drawn(), HOW


def test_every_notebook_is_on_the_map_with_its_time() -> None:
    table = TEXT.partition("## The map")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| \[[^\]]+\]\((\w+)\.ipynb\) \| (\d+)&nbsp;min \|", table, re.MULTILINE)
    assert [name for name, _ in rows] == NOTEBOOKS
    assert [int(time) for _, time in rows] == [each.minutes for each in COURSE]
    picture = ElementTree.fromstring(drawn())
    boxes = picture.findall("{http://www.w3.org/2000/svg}rect")
    assert len(boxes) == len(NOTEBOOKS)
    assert len({(box.get("x"), box.get("y")) for box in boxes}) == len(boxes)


@pytest.mark.parametrize("path", [WORKSHOP, DAY], ids=lambda path: str(path.title))
def test_a_path_has_before_each_notebook_what_it_needs(path: Path) -> None:
    seen: list[str] = []
    for step in of(path, COURSE):
        if not isinstance(step, tuple):
            assert set(step.needs) <= set(seen), step.name
            seen.append(step.name)
    assert len(seen) >= 3


def test_the_workshop_takes_ninety_minutes_and_the_day_a_day() -> None:
    def length(path: Path) -> int:
        return sum(step[0] if isinstance(step, tuple) else step.minutes for step in of(path, COURSE))

    assert length(WORKSHOP) == 90
    assert 6 * 60 <= length(DAY) <= 7 * 60


def test_the_path_of_who_has_a_problem_leads_to_what_breaks_connections() -> None:
    names = [step.name for step in of(DROPS, COURSE) if not isinstance(step, tuple)]
    assert names[-3:] == ["04_disconnects", "05_proxies_and_networks", "06_heartbeats_and_reconnects"]
    assert "wslab diagnose" in TEXT


def test_a_link_with_a_number_says_the_title_of_its_notebook() -> None:
    titles = {name: load(name).cells[0].source.splitlines()[0].removeprefix("# ") for name in NOTEBOOKS}
    links = re.compile(r"\[(\d+ · [^\]]+)\]\((\w+)\.ipynb\)")
    for name in [*NOTEBOOKS, "index"]:
        found = [
            link for cell in load(name).cells if cell.cell_type == "markdown" for link in links.findall(cell.source)
        ]
        assert [(label, target) for label, target in found if label != titles[target]] == [], name


def test_every_link_of_the_index_leads_somewhere() -> None:
    targets = re.findall(r"\]\(([^)]+)\)", TEXT)
    assert len(targets) > len(NOTEBOOKS)
    assert [target for target in targets if not (FOLDER / target).exists()] == []


def test_a_line_of_the_map_is_left_out_where_others_say_the_same() -> None:
    needs: dict[str, tuple[str, ...]] = {"a": (), "b": ("a",), "c": ("a", "b", "gone")}
    assert direct("c", needs) == ["b"]
    assert [depth(name, needs) for name in needs] == [0, 1, 2]


def test_the_map_has_room_on_a_page_of_700_pixels_and_no_small_letters() -> None:
    drawing = (FOLDER / "map.svg").read_text("utf-8")
    assert int(re.findall(r'width="(\d+)"', drawing)[0]) <= 550
    assert {int(size) for size in re.findall(r"(\d+)px", drawing)} == {12}
