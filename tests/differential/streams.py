"""Streams to disagree about: a conversation that is legal, then one thing or several done to it.

Rules of this module: a stream is a function of a seed and a number, so that any one of a million can be made again
alone. Half of the mutations are a frame's (a field that lies), half are blind (bits, bytes, slices).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

from wslab.protocol import Deflate, Frame, Role
from wslab.protocol.deflate import Deflater

LIMIT = 4096
"""The longest message that the three take, in bytes."""

PLAIN = Deflate()
AGREEMENTS = (
    PLAIN,
    Deflate(client_no_context_takeover=True, server_no_context_takeover=True),
    Deflate(client_max_window_bits=9, server_max_window_bits=9),
)
TEXTS = ("", "Hello", "κόσμε", "\U0001f600", "a\u0000b", "naïve " * 9, "x" * 125, "x" * 126, "ÿ" * 300)
BAD_TEXTS = (b"\xff", b"ab\xc3", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80", b"ok \xe2\x82", b"\xf8\x88")
CODES = (1000, 1001, 1003, 1007, 1011, 1012, 1013, 1014, 1015, 1004, 1005, 1006, 999, 0, 1016, 2999, 3000, 4999, 5000)
LENGTHS = (0, 1, 125, 126, 127, 4095, 4096, 4097, 65535, 65536, 1 << 31, (1 << 63) - 1, 1 << 63)


class Stream(NamedTuple):
    """What one side sends, cut as TCP might: the receiver's role, and the compression agreed on."""

    role: Role
    deflate: Deflate | None
    chunks: tuple[bytes, ...]

    @property
    def data(self) -> bytes:
        """The same, whole."""
        return b"".join(self.chunks)


def make(seed: int, number: int) -> Stream:
    """The stream of this number."""
    dice = random.Random(seed << 40 | number)
    role = dice.choice((Role.CLIENT, Role.SERVER))
    deflate = dice.choice(AGREEMENTS) if dice.random() < 0.4 else None
    frames = _conversation(dice, role.peer, deflate)
    data = _mutated(dice, frames, role) if dice.random() < 0.8 else b"".join(frames)
    return Stream(role, deflate, cut(dice, data))


def cut(dice: random.Random, data: bytes) -> tuple[bytes, ...]:
    """The same bytes whole, byte by byte, or anyhow."""
    way = dice.random()
    if way < 0.5 or not data:
        return (data,)
    if way < 0.6 and len(data) < 200:
        return tuple(data[at : at + 1] for at in range(len(data)))
    places = sorted({0, len(data), *(dice.randrange(len(data)) for _ in range(dice.randint(1, 4)))})
    return tuple(data[one:two] for one, two in pairwise(places))


# --- a legal conversation ---------------------------------------------------------------------


def _conversation(dice: random.Random, sender: Role, deflate: Deflate | None) -> list[bytes]:
    deflater = None if deflate is None else Deflater(deflate, sender)
    frames: list[Frame] = []
    for _ in range(dice.randint(1, 4)):
        frames += _message(dice, deflater) if dice.random() < 0.8 else [_control(dice)]
    if dice.random() < 0.3:
        frames.append(_close(dice))
    return [_wire(dice, frame, sender) for frame in frames]


def _wire(dice: random.Random, frame: Frame, sender: Role) -> bytes:
    return (frame.replace(mask=dice.randbytes(4)) if sender.masks else frame).serialize()


def _message(dice: random.Random, deflater: Deflater | None) -> list[Frame]:
    text = dice.random() < 0.6
    if text:
        payload = dice.choice(TEXTS).encode() if dice.random() < 0.9 else dice.choice(BAD_TEXTS)
    else:
        payload = dice.randbytes(dice.choice((0, 1, 5, 125, 126, 300))) if dice.random() < 0.9 else bytes(4000)
    pieces = _pieces(dice, payload)
    if squeeze := deflater is not None and dice.random() < 0.8:
        assert deflater is not None
        pieces = [deflater.deflate(piece, last=at == len(pieces) - 1) for at, piece in enumerate(pieces)]
    frames: list[Frame] = []
    for at, piece in enumerate(pieces):
        opcode = 0 if at else 1 if text else 2
        frames.append(Frame(opcode, piece, fin=at == len(pieces) - 1, rsv1=squeeze and at == 0))
        if dice.random() < 0.15:
            frames.append(_control(dice))
    return frames


def _pieces(dice: random.Random, payload: bytes) -> list[bytes]:
    if dice.random() < 0.6:
        return [payload]
    places = sorted([0, *(dice.randint(0, len(payload)) for _ in range(dice.randint(1, 3))), len(payload)])
    return [payload[one:two] for one, two in pairwise(places)]


def _control(dice: random.Random) -> Frame:
    payload = dice.randbytes(dice.choice((0, 1, 4, 125)))
    return Frame(dice.choice((9, 10)), payload)


def _close(dice: random.Random) -> Frame:
    if dice.random() < 0.2:
        return Frame(8, b"")
    reason = dice.choice(("", "bye", "à bientôt")).encode()
    return Frame(8, dice.choice((1000, 1001, 1011, 3000, 4999)).to_bytes(2, "big") + reason)


# --- what is done to it -----------------------------------------------------------------------


def _mutated(dice: random.Random, frames: list[bytes], role: Role) -> bytes:
    frames = list(frames)
    for _ in range(1 if dice.random() < 0.7 else 2):
        if dice.random() < 0.5:
            dice.choice(_BLIND)(dice, frames)
        else:
            dice.choice(_OF_A_FRAME)(dice, frames, role)
    return b"".join(frames)


def _at(dice: random.Random, frames: list[bytes]) -> int:
    return dice.randrange(len(frames))


def _flip(dice: random.Random, frames: list[bytes]) -> None:
    at = _at(dice, frames)
    if frames[at]:
        bits = 8 * (2 if dice.random() < 0.5 else len(frames[at]))
        data, bit = bytearray(frames[at]), dice.randrange(min(bits, 8 * len(frames[at])))
        data[bit // 8] ^= 0x80 >> bit % 8
        frames[at] = bytes(data)


def _overwrite(dice: random.Random, frames: list[bytes]) -> None:
    at = _at(dice, frames)
    if frames[at]:
        data = bytearray(frames[at])
        data[dice.randrange(len(data))] = dice.randrange(256)
        frames[at] = bytes(data)


def _insert(dice: random.Random, frames: list[bytes]) -> None:
    at, junk = _at(dice, frames), dice.randbytes(dice.randint(1, 6))
    place = dice.randint(0, len(frames[at]))
    frames[at] = frames[at][:place] + junk + frames[at][place:]


def _delete(dice: random.Random, frames: list[bytes]) -> None:
    at = _at(dice, frames)
    place = dice.randint(0, len(frames[at]))
    frames[at] = frames[at][:place] + frames[at][place + dice.randint(1, 4) :]


def _truncate(dice: random.Random, frames: list[bytes]) -> None:
    frames[-1] = frames[-1][: dice.randint(0, len(frames[-1]))]


def _repeat(dice: random.Random, frames: list[bytes]) -> None:
    frames.insert(_at(dice, frames), dice.choice(frames))


def _swap(dice: random.Random, frames: list[bytes]) -> None:
    one, two = _at(dice, frames), _at(dice, frames)
    frames[one], frames[two] = frames[two], frames[one]


def _drop(dice: random.Random, frames: list[bytes]) -> None:
    frames[_at(dice, frames)] = b""


_BLIND: tuple[Callable[[random.Random, list[bytes]], None], ...] = (
    *(_flip, _overwrite, _insert, _delete, _truncate, _repeat, _swap, _drop),
)


def _put(dice: random.Random, frames: list[bytes], role: Role, frame: Frame) -> None:
    frames.insert(dice.randint(0, len(frames)), _wire(dice, frame, role.peer))


def _any_first_byte(dice: random.Random, frames: list[bytes], role: Role) -> None:
    first, payload = dice.randrange(256), dice.randbytes(dice.choice((0, 2, 3)))
    one, two, three = (bool(first >> (7 - number) & 1) for number in (1, 2, 3))
    _put(dice, frames, role, Frame(first & 15, payload, fin=first > 127, rsv1=one, rsv2=two, rsv3=three))


def _odd_length(dice: random.Random, frames: list[bytes], role: Role) -> None:
    length, wide = dice.choice(LENGTHS), dice.random() < 0.5
    mask = 0x80 if role is Role.SERVER else 0
    head = bytes([dice.choice((0x81, 0x82, 0x02, 0x80, 0x89)), mask | (127 if wide or length > 65535 else 126)])
    head += length.to_bytes(8 if wide or length > 65535 else 2, "big") + (bytes(4) if mask else b"")
    frames.insert(dice.randint(0, len(frames)), head + (b"." * length if length < 5000 else b""))


def _odd_close(dice: random.Random, frames: list[bytes], role: Role) -> None:
    body = dice.choice(CODES).to_bytes(2, "big") + dice.choice((b"", b"bye", *BAD_TEXTS))
    _put(dice, frames, role, Frame(8, body[: dice.choice((1, 2, 99, 99, 99))]))


def _wrong_mask(dice: random.Random, frames: list[bytes], role: Role) -> None:
    frames.insert(dice.randint(0, len(frames)), _wire(dice, Frame(dice.choice((1, 2, 9)), b"x"), role))


def _bad_text(dice: random.Random, frames: list[bytes], role: Role) -> None:
    _put(dice, frames, role, Frame(dice.choice((0, 1)), dice.choice(BAD_TEXTS), fin=dice.random() < 0.7))


def _squeezed_junk(dice: random.Random, frames: list[bytes], role: Role) -> None:
    good = Deflater(PLAIN, role.peer).deflate(dice.choice((b"Hello", bytes(3000), bytes(9000), b"\xff\xfe")))
    junk = bytearray(good)
    if dice.random() < 0.6:
        junk[dice.randrange(len(junk))] = dice.randrange(256)
    _put(dice, frames, role, Frame(dice.choice((1, 2)), bytes(junk), rsv1=True))


_OF_A_FRAME: tuple[Callable[[random.Random, list[bytes], Role], None], ...] = (
    *(_any_first_byte, _odd_length, _odd_close, _wrong_mask, _bad_text, _squeezed_junk),
)
