"""The commands that a person types at a tap: `ping`, `close client 1011 reason`, `pause`, `drop`.

A line is a verb and its arguments. `#2` in front means that connection alone; `client` or `server` behind the verb is
the side that gets the frame. A wrong word raises a `ValueError` with a sentence, and nothing has happened.

What it leaves out: reading lines (`terminal.input`) and all that only shows (`tap`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from wslab.explain.preview import preview
from wslab.explain.redaction import redact_head
from wslab.lab import Link
from wslab.lab.faults.base import Fault
from wslab.lab.faults.ending import Silence
from wslab.lab.faults.manual import Gate, Held, Insert, close_words
from wslab.lab.faults.names import NAMES, faults_named
from wslab.lab.faults.presets import PRESETS
from wslab.protocol import Frame, LocalProtocolError, Role
from wslab.protocol.handshake.head import escaped

COMMANDS = {
    "ping": ("ping [client|server] [TEXT]", "inject a Ping between the frames; without a side, to both"),
    "close": ("close [client|server] [CODE] [REASON]", "inject a Close, behind which no frame of that side passes"),
    "text": ("text client|server TEXT", "inject a text message"),
    "pause": ("pause", "hold every frame until you decide"),
    "held": ("held", "list what waits"),
    "pass": (
        "pass [N|all]",
        "let the first frame that waits go on, or all, or number N behind those before it",
    ),
    "drop": ("drop [N]", "drop it"),
    "edit": ("edit [N] TEXT | edit [N] hex BYTES", "let another payload go on"),
    "resume": ("resume", "stop holding frames; those that wait go on"),
    "fault": ("fault NAME[:VALUES] | fault off", "add a fault to the link, or take all out; fault alone lists them"),
    "cut": ("cut", "cut the connections: RST to both sides"),
    "fin": ("fin", "end the connections with FIN to both sides"),
    "help": ("help", "this list"),
    "quit": ("quit", "end the tap; Ctrl-C does too"),
}
_MOST_QUOTED = 40  # characters of what is not a command
_SIDES = {"client": (Role.CLIENT,), "server": (Role.SERVER,), "both": (Role.CLIENT, Role.SERVER)}


def faults_of(text: str, after: float) -> tuple[Fault, ...]:
    """The faults that a name means, each beginning `after` seconds into a connection; `ValueError` as a sentence."""
    return tuple(replace(fault, after=fault.after + after) for fault in faults_named(text))


class TapCommands:
    """A person's commands to a link; `say` is called with what was done."""

    def __init__(self, link: Link, say: Callable[[str], None]) -> None:
        self._link = link
        self._say = say

    @property
    def is_paused(self) -> bool:
        """Whether frames wait for a decision."""
        return any(isinstance(fault, Gate) for fault in self._link.faults)

    def obey(self, line: str) -> None:
        """Do what a line says.

        Raises:
            ValueError: It cannot be done; the text is for people.
        """
        connection, rest = _connection(line.strip().removeprefix("/"))
        verb, _, rest = rest.partition(" ")
        act = {
            "ping": lambda: self._ping(connection, rest),
            "close": lambda: self._close(connection, rest),
            "text": lambda: self._text(connection, rest),
            "pause": self._pause,
            "resume": self._resume,
            "held": self._list,
            "pass": lambda: self._pass(rest.strip()),
            "drop": lambda: self._drop(rest.strip()),
            "edit": lambda: self._edit(rest),
            "fault": lambda: self._fault(rest.strip()),
            "cut": lambda: self._end(self._link.cut, rest.strip()),
            "fin": lambda: self._end(self._link.fin, rest.strip()),
            "help": self._help,
        }.get(verb)
        if act is None:
            raise ValueError(f"There is no command {verb[:_MOST_QUOTED]!r}; help lists them all.")
        try:
            act()
        except LocalProtocolError as error:
            raise ValueError(str(error)) from error

    # --- frames of our own ----------------------------------------------------------------

    def _ping(self, connection: int | None, rest: str) -> None:
        sides, text = _sides(rest, default="both")
        self._inject(Frame.ping(text.encode()), sides, connection)

    def _close(self, connection: int | None, rest: str) -> None:
        sides, text = _sides(rest, default="both")
        self._inject(Frame.close(*close_words(text)), sides, connection)

    def _text(self, connection: int | None, rest: str) -> None:
        sides, text = _sides(rest, default="")
        if not sides:
            raise ValueError("Say who is to get it: `text client hello` or `text server hello`.")
        self._inject(Frame.text(text), sides, connection)

    def _inject(self, frame: Frame, sides: tuple[Role, ...], connection: int | None) -> None:
        if connection is not None and connection not in self._link.connection_numbers:
            raise ValueError(f"There is no open connection #{connection}{self._open_ones()}.")
        if not sum(self._link.inject(frame, to=side, connection=connection) for side in sides):
            raise ValueError("There is no connection to inject it into.")
        if any(isinstance(each, Silence) for each in self._link.faults):
            self._say("The link is silent: what you inject may not arrive either. cut ends the connection.")

    def _open_ones(self) -> str:
        numbers = ", ".join(f"#{number}" for number in self._link.connection_numbers[:10])
        return f"; open are {numbers}" if numbers else ""

    # --- the gate ---------------------------------------------------------------------------

    def _pause(self) -> None:
        if not self.is_paused:
            self._link.faults = (*self._link.faults, Gate())
        self._say("Paused: every frame waits. held lists them; pass, drop, edit decide; resume lets all go.")

    def _resume(self) -> None:
        waited = len(self._link.held)
        self._link.faults = [fault for fault in self._link.faults if not isinstance(fault, Gate)]
        self._say(f"Resumed; {waited} that waited went on.")

    def _list(self) -> None:
        held = self._link.held
        if not held:
            self._say("Nothing waits." if self.is_paused else "Nothing waits, for nothing is held: pause holds frames.")
        for number, each in enumerate(held[:20], 1):
            self._say(f"  {number:>2}  #{each.connection} {'→' if each.sender == 'client' else '←'} {_shown(each)}")
        if len(held) > 20:
            self._say(f"      and {len(held) - 20} more behind them")

    def _pass(self, which: str) -> None:
        for each in self._link.held if which == "all" else [self._chosen(which)]:
            each.release()

    def _drop(self, which: str) -> None:
        each = self._chosen(which)
        each.drop()
        self._say(f"Dropped: {_shown(each)}")

    def _edit(self, rest: str) -> None:
        number, _, text = rest.partition(" ") if re.match(r"\d+ ", rest) else ("", "", rest)
        each = self._chosen(number)
        if each.is_head:
            raise ValueError(
                "A head is not a frame, and cannot be edited here; `fault header:NAME,VALUE` changes heads."
            )
        each.rewrite(text)

    def _chosen(self, which: str) -> Held:
        held = self._link.held
        if not held:
            raise ValueError("Nothing waits" + ("." if self.is_paused else ": pause holds what comes."))
        if which and not re.fullmatch(r"[1-9]\d{0,5}", which):
            raise ValueError(f"{which!r} is not a number in the list that held shows.")
        at = int(which or 1)
        if at > len(held):
            raise ValueError(f"There is no number {at}: {len(held)} {'waits' if len(held) == 1 else 'wait'}.")
        return held[at - 1]

    # --- the link ----------------------------------------------------------------------------

    def _fault(self, text: str) -> None:
        if not text:
            raise ValueError(f"Name a fault ({', '.join(NAMES)}), or what brings some ({', '.join(PRESETS)}), or off.")
        if text == "off":
            self._link.faults = [fault for fault in self._link.faults if isinstance(fault, (Insert, Gate))]
            self._say(
                "No faults now. A silent connection stays silent: its bytes were acknowledged, so no TCP resends them."
            )
            return
        faults = faults_of(text, 0.0)
        self._link.faults = (*self._link.faults, *faults)
        self._say(f"From now on: {' '.join(each.told() for each in faults)}")

    def _end(self, end: Callable[[], None], more: str) -> None:
        if more:
            raise ValueError("Write cut for RST or fin for FIN, with nothing behind it.")
        if not self._link.connection_numbers:
            raise ValueError("There is no connection to end.")
        end()

    def _help(self) -> None:
        for usage, words in COMMANDS.values():
            self._say(f"  {usage:<38}{words}")
        self._say("  #2 in front of ping, close or text means that connection alone.")


def _connection(line: str) -> tuple[int | None, str]:
    match = re.match(r"#(\d{1,9})\s+", line)
    return (int(match[1]), line[match.end() :]) if match else (None, line)


def _sides(rest: str, *, default: str) -> tuple[tuple[Role, ...], str]:
    word, _, behind = rest.strip().partition(" ")
    return (_SIDES[word], behind.strip()) if word in _SIDES else (_SIDES.get(default, ()), rest.strip())


def _shown(held: Held) -> str:
    if held.frame is None:
        return escaped(redact_head(held.data)[:60].decode("latin-1").partition("\r\n")[0])
    return preview(held.frame)
