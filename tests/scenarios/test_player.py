"""Running again with one thing changed: the run is the same up to there, and forks."""

from __future__ import annotations

import gc
import random
from typing import Any

import pytest

from tests.scenarios.ends import CLOSED, ends
from wslab.lab import Tape
from wslab.protocol import Frame
from wslab.scenarios import SCENARIOS, Intervention, cut, delay, drop, edit, flip, play
from wslab.scenarios.interventions import can_change
from wslab.tape.records import Raised


def test_up_to_the_intervention_the_run_is_the_same_and_then_it_forks() -> None:
    straight, forked = play("clean-close"), play("clean-close", do={3: flip(1)})
    difference = straight.diff(forked)
    assert difference is not None
    assert difference.step == 4
    assert ends(forked) == ((CLOSED, 1002), (CLOSED, 1006))


@pytest.mark.parametrize(
    ("do", "says"),
    [
        (drop, "“that is all”. It is lost on the way."),
        (cut, "RST to both sides"),
        (flip(0), "is flipped"),
        (edit("grüße"), "“grüße”"),
        (edit(Frame.ping(b"hm")), "Pong"),
        (edit(b"\x82\x81aaaa\x61"), "binary, 1 byte"),
        (delay(3), "3002.0 ms"),
    ],
)
def test_each_intervention_does_what_it_says(do: Intervention, says: str) -> None:
    assert says in str(play("clean-close", do={3: do}))


def test_several_interventions_are_counted_in_the_run_that_the_earlier_ones_made() -> None:
    told = str(play("clean-close", do={3: edit("changed"), 5: drop}))
    assert "The server sends text, 7 bytes: “changed”. It is lost on the way." in told


def test_a_reset_that_is_lost_is_named_and_not_the_data_that_it_may_lose() -> None:
    assert play("half-open")[-1].sentence.endswith(
        "(RST): data still on the way may be lost. The RST is lost on the way."
    )


@pytest.mark.parametrize(
    ("do", "says"),
    [
        ({99: drop}, "There is no step 99: this run has the steps 0 to 8"),
        ({0: drop}, "Step 0 is no bytes of an endpoint .* steps 1, 2, 3, 4, 5, 6 can be changed"),
        ({3: flip(10_000)}, "there is no bit 10000"),
    ],
)
def test_an_intervention_that_cannot_be_is_told_in_one_sentence(do: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        play("clean-close", do=do)


def test_negative_bits_and_delays_are_refused() -> None:
    with pytest.raises(ValueError, match="counted from 0"):
        flip(-1)
    with pytest.raises(ValueError, match="0 or more"):
        delay(-1)


def test_interventions_need_the_virtual_clock() -> None:
    with pytest.raises(ValueError, match="Only a run on the virtual clock"):
        play("clean-close", clock="real", do={3: drop})


@pytest.mark.parametrize(
    ("name", "parameters", "says"),
    [
        ("simultaneous-close", {"delay": 1e6}, "The opening handshake was not done within 10 s"),
        ("idle-proxy", {"idle": 0.001}, "TCP ended before the server answered"),
        ("half-open", {"timeout": 1e9}, "A year of virtual time went by"),
    ],
)
def test_a_story_that_its_parameters_end_early_says_so_on_its_tape(
    name: str, parameters: dict[str, Any], says: str
) -> None:
    assert f"The story ends here. {says}" in str(play(name, **parameters))


def test_a_parameter_may_have_any_name() -> None:
    assert "is for x.example, not for localhost" in str(play("tls-name-mismatch", name="x.example"))


SMALL = [name for name, scenario in SCENARIOS.items() if scenario.clock == "virtual"]


def a_random_run(chance: random.Random) -> Tape:
    """Some scenario, with a random seed and up to two random interventions."""
    name, seed = chance.choice(SMALL), chance.randrange(1000)
    tape = play(name, seed=seed)
    do: dict[int, Intervention] = {}
    for _ in range(chance.randrange(3)):
        steps = [each.number for each in tape if each.sender != "wire" and each.data and each.number not in do]
        later = [step for step in steps if step > max(do, default=0)]
        if later:
            step = chance.choice(later)
            bits = 8 * len(tape[step].data)
            action = chance.choice(
                [drop, cut, delay(chance.random() * 30), edit("other"), flip(chance.randrange(bits))]
            )
            do[step] = action
            tape = play(name, seed=seed, do=do)
    return tape


@pytest.mark.parametrize("block", range(20))
def test_200_random_runs_with_random_interventions_repeat_byte_for_byte(block: int) -> None:
    for number in range(10):
        runs = [a_random_run(random.Random(f"{block}/{number}")).digest() for _ in range(2)]
        assert runs[0] == runs[1]


def test_why_a_fork_ended_early_is_told_on_its_connection_where_there_is_one() -> None:
    told = [entry for entry in play("half-open", do={3: drop}) if isinstance(entry.fact, Raised)]
    assert [entry.connection for entry in told] == [1]


def handlers_that_raised(tape: Tape) -> list[str]:
    return [entry.sentence for entry in tape if isinstance(entry.fact, Raised) and entry.fact.where == "handler"]


@pytest.mark.parametrize(("name", "how"), [("loop-running", {}), ("forgotten-task", {"fixed": True})])
def test_an_error_of_a_handler_is_on_the_tape_and_nowhere_else(
    name: str, how: dict[str, Any], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    assert handlers_that_raised(play(name, **how))
    assert not caplog.records
    assert capfd.readouterr() == ("", "")


def first_frame(tape: Tape) -> list[int]:
    """The number of the first frame of an endpoint; nothing where there is none."""
    return [entry.number for entry in tape if entry.opcode is not None and can_change(entry)][:1]


@pytest.mark.parametrize("name", [name for name, each in SCENARIOS.items() if each.clock == "virtual"])
def test_whatever_a_change_ends_the_code_of_a_story_copes_with_it(
    name: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Before, two stories raised an error of their own, and a third left one to the log."""
    for step in first_frame(play(name)):
        for do in (cut, flip(8)):
            assert len(play(name, do={step: do})) > 0, do
    gc.collect()  # what nobody awaits is reported when it is collected
    assert not caplog.records
    assert capfd.readouterr() == ("", "")
