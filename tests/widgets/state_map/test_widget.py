"""`StateMap`: its role, its source, and one cursor with the Timeline."""

from __future__ import annotations

import pytest
import traitlets

from wslab import StateMap, play
from wslab.widgets.state_map.state import ARROWS, Arrow, arrow_name


def test_it_shows_the_bare_map_without_a_source() -> None:
    view = StateMap("server")
    assert view.last == 0
    assert "States of the server" in view.text()


def test_it_has_a_step_for_each_entry_of_its_connection() -> None:
    tape = play("half-open")
    assert StateMap("client", tape).last == len(tape.entries(1)) - 1


def test_an_unknown_role_is_refused_in_one_sentence() -> None:
    with pytest.raises(ValueError, match='A side is "client" or "server"; this is \'proxy\''):
        StateMap("proxy")


def test_a_connection_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="has no connection 7"):
        StateMap("client", play("cut"), connection=7)


def test_two_maps_share_one_cursor() -> None:
    tape = play("clean-close")
    one, other = StateMap("client", tape), StateMap("server", tape)
    traitlets.link((one, "step"), (other, "step"))
    one.step = 4
    assert other.step == 4


@pytest.mark.parametrize("arrow", ARROWS, ids=lambda each: arrow_name(each.before, each.then))
def test_choosing_an_arrow_explains_it(arrow: Arrow) -> None:
    view = StateMap("client")
    view.selected = arrow_name(arrow.before, arrow.then)
    assert arrow.happenings[0].value in view.regions["inputs"]
