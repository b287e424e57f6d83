"""Stages about messages: sending them back, masks, lengths, fragments."""

from __future__ import annotations

from wslab.conformance.path.case import Stage
from wslab.conformance.path.stages.make import KEY, ZERO, binary, echoes, fails, fragments, text

__all__ = ["ECHOES", "FRAGMENTS", "LENGTHS", "MASKS"]

_LETTERS = "abcdefghijklmnopqrstuvwxyz"

ECHOES = Stage(
    "echo",
    "Send each message back",
    "Read frames and send each message back, in order, as one of its type: text (opcode 0x1) as text, binary (0x2) as"
    " binary, and send no other message. Your frames are not masked. In this stage each payload has at most 125"
    " bytes, and the masking key is 00 00 00 00, so that the payload can be read as it is; its four bytes are there"
    " nevertheless. One read may hold half a frame, or three.",
    "A client's frame of 5 bytes is 81 85, four bytes of the key, and the payload; yours is 81 05 and the payload.",
    "Keep what you read in a buffer. Take a frame out of it only when all of it is there: 2 bytes, 4 of the key, then"
    " as many as the low 7 bits of the second byte say. Go on with the rest of the buffer before you read again.",
    "crossing-messages",
    (
        echoes("text", "the text “Hello”", text("Hello", ZERO)),
        echoes("empty", "a text of no bytes", text("", ZERO)),
        echoes(
            "binary",
            "the bytes 00 ff 80 as binary",
            binary(b"\x00\xff\x80", ZERO),
            hint="Keep the opcode of the message, and send it back with that one.",
        ),
        echoes("not-english", "the text “Grüße, 世界”", text("Grüße, 世界", ZERO)),
        echoes(
            "three-at-once",
            "three messages in one write",
            *(text(said, ZERO) for said in ("one", "two", "three")),
            hint="One read may hold several frames: take all of them out of your buffer before you read again.",
        ),
        echoes(
            "byte-by-byte",
            "a text that arrives byte by byte",
            text("slow", ZERO),
            cut=1,
            hint="A read may end in the middle of a frame: keep what came, and read on until the frame is whole.",
        ),
    ),
)

MASKS = Stage(
    "masks",
    "Unmask, and refuse what is not masked",
    "Unmask each payload: byte i of it XOR byte i mod 4 of the frame's own key (§5.3). Each frame has another key. A"
    " frame of a client without a mask fails the connection: send a Close with 1002 and end TCP (§5.1); until you have"
    " written the stage close, ending TCP is enough.",
    "The key stands between the length and the payload: 81 85 37 fa 21 3d 7f 9f 4d 51 58 is “Hello” (§5.7).",
    "plain[i] = payload[i] ^ key[i % 4], from i = 0 in each frame; and before that: when the top bit of the second byte"
    " is 0, fail the connection.",
    "unmasked-client",
    (
        echoes("small-key", "“Hello”, masked with 01 02 03 04", text("Hello", bytes((1, 2, 3, 4)))),
        echoes("rfc-key", "“Hello”, masked with the key of §5.7", text("Hello")),
        echoes(
            "two-keys",
            "two messages with different keys",
            text("first", KEY),
            text("second", bytes.fromhex("0badcafe")),
            hint="Each frame brings its own key, and its first byte is XORed with the key's first.",
        ),
        echoes("long", "a text of 26 letters", text(_LETTERS, bytes.fromhex("00ff00aa"))),
        echoes("binary", "100 bytes from 00 to 63", binary(bytes(range(100)), bytes.fromhex("80402010"))),
        fails(
            "unmasked",
            "a text without a mask",
            "client-masks",
            text("plain", None),
            hint="Look at the MASK bit, the top bit of the second byte, before you read on.",
        ),
    ),
)


def _numbered(size: int) -> bytes:
    """Bytes of which each says where it is, so that a shift shows."""
    return (bytes(range(256)) * (size // 256 + 1))[:size]


LENGTHS = Stage(
    "lengths",
    "Read and write all three forms of the length",
    "Take messages of any length up to 65,536 bytes in this stage, and send them back. The low 7 bits of the second"
    " byte are the length up to 125; 126 says that it stands in the next 2 bytes, 127 in the next 8, the highest byte"
    " first (§5.2). Write each length in the shortest form that holds it.",
    "126 and 127 are no lengths: they say where the length stands, before the key, with its highest byte first.",
    "126: length = b[2] << 8 | b[3], the key is b[4..7]. 127: eight bytes in the same order, the key is b[10..13]."
    " Sending: up to 125 in 7 bits, up to 65535 as 126 and 2 bytes, else 127 and 8 bytes.",
    "message-too-big",
    (
        echoes("125", "125 bytes, the longest of the short form", binary(_numbered(125))),
        echoes("126", "126 bytes, the shortest of the 16-bit form", binary(_numbered(126))),
        echoes("127", "127 bytes", binary(_numbered(127))),
        echoes("300", "300 bytes, whose length is 01 2c", binary(_numbered(300))),
        echoes("65535", "65,535 bytes, the longest of the 16-bit form", binary(_numbered(65535))),
        echoes("65536", "65,536 bytes, the shortest of the 64-bit form", binary(_numbered(65536))),
        echoes("text-1000", "a text of 1,000 letters in pieces of 97 bytes", text("wslab" * 200), cut=97),
    ),
)

FRAGMENTS = Stage(
    "fragments",
    "Put fragments together",
    "A message may come in fragments: the first frame has the type and FIN 0, the others are continuations (opcode"
    " 0x0), and the last has FIN 1 (§5.4). Send the whole message back once, when it is complete, with the type of its"
    " first frame. A fragment may be empty, and may end in the middle of a character. A continuation without a"
    " beginning, and a new message before the last one has ended, are mistakes: fail the connection with 1002."
    " The RFC asks nothing of a receiver there, so that these two are told and not demanded.",
    "Send nothing before FIN is 1: collect the payloads, each unmasked with its own key.",
    "Keep two things: the opcode of the first frame, and the bytes so far. Opcode 0x1 or 0x2 begins, 0x0 goes on; at"
    " FIN 1 send all of it back and forget both.",
    "split-character",
    (
        echoes("two", "“Hello” in two fragments", text("Hello"), sent=fragments(text("Hello"), 3)),
        echoes("five", "“Hello” in five fragments", text("Hello"), sent=fragments(text("Hello"), 1, 1, 1, 1)),
        echoes("binary", "4 bytes as binary in two fragments", binary(b"\x00\x01\x02\x03"),
               sent=fragments(binary(b"\x00\x01\x02\x03"), 2)),
        echoes("empty", "“Hi” between an empty first and an empty last fragment", text("Hi"),
               sent=fragments(text("Hi"), 0, 2)),
        echoes("nothing", "an empty message in three fragments", text(""), sent=fragments(text(""), 0, 0)),
        echoes("split-character", "“€5”, cut inside the three bytes of “€”", text("€5"),
               sent=fragments(text("€5"), 1),
               hint="Do not decode a fragment by itself: put the bytes together first, then check them."),
        echoes("behind", "a fragmented message, and a whole one behind it", text("one"), text("two"),
               sent=(*fragments(text("one"), 1), text("two"))),
        fails("no-beginning", "a continuation where no message has begun", "continuation-needs-start",
              *fragments(text("lost"), 2)[1:]),
        fails("two-at-once", "a new message before the last one has ended", "messages-do-not-interleave",
              fragments(text("one"), 1)[0], text("two")),
    ),
)  # fmt: skip
