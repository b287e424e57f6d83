"""`wslab play`: a scenario told in the terminal, one step after the other, with what each side believes.

Rules of this module: the question comes first, the explanation last. Client left, server right, as everywhere; a
belief that is new stands out, one that is no longer true has a dashed edge and says "believes". In a terminal a key
goes on or back; without one, everything is told at once. What a peer sends commands no terminal: sentences come
escaped from the tape.

What it leaves out: making it happen (`scenarios`), how a step looks (`scenes`), and keys (`stepping`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from wslab.cli.play.scenes import PlayView, table
from wslab.lab import Entry, Tape
from wslab.lab.faults.names import YES_OR_NO
from wslab.protocol import LocalProtocolError
from wslab.scenarios import SCENARIOS, Intervention, Scenario, UnknownScenario, cut, delay, drop, edit, flip, play
from wslab.scenarios.catalogue import Parameter
from wslab.tape.entry import Belief

if TYPE_CHECKING:
    from rich.console import Console

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True)
class PlayOptions:
    """What the command line asked for."""

    scenario: Scenario
    seed: int = 0
    parameters: Mapping[str, object] = field(default_factory=dict)
    fixed: bool = False
    do: Mapping[int, Intervention] = field(default_factory=dict)

    def play(self, *, changed: bool = True) -> Tape:
        """Play it, without what `--do` changes where `changed` is False.

        Raises:
            click.UsageError: A value or a step cannot be.
        """
        do = self.do if changed else {}
        try:
            return play(self.scenario.name, seed=self.seed, do=do, fixed=self.fixed, **dict(self.parameters))  # type: ignore[arg-type]
        except (ValueError, LocalProtocolError) as error:
            raise click.UsageError(str(error)) from error


# --- what a person typed ----------------------------------------------------------------------


def wanted(name: str, seed: int, values: Sequence[str], changes: Sequence[str], *, fixed: bool) -> PlayOptions:
    """The words of the command line as what they mean.

    Raises:
        click.UsageError: One of them means nothing; the sentence names the nearest that does.
    """
    if name not in SCENARIOS:
        raise click.UsageError(f"{UnknownScenario(name)} `wslab play` alone lists them.")
    scenario = SCENARIOS[name]
    parameters = _once("--set", [_value(scenario, each) for each in values])
    return PlayOptions(scenario, seed, parameters, fixed, _once("--do", [_change(each) for each in changes]))


def _once(option: str, pairs: Sequence[tuple[K, V]]) -> dict[K, V]:
    """As a dict; what is said twice means nothing."""
    for number, (key, _) in enumerate(pairs):
        if key in [each for each, _ in pairs[:number]]:
            raise click.UsageError(f"{option} {key}=... stands there twice: which one holds? Keep one.")
    return dict(pairs)


def _value(scenario: Scenario, text: str) -> tuple[str, object]:
    """`name=value` as a parameter."""
    name, equals, value = (each.strip() for each in text.partition("="))
    if not equals:
        raise click.UsageError(f"{text!r} sets nothing: write --set name=value.")
    name = name.replace("-", "_")
    try:
        scenario.check({name: scenario.parameters[name].default} if name in scenario.parameters else {name: None})
        meant = _meant(scenario.parameters[name], value)
        scenario.check({name: meant})
    except (TypeError, ValueError) as error:
        raise click.UsageError(str(error)) from error
    return name, meant


def _meant(parameter: Parameter, text: str) -> object:
    """A text as a value of the parameter's kind; as it is where it is none, for the check to say so."""
    if parameter.choices:
        return next((each for each in parameter.choices if str(each) == text), text)
    if text in ("None", "none", "") and "None" in parameter.kind:
        return None
    if "bool" in parameter.kind:
        return YES_OR_NO.get(text.lower(), text)
    for kind, make in (("int", int), ("float", float)):
        if kind in parameter.kind:
            try:
                return make(text.replace("_", ""))
            except ValueError:
                continue
    return text.encode() if "bytes" in parameter.kind else text


def _change(text: str) -> tuple[int, Intervention]:
    """`12=drop` as an intervention."""
    step, equals, what = text.partition("=")
    action, _, rest = what.partition(":")
    try:
        if equals and action in ("drop", "cut") and not rest:
            return int(step), drop if action == "drop" else cut
        if equals and action == "edit":
            return int(step), edit(rest)
        if equals and action == "flip":
            return int(step), flip(int(rest))
        if equals and action == "delay":
            return int(step), delay(float(rest.removesuffix("s")))
    except ValueError as error:
        hint = f" {error}" if "not below" in str(error) or "counted" in str(error) else ""
        raise click.UsageError(f"--do {text} cannot be.{hint or _CHANGES}") from error
    raise click.UsageError(f"--do {text} means nothing.{_CHANGES}")


_CHANGES = " Write STEP=drop, STEP=cut, STEP=flip:BIT, STEP=edit:TEXT or STEP=delay:SECONDS, such as --do 5=drop."


# --- telling ----------------------------------------------------------------------------------


def list_all(console: Console, *, as_json: bool) -> None:
    """Every scenario, by group."""
    if not as_json:
        console.print(table(SCENARIOS.values()))
        console.print("\n`wslab play NAME` tells one, step by step.")
        return
    for each in SCENARIOS.values():
        click.echo(_line(_about(each)))


def tell(story: PlayOptions, tape: Tape, console: Console, *, dark: bool, at_once: bool) -> None:
    """Tell a run: with a key for each step, or all `at_once`."""
    changes = [f"step {step}: {each.action}" for step, each in story.do.items()]
    told = [f"seed {story.seed}"] * bool(story.seed) + changes
    scenes = PlayView(story.scenario, _given(story), tape, dark=dark, fixed=story.fixed, told=told)
    if not at_once:
        from wslab.cli.play.pager import Pager

        at_once = Pager(scenes, console).run()
    if at_once:
        for scene in scenes:
            console.print(scene)


def tell_difference(story: PlayOptions, tape: Tape, console: Console, *, as_json: bool) -> None:
    """What `--do` made different."""
    difference = story.play(changed=False).diff(tape)
    told = ["Nothing is different: both runs tell the same story."] if difference is None else difference.told
    if as_json:
        step, what = (None, ()) if difference is None else (difference.step, difference.what)
        click.echo(_line({"step": step, "what": what, "sentence": " ".join(told)}))
        return
    if difference is not None:
        console.print("Here is the run as it is, there the one with the change.")
    for each in told:
        console.print(each, markup=False)


# --- JSON -------------------------------------------------------------------------------------


def tell_as_json(story: PlayOptions, tape: Tape) -> None:
    """One object a line: the scenario, its steps, and what explains them."""
    scenario = story.scenario
    about = {**_about(scenario), "seed": story.seed, "fixed": story.fixed, "parameters": _plain(_given(story))}
    for data in (about, *map(_step, tape), {"explanation": scenario.explanation, "fixed": scenario.fixed}):
        click.echo(_line(data))


def _given(story: PlayOptions) -> dict[str, object]:
    """Every parameter with the value that it had."""
    fix = story.scenario.fix if story.fixed else {}
    defaults = {name: each.default for name, each in story.scenario.parameters.items()}
    return {**defaults, **fix, **story.parameters}


def _about(scenario: Scenario) -> dict[str, Any]:
    return {
        "scenario": scenario.name,
        "group": scenario.group,
        "sentence": scenario.sentence,
        "question": scenario.question,
        "parameters": _plain({name: each.default for name, each in scenario.parameters.items()}),
    }


def _step(entry: Entry) -> dict[str, Any]:
    return {
        "step": entry.number,
        "time": round(entry.time, 6),
        "arrived": None if entry.arrived is None else round(entry.arrived, 6),
        "connection": entry.connection,
        "from": entry.sender,
        "kind": entry.kind,
        "sentence": entry.sentence,
        "fate": entry.fate,
        "hex": entry.data.hex(),
        "client": _belief(entry.client),
        "server": _belief(entry.server),
    }


def _belief(belief: Belief | None) -> dict[str, Any] | None:
    return None if belief is None else {"state": belief.state.value, "code": belief.code, "why": belief.detail}


def _plain(values: Mapping[str, object]) -> dict[str, object]:
    return {name: value.decode("latin-1") if isinstance(value, bytes) else value for name, value in values.items()}


def _line(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False)


# --- keeping ----------------------------------------------------------------------------------


def keep(tape: Tape, path: Path) -> None:
    """Write the tape, in the format that the name says, and say so on standard error.

    Raises:
        click.UsageError: It says none, or the file cannot be written.
    """
    from wslab.exporter import export

    try:
        export(tape, path)
        click.echo(f"The recording is in {path}.", err=True)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        raise click.UsageError(f"{path} cannot be written: {error.strerror or error}.") from error
