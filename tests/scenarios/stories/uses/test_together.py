"""Several who act at once: the order of a chat, the age of a game's picture, the edits of a text."""

from __future__ import annotations

import pytest

from tests.scenarios.ends import CLOSED, OPEN, Stories, stories_end
from wslab.lab import Tape
from wslab.scenarios import play
from wslab.scenarios.stories.uses.together import oldest

HERE, CLEAN = ((OPEN, None), (OPEN, None)), ((CLOSED, 1000), (CLOSED, 1000))
STORIES: Stories = {"chat": HERE, "game": CLEAN, "joint-editing": HERE}

test_it_ends_with_the_beliefs_that_it_is_about = stories_end(STORIES)
test_fixed_it_ends_well = stories_end(STORIES, fixed=True)


def told(tape: Tape, words: str) -> list[str]:
    """What the notes say behind these words."""
    return [entry.sentence.partition(words)[2] for entry in tape if words in entry.sentence]


@pytest.mark.parametrize("delay", [0.0, 0.1, 2.0])
def test_two_who_write_at_once_read_one_order_only_where_the_server_makes_it(delay: float) -> None:
    ann, ben = told(play("chat", delay=delay), " reads: ")
    assert (ann, ben) == ("Ann: at 8? | Ben: at 9?", "Ben: at 9? | Ann: at 8?")
    assert len(set(told(play("chat", fixed=True, delay=delay), " reads: "))) == 1


@pytest.mark.parametrize("probability", [0.02, 0.05, 0.3])
def test_a_lost_position_holds_up_a_stream_and_no_datagram(probability: float) -> None:
    stream, datagrams = (play("game", fixed=fixed, probability=probability) for fixed in (False, True))
    assert {entry.fate for entry in stream.frames(2, "server")} == {"arrived"}
    assert {entry.fate for entry in datagrams.frames(2, "server")} == {"arrived", "lost"}
    assert oldest(stream) > oldest(datagrams)


def test_without_loss_nothing_waits() -> None:
    assert oldest(play("game", probability=0.0)) == pytest.approx(0.081, abs=0.002), "the path, and the next position"


def test_where_hardly_anything_arrives_the_picture_is_as_old_as_the_game() -> None:
    assert oldest(play("game", fixed=True, probability=0.99)) > 5


@pytest.mark.parametrize("delay", [0.0, 0.1, 2.0])
def test_of_two_edits_at_once_both_stay_only_as_operations(delay: float) -> None:
    assert told(play("joint-editing", delay=delay), " has: ") == [
        "the cat sat down",
        "the black cat sat",
        "the cat sat down",
    ]
    assert set(told(play("joint-editing", fixed=True, delay=delay), " has: ")) == {"the black cat sat down"}
