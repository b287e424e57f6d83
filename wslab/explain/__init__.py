"""From bytes to words: every bit named, every frame in a sentence.

This layer looks at bytes and values of the protocol and says what they are. It decides nothing: whether something is
legal it asks the protocol.

- `anatomy`: every bit of a stream as a named field.
- `verdict`: what a receiver makes of some bytes.
- `narration`: frames, heads, Closes and errors as sentences.
- `openings`: the head of a handshake at the beginning of some bytes.
- `words`: what opcodes, close codes and headers mean.
- `kinds`: the kinds of things in a recording, with mark, colours and line.
- `hextext`, `durations`, `markdown`: bytes in hex, times, rows of a table.
- `redaction`: the secrets in a head, replaced by asterisks.
- `rules_page`: the rules as a page for people.
"""

from wslab.explain.anatomy import Anatomy, Field, Part, anatomy
from wslab.explain.hextext import parse_hex, spaced_hex
from wslab.explain.kinds import KINDS, Kind, kind_of_opcode
from wslab.explain.narration import narrate_close, narrate_error, narrate_frame, narrate_head, size_in_words
from wslab.explain.verdict import Verdict, verdict
from wslab.explain.words import CLOSE_CODES, OPCODES, close_code_words, counted, opcode_name, quoted

__all__ = [
    "CLOSE_CODES",
    "KINDS",
    "OPCODES",
    "Anatomy",
    "Field",
    "Kind",
    "Part",
    "Verdict",
    "anatomy",
    "close_code_words",
    "counted",
    "kind_of_opcode",
    "narrate_close",
    "narrate_error",
    "narrate_frame",
    "narrate_head",
    "opcode_name",
    "parse_hex",
    "quoted",
    "size_in_words",
    "spaced_hex",
    "verdict",
]
