"""The report of a check as HTML: ticks up to the first difference, a ring, its bits, one live help at a time."""

from __future__ import annotations

import pytest

from tests.widgets.helpers import EVIL, Tags, look
from wslab import CheckResult, Frame, Role, accept_key, check, check_accept, check_bytes, check_value
from wslab.widgets.check.picture import regions
from wslab.widgets.check.state import CheckState
from wslab.widgets.page import html_of

CAFE = Frame.text("café!").serialize()
MINE = bytes.fromhex("8106636166e921")
HI = Frame.text("Hi", mask=bytes([1, 2, 3, 4])).serialize()
KEY = "dGhlIHNhbXBsZSBub25jZQ=="


def report(mine: object = MINE, expected: bytes = CAFE, role: Role = Role.CLIENT) -> CheckResult:
    return check_bytes(mine, expected, role=role)


def drawn(result: CheckResult, step: int = 0) -> Tags:
    return look("".join(html_of(node) for node in regions(CheckState(result, step)).values()))


def test_right_bytes_are_ticked_and_the_first_that_differs_is_ringed() -> None:
    tags = drawn(report())
    assert [len(tags.of_class(f"is-{name}")) for name in ("right", "missing")] == [5, 1]
    assert len([each for each in tags.of_class("wsl-scell") if "is-first" in (each["class"] or "")]) == 1
    assert "✓c✓a✓f≠" in tags.text.replace(" ", "").replace("61", "").replace("66", "").replace("e9", "")


def test_bytes_that_are_no_frame_are_shown_as_bytes_under_the_names_of_their_keys() -> None:
    tags = drawn(check.unmask(lambda payload, key: bytes(each ^ key[0] for each in payload)))
    assert "your bytes, one by one" in tags.text
    assert "key[0]" in tags.text
    assert tags.of_class("is-text") == []
    assert [len((each["aria-label"] or "").split()) for each in tags.of_class("wsl-zbits")] == [8, 8]


def test_the_right_byte_shows_once_a_hint_was_asked_for_and_has_its_room_from_the_start() -> None:
    for step in range(4):
        tags = drawn(report(), step)
        place = next(n for n, (_, each) in enumerate(tags.found) if each.get("class") == "wsl-chidden")
        shown = tags.found[place + 1][1]
        assert (shown["data-from"], shown["data-to"]) == ("1", "3")
        assert ("hidden" in shown) == (step == 0)
    assert "c3" not in report().text()


def test_the_first_wrong_bit_stands_over_the_wanted_one() -> None:
    tags = drawn(report())
    assert [each["aria-label"] for each in tags.of_class("wsl-zbits")] == ["1 1 1 0 1 0 0 1", "1 1 0 0 0 0 1 1"]
    assert ["is-first" in (each["class"] or "") for each in tags.of_class("wsl-zbit")] == [
        n % 8 == 2 for n in range(16)
    ]
    assert "yours e9" in tags.text
    assert "wanted c3" in tags.text
    assert "bit 2 is the first that differs" in tags.text


@pytest.mark.parametrize("step", range(4))
def test_one_help_is_live_at_a_time(step: int) -> None:
    tags = drawn(report(), step)
    button = tags.having("data-jump")
    labels = [each for each in tags.having("data-from") if each["data-from"] == each["data-to"] == str(step)]
    assert len(button) == 1, "the same button, so that it keeps the focus"
    assert [each for each in labels if "hidden" not in each]
    assert len([each for each in tags.of_class("wsl-chint") if "hidden" not in each]) == step
    assert f"asked: {step} of 3 helps" in tags.text


def test_where_all_is_right_there_is_no_help_and_no_ring() -> None:
    tags = drawn(report(CAFE))
    assert "Right: all 8 bytes are as they should be." in tags.text
    assert not tags.having("data-jump")
    assert not tags.of_class("wsl-czoom")


@pytest.mark.parametrize("mine", [None, 5, "text", lambda: 1 / 0])
def test_what_is_no_bytes_has_no_strip_but_helps(mine: object) -> None:
    tags = drawn(report(mine))
    assert not tags.of_class("wsl-strip")
    assert len(tags.of_class("wsl-chint")) == 3


def test_code_in_a_hint_is_set_as_code() -> None:
    result = CheckResult(None, "write it.", "Begin with `await ws.ping()` (§5.5.2).", "`raise` it.", "raise")
    picture = "".join(html_of(node) for node in regions(CheckState(result, 2)).values())
    assert "<code>await ws.ping()</code>" in picture
    assert "<code>raise</code> it." in picture
    assert "`" not in look(picture).text


def words_of(text: str) -> list[str]:
    """The words of a report, without its signs and its drawing."""
    return "".join(each if each.isalnum() else " " for each in text).split()


@pytest.mark.parametrize(
    "result",
    [
        report(),
        report(CAFE),
        report(MINE[:1]),
        report(None),
        report(5),
        check_bytes(HI + b"ab", HI),
        check_bytes(b"Hi", HI),
        check_bytes(b"abc", HI, begin=5),
        check_accept("abc", KEY),
        check_accept(accept_key(KEY).replace("x", "X"), KEY),
        check_value("a b", "a  b"),
    ],
)
def test_picture_and_text_say_the_same_words_in_the_same_order(result: CheckResult) -> None:
    """Verdict, first difference, helps: word by word, as one reads them; the picture has more (help, buttons)."""
    parts = regions(CheckState(result, 3))
    shown = " ".join(look("".join(html_of(parts[name]) for name in ("verdict", "caption"))).words)
    text = words_of(result.text(3))
    place = 0
    for word in words_of(shown.replace("Copy", "")):
        assert word in text[place:], word
        place = text.index(word, place) + 1


def test_the_hex_of_picture_and_text_is_the_same() -> None:
    tags = drawn(report())
    line = next(each for each in str(report()).splitlines() if each.startswith("yours"))
    hexes = [each.strip("()") for each in line.split()[1:] if each != "__"]
    for each in hexes:
        assert each in tags.text.replace(" ", "")


@pytest.mark.parametrize(
    ("mine", "expected", "fits", "right"),
    [(MINE, CAFE, True, False), (b"\x01", CAFE, True, True), (bytes(40), bytes(41), None, None)],
)
def test_the_bits_stand_under_their_byte_where_the_strip_is_one_row(
    mine: bytes, expected: bytes, fits: bool | None, right: bool | None
) -> None:
    zoom = CheckState(report(mine, expected)).zoom
    assert (zoom and zoom.narrow, zoom and zoom.right) == (fits, right)
    if mine == MINE:
        assert zoom is not None
        assert (zoom.pixels, zoom.cells) == (160, 3.5)


def test_a_head_of_the_handshake_and_a_text_have_cells_without_a_frame() -> None:
    head = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    for result in (check_bytes(head[:-1] + b"x", head), check_value("abd", "abc")):
        assert drawn(result).of_class("is-right")


def test_what_a_learner_wrote_is_data() -> None:
    for result in (check_value(EVIL, "right"), check_value("x", "right", EVIL), report(EVIL)):
        assert "<img" not in "".join(html_of(node) for node in regions(CheckState(result, 3)).values())
