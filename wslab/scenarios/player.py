"""Playing a scenario: once, or again with something changed at a step.

How it works. `play` looks up the scenario, checks the parameters, makes a fresh `Lab` with the seed and runs the
coroutine to its end. With `do` it first plays the scenario as it is, turns the first intervention into a place in a
stream (see `interventions`), plays again with it, and goes on so for every later step: step 20 of a fork that begins
at step 12 is step 20 of that fork.

A run depends only on name, seed, parameters and interventions: the same four give the same bytes on every machine, in
every Python, the browser's included. One exception is not ours: what a longer message is compressed to depends on
whether Python was built with zlib or with zlib-ng. As they are, all scenarios give the same bytes with both.

Once a learner has changed something, a scenario may end early, with an error that its code does not expect. Such an end
(`ENDINGS`) is a result and not a failure: a fact on the tape says why, and the tape up to there is returned. Its
explanation says that the story did not come to its point.

What this module leaves out: what a scenario is (`catalogue`), and showing a tape.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import ClassVar, cast

from wslab.extras import need
from wslab.lab import ConnectionClosed, Deadlock, HandshakeRefused, Lab, Tape
from wslab.lab.faults.intervention import StreamIntervention
from wslab.lab.foundation import has_sockets
from wslab.scenarios.catalogue import SCENARIOS, Scenario, UnknownScenario
from wslab.scenarios.explanation import Explanation, PlayedRun
from wslab.scenarios.interventions import Intervention, as_code
from wslab.tape.records import Raised

ENDINGS = (ConnectionClosed, Deadlock, HandshakeRefused, TimeoutError, ConnectionError)
"""Errors with which a scenario may end early once a step or a parameter was changed: on the tape, and not raised."""

Watch = Callable[[Lab, Awaitable[object]], object]
"""Sees a run before it begins: its lab, and its story, the coroutine."""
_WITH_OTHER_VALUES = " (So it is with the default values; this run has others, and may end in another way.)"
_OF_ANY_RUN = "What do client and server believe in the end?"

SETTLE = 0.02
"""Seconds for which a run goes on after its scenario is over, so that what is on its way arrives."""


@dataclass(frozen=True, slots=True)
class Call:
    """What `play` was called with; it reads as that code. `parameters` are those that were given."""

    name: str
    seed: int = 0
    clock: str | None = None
    do: Mapping[int, Intervention] = field(default_factory=dict)
    fixed: bool = False
    parameters: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"play({', '.join(self.arguments)})"

    @property
    def arguments(self) -> list[str]:
        """Each argument as code."""
        given: dict[str, object] = {**self.parameters}
        given |= {name: value for name, value in (("seed", self.seed), ("clock", self.clock)) if value}
        given |= {"fixed": True} if self.fixed else {}
        given |= {"do": dict(sorted(self.do.items()))} if self.do else {}
        return [as_code(self.name), *(f"{name}={as_code(each)}" for name, each in given.items())]

    def play(self) -> PlayedTape:
        """Play it; raises what `play` raises."""
        how = {"seed": self.seed, "clock": self.clock, "do": self.do, "fixed": self.fixed}
        return play(self.name, **{**self.parameters, **how})  # type: ignore[arg-type]

    def changed(self, step: int, change: Intervention) -> Call:
        """The same with one more step changed; later changes go, because their steps may be others now."""
        return replace(self, do={**{each: did for each, did in self.do.items() if each < step}, step: change})

    def redacted(self) -> Call:
        """The same with asterisks in place of the secrets in heads that a change writes."""
        return replace(self, do={step: did.redacted() for step, did in self.do.items()})

    def undone(self) -> Call:
        """The same without its last change."""
        return replace(self, do={step: did for step, did in self.do.items() if step < max(self.do)})


class PlayedTape(Tape):
    """The tape of a scenario that was played: a tape like any other, which also knows what explains it.

    `call` is what `play` was called with: it plays the same again, or with another change. `changed` says that `do`
    changed a step. The explanation is then that of the run before, for nobody has written one for what a learner
    makes of it.
    """

    scenario: Scenario
    is_invented: ClassVar[bool] = True

    run: PlayedRun
    call: Call

    @classmethod
    def of(cls, scenario: Scenario, run: PlayedRun, tape: Tape, call: Call) -> PlayedTape:
        """A tape of `scenario`, which `run` explains."""
        played = cast("PlayedTape", cls.over(tape.log))
        played.scenario, played.run, played.call = scenario, run, call
        return played

    @property
    def changed(self) -> bool:
        """Whether `do` changed a step."""
        return bool(self.call.do)

    @property
    def is_the_fix(self) -> bool:
        """Whether it is the fixed variant as it stands, which `scenario.fixed` tells: with no other value changed."""
        return dict(self.run.parameters) == self.scenario.values(self.scenario.fix)

    @property
    def has_default_values(self) -> bool:
        """Whether it was played with every default: then the scenario's sentence and question are about it."""
        return dict(self.run.parameters) == self.scenario.values({})

    @property
    def sentence(self) -> str:
        """What happens; of a run with other values, first what the fix does, and that the rest is with the defaults."""
        if self.has_default_values:
            return self.scenario.sentence
        fixed = f"{self.scenario.fixed} " if self.is_the_fix else ""
        return f"{fixed}With the default values: {self.scenario.sentence}"

    @property
    def question(self) -> str:
        """What to predict; of a run with other values, what any run can be asked."""
        return self.scenario.question if self.has_default_values else _OF_ANY_RUN

    @property
    def can_fork(self) -> bool:
        """Whether it can be played again with a step changed: only a run on the virtual clock can."""
        return (self.call.clock or self.scenario.clock) == "virtual"

    def redacted_call(self) -> PlayedTape:
        """The same tape whose `call`, which is shown as code, has asterisks in place of the secrets of heads."""
        return self.of(self.scenario, self.run, self, self.call.redacted())

    @property
    def explanation(self) -> Explanation:
        """What happened, why, what each side knows, and what to write in code."""
        return self.scenario.explain(self.run)

    @property
    def fix(self) -> str:
        """What the fixed variant changes; of a fixed run with other values, that the sentence is not about these."""
        is_other = self.call.fixed and not self.is_the_fix
        return f"{self.scenario.fixed}{_WITH_OTHER_VALUES}" if is_other else self.scenario.fixed


def play(
    name: str,
    /,
    *,
    seed: int = 0,
    clock: str | None = None,
    do: Mapping[int, Intervention] | None = None,
    fixed: bool = False,
    **parameters: object,
) -> PlayedTape:
    """Play a scenario and return its tape; on the virtual clock that takes milliseconds.

    `do={12: drop}` changes step 12, and the run forks from there; `tape.diff` says what became different. `fixed`
    plays the variant in which it goes well. `clock="real"` plays it on real sockets, in real time, without `do`.
    A browser's Python cannot do that: `RuntimeError`. A scenario that needs an extra which is not installed raises
    `ImportError`, with the command that installs it.
    `tape.explanation` says what happened and why, for these parameters and this outcome.
    Raises `UnknownScenario` with the nearest name, `TypeError` for a parameter that the scenario does not have, and
    `ValueError` for a value or a step that cannot be, and for `fixed` where there is no fixed variant.
    """
    return replay(call_of(name, seed=seed, clock=clock, do=do, fixed=fixed, **parameters))


def call_of(
    name: str,
    /,
    *,
    seed: int = 0,
    clock: str | None = None,
    do: Mapping[int, Intervention] | None = None,
    fixed: bool = False,
    **parameters: object,
) -> Call:
    """The call of `play` with these arguments; nothing is checked yet."""
    return Call(name, seed, clock, MappingProxyType(dict(do or {})), fixed, MappingProxyType(parameters))


def _check(call: Call) -> None:
    """Raises what `play` raises before it plays."""
    if call.name not in SCENARIOS:
        raise UnknownScenario(call.name)
    scenario = SCENARIOS[call.name]
    scenario.check(call.parameters)
    if call.fixed:
        scenario.check_fix()
    if call.do and (call.clock or scenario.clock) != "virtual":
        raise ValueError("Only a run on the virtual clock can be repeated exactly, and so changed at a step.")
    if (call.clock or scenario.clock) != "virtual" and not has_sockets():
        raise RuntimeError(
            f"{call.name} in real time needs sockets, TLS and a program that waits, and a browser's Python has none of "
            "these: play it in Python on a computer."
        )
    if scenario.extra:
        need(scenario.extra, f"The scenario {call.name}")


def replay(call: Call, watch: Watch | None = None) -> PlayedTape:
    """Play it, as `play` does; `watch` sees the lab and the story of each run before it begins."""
    _check(call)
    scenario, do = SCENARIOS[call.name], call.do
    given = {**(scenario.fix if call.fixed else {}), **call.parameters}
    run = _run(scenario, call, given, (), watch, may_end=bool(call.parameters or do))
    tape = _forked(scenario, call, given, run.tape, watch) if do else run.tape
    return PlayedTape.of(scenario, run, tape, call)


def _forked(scenario: Scenario, call: Call, given: Mapping[str, object], tape: Tape, watch: Watch | None) -> Tape:
    interventions: list[StreamIntervention] = []
    for step in sorted(call.do):
        interventions.append(call.do[step].at(tape, step))
        tape = _run(scenario, call, given, interventions, watch, may_end=True).tape
    return tape


def _run(
    scenario: Scenario,
    call: Call,
    given: Mapping[str, object],
    interventions: Sequence[StreamIntervention],
    watch: Watch | None,
    *,
    may_end: bool,
) -> PlayedRun:
    # an error of a handler is part of its story: the tape shows it, and not the standard error of a cell
    lab = Lab(clock=call.clock or scenario.clock, seed=call.seed, interventions=interventions, log_errors=False)
    try:
        story = scenario.run(lab, **given)
        if watch is not None:
            watch(lab, story)
        early = _end_of(lab, story, may_end=may_end)
        return PlayedRun(MappingProxyType(scenario.values(given)), lab.tape.copy(), early)
    finally:
        lab.run(lab.close())


def _end_of(lab: Lab, run: Awaitable[object], *, may_end: bool) -> Exception | None:
    """Run to the end; the error with which the scenario ended early, where it may."""
    try:
        return lab.run(_finish(lab, run, may_end=may_end))
    except (Deadlock, TimeoutError) as stuck:  # a year of virtual time went by
        if not may_end:
            raise
        return _record_end(lab, stuck)


async def _finish(lab: Lab, run: Awaitable[object], *, may_end: bool) -> Exception | None:
    """Run the scenario and what is on its way; with `may_end` it may end early."""
    early: Exception | None = None
    try:
        await run
    except ENDINGS as ending:
        if not may_end or isinstance(ending, Deadlock):
            raise
        early = _record_end(lab, ending)
    except ExceptionGroup as group:
        _, rest = group.split(ENDINGS)
        if not may_end or rest is not None:
            raise
        early = _record_end(lab, _first(group))
    await asyncio.sleep(SETTLE)
    return early


def _first(error: Exception) -> Exception:
    """The first error in a group, however deep it is."""
    return _first(error.exceptions[0]) if isinstance(error, ExceptionGroup) else error


def _record_end(lab: Lab, why: Exception) -> Exception:
    """Record why it ended: on the connection where there is only one, else on the lab."""
    numbers = [number for number in lab.tape.connection_numbers if number]
    lab.tape.record_fact(numbers[0] if len(numbers) == 1 else 0, Raised("wire", "scenario", str(why)))
    return why
