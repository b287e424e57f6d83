"""The handshake stepper as a widget: breaks, own values, and what the page asks for."""

from __future__ import annotations

import pytest

from tests.widgets.helpers import EVIL, look, press, shown
from wslab.protocol import LocalProtocolError
from wslab.widgets.handshake.widget import HandshakeStepper


def test_the_first_view_is_the_outcome_of_a_whole_exchange() -> None:
    view = HandshakeStepper()
    assert view.step == view.last
    assert "Both sides are OPEN" in shown(view)


def test_choosing_a_break_shows_its_outcome_and_fixing_goes_back() -> None:
    view = HandshakeStepper(step=3)
    press(view, "break", value="request-post")
    assert (view.broken, view.step) == ("request-post", view.last)
    assert "The server refuses with 405 Method Not Allowed" in shown(view)
    assert b"POST /chat" in view.request
    assert b"405" in view.response
    press(view, "break")
    assert view.broken == ""
    assert "Fix it" not in shown(view)


def test_a_break_that_does_not_exist_is_refused_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="Did you mean 'request-post'"):
        HandshakeStepper(broken="request-pots")


def test_traits_can_be_set_from_python_and_redraw() -> None:
    view = HandshakeStepper()
    view.key = "AAAAAAAAAAAAAAAAAAAAAA=="
    assert "ICX+Yqv66kxgM0FcWaLWlFLwTAI=" in shown(view)
    view.path = "/other"
    assert b"GET /other HTTP/1.1" in view.request


def test_a_key_of_ones_own_is_sent_even_if_wrong_and_a_fresh_one_is_right() -> None:
    view = HandshakeStepper()
    press(view, "key", value="abc")
    assert "The server refuses with 400" in shown(view)
    press(view, "fresh")
    assert "Both sides are OPEN" in shown(view)


def test_what_cannot_stand_in_a_head_is_told_at_its_field_and_the_picture_stays() -> None:
    view = HandshakeStepper()
    before = view.request
    press(view, "path", value="/a b")
    assert view.request == before
    assert "local-header" not in shown(view)
    assert "a header of the handshake must be a token".lower() in shown(view).lower()
    assert '"/a b"' in view.regions["controls"]
    press(view, "path", value="/ab")
    assert view.path == "/ab"
    assert "wsl-problem" not in view.regions["controls"]


@pytest.mark.parametrize("name", ["path", "subprotocols"])
def test_a_value_that_is_refused_is_shown_as_data(name: str) -> None:
    view = HandshakeStepper()
    press(view, name, value=EVIL)
    assert "<img" not in "".join(view.regions.values())
    assert "&lt;img" in view.regions["controls"]


def test_setting_it_from_python_raises() -> None:
    with pytest.raises(LocalProtocolError):
        HandshakeStepper(path="/a\r\nX: y")


def test_the_still_page_has_every_step_and_the_heads_to_copy() -> None:
    view = HandshakeStepper()
    page = look(view.html())
    assert len(page.having("data-caption")) == view.last + 1
    copies = [each["data-copy"] or "" for each in page.having("data-copy")]
    assert any(copy.startswith("b'GET /chat HTTP/1.1\\r\\n") for copy in copies)
    assert any(copy.startswith("b'HTTP/1.1 101 ") for copy in copies)
