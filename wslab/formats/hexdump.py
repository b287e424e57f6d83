"""A dump of bytes, read as a tape: any form that `wslab.formats.dumps` knows, with whole packets and both directions.

A dump has no times here, so all happens at 0, and no fates. Its bytes say who sent what: a request or a masked frame
is the client's. Without a head, frames come from the first byte on. The tape says what the text was taken for.

A file that holds the bytes of one direction themselves is read too: where they begin with a head, or as the form
`raw`.

What it leaves out: which forms there are (`dumps`).
"""

from __future__ import annotations

from pathlib import Path

from wslab.explain.openings import find_opening, likely_receiver
from wslab.formats.dumps.form import IN, Form, Piece, Reading
from wslab.formats.dumps.reader import LARGEST, UnknownForm, decoded, read_dump
from wslab.protocol import Role
from wslab.tape.files import UnreadableFile, opened
from wslab.tape.log import DEFAULT_MAX_BYTES
from wslab.tape.records import ForeignSource, RecordKind, fact_tag, pack, tag
from wslab.tape.tape import Tape

AS_BYTES = "the bytes of frames themselves are loaded with as_form='raw'."
"""What helps with a file that no reader knows by its content."""

_RAW = Form("raw", "the bytes themselves", lambda _: [])


def load(path: str | Path, *, max_bytes: int = DEFAULT_MAX_BYTES, as_form: str = "") -> Tape:
    """Read a dump, of the form with the id `as_form` where that is given.

    Raises `UnreadableFile` with the forms that come closest, where the text is of none.
    """
    with opened(path) as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise UnreadableFile(path, f"this dump has more than {LARGEST:,} characters: keep a part of it.")
    text = None if as_form == _RAW.id else decoded(data)
    if text is None:
        if as_form != _RAW.id and (as_form or not begins_with_head(data)):
            raise UnreadableFile(path, f"these are bytes, not a dump of them: {AS_BYTES}")
        return _as_tape(Reading(_RAW, [Piece(data)]), max_bytes)
    if not text.strip():
        raise UnreadableFile(path, "this hex dump has no bytes.")
    del data
    try:
        reading = read_dump(text, as_form)
    except UnknownForm as error:
        raise UnreadableFile(path, str(error)) from None
    return _as_tape(reading, max_bytes)


def begins_with_head(data: bytes) -> bool:
    """Whether these are the bytes of a connection themselves, from its opening handshake on."""
    return data.startswith((b"GET ", b"HTTP/1."))


def client_way(pieces: list[Piece]) -> str:
    """The direction in which the client sends: that of the first request or masked frame, else not the first."""
    firsts = {way: next(piece.data for piece in pieces if piece.way == way) for way in {p.way for p in pieces}}
    mine = [way for way, data in firsts.items() if likely_receiver(data) is Role.SERVER]
    if len(firsts) == 1:
        return mine[0] if mine else "nobody"
    return mine[0] if len(mine) == 1 else next(way for way in firsts if (way == IN) == (pieces[0].way == IN))


def _as_tape(reading: Reading, max_bytes: int) -> Tape:
    tape = Tape.blank(max_bytes=max_bytes)
    source = ForeignSource("wire", f"hexdump:{reading.form.id}")
    tape.put(0.0, 1, fact_tag(source), pack(source))
    if reading.stripped or reading.others:
        tape.warnings.append(reading.sentence)
    client = client_way(reading.pieces)
    senders = [Role.CLIENT if piece.way == client else Role.SERVER for piece in reading.pieces]
    if find_opening(reading.pieces[0].data, senders[0].peer) is None:
        tape.put(0.0, 1, tag(RecordKind.JOINED))
    for piece, sender in zip(reading.pieces, senders, strict=True):
        tape.put(0.0, 1, tag(RecordKind.TAKEN, sender), piece.data)
    return tape
