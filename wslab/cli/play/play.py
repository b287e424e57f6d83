"""A scenario as a person asked for it: the meaning of the options, and the run as output.

A run is shown page by page in a terminal, or all at once; or as JSON, one object a line; or it is kept in a file. What
a peer sends commands no terminal: sentences come escaped from the tape.

What it leaves out: making it happen (`scenarios`), how a step looks (`view`), and keys (`pager`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import NoneType
from typing import Any, TypeVar

from rich.console import Console

from wslab.cli.errors import CliError
from wslab.cli.play.view import PlayView, table
from wslab.cli.recording import export_to, replaced
from wslab.cli.terminal.output import as_json, write_line
from wslab.extras import EXTRAS, MissingExtra
from wslab.lab import Entry, Tape
from wslab.protocol import LocalProtocolError
from wslab.scenarios import SCENARIOS, Intervention, Scenario, UnknownScenario, cut, delay, drop, edit, flip, play
from wslab.scenarios.catalogue import Parameter
from wslab.scenarios.player import PlayedTape
from wslab.tape.entry import Belief

K = TypeVar("K")
V = TypeVar("V")

_YES_OR_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


@dataclass(frozen=True)
class PlayOptions:
    """What the command line asked for."""

    scenario: Scenario
    seed: int = 0
    parameters: Mapping[str, object] = field(default_factory=dict)
    fixed: bool = False
    do: Mapping[int, Intervention] = field(default_factory=dict)

    def play(self, *, changed: bool = True) -> PlayedTape:
        """Play it, without what `--do` changes where `changed` is False.

        Raises:
            CliError: A value or a step is impossible.
        """
        do = self.do if changed else {}
        try:
            return play(self.scenario.name, seed=self.seed, do=do, fixed=self.fixed, **dict(self.parameters))  # type: ignore[arg-type]
        except (ValueError, LocalProtocolError) as error:
            raise CliError(str(error)) from error


# --- what a person typed ----------------------------------------------------------------------


def read_options(name: str, seed: int, values: Sequence[str], changes: Sequence[str], *, fixed: bool) -> PlayOptions:
    """Turn the words of the command line into their values.

    Raises:
        CliError: One of them has no meaning; the sentence names the nearest one that has.
    """
    if name not in SCENARIOS:
        raise CliError(f"{UnknownScenario(name)} `wslab play` alone lists them.")
    scenario = SCENARIOS[name]
    parameters = _once("--set", [_value(scenario, each) for each in values])
    return PlayOptions(scenario, seed, parameters, fixed, _once("--do", [_change(each) for each in changes]))


def _once(option: str, pairs: Sequence[tuple[K, V]]) -> dict[K, V]:
    """As a dict.

    Raises:
        CliError: A key is there twice.
    """
    for number, (key, _) in enumerate(pairs):
        if key in [each for each, _ in pairs[:number]]:
            raise CliError(f"{option} {key}=... is given twice: keep one of them.")
    return dict(pairs)


def _value(scenario: Scenario, text: str) -> tuple[str, object]:
    """`name=value` as a parameter."""
    name, equals, value = (each.strip() for each in text.partition("="))
    if not equals:
        raise CliError(f"{text!r} sets nothing: write --set name=value.")
    name = name.replace("-", "_")
    try:
        scenario.check({name: scenario.parameters[name].default} if name in scenario.parameters else {name: None})
        converted = _converted(scenario.parameters[name], value)
        scenario.check({name: converted})
    except (TypeError, ValueError) as error:
        raise CliError(str(error)) from error
    return name, converted


def _converted(parameter: Parameter, text: str) -> object:
    """A text as a value of one of the parameter's types; unchanged where it is none, and the check then says so."""
    if parameter.choices:
        return next((each for each in parameter.choices if str(each) == text), text)
    if text in ("None", "none", "") and NoneType in parameter.types:
        return None
    if bool in parameter.types:
        return _YES_OR_NO.get(text.lower(), text)
    for make in (int, float):
        if make in parameter.types:
            try:
                return make(text.replace("_", ""))
            except ValueError:
                continue
    return text.encode() if bytes in parameter.types else text


def _change(text: str) -> tuple[int, Intervention]:
    """`12=drop` as an intervention."""
    step, equals, what = text.partition("=")
    action, _, value = what.partition(":")
    if not equals or action not in _MAKE or (bool(value) and action in ("drop", "cut")):
        raise CliError(f"--do {text} means nothing.{_CHANGES}")
    parse, make = _MAKE[action]
    try:
        number, given = int(step), parse(value)
    except ValueError:
        raise CliError(f"--do {text} cannot be.{_CHANGES}") from None
    try:
        return number, make(given)
    except ValueError as error:  # a number, but none that the change can have: the error says why
        raise CliError(f"--do {text} cannot be. {error}") from error


_MAKE: Mapping[str, tuple[Callable[[str], Any], Callable[[Any], Intervention]]] = {
    "drop": (str, lambda _: drop),
    "cut": (str, lambda _: cut),
    "edit": (str, edit),
    "flip": (int, flip),
    "delay": (lambda value: float(value.removesuffix("s")), delay),
}
"""How each change reads its value, and what it makes of that."""

CHANGES: Mapping[str, str] = {
    "drop": "it is lost on the way",
    "cut": "both sides get RST instead",
    "flip:": "flip this bit; 0 is the first",
    "edit:": "another payload",
    "delay:": "it arrives so many seconds later",
}
"""What a shell offers behind `STEP=`, and what each does."""

_CHANGES = " Write STEP=drop, STEP=cut, STEP=flip:BIT, STEP=edit:TEXT or STEP=delay:SECONDS, such as --do 5=drop."


# --- as text ----------------------------------------------------------------------------------


def list_all(console: Console, *, as_json: bool) -> None:
    """Every scenario, by group."""
    if not as_json:
        console.print(table(SCENARIOS.values()))
        console.print("\n`wslab play NAME` plays one, step by step.")
        return
    for each in SCENARIOS.values():
        write_line(_line(_about(each)))


def show(options: PlayOptions, tape: PlayedTape, console: Console, *, dark: bool, at_once: bool) -> None:
    """Show a run: with a key for each step, or all `at_once`."""
    changes = [f"step {step}: {each.action}" for step, each in options.do.items()]
    remarks = [f"seed {options.seed}"] * bool(options.seed) + changes
    view = PlayView(options.scenario, _given(options), tape, dark=dark, fixed=options.fixed, remarks=remarks)
    extra = EXTRAS["terminal"]
    if not at_once and not extra.missing:
        from wslab.cli.play.pager import Pager  # loads prompt_toolkit

        if not Pager(view, console).run():
            return
    for page in view:
        console.print(page)
    if not at_once and extra.missing:
        write_line(str(MissingExtra("Going through the steps by key", extra)), to_stderr=True)


def show_difference(options: PlayOptions, tape: Tape, console: Console, *, as_json: bool) -> None:
    """What `--do` changed."""
    difference = options.play(changed=False).diff(tape)
    sentences = ["Nothing is different: both runs are the same."] if difference is None else difference.sentences
    if as_json:
        step, what = (None, ()) if difference is None else (difference.step, difference.what)
        write_line(_line({"step": step, "what": what, "sentence": " ".join(sentences)}))
        return
    if difference is not None:
        console.print("Here is the run as it is, there the one with the change.")
    for each in sentences:
        console.print(each, markup=False)


# --- JSON -------------------------------------------------------------------------------------


def print_json(options: PlayOptions, tape: PlayedTape) -> None:
    """One object a line: the scenario, its steps, and what explains them."""
    scenario = options.scenario
    about = {
        **_about(scenario),
        "sentence": tape.sentence,
        "question": tape.question,
        "seed": options.seed,
        "fixed": options.fixed,
        "parameters": _plain(_given(options)),
    }
    why = {"explanation": asdict(tape.explanation), "fixed": tape.fix, "changed": tape.changed}
    for data in (about, *map(_step, tape), why):
        write_line(_line(data))


def _given(options: PlayOptions) -> dict[str, object]:
    """Every parameter with the value that it had."""
    fix = options.scenario.fix if options.fixed else {}
    return options.scenario.values({**fix, **options.parameters})


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
    return as_json(data)


# --- in a file ---------------------------------------------------------------------------------


def save(tape: Tape, path: Path, *, secrets: bool) -> None:
    """Write the tape, in the format that the name says, and say so on standard error.

    Secrets in heads become asterisks, unless `secrets` keeps them.

    Raises:
        CliError: The name says no format, or the file cannot be written.
    """
    try:
        count = export_to(path, tape, secrets=secrets)
        write_line(f"The recording is in {path}. {replaced(count, path)}".rstrip(), to_stderr=True)
    except ValueError as error:
        raise CliError(str(error)) from error
    except OSError as error:
        raise CliError(f"{path} cannot be written: {error.strerror or error}.") from error
