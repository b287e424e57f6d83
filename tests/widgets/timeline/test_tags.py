"""Tags slide along their own arrow until they touch nothing, and say less where there is no room."""

from __future__ import annotations

from wslab.widgets.timeline.tags import MARK_ALONE, WIRES, Line, place, text_width

WORDS = ("Close 1000 “thank you”", "Close 1000", "1000", "")


def line(y0: float, y1: float, *, number: int = 5, to_right: bool = True, words: tuple[str, ...] = WORDS) -> Line:
    begin, end = (0.0, 1.0) if to_right else (1.0, 0.0)
    return Line(begin, y0, end, y1, words, number)


def test_a_tag_stands_on_its_arrow_near_the_sender() -> None:
    right, left = place([line(20, 44), line(80, 104, to_right=False)], 500)
    assert right.words == left.words == 0
    assert right.x < 0.3
    assert left.x > 0.7
    assert right.y == 20 + 24 * right.x


def test_a_tag_gives_way_to_an_arrow_that_crosses_its_own() -> None:
    alone = place([line(100, 124)], 500)[0]
    tag = place([line(100, 124), line(90, 200, to_right=True)], 500)[0]
    assert (alone.free, tag.free) == (True, True)
    assert tag.x != alone.x


def test_a_narrow_wire_takes_words_away_and_at_last_the_number() -> None:
    tags = [place([line(20, 44)], wire)[0] for wire in (*WIRES[::-1], 40)]
    assert [tag.words for tag in tags] == sorted(tag.words for tag in tags)
    assert tags[0].words == 0
    assert (tags[-1].words, tags[-1].width) == (len(WORDS), MARK_ALONE)


def test_where_nothing_is_free_the_tag_says_so() -> None:
    wall = [line(20 + n, 20 + n, number=n) for n in range(0, 40, 4)]
    assert not all(tag.free for tag in place(wall, 250))


def test_bent_arrows_leave_each_tag_its_level_part() -> None:
    steep = [Line(0.0, 20 + 24 * n, 1.0, 400 + 12 * n, ("message",), n, bent=True) for n in range(12)]
    assert all(tag.free and tag.words == 0 for tag in place(steep, 500))


def test_the_width_of_a_text_is_rather_too_much() -> None:
    """Widths of DejaVu Sans, the widest of the common fonts, at 12 px in Chromium: bold, and regular."""
    measured = {
        "Hello": (34.7, 30.4),
        "101 Switching Protocols": (163.4, 143.4),
        "WWWW": (52.9, 47.5),
        "Close 1000 “thank you”": (161.7, 143.4),
        "GET /socket.io/?EIO=4": (148.4, 134.0),
        "日本語": (36.0, 36.0),
    }
    assert all(bold <= text_width(text) <= 1.45 * regular for text, (bold, regular) in measured.items())
