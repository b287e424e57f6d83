"""`wslab grade`: what it runs and what it does not, what it says of each file, and what hostile files come to."""

from __future__ import annotations

import csv
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.notebooks.course import FOLDER
from tests.notebooks.solutions import solutions
from wslab.cli.grade.cells import MOST_CELLS, Cell, cells_of, definitions, program, used_names
from wslab.cli.grade.exercises import Lesson, lessons
from wslab.cli.grade.folder import DEEPEST, find
from wslab.cli.grade.jobs import jobs_of, lesson_of
from wslab.cli.grade.worker import refused
from wslab.cli.main import main
from wslab.conformance.path.stages.catalogue import STAGES
from wslab.course.hand_in.contents import Report, as_text
from wslab.course.hand_in.notes import CheckNote, PredictionNote

COURSE = lessons(FOLDER)
TITLES = {lesson.name: [each.title for each in lesson.exercises] for lesson in COURSE}
REPORT = Report(
    "Ada",
    (PredictionNote("Which?", "1", "2", False), PredictionNote("Who?", "me", "me", True)),
    (
        CheckNote("check_repaired", "repaired", "wrong", True, 3, cell="07-messages-38"),
        CheckNote("check_bytes", "", "not yet", False, 1, cell="07-messages-20"),
    ),
)
PROGRESS = {
    "format": "wslab-build",
    "version": 1,
    "target": ["./server"],
    "stages": {
        next(iter(STAGES)): {"passed": True},
        list(STAGES)[1]: {"passed": False, "failed": {"problem": "It hangs.", "rule": None}},
    },
}


def write(path: Path, answers: Mapping[str, str] = {}, more: list[str] | None = None, name: str = "") -> Path:
    """A learner's copy of a notebook of the course: the cells of some exercises, and cells of their own at its end."""
    data = json.loads((FOLDER / f"{name or path.stem}.ipynb").read_text("utf-8"))
    titles = iter(TITLES[name or path.stem])
    for cell in data["cells"]:
        if "exercise" in cell["metadata"].get("tags", []):
            cell["source"] = answers.get(next(titles), cell["source"])
    for number, source in enumerate(more or []):
        data["cells"].append({"cell_type": "code", "id": f"mine-{number}", "metadata": {}, "source": source})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data), "utf-8")
    return path


def right(name: str) -> dict[str, str]:
    return {each.title: each.code for each in solutions(name)}


def grade(folder: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["grade", str(folder), *options], prog_name="wslab", env={"COLUMNS": "200"})


def rows(folder: Path, *options: str) -> dict[str, Any]:
    """The rows as JSON, by the names of the files."""
    target = folder.parent / "rows.json"
    result = grade(folder, "--json", str(target), *options)
    assert result.exit_code in (0, 1), result.output
    return {row["file"]: row for row in json.loads(target.read_text("utf-8"))["rows"]}


def said(row: Mapping[str, Any]) -> dict[str, str]:
    return {each["exercise"]: each["result"] for each in row["verdicts"]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "class").mkdir()
    return tmp_path / "class"


@pytest.mark.timeout(120)
def test_each_exercise_of_the_course_is_right_as_it_is_solved_and_not_yet_as_a_stub(folder: Path) -> None:
    for name in TITLES:
        write(folder / "ada" / f"{name}.ipynb", right(name))
        write(folder / "ben" / f"{name}.ipynb")
    found = rows(folder, "--timeout", "60")
    assert {name: said(found[f"ada/{name}.ipynb"]) for name in TITLES} == {
        name: dict.fromkeys(titles, "right") for name, titles in TITLES.items()
    }
    stubs = [said(found[f"ben/{name}.ipynb"]) for name in TITLES]
    assert {result for each in stubs for result in each.values()} == {"not yet"}


@pytest.mark.timeout(120)
def test_only_definitions_run_and_what_hangs_dies_or_misbehaves_is_told(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "told"
    write(
        folder / "cleo" / "07_messages_and_text.ipynb",
        {
            "second": f"open({str(told)!r}, 'w').write('a call beside it')\nsecond = b'\\x80'",
            "repaired": f"def repaired(text):\n    open({str(told)!r}, 'w')\n    return text",
            "readings": "ends = [0 for _ in iter(int, 1)]\ndef readings(message, ends=ends):\n    return []",
        },
        more=[f"open({str(told)!r}, 'w').write('another cell')"],
    )
    write(
        folder / "dan" / "10_security.ipynb",
        {
            "may_enter": "import os\ndef may_enter(origin):\n    os._exit(3)",
            "line": "def line(typed):\n    while True: pass",
            "taken": "def taken(arrivals:\n",
        },
    )
    write(
        folder / "eve" / "00_start.ipynb", {"my_frame": "import subprocess\nmy_frame = subprocess.run(['touch', 'x'])"}
    )
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    found = rows(folder, "--timeout", "3")
    cleo = found["cleo/07_messages_and_text.ipynb"]["verdicts"]
    assert [each["result"] for each in cleo] == ["wrong", "raises", "hangs"]
    assert "PermissionError: wslab grade runs no open" in cleo[1]["sentence"]
    assert cleo[2]["sentence"] == "it did not end within 3 s"
    dan = found["dan/10_security.ipynb"]["verdicts"]
    assert [each["result"] for each in dan] == ["raises", "hangs", "raises"]
    assert dan[0]["sentence"] == "it ended the process that checks it"
    assert dan[2]["sentence"] == "the cell is not Python: line 1, '(' was never closed"
    (eve,) = (each for each in found["eve/00_start.ipynb"]["verdicts"] if each["exercise"] == "my_frame")
    assert (eve["result"], "wslab grade runs no subprocess.Popen" in eve["sentence"]) == ("raises", True)
    assert not told.exists()
    assert list((tmp_path / "temporary").iterdir()) == [], "nothing stays behind"


@pytest.mark.timeout(60)
def test_definitions_are_found_wherever_a_learner_wrote_them_and_no_call_among_them_is_run(folder: Path) -> None:
    solved = right("07_messages_and_text")
    helper = "NAMES = ('cp1252', 'mac_roman')\nTOLD = print(1 / 0)\n%pip install nothing\ndef tries(): return NAMES"
    repaired = solved["repaired"].replace('("cp1252", "mac_roman")', "tries()")
    write(folder / "fay.ipynb", {"repaired": "pass"}, [helper, repaired], "07_messages_and_text")
    assert said(rows(folder)["fay.ipynb"]) == {"second": "not yet", "repaired": "right", "readings": "not yet"}


def test_on_the_screen_what_a_learner_has_not_begun_is_one_line_and_index_and_solutions_are_none(folder: Path) -> None:
    for name in ("00_start", "02_frames", "03_masking"):
        write(folder / "ada" / f"{name}.ipynb")
    write(folder / "ben" / "00_start.ipynb")
    (folder / "ada" / "solutions").mkdir()
    for name in ("index.ipynb", "solutions/00_start.ipynb"):
        (folder / "ada" / name).write_bytes((FOLDER / name).read_bytes())
    lines = [line.split() for line in grade(folder).output.splitlines()]
    assert lines[1:] == [
        ["ada", "3", "notebooks", "not", "begun"],
        ["ben", "00_start", "0", "of", "3", "server_hi:", "not", "yet"],
    ]
    assert [row["remark"] for row in rows(folder).values()].count("server_hi: not yet") == 2


def test_reports_and_progress_are_read_and_nothing_is_run(folder: Path) -> None:
    for number in range(30):
        (folder / f"{number}").mkdir()
        (folder / f"{number}" / "wslab-report.json").write_text(as_text(REPORT), "utf-8")
        (folder / f"{number}" / "wslab-build.json").write_text(json.dumps(PROGRESS), "utf-8")
        (folder / f"{number}" / "package.json").write_text("{}", "utf-8")
        (folder / f"{number}" / "notes.txt").write_text("mine", "utf-8")
    write(folder / "30" / "07_messages_and_text.ipynb", right("07_messages_and_text"))
    found = rows(folder, "--no-run")
    assert len(found) == 61
    report, build = found["7/wslab-report.json"], found["7/wslab-build.json"]
    assert (report["learner"], report["name"], report["what"]) == ("7", "Ada", "07_messages_and_text")
    assert (report["passed"], report["total"], report["remark"]) == (1, 2, "check_bytes: not yet")
    assert [report[name] for name in ("predictions_right", "predictions_made", "predictions")] == [1, 2, 2]
    assert (build["learner"], build["what"], build["passed"], build["total"]) == ("7", "./server", 1, len(STAGES))
    assert build["remark"] == f"{list(STAGES)[1]}: wrong, It hangs."
    unrun = found["30/07_messages_and_text.ipynb"]
    assert (unrun["passed"], unrun["remark"], unrun["verdicts"]) == (None, "Nothing was run.", [])


def test_every_hostile_file_is_a_line_with_one_sentence(folder: Path) -> None:
    (folder / "loop").symlink_to(folder)
    (folder / "lost.ipynb").symlink_to(folder / "gone")
    os.mkfifo(folder / "pipe.ipynb")
    with (folder / "large.ipynb").open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    for name, text in {
        "deep.ipynb": "[" * 200_000,
        "text.ipynb": "no JSON",
        "three.ipynb": '{"worksheets": []}',
        "long.ipynb": json.dumps({"cells": [{}] * (MOST_CELLS + 1)}),
        "odd.ipynb": '{"cells": [1, {"cell_type": "code", "id": [], "source": {"a": 1}, "metadata": 7}]}',
        "wslab-x.json": "{}",
        "a.json": '{"format": "wslab-report", "version": 2}',
        "b.json": '{"format": "wslab-build", "version": 1, "stages": {"opening": 7}, "target": {}}',
    }.items():
        (folder / name).write_text(text, "utf-8")
    (folder / "latin.ipynb").write_bytes(b"\xff\xfe")
    result, found = grade(folder), rows(folder)
    assert result.exit_code == 1
    assert {name: row["remark"] for name, row in found.items() if row["kind"] == "unreadable"} == {
        "a.json": "a.json has version 2 of the format, and this wslab knows version 1.",
        "deep.ipynb": "deep.ipynb is no JSON.",
        "large.ipynb": "large.ipynb has 104,857,600 bytes, and a file to grade has at most 16,777,216 bytes.",
        "latin.ipynb": "latin.ipynb is not UTF-8.",
        "long.ipynb": "long.ipynb has 2,001 cells, and a notebook to grade has at most 2,000.",
        "loop": "loop is a symbolic link, which is not followed.",
        "lost.ipynb": "lost.ipynb is a symbolic link, which is not followed.",
        "pipe.ipynb": "pipe.ipynb is not a file.",
        "text.ipynb": "text.ipynb is no JSON.",
        "three.ipynb": "three.ipynb is not a notebook of format 4.",
        "wslab-x.json": "wslab-x.json is neither a report of wslab nor progress of wslab build.",
    }
    assert found["odd.ipynb"]["remark"] == "It is no notebook of the course."
    assert (found["b.json"]["passed"], found["b.json"]["total"]) == (0, len(STAGES))


def test_folders_are_looked_into_only_so_deep_and_not_where_packages_lie(folder: Path) -> None:
    deep = folder.joinpath(*["a"] * (DEEPEST + 1))
    for place in (folder / "node_modules", folder / ".ipynb_checkpoints", deep):
        place.mkdir(parents=True)
        (place / "wslab-report.json").write_text(as_text(REPORT), "utf-8")
    assert find(folder) == []
    assert grade(folder).exit_code == 2
    assert grade(folder).stderr == (
        f"wslab: There is nothing to grade in {folder}: no notebook, no wslab-report.json, no wslab-build.json.\n"
    )


def test_nothing_that_a_learner_wrote_reaches_a_terminal_or_a_spreadsheet_as_a_command(folder: Path) -> None:
    evil = Report('=HYPERLINK("x")\x1b[2J\n', (), (CheckNote("+1", "\u202e", "wrong", False),))
    (folder / "wslab-report.json").write_text(as_text(evil), "utf-8")
    target = folder.parent / "rows.csv"
    result = grade(folder, "--csv", str(target))
    assert "\x1b[2J" not in result.output
    assert "\u202e" not in result.output
    (line,) = csv.DictReader(target.read_text("utf-8").splitlines())
    assert line["learner"] == '\'=HYPERLINK("x")\\x1b[2J\\n'
    assert line["remark"].startswith("'+1")
    assert (line["passed"], line["total"], line["predictions_made"]) == ("0", "1", "0")


def test_a_folder_with_one_notebook_many_times_is_told_by_the_names_of_the_files(folder: Path) -> None:
    for name in ("ada", "ben"):
        write(folder / "week 1" / f"{name}.ipynb", name="07_messages_and_text")
    (folder / "cleo").mkdir()
    write(folder / "cleo" / "07_messages_and_text.ipynb")
    for name in ("Ada", "Ben"):
        (folder / f"{name}.json").write_text(as_text(replace(REPORT, name=name)), "utf-8")
    (folder / "cleo" / "wslab-report.json").write_text(as_text(REPORT), "utf-8")
    found = rows(folder, "--no-run")
    assert [(row["learner"], row["name"]) for row in found.values()] == [
        ("Ada", "Ada"),
        ("ada", ""),
        ("Ben", "Ben"),
        ("ben", ""),
        ("cleo", ""),
        ("cleo", "Ada"),
    ]
    assert "report of Ada" in grade(folder, "--no-run").output


@pytest.mark.parametrize("lesson", COURSE, ids=lambda lesson: str(lesson.name))
def test_a_notebook_is_known_by_its_cells_whatever_it_is_called_and_by_its_name_without_them(lesson: Lesson) -> None:
    assert lesson_of(lesson.cells, "untitled", COURSE) is lesson
    without = [Cell("", cell.source) for cell in lesson.cells]
    assert lesson_of(without, f"{lesson.name}-ada (2)", COURSE) is lesson
    assert lesson_of(without, "untitled", COURSE) is None
    assert [job.verdict.result for job in jobs_of(lesson.cells, lesson) if job.verdict] == ["not yet"] * len(
        lesson.exercises
    )


def test_an_exercise_that_is_gone_is_missing() -> None:
    lesson = COURSE[0]
    kept = [cell for cell in lesson.cells if not cell.is_exercise]
    found = [job.verdict.result for job in jobs_of(kept, lesson) if job.verdict]
    assert found == ["missing"] * len(lesson.exercises)


def test_a_cell_is_taken_apart_into_definitions_and_the_names_that_they_read() -> None:
    source = (
        "import a.b, c as d\nE = 1\nf = g()\nfor h in i: pass\nclass J(E): pass\nasync def k(l): return l + d.x\nk()"
    )
    assert set(definitions([Cell("", source)], values=[])) == {"a", "d", "E", "J", "k"}
    assert set(definitions([Cell("", source)])) == {"a", "d", "E", "f", "J", "k"}
    assert program(["k"], definitions([Cell("", source)])) == "import c as d\nasync def k(l):\n    return l + d.x"
    assert used_names("def f(x):\n    y = x\n    return [z + y + w for z in x]\nv = f(u)") == {"w", "u"}
    assert cells_of('{"cells": []}') == []


@pytest.mark.parametrize(
    ("event", "given", "is_refused"),
    [
        ("open", ("a", "r", 0), False),
        ("open", ("a", None, os.O_RDONLY), False),
        ("open", ("a", "w", 0), True),
        ("open", ("a", "r+", 0), True),
        ("open", ("a", None, os.O_CREAT), True),
        ("socket.connect", (), True),
        ("os.remove", (), True),
        ("import", (), False),
        ("exec", (), False),
    ],
)
def test_reading_is_allowed_and_writing_is_not(event: str, given: tuple[Any, ...], is_refused: bool) -> None:
    assert refused(event, given) is is_refused
