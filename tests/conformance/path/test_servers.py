"""The path with servers of learners: whole ones in two languages, and wrong ones, each stopped where it is wrong."""

from __future__ import annotations

import ast
import asyncio
import re
import shutil
import sys
from pathlib import Path

import pytest

from wslab import Lab, echo
from wslab.conformance.path.run import run_path
from wslab.conformance.path.stages.catalogue import STAGES
from wslab.conformance.path.target import Running
from wslab.lab.network.uri import parse_uri
from wslab.protocol import Offset

from .playing import LIMIT, python, taken
from .servers.mistakes import LENIENT, MISTAKES, SERVER, SERVERS, write

WHOLE = {"python": python(SERVER), "javascript": ["node", str(SERVERS / "server.mjs"), "{port}"]}


@pytest.mark.parametrize("language", WHOLE)
async def test_a_whole_server_passes_all_stages_without_a_remark(language: str) -> None:
    if shutil.which(WHOLE[language][0]) is None:
        pytest.skip(f"{language} is not here")
    results = await taken(WHOLE[language])
    assert [result.stage.name for result in results] == list(STAGES)
    assert [(result.stage.name, result.failed) for result in results if not result.passed] == []
    assert [note for result in results for note in result.notes] == []
    assert not any(result.declined for result in results)


def test_the_whole_servers_use_no_package() -> None:
    used = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(SERVER.read_text(encoding="utf-8")))
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else _names(node))
    }
    assert used <= sys.stdlib_module_names
    script = (SERVERS / "server.mjs").read_text(encoding="utf-8")
    assert set(re.findall(r'from "(.*)"', script)) <= {"node:crypto", "node:net", "node:zlib"}


def _names(node: ast.AST) -> list[str]:
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


async def found_in(name: str, folder: Path) -> tuple[str, str, str, Offset | None]:
    """Where a wrong server is stopped: stage, case, rule or section, first wrong bit."""
    end = (await taken(python(write(name, folder))))[-1]
    failed = end.failed
    assert failed is not None, f"{name} passed all stages"
    lesson = failed.finding.lesson
    assert lesson is not None
    rule = lesson.rule.id if lesson.rule else lesson.section
    return end.stage.name, failed.case.name, rule, failed.finding.wrong


@pytest.mark.parametrize("stage", STAGES)
async def test_each_mistake_is_found_at_its_stage_with_its_rule_and_its_first_wrong_bit(
    stage: str, tmp_path: Path
) -> None:
    mistakes = {name: mistake for name, mistake in MISTAKES.items() if mistake.stage == stage}
    assert mistakes
    found = await asyncio.gather(*(found_in(name, tmp_path) for name in mistakes))
    assert dict(zip(mistakes, found, strict=True)) == {
        name: (mistake.stage, mistake.case, mistake.rule, mistake.place) for name, mistake in mistakes.items()
    }


def test_there_are_more_than_thirty_wrong_servers() -> None:
    assert len(MISTAKES) > 30


@pytest.mark.parametrize("name", LENIENT)
async def test_what_an_rfc_leaves_open_passes_with_a_remark(name: str, tmp_path: Path) -> None:
    _, _, stage, case, remark = LENIENT[name]
    (result,) = await taken(python(write(name, tmp_path)), stage)
    assert result.passed, result.failed
    notes = {each.name: note for each, note in result.notes}
    assert notes[case].startswith(remark)
    assert result.declined == (name == "no-compression")


async def test_the_labs_own_server_passes_with_a_limit_of_2_mib() -> None:
    async with Lab() as lab:
        server = await lab.serve(echo, max_message=2 << 20)
        results = await run_path(Running(parse_uri(server.url)), list(STAGES.values()), limit=LIMIT)
    assert [(result.stage.name, result.failed) for result in results if not result.passed] == []
    assert [note for result in results for note in result.notes] == []


@pytest.mark.parametrize("path", [Path("server.py"), Path("server.mjs")])
def test_the_servers_know_nothing_of_this_package(path: Path) -> None:
    assert "wslab" not in (SERVERS / path).read_text(encoding="utf-8")
