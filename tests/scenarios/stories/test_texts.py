"""Texts and their order: who fails a right text, what a wrong encoding does, and what TCP keeps in order."""

from __future__ import annotations

import pytest

from tests.scenarios.ends import CLOSED, Ends, Stories, ends, stories_end
from wslab.scenarios import play

CLEAN: Ends = ((CLOSED, 1000), (CLOSED, 1000))
AS_IT_IS: Stories = {
    "fragment-checker": ((CLOSED, 1007), (CLOSED, 1007)),
    "wrong-encoding": ((CLOSED, 1007), (CLOSED, 1006)),
    "crossing-messages": CLEAN,
    "in-order": CLEAN,
}


test_it_ends_with_the_beliefs_that_it_is_about = stories_end(AS_IT_IS)


@pytest.mark.parametrize("name", ["fragment-checker", "wrong-encoding"])
def test_fixed_it_ends_well(name: str) -> None:
    assert ends(play(name, fixed=True)) == CLEAN


def test_the_text_that_the_careless_client_refuses_is_right() -> None:
    fragments = play("fragment-checker", fixed=True).frames(side="server")
    text = b"".join(entry.plain or b"" for entry in fragments if entry.kind != "close")
    assert text.decode() == "10 €"
    with pytest.raises(UnicodeDecodeError):
        (fragments[0].plain or b"").decode()


@pytest.mark.parametrize(
    ("mistake", "code"),
    [("sent as UTF-16", 1007), ("sent as Latin-1", 1007), ("read as Mac Roman", 1000), ("none", 1000)],
)
def test_only_bytes_that_are_not_utf_8_end_the_connection(mistake: str, code: int) -> None:
    client, _ = ends(play("wrong-encoding", mistake=mistake))
    assert client == (CLOSED, code)


def test_the_right_bytes_read_wrongly_are_mojibake() -> None:
    tape = play("wrong-encoding", mistake="read as Mac Roman")
    assert "Gr√º√üe" in str(tape)
    assert [entry.plain for entry in tape.frames(1, "client")] == ["Grüße".encode()]


def test_two_messages_cross_each_is_sent_before_the_other_arrives() -> None:
    sale, buy = (play("crossing-messages").frames(1, side)[0] for side in ("server", "client"))
    assert sale.arrived is not None
    assert buy.arrived is not None
    assert sale.time < buy.arrived
    assert buy.time < sale.arrived


def test_ten_thousand_numbered_messages_arrive_in_order_over_a_path_that_loses_packets() -> None:
    tape = play("in-order", messages=10_000)
    assert "10,000 of 10,000 messages arrived; 0 of them out of order." in tape[-1].sentence
