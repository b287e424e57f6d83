"""`FrameInspector`, the widget: bytes, receiver and compression as traits, and what the page asks for.

An action goes to `act`, which makes the next state; then the traits follow the state. A trait that is set from Python
goes the other way: the state begins anew, with nothing to undo.

Left out: the state and its actions (`state`), and how it looks (`picture`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

import traitlets
from htpy import Node

from wslab.protocol.codes import Role
from wslab.protocol.deflate import Deflate
from wslab.protocol.frames import Frame
from wslab.widgets.image.frame import frame as drawn
from wslab.widgets.inspector.picture import as_copied, regions, says, text
from wslab.widgets.inspector.state import (
    ACTIONS,
    HELLO,
    InspectorState,
    act,
    is_frame,
    read_bytes,
    receiver_of,
    verdict_of,
)
from wslab.widgets.strip import tokens
from wslab.widgets.view import View

__all__ = ["FrameInspector"]


CHANGES = ("flip", "opcode", "payload", "key", "bytes")
"""Actions that change the bytes."""


class FrameInspector(View):
    """A frame in bits, fields, bytes and verdicts (§5.2).

    `frame` is bytes, hex text, a `Frame` or an entry of a tape; by default a client's masked text frame "Hello". As a
    trait it holds the bytes, also after a bit was flipped. `selected` is the chosen field (`"opcode"`, `"masking-key"`,
    in a second frame `"opcode-2"`). `role`, "server" or "client", is the receiver that the bytes are meant for; without
    it, an entry of a tape knows, and masked bytes are for a server. `whole_stream` says whether the bytes are the
    first behind the opening handshake; an entry of a tape is judged alone. `deflate` is the compression that the
    handshake agreed on (a `Deflate`, RFC 7692): compressed payloads are then shown inflated too.

    Raises ValueError for text that is not hex, TypeError for what holds no bytes.
    """

    title: ClassVar[str] = "Frame inspector"

    frame = traitlets.Any(HELLO, help="The bytes that are shown.")
    role = traitlets.Enum(("server", "client"), "server", help="The receiver that the bytes are meant for.")
    whole_stream = traitlets.Bool(True, help="Whether the bytes are the first behind the opening handshake.")
    deflate = traitlets.Instance(Deflate, allow_none=True, help="The compression that was agreed on, if any.")

    def __init__(
        self,
        frame: object = HELLO,
        *,
        role: str | None = None,
        whole_stream: bool | None = None,
        deflate: Deflate | None = None,
        **traits: Any,
    ) -> None:
        alone = not isinstance(frame, (bytes, bytearray, memoryview, str, Frame))
        stream = not alone if whole_stream is None else whole_stream
        data = read_bytes(frame)
        reader = _role(role) or receiver_of(frame)
        self.state = InspectorState.of(data, whole_stream=stream, role=reader, deflate=deflate)
        super().__init__(frame=data, role=self.state.role.value, whole_stream=stream, deflate=deflate, **traits)
        self.selected = self.selected or _first_choice(self.state)
        self.redraw()
        self.observe(self._on_outside, names=["frame", "role", "whole_stream", "deflate"])

    @traitlets.validate("frame")
    def _check_frame(self, proposal: Any) -> bytes:
        return read_bytes(proposal["value"])

    def _on_outside(self, change: Any) -> None:
        """A trait was set from Python, not by an action here: show that, with no way back."""
        if change["name"] == "frame" and change["new"] != self.state.data:
            self.state = InspectorState.of(change["new"], whole_stream=self.whole_stream, role=self.state.role)
        stream, deflate = self.whole_stream, self.deflate
        self.state = replace(self.state, role=Role(self.role), whole_stream=stream, deflate=deflate)
        self.redraw()

    def draw(self, steps: range) -> Mapping[str, Node]:
        """The regions for the present state."""
        return regions(self.state, selected=self.selected)

    def image(self) -> Node:
        """The frame as a strip, without styles."""
        part = self.state.shown
        is_drawn = part is not None and is_frame(part)
        return drawn(self.state.anatomy, part, says(self.state)) if part is not None and is_drawn else None

    def text(self) -> str:
        """Fields, verdicts and bytes as plain text."""
        return text(self.state)

    def action(self, name: str) -> Callable[[str, str], object] | None:
        """The actions of the state are this widget's, too."""
        return partial(self._act, name) if name in ACTIONS else super().action(name)

    def _act(self, name: str, arg: str, value: str) -> None:
        self.state = act(self.state, name, arg, value)
        if name in CHANGES and verdict_of(self.state, self.state.role).error is not None:
            self.selected = ""  # a violation is told before the chosen field
        with self.hold_trait_notifications():
            self.frame = self.state.data
            self.role = self.state.role.value

    def do_copy(self, arg: str, value: str) -> None:
        """Put the bytes on the browser's clipboard."""
        self.send({"copy": as_copied(self.state, arg)})


def _first_choice(state: InspectorState) -> str:
    """The field that is chosen at first: the opcode, but none where a violation is told or where there is no frame."""
    part = state.shown
    if part is None or not is_frame(part) or verdict_of(state, state.role).error is not None:
        return ""
    return tokens(state.anatomy)[part.start + 4]  # the opcode's first bit


def _role(name: str | None) -> Role | None:
    if name is None:
        return None
    try:
        return Role(name)
    except ValueError:
        raise ValueError(f"role is who receives the bytes, 'server' or 'client', not {name!r}.") from None
