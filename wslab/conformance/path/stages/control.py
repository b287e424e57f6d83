"""Stages about control frames and the header's reserved values: Ping, control frames in general, reserved bits."""

from __future__ import annotations

from wslab.conformance.path.case import Stage
from wslab.conformance.path.stages.make import KEY, answers, binary, echoes, fails, fragments, text
from wslab.protocol import Frame, Opcode

__all__ = ["CONTROL", "PING", "RESERVED"]

_ONE, *_REST = fragments(text("Hello"), 3)


def _ping(payload: bytes) -> Frame:
    return Frame.ping(payload, mask=KEY)


PING = Stage(
    "ping",
    "Answer each Ping",
    "Answer a Ping (opcode 0x9) with a Pong (0xA) that has the same payload, 0 to 125 bytes of any kind, unmasked, as"
    " soon as it arrives (§5.5.2). Of several Pings at once the last must be answered, the others may (§5.5.3). A Ping"
    " is no message: nothing else comes back for it.",
    "89 82 and the key and two bytes is a Ping; the answer is 8a 02 and the same two bytes, unmasked.",
    "opcode 0x9: send the bytes 8a, the length, and the unmasked payload. Nothing of the message that you may be"
    " collecting changes.",
    "keepalive",
    (
        answers("payload", "a Ping with the payload “1”", (b"1",), _ping(b"1")),
        answers("empty", "a Ping without a payload", (b"",), _ping(b"")),
        answers("bytes", "a Ping with bytes that are no text", (b"\x00\xff\xfe",), _ping(b"\x00\xff\xfe")),
        answers("longest", "a Ping with 125 bytes", (bytes(range(125)),), _ping(bytes(range(125)))),
        answers("three", "three Pings at once", (b"a", b"b", b"c"), *(_ping(each) for each in (b"a", b"b", b"c"))),
        answers("beside", "a Ping between two messages", (b"?",), text("one"), _ping(b"?"), text("two"),
                back=(text("one"), text("two"))),
    ),
)  # fmt: skip

CONTROL = Stage(
    "control",
    "Control frames, also between fragments",
    "A control frame (opcodes 0x8 to 0xA) may stand between the fragments of a message: answer a Ping there at once,"
    " and go on with the message as if it had not been there (§5.4). A Pong that you did not ask for needs no answer"
    " (§5.5.3). A control frame is never fragmented and has at most 125 bytes (§5.5): fail the connection with 1002"
    " for one with FIN 0 or with a longer payload. The RFC binds the sender there, so that these two are told and not"
    " demanded.",
    "A Ping between fragments is no part of the message, and does not end it.",
    "Branch on the opcode first: 0x8 to 0xA are handled whole, and touch neither the kept opcode nor the bytes so far.",
    "ping-between-fragments",
    (
        answers("between", "a Ping between two fragments", (b"now",), _ONE, _ping(b"now"), *_REST,
                back=(text("Hello"),)),
        answers("before-the-rest", "a Ping behind the first of two fragments, and no more", (b"now",), _ONE,
                _ping(b"now")),
        echoes("pong", "a Pong that nobody asked for, and a message", text("still here"),
               sent=(Frame.pong(b"alive", mask=KEY), text("still here"))),
        fails("fragmented", "a Ping with FIN 0", "control-fragmented", _ping(b"1").replace(fin=False)),
        fails("too-long", "a Ping with 126 bytes", "control-too-long",
              Frame(Opcode.PING, bytes(126), mask=KEY)),
    ),
)  # fmt: skip

RESERVED = Stage(
    "reserved",
    "Refuse what has no meaning",
    "RSV1, RSV2 and RSV3 (bits 1 to 3 of the first byte) must be 0 as long as no extension was agreed on, and the"
    " opcodes 0x3 to 0x7 and 0xB to 0xF do not exist (§5.2). Fail the connection for either: a Close with 1002, or the"
    " end of TCP, and nothing back.",
    "Test the first byte alone: first & 0x70 must be 0, and first & 0x0f one of 0, 1, 2, 8, 9, 10.",
    "Do it before you look at the length: a frame with an unknown meaning may have an unknown form, too.",
    "rsv1-unasked",
    (
        fails("rsv1", "a text with RSV1, though nothing was agreed on", "reserved-bits", text("x").replace(rsv1=True)),
        fails("rsv2", "a binary message with RSV2", "reserved-bits", binary(b"x").replace(rsv2=True)),
        fails("rsv3-ping", "a Ping with RSV3", "reserved-bits", _ping(b"x").replace(rsv3=True)),
        fails("opcode-3", "a frame with opcode 0x3", "reserved-opcode", Frame(3, b"x", mask=KEY)),
        fails("opcode-7", "an empty frame with opcode 0x7", "reserved-opcode", Frame(7, mask=KEY)),
        fails("opcode-11", "a frame with opcode 0xB", "reserved-opcode", Frame(11, b"x", mask=KEY)),
    ),
)
