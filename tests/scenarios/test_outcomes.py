"""How a story ends, for each connection: alike ones together, in words."""

from __future__ import annotations

from tests.scenarios.ends import ends
from wslab.lab import Lab
from wslab.scenarios import play
from wslab.scenarios.outcomes import outcomes


def test_an_ending_says_what_both_sides_believe() -> None:
    (end,) = outcomes(play("half-open"))
    assert (end.connections, str(end)) == ((1,), "client CLOSED 1006, server OPEN")


def test_those_that_end_alike_stand_together_the_most_first_and_none_is_missing() -> None:
    tape = play("herd")
    together = outcomes(tape)
    sizes = [len(end.connections) for end in together]
    assert len(together) > 1
    assert sizes == sorted(sizes, reverse=True)
    assert sorted(number for end in together for number in end.connections) == tape.connection_numbers
    for end in together:
        for number in end.connections:
            client, server = ends(tape, number)
            assert client == (end.client and (end.client.state, end.client.code))
            assert server == (end.server and (end.server.state, end.server.code))


def test_each_can_stand_alone() -> None:
    tape = play("partition")
    assert [end.connections for end in outcomes(tape, alike=False)] == [(number,) for number in tape.connection_numbers]


def test_where_nothing_began_there_is_none() -> None:
    assert outcomes(Lab(clock="virtual").tape) == []
