"""What the masking stepper shows: a payload, a key, and which byte is the present one.

`source` and `result` are the upper and the lower row of the picture. Masking and unmasking are the same XOR (§5.3), so
`unmask` only swaps the two rows. `read_key` and `payload_bytes` turn what a user gives into bytes.

Left out: how it looks (`picture`), and where a good key comes from (`widget`).
"""

from __future__ import annotations

from dataclasses import dataclass

from wslab.explain.hextext import parse_hex
from wslab.protocol.masking import apply_mask

__all__ = ["MAX_PAYLOAD", "MaskingState", "payload_bytes", "read_key"]

MAX_PAYLOAD = 65536
"""Bytes of the longest payload that the stepper takes."""


@dataclass(frozen=True, slots=True)
class MaskingState:
    """What the picture shows. `step` is the number of the present byte, from 0; those before it are done.

    `key_text` and `key_problem` are a key that was typed and is refused, and why.
    """

    payload: bytes
    key: bytes
    step: int = 0
    unmask: bool = False
    is_text: bool = True
    key_text: str | None = None
    key_problem: str | None = None

    @property
    def last(self) -> int:
        """The last step: the number of the last byte."""
        return max(0, len(self.payload) - 1)

    @property
    def masked(self) -> bytes:
        """The payload as it is on the wire."""
        return apply_mask(self.payload, self.key)

    @property
    def source(self) -> bytes:
        """The upper row."""
        return self.masked if self.unmask else self.payload

    @property
    def result(self) -> bytes:
        """The lower row."""
        return self.payload if self.unmask else self.masked

    @property
    def names(self) -> tuple[str, str]:
        """What the upper and the lower row are called."""
        return ("wire", "payload") if self.unmask else ("payload", "wire")


def read_key(key: str | bytes) -> bytes:
    """A masking key from four bytes or from their hex. Raises ValueError, which says what is wrong."""
    data = parse_hex(key, "the key") if isinstance(key, str) else bytes(key)
    if len(data) != 4:
        raise ValueError(
            f"A masking key is 4 bytes (§5.3), but this one is {len(data)}: write 8 hex digits, such as 37 fa 21 3d."
        )
    return data


def payload_bytes(payload: str | bytes) -> bytes:
    """A payload as bytes: text is encoded as UTF-8."""
    return payload.encode() if isinstance(payload, str) else bytes(payload)
