"""Stages about what is in a message: UTF-8, and how much."""

from __future__ import annotations

from wslab.conformance.path.case import Case, Stage
from wslab.conformance.path.stages.make import KEY, binary, echoes, fails, fragments, text
from wslab.protocol import Frame, Opcode

__all__ = ["HIGHEST", "LIMITS", "LOWEST", "UTF8"]

LOWEST, HIGHEST = 1 << 20, 4 << 20
"""Bytes of a message that a server on the path has to take, and bytes above which it has to refuse."""


def _not_text(name: str, title: str, data: bytes, *sizes: int) -> Case:
    whole = Frame(Opcode.TEXT, data, mask=KEY)
    return fails(name, title, "text-is-utf8", *fragments(whole, *sizes))


UTF8 = Stage(
    "utf8",
    "Text is UTF-8",
    "A text message is UTF-8 as a whole, over all its fragments; send nothing back of one that is not, and fail the"
    " connection with 1007 (§8.1, §7.4.1). UTF-8 has no overlong forms, no halves of surrogate pairs (ed a0 80) and"
    " nothing above U+10FFFF (RFC 3629 §3). A character may be cut by a fragment. Binary messages are any bytes.",
    "Check the whole message, not each fragment, with a strict decoder of your language.",
    "Python: data.decode() raises. JavaScript: new TextDecoder('utf-8', {fatal: true}). Go: utf8.Valid. Rust:"
    " str::from_utf8. In C write the table of RFC 3629 §4. Beware of decoders that put U+FFFD instead of failing.",
    "text-not-utf8",
    (
        echoes("greek", "“κόσμε”", text("κόσμε")),
        echoes("widest", "characters of one to four bytes: “$¢€😀”", text("$¢€😀")),
        echoes("noncharacter", "U+FFFF and U+0000, which are legal", text("\uffff\0")),
        echoes("split", "“😀” in four fragments of a byte each", text("😀"), sent=fragments(text("😀"), 1, 1, 1)),
        echoes("binary", "ff fe as binary", binary(b"\xff\xfe")),
        _not_text("ff", "the byte ff as text", b"\xff"),
        _not_text("latin-1", "“Grüße” in Latin-1", "Grüße".encode("latin-1")),
        _not_text("overlong", "c0 af, an overlong “/”", b"\xc0\xaf"),
        _not_text("surrogate", "ed a0 80, half of a surrogate pair", b"\xed\xa0\x80"),
        _not_text("too-high", "f4 90 80 80, above U+10FFFF", b"\xf4\x90\x80\x80"),
        _not_text("cut-off", "a text that ends inside a character", "€".encode()[:2]),
        _not_text("fragments", "two fragments that are no UTF-8 together", b"ok\xe2\x28\xa1", 3),
    ),
)


def _endless() -> tuple[Frame, ...]:
    """Fragments that go on beyond the limit, and no end."""
    piece = bytes(1 << 18)
    more = [Frame.continuation(piece, fin=False, mask=KEY)] * (HIGHEST // len(piece))
    return (Frame.binary(piece, fin=False, mask=KEY), *more)


LIMITS = Stage(
    "limits",
    "Have a limit",
    "Choose a limit for the length of a message, from 1 MiB (1,048,576 bytes, which you have to take) to 4 MiB (you"
    " have to refuse more): the RFC asks for a limit and leaves the number to you (§10.4); these two are this path's. A"
    " frame whose header announces more, and fragments that come to more, get a Close with 1009, or the end of TCP, as"
    " soon as that is known: do not wait for the payload, and set no memory aside for it.",
    "Compare the length with your limit when you have read the header, before you wait for the payload.",
    "Read the 64-bit length as an unsigned number of 64 bits, and compare before you cast, add or allocate. Add up the"
    " fragments of a message, and compare the sum, too.",
    "message-too-big",
    (
        echoes("1-MiB", "a binary message of 1 MiB", binary(b"wslab..." * (1 << 17))),
        fails("8-MiB", "a header that announces 8 MiB, and no payload", "frame-too-big",
              b"\x82\xff" + (8 << 20).to_bytes(8, "big") + KEY, demanded=True),
        fails("2-62", "a header that announces 2^62 bytes", "frame-too-big",
              b"\x82\xff" + (1 << 62).to_bytes(8, "big") + KEY, demanded=True),
        fails("2-63", "a header that announces 2^63 bytes, one too many for the RFC", "length-top-bit",
              b"\x82\xff" + (1 << 63).to_bytes(8, "big") + KEY, demanded=True),
        fails("fragments", "fragments of 256 KiB that come to more than 4 MiB", "message-too-big", *_endless(),
              demanded=True),
    ),
)  # fmt: skip
