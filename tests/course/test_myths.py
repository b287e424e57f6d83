"""Every myth and every symptom leads to something that exists, and the page is the one that the code makes."""

from __future__ import annotations

import pytest

from tests.conftest import ROOT
from tests.notebooks.course import cells, load
from wslab.course.diagnosis import NOTEBOOK, SYMPTOMS, Cause, Symptom
from wslab.course.myths import MYTHS, Lesson, Myth
from wslab.course.page import page
from wslab.scenarios import SCENARIOS

LESSONS = sorted({(lesson.notebook, lesson.heading) for myth in MYTHS for lesson in myth.lessons})
CAUSES = [pytest.param(cause, id=f"{each.name}-{cause.scenario}") for each in SYMPTOMS for cause in each.causes]


def test_names_are_there_once() -> None:
    for names in ([each.name for each in MYTHS], [each.name for each in SYMPTOMS]):
        assert len(names) == len(set(names))


@pytest.mark.parametrize("myth", MYTHS, ids=lambda myth: myth.name)
def test_the_scenarios_of_a_myth_exist(myth: Myth) -> None:
    assert set(myth.scenarios) <= set(SCENARIOS)


def test_an_experiment_shows_every_myth() -> None:
    assert [each.name for each in MYTHS if not each.scenarios and not each.lessons] == []


@pytest.mark.parametrize(("notebook", "heading"), LESSONS)
def test_a_lesson_is_a_heading_of_its_notebook(notebook: str, heading: str) -> None:
    lines = [line for cell in cells(load(notebook), "markdown") for line in cell.source.splitlines()]
    assert f"## {heading}" in lines
    lesson = Lesson(notebook, heading)
    assert lesson.heading == heading
    assert f"# {lesson.title}" in lines
    assert lesson.link == f"{notebook}.ipynb#{heading.replace(' ', '-')}"


@pytest.mark.parametrize("myth", MYTHS, ids=lambda myth: myth.name)
def test_one_cell_of_the_notebook_asks_about_a_claim_and_the_next_one_runs_it(myth: Myth) -> None:
    code = cells(load("myths"), "code")
    at = next(number for number, cell in enumerate(code) if f'myths("{myth.name}")' in cell.source)
    variable = code[at].source.partition(" = ")[0]
    assert code[at].source == f'{variable} = myths("{myth.name}")\n{variable}'
    assert code[at + 1].source == f"{variable}.run()"


def test_there_are_thirty_claims_and_the_page_has_a_cell_for_each() -> None:
    assert len(MYTHS) == 30
    assert sum(f'`myths("{myth.name}").run()`' in page() for myth in MYTHS) == 30


@pytest.mark.parametrize("cause", CAUSES)
def test_the_scenario_of_a_cause_exists(cause: Cause) -> None:
    SCENARIOS[cause.scenario].check(cause.values)


@pytest.mark.parametrize("symptom", SYMPTOMS, ids=lambda symptom: symptom.name)
def test_a_heading_of_the_notebook_runs_each_symptom_and_confirms_its_fix(symptom: Symptom) -> None:
    under = _under(f"### {symptom.heading}")
    assert any(f'symptom="{symptom.name}"' in source for source in under), "no cell diagnoses it"
    assert any(".confirm(" in source for source in under), "no cell confirms the fix"


def test_the_notebook_counts_the_symptoms() -> None:
    assert f"{len(SYMPTOMS)} things that people see" in load(NOTEBOOK).cells[0].source


def _under(heading: str) -> list[str]:
    """The code cells between a heading and the next one."""
    found: list[str] = []
    inside = False
    for cell in load(NOTEBOOK).cells:
        headings = [line for line in cell.source.splitlines() if line.startswith("#")]
        if cell.cell_type == "code":
            found += [cell.source] if inside else []
        elif headings:
            inside = headings[-1] == heading
    return found


def test_every_new_kind_of_end_is_reached_from_a_symptom_or_a_myth() -> None:
    reached = {cause.scenario for each in SYMPTOMS for cause in each.causes}
    reached |= {name for each in MYTHS for name in each.scenarios}
    assert len(reached) >= len(SCENARIOS) * 2 // 3


def test_the_page_in_the_repository_is_the_one_that_the_code_makes() -> None:
    assert (ROOT / "wslab/course/CLAIMS.md").read_text(encoding="utf-8") == page(), "run: python -m wslab.course.page"
