"""The frame inspector as a widget: takes what people have, edits it, and gives the protocol's own verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import traitlets

from tests.widgets.helpers import look, press, shown
from tests.widgets.tapes import C, Recorder, S
from wslab.protocol import RULES, Deflate, Frame, Role
from wslab.protocol.rules import Rule
from wslab.widgets.inspector.picture import regions
from wslab.widgets.inspector.state import InspectorState, read_bytes
from wslab.widgets.inspector.widget import FrameInspector
from wslab.widgets.page import html_of

HELLO = bytes.fromhex("818537fa213d7f9f4d5158")


REQUEST = b"GET /chat HTTP/1.1\r\nHost: a\r\n\r\n"


@dataclass
class Entry:
    data: bytes


@dataclass
class FrameEntry:
    frame: Frame


def everything(state: InspectorState) -> str:
    return "".join(html_of(node) for node in regions(state).values())


@pytest.mark.parametrize(
    "given",
    [
        HELLO,
        bytearray(HELLO),
        memoryview(HELLO),
        HELLO.hex(" "),
        "0x81 0x85, 37:fa:21:3d 7f9f4d5158",
        Frame.text("Hello", mask=HELLO[2:6]),
        Entry(HELLO),
        FrameEntry(Frame.text("Hello", mask=HELLO[2:6])),
    ],
    ids=["bytes", "bytearray", "memoryview", "hex", "pasted", "Frame", "entry", "entry of a frame"],
)
def test_it_takes_what_people_have(given: object) -> None:
    assert read_bytes(given) == HELLO
    assert FrameInspector(given).frame == HELLO


@pytest.mark.parametrize("given", [5, None, ["81"], 1.5])
def test_anything_else_is_refused_with_an_example(given: object) -> None:
    with pytest.raises(TypeError, match=r"takes bytes, hex text, a Frame or an entry of a tape, not .* for example"):
        FrameInspector(given)


def test_wrong_hex_is_refused_with_its_place() -> None:
    with pytest.raises(ValueError, match=r"'g' \(character 5 "):
        FrameInspector("81 0g")


def test_the_first_view_is_a_masked_hello_and_its_receiver_s_verdict() -> None:
    view = FrameInspector()
    assert "The server accepts it: the text message “Hello”." in shown(view)
    assert "chosen by MASK = 1" in shown(view)
    assert view.selected == "opcode"
    press(view, "read", "client")
    assert "The client fails the connection with 1002" in shown(view)
    assert "MASK = 1 fits a server" in shown(view)


def test_who_sent_it_goes_before_the_mask_bit() -> None:
    assert "sent by a client" in shown(FrameInspector(HELLO, role="server"))
    assert "MASK = 0 fits a client" in shown(FrameInspector("8100", role="server"))
    assert "a request goes to a server" in shown(FrameInspector(REQUEST))


def test_a_violation_is_told_before_the_chosen_field_and_can_be_fixed() -> None:
    view = FrameInspector(selected="masking-key")
    press(view, "flip", "8")
    assert view.selected == ""
    assert "× " in shown(view)
    assert "Close 1002" in look(view.regions["drawer"]).text
    press(view, "fix")
    assert "The server accepts it" in shown(view)


@pytest.mark.parametrize("rule", [rule for rule in RULES.values() if rule.close_code == 1002], ids=lambda rule: rule.id)
def test_what_the_fix_button_does_is_accepted(rule: Rule) -> None:
    view = FrameInspector(rule.example, role="server" if rule.role is not Role.SERVER else "client")
    if 'data-do="fix"' in view.regions["drawer"]:
        press(view, "fix")
        assert "is-yes" in view.regions["verdict"]
    else:
        assert rule.id in ("continuation-without-start", "fragmentation-not-interleaved", "message-begun")


def test_no_bytes_offer_a_frame_to_begin_with() -> None:
    view = FrameInspector(b"")
    assert "the server waits" in shown(view).lower()
    press(view, "sample")
    assert view.frame == HELLO


def test_several_frames_are_tabs() -> None:
    view = FrameInspector(HELLO + Frame.ping(b"?", mask=bytes(4)).serialize())
    assert "1 text frame" in shown(view)
    press(view, "part", "1")
    assert look(view.regions["picture"]).of_class("wsl-bit")[0]["data-arg"] == "88"  # the second frame's first bit


def test_a_head_is_shown_as_lines_and_the_frames_behind_it_in_bits() -> None:
    view = FrameInspector(REQUEST + HELLO)
    assert "head of the opening handshake" in shown(view)
    press(view, "part", "1")
    assert len(look(view.regions["picture"]).of_class("wsl-bit")) == 48


WHOLE = (
    b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (REQUEST, "The server refuses the handshake"),
        (REQUEST[:20], "The server has 20 bytes and waits for the rest of the request."),
        (WHOLE, "The server accepts the request."),
        (WHOLE + HELLO, "The server accepts it: the text message “Hello”."),
        (WHOLE + b"\x83", "an opcode must be 0x0"),
    ],
    ids=["broken head", "cut head", "head", "head and frame", "head and broken frame"],
)
def test_a_head_is_judged_before_the_frames_behind_it(data: bytes, words: str) -> None:
    assert words.lower() in shown(FrameInspector(data)).lower()
    assert words in str(FrameInspector(data))


def test_a_flipped_bit_changes_the_bytes_the_verdict_and_the_trait() -> None:
    view = FrameInspector()
    seen: list[bytes] = []
    view.observe(lambda change: seen.append(change["new"]), names=["frame"])
    press(view, "flip", "1")
    assert seen == [bytes([0xC1]) + HELLO[1:]]
    assert RULES["reserved-bits"].text in shown(view)
    assert RULES["reserved-bits"].why[1:] in shown(view)
    press(view, "flip", "1")
    assert view.frame == HELLO


@pytest.mark.parametrize("bit", ["-1", "88", "9999"])
def test_a_bit_outside_is_refused(bit: str) -> None:
    view = FrameInspector()
    press(view, "flip", bit)
    assert "outside the 88 bits" in view.regions["error"]


def test_undo_redo_and_reset() -> None:
    view = FrameInspector()
    press(view, "flip", "1")
    press(view, "flip", "2")
    two = view.frame
    press(view, "undo")
    press(view, "undo")
    press(view, "undo")
    assert view.frame == HELLO
    press(view, "redo")
    press(view, "redo")
    assert view.frame == two
    press(view, "reset")
    assert view.frame == HELLO
    press(view, "undo")
    assert view.frame == two


def test_another_opcode_leaves_the_rest() -> None:
    view = FrameInspector()
    press(view, "opcode", value="9")
    assert view.frame == bytes([0x89]) + HELLO[1:]


def test_another_payload_is_masked_and_its_length_written_anew() -> None:
    view = FrameInspector()
    press(view, "payload", "text", "x" * 200)
    assert view.frame == Frame.text("x" * 200, mask=HELLO[2:6]).serialize()


def test_another_key_masks_the_same_payload() -> None:
    view = FrameInspector()
    press(view, "key", value="00 00 00 00")
    assert view.frame == Frame.text("Hello", mask=bytes(4)).serialize()
    press(view, "key", value="")
    assert view.frame == Frame.text("Hello").serialize()
    assert "A client must mask every frame that it sends" in shown(view)


def test_an_edit_of_the_second_frame_leaves_the_first() -> None:
    view = FrameInspector(HELLO + HELLO)
    press(view, "part", "1")
    press(view, "payload", "text", "Hi")
    assert view.frame == HELLO + Frame.text("Hi", mask=HELLO[2:6]).serialize()


@pytest.mark.parametrize(
    ("do", "arg", "value", "words"),
    [("payload", "hex", "0", "half a byte"), ("key", "", "01 02", "this one is 2"), ("bytes", "", "8z", "'z'")],
)
def test_a_wrong_value_stands_at_its_field_and_changes_nothing(do: str, arg: str, value: str, words: str) -> None:
    view = FrameInspector()
    press(view, do, arg, value)
    assert view.frame == HELLO
    (told,) = look(view.regions["fields"]).of_class("wsl-problem")
    assert told["role"] == "status"
    assert words in look(view.regions["fields"]).text
    assert f'value="{value}"' in view.regions["controls"]
    assert 'aria-invalid="true"' in view.regions["controls"]
    press(view, "flip", "0")
    assert words not in shown(view)


def test_whole_bytes_can_be_typed() -> None:
    view = FrameInspector()
    press(view, "bytes", value="88 02 03 e8")
    assert view.frame == b"\x88\x02\x03\xe8"


def test_unmasked_bytes_are_meant_for_a_client() -> None:
    view = FrameInspector("810548656c6c6f")
    assert view.role == "client"
    assert "is-illegal" not in view.regions["picture"]
    press(view, "read", "server")
    assert view.role == "server"
    assert "is-illegal" in view.regions["picture"]


def test_a_wrong_role_is_refused() -> None:
    with pytest.raises(ValueError, match="'server' or 'client', not 'peer'"):
        FrameInspector(role="peer")


def test_an_entry_from_the_middle_of_a_tape_is_judged_alone() -> None:
    last = Frame.continuation(b"lo", mask=bytes(4))
    assert "The server accepts it" in shown(FrameInspector(FrameEntry(last)))
    assert "must continue a message that has begun" in shown(FrameInspector(last))


def test_a_frame_set_from_python_is_a_new_beginning() -> None:
    view = FrameInspector()
    press(view, "flip", "0")
    view.frame = Frame.ping(b"?", mask=bytes(4))
    assert view.frame == b"\x89\x81\0\0\0\0?"
    assert "Ping frame" in shown(view)
    press(view, "undo")
    assert view.frame == b"\x89\x81\0\0\0\0?"


def test_long_payloads_stay_light_and_open_on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    view = FrameInspector(Frame.binary(bytes(1 << 20), mask=b"abcd"))
    assert sum(map(len, view.regions.values())) < 200_000
    sent: list[Any] = []
    monkeypatch.setattr(view, "send", sent.append)
    press(view, "copy", "hex")
    assert sent[0]["copy"] == view.frame.hex(" ")
    press(view, "whole", "yes")
    assert "The first 65,536 bytes" in shown(view)


def test_print_gives_fields_verdicts_and_bytes() -> None:
    text = str(FrameInspector(bytes([0xC1]) + HELLO[1:]))
    assert "× RSV1, RSV2 and RSV3 must be 0" in text
    assert "The server fails the connection with 1002" in text
    assert "0000  c1 85 37 fa" in text


def test_the_chosen_field_can_be_set_and_observed() -> None:
    view = FrameInspector(selected="opcode")
    seen: list[Any] = []
    view.observe(lambda change: seen.append(change["new"]), names=["selected"])
    view.set_state({"selected": "masking-key"})
    assert seen == ["masking-key"]


def test_an_observer_that_raises_is_shown_beside_the_new_picture() -> None:
    view = FrameInspector()
    view.observe(lambda change: 1 / 0, names=["frame"])
    press(view, "flip", "1")
    assert "ZeroDivisionError: division by zero" in view.regions["error"]
    assert "RSV1, byte 0 bit 1: 1, changed, illegal" in view.regions["picture"]


def test_an_unknown_argument_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(TypeError, match="Did you mean 'selected'"):
        FrameInspector(HELLO, selectd="x")


@pytest.mark.parametrize(("side", "receiver"), [(C, "server"), (S, "client")])
def test_an_entry_of_a_tape_knows_its_receiver_masked_or_not(side: Role, receiver: str) -> None:
    told = Recorder().open().send(side, Frame.text("bare").serialize())
    (entry,) = (each for each in told.tape.entries() if each.kind == "text")
    assert FrameInspector(entry).role == receiver


COMPRESSED = bytes.fromhex("c107f248cdc9c90700")  # the "Hello" of RFC 7692 §7.2.3.1


def test_a_compressed_payload_is_told_by_what_it_inflates_to() -> None:
    view = FrameInspector(COMPRESSED, deflate=Deflate())
    assert "compressed to 7 bytes, inflates to 5 bytes" in view.text()
    assert "The client accepts it: the text message “Hello”." in view.text()
    assert "permessage-deflate" in everything(view.state)


def test_without_an_agreement_a_compressed_frame_breaks_the_reserved_bits() -> None:
    view = FrameInspector(COMPRESSED)
    assert "The client fails the connection with 1002" in view.text()
    assert "permessage-deflate" not in everything(view.state)


def test_the_agreement_may_come_later_and_go_again() -> None:
    view = FrameInspector(COMPRESSED, role="client")
    view.deflate = Deflate()
    assert "“Hello”" in shown(view)
    view.deflate = None
    assert "“Hello”" not in shown(view)


def test_the_compression_is_a_deflate_or_none() -> None:
    with pytest.raises(traitlets.TraitError, match="deflate"):
        FrameInspector(COMPRESSED, deflate=15)  # type: ignore[arg-type]
