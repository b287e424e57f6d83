"""A claim in a learner's hands: `myths("unordered")` asks, `.judge("false")` answers, `.run()` finds out.

How it works: a `Claim` holds what the learner said. `run` makes the figures on the spot, and its `Finding` has the
verdict that they give. What we say of the claim stands beside it: where the run says otherwise, so does the finding.
Both are data and print themselves; in Jupyter a claim shows itself as a question, a finding with its chart.

Left out: the experiments (`table`), and how a chart looks (`wslab.widgets.claim`).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import overload

from wslab.course.claims.charts import Chart, short
from wslab.course.claims.experiment import Experiment, Figures
from wslab.course.claims.table import EXPERIMENTS
from wslab.course.myths import MYTHS, Myth, Verdict

__all__ = ["CHOICES", "CLOSER", "Claim", "Claims", "Finding", "myths"]

CHOICES = tuple(verdict.value for verdict in Verdict)
"""What a learner may say of a claim."""

CLOSER = "Look closer"
"""The part that leads on to scenarios and lessons."""

WIDTH = 96
"""Columns after which a line of text goes on in the next."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a run says of a claim: its `figures`, and the `verdict` that they give.

    `judged` is what the learner had said, or None. `agrees` is whether the verdict is the one that our page has.
    """

    claim: Claim
    figures: Figures
    verdict: Verdict
    judged: str | None

    @property
    def agrees(self) -> bool:
        """Whether the run gives the verdict that stands in `MYTHS`."""
        return self.verdict is self.claim.myth.verdict

    @property
    def chart(self) -> Chart:
        """What is drawn of the figures."""
        return self.claim.experiment.draw(self.figures)

    @property
    def rows(self) -> list[tuple[str, str]]:
        """The figures as names and values to read; series are the chart's."""
        named = ((name, value) for name, value in self.figures.items() if not isinstance(value, tuple))
        return [(name, _read(value)) for name, value in named]

    @property
    def headline(self) -> str:
        """The verdict, beside what the learner said."""
        if self.judged is None:
            return f"You have not judged yet. The run says: {self.verdict.value}."
        if self.judged == self.verdict.value:
            return f"✓ You said {self.judged}, and so does the run."
        return f"≠ You said {self.judged}; the run says: {self.verdict.value}."

    @property
    def parts(self) -> list[tuple[str, str]]:
        """What there is to say, each part with its name."""
        myth, experiment = self.claim.myth, self.claim.experiment
        disagrees = f"Our page says {myth.verdict.value}, and this run does not. Believe the run, and tell us."
        parts = [
            ("The run disagrees", "" if self.agrees else disagrees),
            ("What is true", myth.truth),
            ("What would say otherwise", self._otherwise),
            ("What real peers do", experiment.peers),
            ("A simulation", experiment.simulated),
            (CLOSER, self._closer),
            ("Remember", experiment.remember),
        ]
        return [(name, words) for name, words in parts if words]

    @property
    def _closer(self) -> str:
        """The scenarios that show it, and where the course explains it."""
        myth = self.claim.myth
        scenarios = [f'`play("{name}")`' for name in myth.scenarios]
        lessons = [f"“{lesson.heading}” in {lesson.title}" for lesson in myth.lessons]
        return ", ".join(scenarios + lessons) + "."

    @property
    def _otherwise(self) -> str:
        """Figures that would give another verdict, and which."""
        experiment = self.claim.experiment
        verdict = experiment.judge({**self.figures, **experiment.otherwise})
        shown = [f"“{name}” were {_read(value)}" for name, value in experiment.otherwise.items()]
        return f"If {' and '.join(shown)}, the verdict would be: {verdict.value}."

    def __str__(self) -> str:
        width = max(len(name) for name, _ in self.rows)
        return "\n".join(
            [
                f"“{self.claim.myth.claim}”",
                self.headline,
                "",
                _filled(self.claim.experiment.does, indent=""),
                *(f"  {name:{width}}  {value}" for name, value in self.rows),
                "",
                _filled(self.chart.text()),
                "",
                *(_filled(f"{name}: {words}") for name, words in self.parts),
            ]
        )

    __repr__ = __str__


def _filled(text: str, *, indent: str = "  ") -> str:
    return fill(text, WIDTH, subsequent_indent=indent, break_on_hyphens=False)


def _read(value: float | str) -> str:
    return value if isinstance(value, str) else short(value)


class Claim:
    """A sentence that people repeat, and the experiment that tests it.

    >>> claim = myths("accept-value")
    >>> claim.judge("true")
    >>> claim.run().headline
    '✓ You said true, and so does the run.'
    """

    def __init__(self, myth: Myth, experiment: Experiment) -> None:
        self.myth = myth
        self.experiment = experiment
        self.judged: str | None = None

    @property
    def name(self) -> str:
        """The name by which `myths` finds it."""
        return self.myth.name

    @property
    def question(self) -> str:
        """What the learner is asked."""
        return f"“{self.myth.claim}” Is that so?"

    def judge(self, answer: str | None) -> None:
        """Say what you think: one of `CHOICES`; None takes it back. `ValueError` for anything else."""
        if answer is not None and answer not in CHOICES:
            raise ValueError(f"{answer!r} is none of the answers: {', '.join(map(repr, CHOICES))}.")
        self.judged = answer

    def run(self) -> Finding:
        """Run the experiment, in virtual time and mostly within a second, and judge its figures."""
        figures = self.experiment.measure()
        return Finding(self, figures, self.experiment.judge(figures), self.judged)

    def __str__(self) -> str:
        said = "" if self.judged is None else f" You said: {self.judged}."
        answers = ", ".join(map(repr, CHOICES))
        return f"{self.question}{said}\nAnswer with .judge(...), one of {answers}; then .run()."

    __repr__ = __str__


class Claims(Sequence[Claim]):
    """All claims, in the order of the course."""

    def __init__(self, claims: Sequence[Claim]) -> None:
        self._claims = tuple(claims)

    @overload
    def __getitem__(self, index: int) -> Claim: ...
    @overload
    def __getitem__(self, index: slice) -> Claims: ...
    def __getitem__(self, index: int | slice) -> Claim | Claims:
        return Claims(self._claims[index]) if isinstance(index, slice) else self._claims[index]

    def __len__(self) -> int:
        return len(self._claims)

    def __iter__(self) -> Iterator[Claim]:
        return iter(self._claims)

    def __str__(self) -> str:
        width = max((len(claim.name) for claim in self), default=0)
        return "\n".join(f"{claim.name:{width}}  {claim.myth.claim}" for claim in self)

    __repr__ = __str__


@overload
def myths() -> Claims: ...
@overload
def myths(name: str) -> Claim: ...
def myths(name: str | None = None) -> Claims | Claim:
    """The claim of this name, to judge and to run; without a name all of them.

    `.judge("false")` says what you think, `.run()` puts it to the test and gives a `Finding`. Raises `ValueError` for a
    name that no claim has.
    """
    if name is None:
        return Claims([Claim(myth, EXPERIMENTS[myth.name]) for myth in MYTHS])
    myth = next((myth for myth in MYTHS if myth.name == name), None)
    if myth is None:
        near = difflib.get_close_matches(name, EXPERIMENTS, 1)
        hint = f"did you mean {near[0]!r}?" if near else "myths() lists all of them."
        raise ValueError(f"There is no claim {name!r}: {hint}")
    return Claim(myth, EXPERIMENTS[name])
