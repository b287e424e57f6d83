"""`MaskingStepper`, the widget: payload, key, step and direction as traits, and what the page asks for.

Each action sets a trait, and a changed trait draws the view again. A key that is refused changes no trait: it stays
under its field with the reason, and the picture keeps the last good one.

Left out: the state and its checks (`state`), and how it looks (`picture`).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, ClassVar

import traitlets
from htpy import Node

from wslab.explain.hextext import parse_hex, spaced_hex
from wslab.widgets.image import masking as image
from wslab.widgets.masking.picture import caption, regions, text
from wslab.widgets.masking.state import MAX_PAYLOAD, MaskingState, payload_bytes, read_key
from wslab.widgets.view import View

__all__ = ["MaskingStepper"]


class MaskingStepper(View):
    """Masking, byte by byte, in bits (§5.3).

    `payload` is text or bytes (at most 64 KiB), `key` four bytes or their hex, `step` the number of the present byte,
    from 0 (by default byte 4, where the key has come round), `unmask` turns the view round. All are traits: set them,
    observe them, link them. Raises ValueError for a key that is not four bytes and for a payload that is too long.
    """

    title: ClassVar[str] = "Masking stepper"
    redraws_on: ClassVar[tuple[str, ...]] = ("payload", "key", "unmask")
    reach: ClassVar[int] = 32

    payload = traitlets.Union([traitlets.Bytes(), traitlets.Unicode()], default_value="Hello", help="Text or bytes.")
    key = traitlets.Union([traitlets.Bytes(), traitlets.Unicode()], default_value="37 fa 21 3d", help="The key in hex.")
    unmask = traitlets.Bool(False, help="Whether the view shows unmasking.")

    def __init__(
        self,
        payload: str | bytes = "Hello",
        key: str | bytes = "37 fa 21 3d",
        *,
        step: int | None = None,
        **traits: Any,
    ) -> None:
        self._key_text: str | None = None
        self._key_problem: str | None = None
        first = 4 if step is None else step
        super().__init__(payload=payload, key=key, step=first, **traits)

    @traitlets.validate("payload")
    def _check_payload(self, proposal: Any) -> str | bytes:
        size = len(payload_bytes(proposal["value"]))
        if size > MAX_PAYLOAD:
            raise ValueError(
                f"The stepper shows at most {MAX_PAYLOAD} bytes, and this payload has {size}: give it a part."
            )
        value: str | bytes = proposal["value"]
        return value

    @traitlets.validate("key")
    def _check_key(self, proposal: Any) -> str:
        return spaced_hex(read_key(proposal["value"]))

    @property
    def state(self) -> MaskingState:
        """What the view shows now."""
        return MaskingState(
            payload_bytes(self.payload),
            read_key(self.key),
            self.step,
            self.unmask,
            isinstance(self.payload, str),
            self._key_text,
            self._key_problem,
        )

    @property
    def last(self) -> int:
        """The last step: the number of the last byte."""
        return max(0, len(payload_bytes(self.payload)) - 1)

    def draw(self, steps: range) -> Mapping[str, Node]:
        """The regions for the present state."""
        return regions(self.state, steps)

    def image(self) -> Node:
        """The picture at the present byte, without styles."""
        return image.drawn(self.state, caption(self.state)) if self.state.payload else None

    def text(self) -> str:
        """All bytes as plain text."""
        return text(self.state)

    def do_payload(self, arg: str, value: str) -> None:
        """Take another payload: text, or hex where bytes are shown."""
        self.payload = value if isinstance(self.payload, str) else parse_hex(value, "the payload")
        self.step = min(self.step, self.last)

    def do_key(self, arg: str, value: str) -> None:
        """Take another key; what is wrong with it is shown under the field, and the picture keeps the last good one."""
        try:
            self.key = spaced_hex(read_key(value))
            self._key_text = self._key_problem = None
        except ValueError as problem:
            self._key_text, self._key_problem = value, str(problem)

    def do_random(self, arg: str, value: str) -> None:
        """Take a key as a client must: fresh, from a strong source (§5.3)."""
        self._key_text = self._key_problem = None
        self.key = spaced_hex(secrets.token_bytes(4))

    def do_turn(self, arg: str, value: str) -> None:
        """Turn between masking and unmasking."""
        self.unmask = not self.unmask
