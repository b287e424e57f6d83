"""Endings: states, codes and beliefs of both sides, as they are and fixed."""

from __future__ import annotations

import pytest

from tests.scenarios.ends import CLOSED, OPEN, Ends, ends
from wslab.scenarios import play

AS_IT_IS: dict[str, Ends] = {
    "clean-close": ((CLOSED, 1000), (CLOSED, 1000)),
    "cut": ((CLOSED, 1006), (CLOSED, 1006)),
    "half-open": ((CLOSED, 1006), (OPEN, None)),
}
FIXED: dict[str, Ends] = {
    "clean-close": ((CLOSED, 1000), (CLOSED, 1000)),
    "cut": ((CLOSED, 1001), (CLOSED, 1001)),
    "half-open": ((CLOSED, 1006), (CLOSED, 1006)),
}


@pytest.mark.parametrize("name", AS_IT_IS)
def test_it_ends_with_the_beliefs_that_it_is_about(name: str) -> None:
    assert ends(play(name)) == AS_IT_IS[name]


@pytest.mark.parametrize("name", FIXED)
def test_fixed_it_ends_well(name: str) -> None:
    assert ends(play(name, fixed=True)) == FIXED[name]


def test_the_server_of_a_clean_close_closes_tcp_first() -> None:
    first, second = [entry for entry in play("clean-close") if "FIN" in entry.sentence]
    assert (first.sender, second.sender) == ("server", "client")


def test_no_close_is_on_the_wire_of_a_cut() -> None:
    assert "close" not in [entry.kind for entry in play("cut")]


def test_what_goes_into_a_half_open_link_is_lost() -> None:
    lost = [entry for entry in play("half-open") if entry.fate == "lost"]
    assert [entry.kind for entry in lost] == ["text", "ping", "tcp"]
