"""`wslab diagnose`: from a message, a log, a file or a symptom to the likely causes, and the scenario that shows why.

The diagnosis is `course.diagnosis`'s; here are the source, the questions on a terminal, JSON, and the run. The words of
a log are data and may hold secrets: what is printed is the sentence of the pattern that they fit, never the line.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem
from rich.console import Console

from wslab.cli.errors import CliError
from wslab.cli.options import suggest
from wslab.cli.play.play import PlayOptions, show
from wslab.cli.terminal.colours import is_dark
from wslab.cli.terminal.output import as_json, write_line
from wslab.course.diagnosis import SYMPTOMS, Diagnosis, Likely
from wslab.course.diagnosis import diagnose as diagnosed
from wslab.course.diagnosis.questions import QUESTIONS
from wslab.course.diagnosis.words import asking
from wslab.formats import load
from wslab.scenarios import SCENARIOS

_MOST_INPUT = 64 << 20
"""Bytes that are taken from standard input."""


def _files(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(incomplete, type="file")]


def _symptoms(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return suggest({each.name: each.text for each in SYMPTOMS}, incomplete)


def _answers(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    known = {f"{each.name}={choice.name}": choice.text for each in QUESTIONS for choice in each.choices}
    return suggest(known, incomplete)


@click.command()
@click.argument("seen", required=False, metavar="[FILE | TEXT | -]", shell_complete=_files)
@click.option("--symptom", metavar="NAME", shell_complete=_symptoms, help="What you see; alone or beside the rest.")
@click.option(
    "--answer",
    "answers",
    multiple=True,
    metavar="QUESTION=CHOICE",
    shell_complete=_answers,
    help="Answer a question beforehand, such as when=quiet; repeatable.",
)
@click.option("--keys", metavar="FILE", help="The keys of TLS in a capture, as SSLKEYLOGFILE names them.")
@click.option("--play", "plays", is_flag=True, help="Play the scenario of the first cause, with your numbers.")
@click.option("--json", "in_json", is_flag=True, help="Print the same as one JSON object.")
@click.pass_context
def diagnose(
    context: click.Context,
    seen: str | None,
    symptom: str | None,
    answers: tuple[str, ...],
    keys: str | None,
    plays: bool,
    in_json: bool,
) -> None:
    """Name the likely causes of what you see: an error, a log line, a close code, a recording.

    A file that `wslab.load` reads is a recording; of another file the text counts, of a long one its end. In a
    terminal, it asks up to three questions. The exit code is 0 when something was recognised, 1 when not.
    """
    try:
        found = _answered(_diagnosis(seen, symptom, keys), answers)
    except ValueError as error:
        raise CliError(str(error)) from error
    if in_json:
        write_line(as_json(_data(found), indent=1))
    else:
        found = _print(found, asks=may_ask())
    if plays and not in_json:
        _play(found)
    context.exit(0 if found.causes else 1)


def may_ask() -> bool:
    """Whether a person sits there who can answer."""
    return sys.stdin.isatty() and sys.stdout.isatty()


# --- the input ----------------------------------------------------------------------------------


def _diagnosis(seen: str | None, symptom: str | None, keys: str | None) -> Diagnosis:
    if seen is None and symptom is None:
        names = ", ".join(each.name for each in SYMPTOMS)
        raise CliError(f"Give a file, a text or - (standard input), or --symptom with one of these: {names}.")
    if seen == "-":
        return _from_standard_input(symptom)
    if keys is not None and seen is not None:
        return diagnosed(load(seen, keys=keys), symptom=symptom)
    if seen is not None and _is_file(seen):
        return diagnosed(Path(seen), symptom=symptom)
    found = diagnosed(seen, symptom=symptom)
    if seen is not None and not found.found and _looks_like_a_file(seen):
        raise CliError(f"{seen!r} is no file, and no message that is known here.")
    return found


def _from_standard_input(symptom: str | None) -> Diagnosis:
    """As a file: what comes may be a capture."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "standard input"
        path.write_bytes(sys.stdin.buffer.read(_MOST_INPUT))
        return diagnosed(path if path.stat().st_size else "", symptom=symptom)


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # a long text is no name
        return False


def _looks_like_a_file(text: str) -> bool:
    return " " not in text and (bool(Path(text).suffix) or "/" in text)


def _answered(found: Diagnosis, answers: Iterable[str]) -> Diagnosis:
    for each in answers:
        name, _, choice = each.partition("=")
        found = found.answer(**{name: choice})
    return found


# --- the output ---------------------------------------------------------------------------------


def _print(found: Diagnosis, *, asks: bool) -> Diagnosis:
    """What was found, the questions, and the causes; returns the diagnosis with the answers."""
    _write(found.findings)
    if asks:
        found = _ask(found if found.causes else _choose(found))
    _write(found.explanation)
    if not asks:
        _write(asking(found.question, "--answer {}=..."))
    return found


def _write(lines: Iterable[str]) -> None:
    for each in lines:
        write_line(each)


def _choose(found: Diagnosis) -> Diagnosis:
    """Let a person choose a symptom; Enter leaves it."""
    names = [each.name for each in SYMPTOMS]
    chosen = click.prompt("Its name (Enter: none of these)", default="", show_default=False)
    return diagnosed(symptom=chosen) if chosen in names else found


def _ask(found: Diagnosis) -> Diagnosis:
    """Ask what is left to ask; Enter is "I do not know"."""
    while (question := found.question) is not None:
        _write(asking(question, "(Enter: I do not know)"))
        names = [each.name for each in question.choices]
        answer = click.prompt("Answer", type=click.Choice(names), default="unknown", show_choices=False)
        found = found.answer(**{question.name: answer})
    return found


def _play(found: Diagnosis) -> None:
    name = next((each.cause.scenario for each in found.causes), None)
    if name is None:
        raise CliError(
            "No scenario shows the first cause." if found.causes else "Nothing was recognised: nothing to play."
        )
    options = PlayOptions(SCENARIOS[name], 0, found.values)
    console = Console(highlight=False, emoji=False)
    by_key = not console.is_dumb_terminal and all(file.isatty() for file in (sys.stdin, sys.stdout))
    show(options, options.play(), console, dark=is_dark(), at_once=not by_key)


def _data(found: Diagnosis) -> dict[str, Any]:
    question = found.question
    return {
        "recognised": bool(found.causes),
        "found": [{"software": each.software, "says": each.says} for each in found.found],
        "causes": [_cause(each) for each in found.causes],
        "sections": [section for each in found.symptoms for section in each.sections],
        "threads": [thread for each in found.symptoms for thread in each.threads],
        "play": {name: str(value) if isinstance(value, bytes) else value for name, value in found.values.items()},
        "answers": dict(found.answers),
        "question": None
        if question is None
        else {
            "name": question.name,
            "text": question.text,
            "choices": {each.name: each.text for each in question.choices},
        },
    }


def _cause(likely: Likely) -> dict[str, Any]:
    cause = likely.cause
    return {
        "name": cause.name,
        "text": cause.text,
        "weight": round(likely.weight, 3),
        "for": likely.speaks_for,
        "against": likely.speaks_against,
        "fix": cause.fix.text,
        "settings": dict(cause.fix.settings),
        "scenario": cause.scenario,
    }
