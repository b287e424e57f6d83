"""A panel for a link: what is wrong with it now, what can be, and what waits at its gate.

The picture: one line of faults, each with a way to take it away; below it a way to add one by name, the three ends that
need one press (silence, RST, FIN), and, where the link has a gate, every head and frame that waits, to be let through
or dropped. Rules: the link itself holds the truth, the panel only asks and shows; `faults` is a trait, so a slider or
another widget can drive it. A slip is told in the panel.

Left out: what happened then, which the timeline shows.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Any, ClassVar

import htpy as h
import traitlets
from htpy import Node

from wslab.explain.narration import narrate_frame, narrate_head
from wslab.lab import Link
from wslab.lab.faults import NAMES, PRESETS, Fault, faults_named
from wslab.lab.gate import Held
from wslab.widgets import parts
from wslab.widgets.base import View

__all__ = ["LinkPanel", "Wrong", "in_words", "regions", "story"]

HELP = (
    "A link carries bytes between a client and a server, and can do it badly. "
    "Choose what is to be wrong, or write it, as in delay:0.2 or flip:at_frame=2,bit=3. "
    "It holds for every connection through this link; what is taken away stops at once, but silence is for good."
)
GATE = "gate"
MOST_HELD = 12
_COMMON = frozenset(each.name for each in fields(Fault))


@dataclass(frozen=True, slots=True)
class Wrong:
    """What the panel shows: the link's faults, how many connections go through, what waits at its gate, the draft."""

    faults: tuple[Fault, ...]
    connections: int = 0
    held: tuple[Held, ...] = ()
    draft: str = ""

    @property
    def has_gate(self) -> bool:
        """Whether something can wait."""
        return any(type(each) is NAMES[GATE] for each in self.faults)


def in_words(fault: Fault) -> str:
    """A fault as one writes it: `delay:seconds=0.2,of=client`; only what is not as usual is told."""
    name = next(name for name, kind in NAMES.items() if kind is type(fault))
    own = sorted(fields(fault), key=lambda each: each.name in _COMMON)
    told = [f"{each.name}={_value(getattr(fault, each.name))}" for each in own if not _is_usual(fault, each)]
    return ":".join(filter(None, [name, ",".join(told)]))


def _is_usual(fault: Fault, field: Any) -> bool:
    return field.default is not MISSING and getattr(fault, field.name) == field.default


def _value(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return f"{value:g}" if isinstance(value, float) else str(getattr(value, "value", value))


def regions(state: Wrong) -> dict[str, Node]:
    """All regions of the view."""
    return {
        "header": parts.header("Link", HELP, about=_through(state.connections)),
        "picture": _faults(state.faults),
        "controls": _ends(),
        "inputs": _inputs(state.draft),
        "details": _gate(state) if state.has_gate else None,
    }


def _through(connections: int) -> str:
    return f"{connections} connection{'' if connections == 1 else 's'} through it"


def _faults(faults: Sequence[Fault]) -> Node:
    if not faults:
        return h.p(".wsl-line")["It passes everything on, just as it comes."]
    return h.ul(".wsl-faults", aria_label="What is wrong with the link")[
        (
            h.li[
                h.code[in_words(fault)],
                h.span(".wsl-note")[(type(fault).__doc__ or "").partition("\n")[0]],
                parts.do_button("Take away", "remove", str(number)),
            ]
            for number, fault in enumerate(faults)
        )
    ]


def _ends() -> Node:
    return h.div(".wsl-row", role="group", aria_label="Ends")[
        parts.do_button("Go silent", "silence"),
        parts.do_button("Cut with RST", "cut", "rst"),
        parts.do_button("Cut with FIN", "cut", "fin"),
        parts.do_button("Nothing wrong", "heal"),
    ]


def _inputs(draft: str) -> Node:
    presets = [("", "choose …"), *((name, name.replace("_", " ")) for name in PRESETS)]
    return h.fragment[
        parts.field("As on", parts.select("preset", presets, "")),
        parts.field("Or write a fault", parts.text_input("draft", draft, size=28, code=True)),
        parts.do_button("Add", "add"),
    ]


def _gate(state: Wrong) -> Node:
    if not state.held:
        return h.p(".wsl-note")["Nothing waits at the gate."]
    return h.fragment[
        h.ol(".wsl-faults", aria_label="What waits at the gate")[
            (_held(number, held) for number, held in enumerate(state.held[:MOST_HELD]))
        ],
        len(state.held) > MOST_HELD and h.p(".wsl-note")[f"and {len(state.held) - MOST_HELD} more"],
        parts.do_button("Let all through", "release", "all"),
    ]


def _held(number: int, held: Held) -> Node:
    return h.li[
        h.span[_told(held)],
        parts.do_button("Let through", "release", str(number)),
        parts.do_button("Drop", "drop", str(number)),
    ]


def _told(held: Held) -> str:
    frame = held.frame
    if frame is not None:
        return narrate_frame(frame, held.sender)
    if held.data.startswith((b"GET ", b"HTTP/")):
        return narrate_head(held.data.decode("latin-1"), held.sender)
    return f"The {held.sender} sends {len(held.data)} bytes."


def story(state: Wrong) -> str:
    """The same as plain text."""
    faults = ", ".join(map(in_words, state.faults)) or "passes everything on"
    waiting = [f"  waits: {_told(held)}" for held in state.held]
    return "\n".join([f"Link: {faults}; {_through(state.connections)}", *waiting])


def _looking(panel: weakref.ref[LinkPanel]) -> Callable[[], object]:
    """What draws the panel again, and does not keep it alive."""

    def look() -> None:
        if (alive := panel()) is not None:
            alive.redraw()

    return look


class LinkPanel(View):
    """A panel for a `Link`. `faults` is a trait: assign faults or names, or link it to another widget's.

    What the panel asks of the link it asks at once, while connections run. Raises ValueError for a fault that cannot
    be; from the page, the panel shows it.
    """

    title: ClassVar[str] = "Link"

    faults = traitlets.Any((), help="What is wrong with the link: faults, or names as in 'delay:0.2' and 'mobile'.")

    def __init__(self, link: Link, **traits: Any) -> None:
        self.link = link
        self._draft = ""
        super().__init__(**{"faults": link.faults, **traits})
        self.observe(self._on_faults, names=["faults"])
        self._stop = link.watch(_looking(weakref.ref(self)))
        weakref.finalize(self, self._stop)

    @traitlets.validate("faults")
    def _apply(self, proposal: Any) -> tuple[Fault, ...]:
        given: Iterable[Fault | str] = proposal["value"]
        self.link.faults = (given,) if isinstance(given, (str, Fault)) else tuple(given)
        return self.link.faults

    def _on_faults(self, _change: Any) -> None:
        self.redraw()

    def close(self) -> None:
        """Look no more, and go from the page."""
        self._stop()
        super().close()

    @property
    def state(self) -> Wrong:
        """What the view shows now."""
        return Wrong(self.link.faults, len(self.link.connections), tuple(self.link.held), self._draft)

    def draw(self, steps: range) -> Mapping[str, Node]:
        """The regions for the present state."""
        return regions(self.state)

    def text(self) -> str:
        """The link and its faults as plain text."""
        return story(self.state)

    # --- what the page asks for ---------------------------------------------------------

    def do_preset(self, arg: str, value: str) -> None:
        """Put a preset in the place of all faults."""
        self.faults = (value,) if value else ()

    def do_draft(self, arg: str, value: str) -> None:
        """Keep what is being written."""
        self._draft = value

    def do_add(self, arg: str, value: str) -> None:
        """Add the fault that was written."""
        self.faults = (*self.link.faults, *faults_named(self._draft))
        self._draft = ""

    def do_remove(self, arg: str, value: str) -> None:
        """Take one fault away."""
        self.faults = tuple(fault for number, fault in enumerate(self.link.faults) if number != int(arg))

    def do_heal(self, arg: str, value: str) -> None:
        """Take all away."""
        self.faults = ()

    def do_silence(self, arg: str, value: str) -> None:
        """Swallow everything from now on."""
        self.link.silence()
        self.faults = self.link.faults

    def do_cut(self, arg: str, value: str) -> None:
        """End the connections that go through it now."""
        self.link.cut(gently=arg == "fin")

    def do_release(self, arg: str, value: str) -> None:
        """Let one through, or all."""
        for held in self.link.held if arg == "all" else [self.link.held[int(arg)]]:
            held.release()

    def do_drop(self, arg: str, value: str) -> None:
        """Drop one."""
        self.link.held[int(arg)].drop()
