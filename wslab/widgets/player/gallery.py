"""The gallery: all scenarios by what somebody would search for, and a search over them.

Each topic is one line, which unfolds to its scenarios: a name and the question that it asks. A search looks at names,
sentences, questions, topics, the codes that a run shows (`1006`), and the symptoms that lead there
(`course.diagnosis`). All words have to be found, in any order. A scenario that a symptom leads to says so: what was
seen, and what may be behind it. Those that were answered carry ✓ or ≠.

Left out: the player of the scenario that is chosen (`picture`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

import htpy as h
from htpy import Node

from wslab.course.diagnosis import SYMPTOMS
from wslab.scenarios.asked import Topic
from wslab.scenarios.catalogue import SCENARIOS, Scenario
from wslab.scenarios.codes import CODES
from wslab.widgets import components

__all__ = ["GalleryState", "gallery_text", "regions"]

HELP = (
    "Open what you see in your own program, or search for a code such as 1006 or for words. "
    "Of an error message or a line of a log, `wslab.diagnose` says what it may mean. "
    "Choose a scenario to play it: it asks first, then it shows what happens, and why. "
    "Tab goes from topic to topic, Enter opens, the arrow keys go on within a topic."
)


@dataclass(frozen=True)
class GalleryState:
    """What is searched for (empty: nothing), and `score`: of each scenario that was answered whether it was right."""

    words: str = ""
    score: Mapping[str, bool] = field(default_factory=dict)

    @property
    def found(self) -> list[Scenario]:
        """The scenarios with all the words that are searched for, in the order of the course."""
        wanted = self.words.casefold().split()
        return [each for name, each in SCENARIOS.items() if all(word in _index(name) for word in wanted)]

    @property
    def topics(self) -> Iterator[tuple[Topic, list[Scenario]]]:
        """Each topic in which something was found, with that."""
        found = self.found
        grouped = ((topic, [each for each in found if each.topic is topic]) for topic in Topic)
        return ((topic, members) for topic, members in grouped if members)

    def symptoms(self, name: str) -> list[tuple[str, str]]:
        """What people see that leads to a scenario, with the cause: of a search those that have a word of it."""
        wanted = self.words.casefold().split()
        return [pair for pair in _symptoms(name) if any(word in " ".join(pair).casefold() for word in wanted)]


@cache
def _symptoms(name: str) -> tuple[tuple[str, str], ...]:
    """What people see that leads to a scenario, and why it does."""
    pairs = ((symptom.text, cause) for symptom in SYMPTOMS for cause in symptom.causes)
    return tuple((text, cause.text) for text, cause in pairs if cause.scenario == name)


@cache
def _index(name: str) -> str:
    """All that a search for a scenario looks at, in small letters."""
    scenario = SCENARIOS[name]
    own = (name, scenario.sentence, scenario.question, str(scenario.topic), *map(str, CODES[name]))
    seen = (part for pair in _symptoms(name) for part in pair)
    return " ".join((*own, *seen)).casefold()


# ---- as HTML


def regions(state: GalleryState) -> dict[str, Node]:
    """All regions of the gallery."""
    return {"header": _header(state), "inputs": _search(state), "picture": _topics(state)}


def _header(state: GalleryState) -> Node:
    right, given = sum(state.score.values()), len(state.score)
    return components.header(
        "Scenarios",
        HELP,
        about=[f"{len(SCENARIOS)}, by what you see", given > 0 and h.b(".wsl-score")[f"{right} of {given} right"]],
    )


def _search(state: GalleryState) -> Node:
    return h.div(".wsl-row.wsl-search", role="search")[
        components.field("What do you see?", components.text_input("search", state.words, size=32)),
        bool(state.words) and components.do_button("Show all", "search"),
        h.span(".wsl-note", role="status")[_found_words(state)],
    ]


def _found_words(state: GalleryState) -> str:
    if not state.words:
        return "a code such as 1006, or a word"
    found = len(state.found)
    return f"{found} found" if found else "Nothing has all of these words: try a code such as 1006, or a single word."


def _topics(state: GalleryState) -> Node:
    return h.div(".wsl-gallery", tabindex="0", role="group", aria_label="Scenarios by topic", data_scroll="gallery")[
        (_topic(state, topic, members) for topic, members in state.topics)
    ]


def _topic(state: GalleryState, topic: Topic, members: list[Scenario]) -> Node:
    key = f"{topic.name}-{bool(state.words)}"  # what a search unfolds stays folded without it
    return h.details(".wsl-topic", data_key=key, data_stays=True, open=bool(state.words))[
        h.summary(data_key=f"{key}-head")[h.b[str(topic)], h.span(".wsl-note")[str(len(members))]],
        h.div(".wsl-members", data_roving=True, role="group", aria_label=str(topic))[
            (_member(state, each) for each in members)
        ],
    ]


def _member(state: GalleryState, scenario: Scenario) -> Node:
    return h.button(
        ".wsl-member", type="button", data_do="open", data_arg=scenario.name, data_key=f"open-{scenario.name}"
    )[
        h.span[h.b[scenario.name], _sign(state, scenario.name)],
        h.span(".wsl-asks")[_plain(scenario.question)],
        bool(scenario.missing) and h.span(".wsl-note")[scenario.missing],
        (h.span(".wsl-note")[text, " ", _plain(cause)] for text, cause in state.symptoms(scenario.name)),
    ]


def _plain(text: str) -> Iterator[Node]:
    """A text with its code as code: within a button there is no link."""
    for place, part in enumerate(text.split("`")):
        yield h.code[part] if place % 2 else part


_SIGNS = {True: ("✓", "answered right"), False: ("≠", "answered otherwise")}


def _sign(state: GalleryState, name: str) -> Node:
    if name not in state.score:
        return None
    sign, words = _SIGNS[state.score[name]]
    return h.b(".wsl-gsign", role="img", aria_label=words)[sign]


# ---- as text


def gallery_text(state: GalleryState) -> str:
    """The gallery as plain text: each topic with its scenarios and their questions."""
    found = list(state.topics)
    if not found:
        return f"No scenario has all of these words: {state.words}\n"
    parts = [
        f"{topic}\n" + "\n".join(f"  {each.name}: {each.question} {each.missing}".rstrip() for each in members)
        for topic, members in found
    ]
    return "\n\n".join(parts) + '\n\nPlay one: wslab.ScenarioPlayer("half-open"), or `wslab play half-open`.\n'
