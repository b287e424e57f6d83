"""A panel for a link: what is wrong with it now, what can be, and what waits at its gate.

The picture is the cable (`cable`), with its faults on the direction that they touch and what both ends believe. Below
it the faults in sentences; the ends that need one press (silence, RST, FIN), a gate, and a way back; a fault to be
put together from its fields, or written; and, where the link has a gate, every head and frame that waits, to be let
through, dropped or rewritten.

Rules: the link itself holds the truth, the panel only asks and shows; `faults` is a trait, so a slider or another
widget can drive it. What is being put together is one text, `delay:seconds=0.2`: the fields are read from it and write
it. A slip is told in the panel.

Left out: what happened then, which the timeline shows.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any, ClassVar

import htpy as h
import traitlets
from htpy import Node

from wslab.explain.kinds import kind_of_opcode
from wslab.explain.narration import narrate_frame, narrate_head
from wslab.lab import Link
from wslab.lab.fault_words import MEANINGS, told, written
from wslab.lab.faults import HOWS, NAMES, PRESETS, YES_OR_NO, Fault, Gate, Silence, faults_named, fields_named
from wslab.lab.gate import Held
from wslab.protocol.codes import Opcode
from wslab.widgets import parts
from wslab.widgets.base import View
from wslab.widgets.cable import End, cable
from wslab.widgets.reel import Reel, outdated

__all__ = ["LinkPanel", "Waiting", "Wrong", "regions", "story"]

HELP = (
    "A link carries bytes between a client and a server, and can do it badly. "
    "Choose what is to be wrong, or write it, as in delay:0.2 or flip:at_frame=2,bit=3. "
    "It holds for every connection through this link; what is taken away stops at once, but silence is for good."
)
WHOLE = "It passes everything on, just as it comes."
MOST_HELD = 12
FIRST = "delay:seconds=0.2"
"""What stands ready to be put on before anything was chosen."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A head or frame at the gate, by the number that the panel gave it; `plain` is its payload before compression."""

    number: int
    held: Held
    plain: bytes | None = None


@dataclass(frozen=True, slots=True)
class Wrong:
    """What the panel shows. `editing`: which of what waits is rewritten, and the text; `said`: what was done last."""

    faults: tuple[Fault, ...]
    client: End
    server: End
    connections: tuple[int, ...] = ()
    silent: tuple[int, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    draft: str = FIRST
    editing: tuple[int, str] | None = None
    said: str = ""
    can_undo: bool = False

    @property
    def has_gate(self) -> bool:
        """Whether something can wait."""
        return any(isinstance(each, Gate) for each in self.faults)


def regions(state: Wrong) -> dict[str, Node]:
    """All regions of the view."""
    return {
        "header": _header(state),
        "picture": cable(
            state.faults,
            state.client,
            state.server,
            silent=bool(state.silent) and state.silent == state.connections,
            waiting=[each.held.sender for each in state.waiting],
        ),
        "caption": _caption(state),
        "controls": _ends(state),
        "gate": _gate(state) if state.has_gate else None,
        "inputs": _inputs(state.draft),
    }


def _header(state: Wrong) -> Node:
    return parts.header(
        "Link",
        HELP,
        parts.copy_button("Copy the address to dial", state.client.address, picture="copy"),
        about=_through(state.connections),
    )


def _through(connections: Sequence[int]) -> str:
    if not connections:
        return "no connection through it yet; dial its address"
    return f"{len(connections)} connection{'' if len(connections) == 1 else 's'} through it"


# ---- what is wrong, in sentences


def _caption(state: Wrong) -> Node:
    return h.div(".wsl-ctold")[
        state.said and h.p(".wsl-line", data_caption=True)[state.said],
        h.ul(".wsl-cfaults", aria_label="What is wrong with the link")[
            (h.li[h.code[written(each)], h.span[told(each)]] for each in state.faults)
        ]
        if state.faults
        else not state.said and h.p(".wsl-line")[WHOLE],
        [h.p(".wsl-line")[words] for words in _silent(state)],
    ]


def _silent(state: Wrong) -> Iterable[str]:
    """What no button brings back."""
    if state.silent and not any(isinstance(each, Silence) for each in state.faults):
        numbers = " and ".join(f"#{number}" for number in state.silent)
        one = len(state.silent) == 1
        yield (
            f"Connection{'' if one else 's'} {numbers} stay{'s' if one else ''} silent: what was swallowed is gone, "
            "and a stream with a hole would be a lie. A new connection is whole."
        )
    misled = [(who, end.belief) for who, end in (("client", state.client), ("server", state.server)) if not end.true]
    if len(misled) == 2:
        yield "Both sides still believe that the connection lives: nothing has told them otherwise."
    for who, belief in misled if len(misled) == 1 else ():
        assert belief is not None
        yield f"The {who} still believes {belief}: nothing has told it otherwise."


# ---- what needs one press


def _ends(state: Wrong) -> Node:
    alone = not state.connections
    why = "No connection goes through it now." if alone else None
    return h.div(".wsl-row", role="group", aria_label="Do it now")[
        parts.do_button("Go silent", "silence", off=Silence() in state.faults, title="Swallow everything, tell nobody"),
        parts.do_button("Cut with RST", "cut", "rst", off=alone, title=why or "Reset both sides, now"),
        parts.do_button("Cut with FIN", "cut", "fin", off=alone, title=why or "End TCP on both sides in order, now"),
        parts.do_button("Open the gate", "open", title="Let all pass, and hold nothing any more")
        if state.has_gate
        else parts.do_button("Hold frames", "hold", title="Let each head and frame wait until you decide"),
        h.span(".wsl-cback")[
            parts.do_button("Undo the last change of faults", "undo", picture="undo", off=not state.can_undo),
            parts.do_button("Nothing wrong", "heal", off=not state.faults, title="Take all faults away"),
        ],
    ]


# ---- a fault put together


def _inputs(draft: str) -> Node:
    name = _named(draft)
    return h.div(".wsl-cmake", role="group", aria_label="Add what is to be wrong")[
        h.div(".wsl-fields")[
            parts.field("Make it wrong", _choice(name)),
            _fields(name, draft) if name in NAMES else None,
        ],
        h.p(".wsl-note")[_meaning(name, draft)],
        h.div(".wsl-fields")[
            parts.field("Written", parts.text_input("draft", draft, size=34, code=True)),
            parts.do_button("Put it on", "add"),
        ],
    ]


def _named(draft: str) -> str:
    name = draft.partition(":")[0].strip()
    return name if name in PRESETS else name.replace("_", "-")


def _choice(name: str) -> Node:
    groups = (("In life", PRESETS), ("One fault", NAMES))
    known = name in PRESETS or name in NAMES
    return h.select(".wsl-input", data_do="choose", data_arg="", data_key="choose-")[
        not known and h.option(value="", selected=True)["choose …"],
        (
            h.optgroup(label=label)[
                (h.option(value=each, selected=each == name)[each.replace("_", " ")] for each in names)
            ]
            for label, names in groups
        ),
    ]


def _meaning(name: str, draft: str) -> Node:
    if name in PRESETS:
        return [MEANINGS[name], " ", h.code[" ".join(map(written, PRESETS[name]))]]
    try:
        return " ".join(map(told, faults_named(draft)))
    except ValueError as problem:
        return str(problem)


def _fields(name: str, draft: str) -> Iterable[Node]:
    """A control for each field of a fault, filled from the text."""
    try:
        given = fields_named(draft)
    except ValueError:
        return
    own = sorted(fields(NAMES[name]), key=lambda each: each.name in ("of", "after"))
    for each in own:
        yield parts.field(_LABELS.get(each.name, each.name.replace("_", " ")), _control(each, given.get(each.name)))


_LABELS = {
    "of": "bytes of",
    "after": "after s",
    "jitter": "jitter s",
    "retransmit_after": "again after s",
    "bytes_per_second": "bytes/s",
    "at_frame": "frame",
    "at_byte": "byte",
    "into": "byte of it",
    "gently": "with FIN",
    "seen": "when seen",
}
_CHOICES = {
    "of": [("", "both"), ("client", "the client"), ("server", "the server")],
    "how": [(each, each) for each in HOWS],
}


def _control(field: Field[Any], value: str | None) -> Node:
    shown = _usual(field) if value is None else value
    if field.name in _CHOICES:
        return parts.select("field", _CHOICES[field.name], shown, arg=field.name)
    if field.type == "bool":
        on = YES_OR_NO.get(shown.lower(), False)
        return h.input(
            type="checkbox", checked=on, data_do="field", data_arg=field.name, data_key=f"field-{field.name}"
        )
    return parts.text_input(
        "field",
        shown,
        size=4 if "float" in str(field.type) or "int" in str(field.type) else 12,
        code=True,
        arg=field.name,
    )


def _usual(field: Field[Any]) -> str:
    usual = "" if field.default in (MISSING, None, b"", False) else field.default
    return f"{usual:g}" if isinstance(usual, float) else str(usual)


# ---- the gate


def _gate(state: Wrong) -> Node:
    if not state.waiting:
        return h.p(".wsl-note")["Nothing waits at the gate: what is sent from now on does."]
    more = len(state.waiting) - MOST_HELD
    return h.fragment[
        h.div(".wsl-chead")[
            h.b[f"{len(state.waiting)} wait{'s' if len(state.waiting) == 1 else ''} at the gate"],
            parts.do_button("Let all through", "release", "all"),
        ],
        h.ol(".wsl-cqueue", aria_label="What waits at the gate")[
            (_item(each, state.editing) for each in state.waiting[:MOST_HELD])
        ],
        more > 0 and h.p(".wsl-note")[f"and {more} more behind them"],
    ]


def _item(waiting: Waiting, editing: tuple[int, str] | None) -> Node:
    held, number = waiting.held, str(waiting.number)
    frame = held.frame
    kind = "http" if held.is_head else "fault" if frame is None else kind_of_opcode(frame.opcode)
    way = "→" if held.sender == "client" else "←"
    open_ = editing is not None and editing[0] == waiting.number
    return h.li(class_=f"is-{held.sender}")[
        h.span(".wsl-cway", role="img", aria_label=f"from the {held.sender}")[way],
        parts.mark(kind),
        h.span(".wsl-csaid")[_told(waiting)],
        h.span(".wsl-row")[
            parts.do_button("Let through", "release", number),
            parts.do_button("Drop", "drop", number),
            parts.do_button("Edit", "edit", number, off=frame is None),
        ],
        open_ and editing is not None and _edit(waiting, editing[1]),
    ]


def _edit(waiting: Waiting, text: str) -> Node:
    number = str(waiting.number)
    frame = waiting.held.frame
    label = "Code and reason" if frame is not None and frame.opcode == Opcode.CLOSE else "Payload"
    return h.div(".wsl-fields.wsl-cedit")[
        parts.field(label, parts.text_input("text", text, size=34, code=True, arg=number)),
        parts.do_button("Let this through instead", "rewrite", number),
        parts.do_button("Leave it", "edit", number),
    ]


def _told(waiting: Waiting) -> str:
    held, frame = waiting.held, waiting.held.frame
    if frame is not None:
        return narrate_frame(frame, held.sender, waiting.plain)
    if held.is_head:
        return narrate_head(held.data.decode("latin-1"), held.sender)
    return f"The {held.sender} sends {len(held.data)} bytes that are no legal frame: {held.data[:12].hex(' ')}."


def _as_text(waiting: Waiting) -> str:
    """The payload as one rewrites it."""
    frame = waiting.held.frame
    assert frame is not None
    payload = frame.payload if waiting.plain is None else waiting.plain
    if frame.opcode == Opcode.CLOSE and len(payload) > 1:
        return f"{int.from_bytes(payload[:2], 'big')} {payload[2:].decode('utf-8', 'replace')}".strip()
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        text = "\0"
    return text if text.isprintable() and frame.opcode != Opcode.BINARY else f"hex {payload.hex(' ')}"


def story(state: Wrong) -> str:
    """The same as plain text."""
    faults = ", ".join(map(written, state.faults)) or "passes everything on"
    lines = [f"Link: {faults}; {_through(state.connections)}"]
    lines += [f"  {told(each)}" for each in state.faults]
    lines += [f"  waits: {_told(each)}" for each in state.waiting]
    return "\n".join([*lines, *(f"  {words}" for words in _silent(state))])


# ---- the widget


def _looking(panel: weakref.ref[LinkPanel]) -> Callable[[], object]:
    """What draws the panel again, and does not keep it alive."""

    def look() -> None:
        if (alive := panel()) is not None:
            alive.look()

    return look


class LinkPanel(View):
    """A panel for a `Link`. `faults` is a trait: assign faults or names, or link it to another widget's.

    What the panel asks of the link it asks at once, while connections run; what others ask of the link shows here.
    Raises ValueError for a fault that cannot be, and the panel shows it too.
    """

    title: ClassVar[str] = "Link"

    faults = traitlets.Any((), help="What is wrong with the link: faults, or names as in 'delay:0.2' and 'mobile'.")

    def __init__(self, link: Link, **traits: Any) -> None:
        self.link = link
        self._draft, self._said = FIRST, ""
        self._editing: tuple[int, str] | None = None
        self._past: list[tuple[Fault, ...]] = []
        self._reel = Reel(link.tape)
        self._numbers: weakref.WeakKeyDictionary[Held, int] = weakref.WeakKeyDictionary()
        self._count = itertools.count(1)
        self._latest = 0
        super().__init__(**{"faults": link.faults, **traits})
        self.observe(self._on_faults, names=["faults"])
        self._stop = link.watch(_looking(weakref.ref(self)))
        weakref.finalize(self, self._stop)

    @traitlets.validate("faults")
    def _apply(self, proposal: Any) -> tuple[Fault, ...]:
        given: Iterable[Fault | str] = proposal["value"]
        try:
            self.link.faults = (given,) if isinstance(given, (str, Fault)) else tuple(given)
        except (ValueError, TypeError) as problem:
            if self._ready:
                self.show_problem(problem)
            raise
        return self.link.faults

    def _on_faults(self, change: Any) -> None:
        self._problem = None
        if not self._undoing:
            self._past.append(change["old"])
        self.redraw()

    _undoing = False

    def look(self) -> None:
        """Show what the link is now."""
        if self.faults != self.link.faults:
            self.faults = self.link.faults
        self.redraw()

    def close(self) -> None:
        """Look no more, and go from the page."""
        self._stop()
        super().close()

    @property
    def state(self) -> Wrong:
        """What the view shows now."""
        link, waiting = self.link, self._waiting()
        client, server = self._ends()
        editing = self._editing if any(each.number == (self._editing or (0,))[0] for each in waiting) else None
        return Wrong(
            link.faults,
            client,
            server,
            tuple(link.connections),
            tuple(link.silent),
            waiting,
            self._draft,
            editing,
            self._said,
            bool(self._past),
        )

    def _waiting(self) -> tuple[Waiting, ...]:
        held = self.link.held
        for each in held:
            if each not in self._numbers:
                self._numbers[each] = next(self._count)
        return tuple(Waiting(self._numbers[each], each, self._plain(each)) for each in held)

    def _plain(self, held: Held) -> bytes | None:
        """What a compressed frame says: the tape knows, for it saw the frames before it."""
        if held.frame is None or not held.frame.rsv1:
            return None
        self._reel.update()
        entries = reversed(self._reel.entries(held.connection))
        return next((each.plain for each in entries if each.sender == held.sender and each.data == held.data), None)

    def _ends(self) -> tuple[End, End]:
        """Both sides of the newest connection, as far as they are the lab's."""
        self._reel.update()
        self._latest = max(self.link.connections, default=self._latest)
        entries = self._reel.entries(self._latest) if self._latest else []
        if not entries:
            return End(self.link.url), End(self.link.target)
        client, server = entries[-1].client, entries[-1].server
        cut = self._reel.cut(self._latest) is not None
        return (
            End(self.link.url, client, not outdated(client, server, cut=cut)),
            End(self.link.target, server, not outdated(server, client, cut=cut)),
        )

    def draw(self, steps: range) -> Mapping[str, Node]:
        """The regions for the present state."""
        return regions(self.state)

    def text(self) -> str:
        """The link and its faults as plain text."""
        return story(self.state)

    # --- what the page asks for ---------------------------------------------------------

    def _receive(self, widget: View, content: Any, buffers: Any) -> None:
        """On the lab's loop: JupyterLab may send what the page asks for to another thread."""
        self.link.enter(lambda: super(LinkPanel, self)._receive(widget, content, buffers))

    def act(self, name: str, arg: str = "", value: str = "") -> None:
        """Do what the page asks for; what was done before is told no longer."""
        self._said, before = "", self.link.faults
        super().act(name, arg, value)
        if self.link.faults != before:
            self.send({"say": " ".join(map(told, self.link.faults)) or WHOLE})
        elif self._said:
            self.send({"say": self._said})

    def do_choose(self, arg: str, value: str) -> None:
        """Make a preset or a fault ready."""
        self._draft = value if value in PRESETS or not value else ":".join(filter(None, [value, _EXAMPLES.get(value)]))

    def do_field(self, arg: str, value: str) -> None:
        """Write a field into the draft; an empty one is as usual."""
        given = fields_named(self._draft)
        given.pop(arg, None)
        usual = {each.name: _usual(each) for each in fields(NAMES[_named(self._draft)])}
        if value.strip() and value != usual[arg] and value != "false":
            given[arg] = {"true": "yes"}.get(value, value.strip())
        in_order = [name for name in usual if name in given]
        in_order.sort(key=lambda name: name in ("of", "after"))
        self._draft = ":".join(
            filter(None, [_named(self._draft), ",".join(f"{name}={given[name]}" for name in in_order)])
        )

    def do_draft(self, arg: str, value: str) -> None:
        """Keep what is being written."""
        self._draft = value

    def do_add(self, arg: str, value: str) -> None:
        """Add what was put together: a fault to the others, a preset in the place of all."""
        made = faults_named(self._draft)
        self.faults = made if self._draft.strip() in PRESETS else (*self.link.faults, *made)

    def do_remove(self, arg: str, value: str) -> None:
        """Take one fault away."""
        self.faults = tuple(fault for number, fault in enumerate(self.link.faults) if number != int(arg))

    def do_heal(self, arg: str, value: str) -> None:
        """Take all away."""
        self.faults = ()

    def do_undo(self, arg: str, value: str) -> None:
        """The faults as they were before the last change."""
        if not self._past:
            return
        self._undoing = True
        try:
            self.faults = self._past.pop()
        finally:
            self._undoing = False

    def do_silence(self, arg: str, value: str) -> None:
        """Swallow everything from now on."""
        self.faults = (*self.link.faults, *(() if Silence() in self.link.faults else (Silence(),)))

    def do_cut(self, arg: str, value: str) -> None:
        """End the connections that go through it now."""
        numbers = " and ".join(f"#{number}" for number in self.link.connections)
        self.link.cut(gently=arg == "fin")
        self._said = f"{numbers} cut with {arg.upper()} to both sides. New connections pass."

    def do_hold(self, arg: str, value: str) -> None:
        """Put a gate into the cable."""
        self.faults = (*self.link.faults, Gate())

    def do_open(self, arg: str, value: str) -> None:
        """Take the gate away: all that waits passes."""
        self.faults = tuple(each for each in self.link.faults if not isinstance(each, Gate))

    def _numbered(self, arg: str) -> Waiting:
        found = next((each for each in self._waiting() if each.number == int(arg)), None)
        if found is None:
            raise ValueError("It waits no more: it went on, or its connection ended.")
        return found

    def do_release(self, arg: str, value: str) -> None:
        """Let one through, or all."""
        for held in self.link.held if arg == "all" else [self._numbered(arg).held]:
            held.release()

    def do_drop(self, arg: str, value: str) -> None:
        """Drop one."""
        self._numbered(arg).held.drop()

    def do_edit(self, arg: str, value: str) -> None:
        """Begin to rewrite one, or leave it as it is."""
        is_open = self._editing is not None and self._editing[0] == int(arg)
        self._editing = None if is_open else (int(arg), _as_text(self._numbered(arg)))

    def do_text(self, arg: str, value: str) -> None:
        """Keep what is being written."""
        self._editing = int(arg), value

    def do_rewrite(self, arg: str, value: str) -> None:
        """Let another payload through."""
        text = "" if self._editing is None else self._editing[1]
        self._numbered(arg).held.rewrite(text)
        self._editing = None


_EXAMPLES = {
    "delay": "seconds=0.2",
    "rate": "bytes_per_second=2000",
    "loss": "probability=0.1",
    "outage": "seconds=5",
    "cut": "at_frame=2",
    "idle": "seconds=10",
    "max-age": "seconds=60",
    "split": "at_byte=200",
    "coalesce": "seconds=0.05",
    "flip": "at_frame=2,bit=3",
    "header": "name=Upgrade,of=client",
    "delay-pongs": "seconds=5",
}
"""What stands in the fields of a fault when it is chosen: something that shows."""
