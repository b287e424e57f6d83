"""The masking stepper: the same XOR as the protocol, told step by step."""

from __future__ import annotations

import pytest

from tests.widgets.helpers import EVIL, look, press, shown
from wslab.protocol import apply_mask
from wslab.widgets.masking import Masking, MaskingStepper, read_key, regions, story
from wslab.widgets.page import html_of

KEY = bytes.fromhex("37fa213d")


def everything(state: Masking) -> str:
    return "".join(html_of(node) for node in regions(state, range(len(state.payload) + 1)).values())


@pytest.mark.parametrize("payload", [b"", b"a", b"Hello", bytes(range(9)), bytes(range(256))])
@pytest.mark.parametrize("unmask", [False, True])
def test_each_step_tells_the_byte_that_the_protocol_computes(payload: bytes, unmask: bool) -> None:
    state = Masking(payload, KEY, unmask=unmask, is_text=False)
    text = look(regions(state, range(len(payload) + 1))["caption"]).text
    masked = apply_mask(payload, KEY)
    source, result = (masked, payload) if unmask else (payload, masked)
    for index, (before, after) in enumerate(zip(source, result, strict=True)):
        assert f"key[{index % 4}] = {KEY[index % 4]:02x}" in text
        assert f"{before:02x} XOR {KEY[index % 4]:02x} = {after:02x}" in text


def test_the_bits_say_where_payload_and_key_differ() -> None:
    html = html_of(regions(Masking(b"o", KEY, 1), range(2))["details"])
    assert 'aria-label="01101111 XOR 00110111 is 01011000"' in html
    assert html.count("is-differ") == 3


def test_only_the_bytes_that_are_done_are_shown_as_done() -> None:
    columns = look(regions(Masking(b"Hello", KEY, 3), range(6))["picture"]).of_class("wsl-mcol")
    times = [(each.get("class") or "").split()[-1] for each in columns]
    assert times == ["is-past", "is-past", "is-now", "is-next", "is-next", "is-empty", "is-empty", "is-empty"]


@pytest.mark.parametrize(("step", "group"), [(0, "0-4"), (4, "0-4"), (5, "5-8"), (8, "5-8")])
def test_the_key_lies_under_the_present_four_bytes(step: int, group: str) -> None:
    keys = look(regions(Masking(b"Hello, W", KEY, step), range(9))["picture"]).of_class("wsl-mkey")
    assert [each["data-at"] for each in keys if "is-now" in (each["class"] or "")] == [group]


def test_an_empty_payload_still_says_something() -> None:
    assert "nothing to mask" in everything(Masking(b"", KEY))


def test_the_payload_is_data_in_every_region() -> None:
    state = Masking(EVIL.encode(), KEY, 3, key_text=EVIL, key_problem=EVIL)
    html = everything(state)
    assert "<img" not in html
    assert "&lt;img" in html


def test_the_text_form_has_a_line_for_each_byte() -> None:
    lines = story(Masking(b"Hello", KEY)).splitlines()
    assert len(lines) == 7
    assert lines[-1].split() == ["4", "6f", "01101111", "o", "[0]", "37", "00110111", "58", "01011000", "X"]


def test_a_long_text_form_is_cut_and_says_so() -> None:
    text = story(Masking(bytes(1000), KEY))
    assert "936 bytes are left out" in text
    assert len(text.splitlines()) == 67


def test_the_first_view_is_where_the_key_has_come_round() -> None:
    view = MaskingStepper()
    assert view.step == 5
    assert "The key has come round" in shown(view)


@pytest.mark.parametrize("key", ["37fa213d", "37 FA 21 3D", "0x37,0xfa,0x21,0x3d", KEY])
def test_a_key_is_read_in_any_form_and_kept_in_one(key: str | bytes) -> None:
    assert MaskingStepper(key=key).key == "37 fa 21 3d"


@pytest.mark.parametrize(
    ("key", "words"),
    [("37", "this one is 1"), ("", "this one is 0"), ("37 fa 21 3", "half a byte"), ("zz", "no hex digit")],
)
def test_a_wrong_key_is_refused_with_what_is_wrong(key: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_key(key)
    with pytest.raises(ValueError, match=words):
        MaskingStepper(key=key)


def test_a_wrong_key_typed_in_the_page_stands_under_its_field_and_the_picture_stays() -> None:
    view = MaskingStepper()
    picture = view.regions["picture"]
    press(view, "key", value="37 fa 2x")
    assert "'x' (character 8 of the key)" in shown(view)
    assert 'value="37 fa 2x"' in view.regions["inputs"]
    assert view.regions["picture"] == picture
    press(view, "key", value="00 00 00 01")
    assert view.key == "00 00 00 01"
    assert "no hex digit" not in shown(view)


def test_another_text_keeps_the_step_within_it() -> None:
    view = MaskingStepper()
    press(view, "payload", value="Hi")
    assert (view.payload, view.step, view.last) == ("Hi", 2, 2)


def test_text_is_masked_as_utf8() -> None:
    assert MaskingStepper("€").last == 3


def test_bytes_are_edited_as_hex() -> None:
    view = MaskingStepper(b"\x00\xff")
    press(view, "payload", value="01 02 03")
    assert view.payload == b"\x01\x02\x03"
    press(view, "payload", value="01 0")
    assert "half a byte" in shown(view)


def test_a_random_key_is_another_one_each_time() -> None:
    view = MaskingStepper()
    keys = set()
    for _ in range(4):
        press(view, "random")
        keys.add(view.key)
    assert len(keys) == 4


def test_turning_round_shows_the_wire_above() -> None:
    view = MaskingStepper()
    press(view, "turn")
    assert view.unmask
    assert "58 XOR 37 = 6f (o)" in shown(view)


def test_a_payload_beyond_the_limit_is_refused_with_the_limit() -> None:
    with pytest.raises(ValueError, match="at most 65536 bytes, and this payload has 65537"):
        MaskingStepper(bytes(65537))


def test_of_a_long_payload_the_bytes_around_the_step_are_drawn_and_the_rest_counted() -> None:
    view = MaskingStepper(bytes(1000), step=500)
    assert len(view.regions["picture"]) < 100_000
    assert "bytes before" in view.regions["picture"]
    assert "bytes after" in view.regions["picture"]


def test_traits_can_be_observed_and_set() -> None:
    view = MaskingStepper()
    seen: list[object] = []
    view.observe(lambda change: seen.append(change["new"]), names=["key", "step"])
    view.key = bytes(4)
    view.step = 1
    assert seen == ["00 00 00 00", 1]
    assert "48 XOR 00 = 48" in shown(view)


def test_the_story_is_what_print_gives() -> None:
    assert str(MaskingStepper()).startswith("Masking with the key 37 fa 21 3d")
