"""The command `wslab play`: its options, and in which form the run is shown."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import click
from click.shell_completion import CompletionItem
from rich.console import Console

from wslab.cli.errors import CliError
from wslab.cli.options import FILE, SECRETS, suggest
from wslab.cli.play.leading import leads, scenarios_for
from wslab.cli.play.play import CHANGES, list_all, print_json, read_options, save, show, show_difference
from wslab.cli.recording import check_save
from wslab.cli.terminal.colours import is_dark
from wslab.cli.terminal.output import write_line
from wslab.scenarios import SCENARIOS, Scenario
from wslab.scenarios import play as run
from wslab.scenarios.interventions import can_change


def _names(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The scenarios; once something is typed also the codes, symptoms and settings that lead to one."""
    known = {each.name: each.sentence for each in SCENARIOS.values()}
    return suggest(known | (leads() if incomplete else {}), incomplete)


def _named(context: click.Context) -> Scenario | None:
    """The scenario that was named; where an option still lacks its value, arguments are left over."""
    words = (context.params.get("name"), *context.args)
    return next((SCENARIOS[str(word)] for word in words if word in SCENARIOS), None)


def _parameters(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The parameters of the scenario that was named."""
    scenario = _named(context)
    known = {} if scenario is None else scenario.parameters
    return suggest({f"{name}=": each.text for name, each in known.items()}, incomplete)


def _changes(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The steps of the scenario that was named, each with what it is; behind a step, what can be done to it."""
    step, equals, _ = incomplete.partition("=")
    if equals:
        return suggest({f"{step}={change}": words for change, words in CHANGES.items()}, incomplete)
    scenario = _named(context)
    if scenario is None or scenario.clock != "virtual":
        return []
    steps = (entry for entry in run(scenario.name) if can_change(entry))
    return suggest({f"{entry.number}=": entry.sentence for entry in steps}, incomplete)


@click.command()
@click.argument("name", required=False, metavar="[NAME]", shell_complete=_names)
@click.option("--list", "listed", is_flag=True, help="List the scenarios; so does `wslab play` alone.")
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Another seed, for other random values."
)
@click.option(
    "--set",
    "values",
    multiple=True,
    metavar="NAME=VALUE",
    shell_complete=_parameters,
    help="Set a parameter; repeatable.",
)
@click.option("--fixed", is_flag=True, help="Play the variant in which the problem is fixed.")
@click.option(
    "--do",
    "changes",
    multiple=True,
    metavar="STEP=CHANGE",
    shell_complete=_changes,
    help="Change a step, and the run forks from there: 12=drop, 12=cut, 12=flip:BIT, 12=edit:TEXT, 12=delay:SECONDS;"
    " repeatable.",
)
@click.option("--diff", "differs", is_flag=True, help="Only show what --do changed.")
@click.option("--all", "at_once", is_flag=True, help="Show everything at once, without waiting for keys.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object a line: the scenario, its steps, the explanation."
)
@SECRETS
@click.option(
    "--save", type=FILE, metavar="FILE", help="Keep the recording in this file: .jsonl, .pcapng, .har, .html or .md."
)
def play(name: str | None, listed: bool, **chosen: Any) -> None:
    """Play a scenario: first the question, then each step, then the explanation.

    NAME may also be a close code, a symptom or a setting: 1006, ghosts, proxy_read_timeout.
    A step shows what travels and what each side believes. In a terminal, Enter or → goes on and ← goes back. Time is
    virtual and the same command gives the same bytes, on every machine, but for the one scenario with TLS.
    """
    console = Console(highlight=False, emoji=False)
    if name is not None and not listed:
        _play(name, chosen, console)
    elif any(chosen[each] for each in ("seed", "values", "fixed", "changes", "differs", "save")):
        raise CliError("Which scenario? Write wslab play NAME ...; `wslab play` alone lists them.")
    else:
        list_all(console, as_json=chosen["as_json"])


def _meant(name: str) -> str:
    """The scenario to which a code, a symptom or a setting leads; what was chosen is said on standard error."""
    found = [] if name in SCENARIOS else scenarios_for(name)
    if not found:
        return name
    more = f" Also: {', '.join(found[1:])}." if found[1:] else ""
    write_line(f"{name} leads to {found[0]}.{more} `wslab diagnose` asks which.", to_stderr=True)
    return found[0]


def _play(name: str, chosen: Mapping[str, Any], console: Console) -> None:
    name = _meant(name)
    if chosen["differs"] and not chosen["changes"]:
        raise CliError("--diff shows what --do changed: give a --do, such as --do 5=drop.")
    options = read_options(name, chosen["seed"], chosen["values"], chosen["changes"], fixed=chosen["fixed"])
    if chosen["save"] is not None:
        check_save(chosen["save"])
    tape = options.play()
    if chosen["save"] is not None:
        save(tape, chosen["save"], secrets=chosen["secrets"])
    if chosen["differs"]:
        show_difference(options, tape, console, as_json=chosen["as_json"])
    elif chosen["as_json"]:
        print_json(options, tape)
    else:
        by_key = not console.is_dumb_terminal and all(file.isatty() for file in (sys.stdin, sys.stdout))
        show(options, tape, console, dark=is_dark(), at_once=chosen["at_once"] or not by_key)
