"""The right fields of a frame, and a reader each part of which can be wrong (`decoders`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wslab.protocol.codes import Role
from wslab.protocol.errors import ProtocolError
from wslab.protocol.frames.parser import read_header
from wslab.protocol.masking import mask_by_definition

__all__ = ["Decoded", "Reader", "right_fields"]

Decoded = tuple[bool, int, bytes, int]


def right_fields(data: bytes) -> Decoded | None:
    """The right values; ValueError with the `ProtocolError` as its cause where the header is illegal."""
    role = Role.SERVER if len(data) > 1 and data[1] & 0x80 else Role.CLIENT
    try:
        header = read_header(data[:14], role, 1 << 63)
    except ProtocolError as error:
        raise ValueError(str(error)) from error
    if header is None or len(data) < header.size + header.length:
        return None
    payload = data[header.size : header.size + header.length]
    plain = payload if header.key is None else mask_by_definition(payload, header.key)
    return bool(header.first & 0x80), header.opcode, plain, header.size + header.length


@dataclass(frozen=True)
class Reader:
    """A decoder in the simplest way; each field is a part of it that can be wrong."""

    fin: Callable[[int], Any] = lambda first: bool(first & 0x80)
    opcode: Callable[[int], int] = lambda first: first & 0x0F
    masked: Callable[[int], bool] = lambda second: bool(second & 0x80)
    size: Callable[[int], int] = lambda second: second & 0x7F
    order: Any = "big"
    widths: tuple[tuple[int, int], ...] = ((126, 2), (127, 8))
    unmask: Callable[[bytes, bytes], bytes] = mask_by_definition
    key_first: bool = False
    takes: Callable[[bytes, int, int], bytes] = lambda data, begin, end: data[begin:end]
    waits_for_header: bool = True
    waits_for_payload: Any = None
    consumed: Callable[[int, int], int] = lambda begin, end: end
    unchecked: str = ""
    """The rule that it does not know."""
    believes: bool = False
    """Whether it checks the opcode that it has read, not the one that is there."""

    def __call__(self, data: bytes) -> Any:
        """Decode, with what is wrong here."""
        if len(data) < 2 and self.waits_for_header:
            return None
        first, second = data[0], data[1]
        begin, length = 2, self.size(second)
        for value, width in self.widths:
            if length == value:
                if len(data) < 2 + width and self.waits_for_header:
                    return None
                length = int.from_bytes(data[2 : 2 + width], self.order)
                begin = 2 + width
                break
        self._check(first, second, length, begin)
        key = b""
        if self.masked(second):
            key = data[begin : begin + 4]
            begin += 4
            if len(data) < begin and self.waits_for_header:
                return None
        end = begin + length
        if len(data) < end and self.waits_for_payload is None:
            return None
        payload = self.takes(data, begin, end)
        return (
            self.fin(first),
            self.opcode(first),
            self.unmask(payload, key) if len(key) == 4 else payload,
            self.consumed(begin, end),
        )

    def _check(self, first: int, second: int, length: int, begin: int) -> None:
        opcode, long = self.opcode(first) if self.believes else first & 0x0F, second & 0x7F
        broken = {
            "control-fragmented": opcode in (8, 9, 10) and not first & 0x80,
            "reserved-bits": bool(first & 0x70),
            "reserved-opcode": opcode not in (0, 1, 2, 8, 9, 10),
            "control-too-long": bool(opcode & 8) and long > 125,
            "length-top-bit": length >> 63 == 1,
            "length-minimal": begin > 2 and length < (126 if long == 126 else 65536),
        }
        if any(is_broken for rule, is_broken in broken.items() if rule != self.unchecked):
            raise ValueError
