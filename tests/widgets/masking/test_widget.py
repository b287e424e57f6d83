"""The masking stepper as a widget: keys and payloads as people give them, and what the page asks for."""

from __future__ import annotations

import pytest

from tests.widgets.helpers import press, shown
from wslab.widgets.masking.widget import MaskingStepper

KEY = bytes.fromhex("37fa213d")


def test_the_first_view_is_where_the_key_has_come_round() -> None:
    view = MaskingStepper()
    assert view.step == 4
    assert "The key has come round" in shown(view)


@pytest.mark.parametrize("key", ["37fa213d", "37 FA 21 3D", "0x37,0xfa,0x21,0x3d", KEY])
def test_a_key_is_read_in_any_form_and_kept_in_one(key: str | bytes) -> None:
    assert MaskingStepper(key=key).key == "37 fa 21 3d"


@pytest.mark.parametrize(
    ("key", "words"),
    [("37", "this one is 1"), ("", "this one is 0"), ("37 fa 21 3", "half a byte"), ("zz", "no hex digit")],
)
def test_the_widget_refuses_a_wrong_key_too(key: str, words: str) -> None:
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
    assert (view.payload, view.step, view.last) == ("Hi", 1, 1)


def test_text_is_masked_as_utf8() -> None:
    assert MaskingStepper("€").last == 2


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
    view.step = 0
    assert seen == ["00 00 00 00", 0]
    assert "48 XOR 00 = 48" in shown(view)


def test_print_gives_the_text_form() -> None:
    assert str(MaskingStepper()).startswith("Masking with the key 37 fa 21 3d")
