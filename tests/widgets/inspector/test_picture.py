"""The frame inspector as HTML and text: any bytes are shown, and what is copied gives the same bytes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.widgets.helpers import EVIL, look
from wslab.explain import verdict
from wslab.explain.anatomy import MOST_FRAMES
from wslab.protocol import Deflate, Frame, Opcode, Role
from wslab.protocol.rules import RULES
from wslab.widgets.inspector.picture import as_python, regions, text
from wslab.widgets.inspector.state import InspectorState, act
from wslab.widgets.page import html_of

HELLO = bytes.fromhex("818537fa213d7f9f4d5158")


REFUSAL = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 3\r\n\r\nno!"
REQUEST = b"GET /chat HTTP/1.1\r\nHost: a\r\n\r\n"


def everything(state: InspectorState) -> str:
    return "".join(html_of(node) for node in regions(state).values())


@given(st.binary(max_size=300))
def test_any_bytes_are_shown_and_told(data: bytes) -> None:
    state = InspectorState.of(data)
    assert "<script" not in everything(state)
    assert verdict(data, Role.CLIENT).sentence in text(state)


def test_the_rest_behind_very_many_frames_is_one_part_and_told_in_a_sentence() -> None:
    state = replace(InspectorState.of(bytes(100_000)), part=MOST_FRAMES)
    shown = look(everything(state)).text
    assert "Here are 99,000 bytes behind the first 500 frames: judged, but not taken apart." in shown


@pytest.mark.parametrize("size", range(12))
def test_a_frame_cut_at_any_length_is_shown(size: int) -> None:
    shown = look(everything(InspectorState.of(HELLO[:size]))).text
    assert ("There are no bytes" in shown) == (size == 0)
    assert ("still to come" in shown) == (0 < size < 11)


@pytest.mark.parametrize(
    "frame",
    [
        Frame.text("Hello", mask=b"abcd"),
        Frame.binary(b"\0\xff"),
        Frame(3, b"x", fin=False, rsv2=True),
        Frame.close(1000, "bye"),
    ],
)
def test_copied_python_gives_the_same_bytes(frame: Frame) -> None:
    data = frame.serialize()
    code = as_python(data, InspectorState.of(data).anatomy)
    assert code.startswith("Frame(")
    assert eval(code, {"Frame": Frame, "Opcode": Opcode}) == data


@pytest.mark.parametrize("data", [b"", HELLO[:5], HELLO * 2, bytes.fromhex("817e000161"), REQUEST])
def test_what_is_no_one_frame_is_copied_as_bytes(data: bytes) -> None:
    code = as_python(data, InspectorState.of(data).anatomy)
    assert eval(code) == data


def test_a_payload_is_data_in_every_region() -> None:
    for opcode in range(16):
        state = InspectorState.of(Frame(opcode, EVIL.encode(), mask=bytes(4)).serialize())
        assert "<img" not in everything(state)
    wrong = act(InspectorState.of(HELLO), "key", "", EVIL)
    assert "<img" not in everything(wrong)


COMPRESSED = bytes.fromhex("c107f248cdc9c90700")  # the "Hello" of RFC 7692 §7.2.3.1


def test_a_compressed_payload_is_edited_as_its_bytes_and_stays_compressed() -> None:
    state = InspectorState.of(COMPRESSED, deflate=Deflate())
    assert "Payload in hex" in everything(state)
    shorter = act(state, "payload", "hex", "f2 48 04 00")
    assert shorter.data[:2] == bytes.fromhex("c104")
    assert shorter.deflate == Deflate()
    assert act(shorter, "undo", "", "").data == COMPRESSED


@pytest.mark.parametrize(
    ("head", "begins"),
    [
        (RULES["request-target"].example.replace(b"#", b"/"), True),
        (RULES["request-target"].example, False),
        (REQUEST, False),
        (REQUEST[:-2], False),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", False),
        (b"HTTP/1.1 302 Found\r\n\r\n", False),
    ],
)
def test_frames_come_behind_a_head_that_begins_a_websocket(head: bytes, begins: bool) -> None:
    assert ("Frames come behind it" in everything(InspectorState.of(head))) is begins


def test_behind_a_refusal_comes_a_body_and_no_frame() -> None:
    state = InspectorState.of(REFUSAL)
    assert "Frames come behind it" not in everything(state)
    assert text(state).startswith("✓ The client reads the response as HTTP")
    assert "Here are 3 bytes of the response's body" in look(everything(replace(state, part=1))).text


def test_a_client_that_refuses_a_head_is_given_no_status_of_a_servers() -> None:
    def drawer(data: bytes) -> str:
        return look(regions(InspectorState.of(data))["drawer"]).text

    refused = drawer(b"HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\r\n\r\n")
    assert "ends TCP" in refused
    assert "Bad Request" not in refused
    assert "400Bad Request" in drawer(b"GET / HTTP/1.1\nHost: x\r\n\r\n")
