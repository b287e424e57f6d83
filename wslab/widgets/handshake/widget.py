"""`HandshakeStepper`, the widget: what both sides send as traits, and what the page asks for.

Each field of the page sets a trait. A value that is not allowed in a head is refused: it stays under its field with the
reason, and the picture stays as it was. A key that breaks a rule is sent, and the server refuses it.

Left out: the bytes and their checks (`exchange`), and sockets: an endpoint of the lab does the same on a real one.
"""

from __future__ import annotations

import base64
import secrets
import sys
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, ClassVar

import traitlets
from htpy import Node

from wslab.protocol.errors import LocalProtocolError
from wslab.widgets.handshake.breaks import BREAKS
from wslab.widgets.handshake.captions import outcome_text
from wslab.widgets.handshake.exchange import SAMPLE_KEY, Exchange
from wslab.widgets.handshake.picture import regions, text
from wslab.widgets.handshake.state import HandshakeState
from wslab.widgets.image import handshake as image
from wslab.widgets.view import View

__all__ = ["HandshakeStepper"]


class HandshakeStepper(View):
    """The opening handshake, line by line and check by check (§4).

    `key` is what the client sends as Sec-WebSocket-Key, `path` its target, `subprotocols` what it asks for (with
    commas; the server takes the first), `origin` that of the page that asks (empty: none), `broken` the id of one of
    `BREAKS` (empty: nothing is broken), `step` the moment that is shown (by default the outcome). All are traits: set
    them, observe them, link them. Raises ValueError for a break that does not exist, LocalProtocolError for a value
    that is not allowed in a head. A key that breaks a rule is sent, and the server refuses it.

    >>> print(HandshakeStepper(broken="request-post").text().splitlines()[-1][:55])
    The server refuses with 405 Method Not Allowed, and clo
    """

    title: ClassVar[str] = "Handshake stepper"
    redraws_on: ClassVar[tuple[str, ...]] = ("key", "path", "subprotocols", "origin", "broken")

    key = traitlets.Unicode(SAMPLE_KEY, help="The Sec-WebSocket-Key.")
    path = traitlets.Unicode("/chat", help="Path and query.")
    subprotocols = traitlets.Unicode("chat, superchat", help="The subprotocols asked for, with commas.")
    origin = traitlets.Unicode(
        "http://localhost:8888", help="The origin of the page that asks; the server allows only this one."
    )
    broken = traitlets.Unicode("", help="The id of the break, or empty.")

    def __init__(self, *, step: int | None = None, **traits: Any) -> None:
        self._typed: dict[str, str] = {}
        self._problems: dict[str, str] = {}
        super().__init__(step=sys.maxsize if step is None else step, **traits)

    @traitlets.validate("broken")
    def _check_broken(self, proposal: Any) -> str:
        name = str(proposal["value"])
        if name and name not in BREAKS:
            near = get_close_matches(name, BREAKS, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"One of them is {next(iter(BREAKS))!r}."
            raise ValueError(f"There is no break {name!r}. {hint} wslab.widgets.handshake.breaks.BREAKS has them all.")
        return name

    @traitlets.validate("key", "path", "subprotocols", "origin")
    def _check_head(self, proposal: Any) -> str:
        values = {name: getattr(self, name) for name in ("key", "path", "subprotocols", "origin")}
        value = str(proposal["value"])
        assert Exchange(**{**values, proposal["trait"].name: value}).asked
        return value

    @property
    def state(self) -> HandshakeState:
        """What the view shows now."""
        exchange = Exchange(self.key, self.path, self.subprotocols, self.origin, self.broken)
        return HandshakeState(exchange, self.step, self._typed, self._problems)

    @property
    def request(self) -> bytes:
        """The request as it is sent."""
        return self.state.exchange.request

    @property
    def response(self) -> bytes:
        """The response as it is sent."""
        return self.state.exchange.response

    @property
    def last(self) -> int:
        """The last step: the outcome."""
        return self.state.last

    def draw(self, steps: range) -> Mapping[str, Node]:
        """The regions for the present state; its steps are few, and all are rendered."""
        return regions(self.state)

    def image(self) -> Node:
        """The journey of the key at the present step, without styles."""
        state = self.state
        return image.drawn(state, outcome_text(state.exchange) if state.step == state.last else "")

    def text(self) -> str:
        """All lines and checks as plain text."""
        return text(self.state)

    def do_break(self, arg: str, value: str) -> None:
        """Break one thing, or fix it with an empty name, and show the outcome."""
        self.broken = value
        self.step = self.last

    def do_key(self, arg: str, value: str) -> None:
        """Send another key."""
        self._take("key", value)

    def do_path(self, arg: str, value: str) -> None:
        """Ask for another target."""
        self._take("path", value)

    def do_subprotocols(self, arg: str, value: str) -> None:
        """Ask for other subprotocols."""
        self._take("subprotocols", value)

    def do_fresh(self, arg: str, value: str) -> None:
        """Take a key as a client must: 16 fresh random bytes in Base64 (§4.1)."""
        self._take("key", base64.b64encode(secrets.token_bytes(16)).decode())

    def _take(self, name: str, value: str) -> None:
        """Take a value; one that is not allowed in a head stays under its field with the reason."""
        at_end = self.step == self.last
        try:
            setattr(self, name, value.strip())
            self._typed.pop(name, None)
            self._problems.pop(name, None)
        except LocalProtocolError as problem:
            self._typed[name], self._problems[name] = value, str(problem)
        self.step = self.last if at_end else min(self.step, self.last)
