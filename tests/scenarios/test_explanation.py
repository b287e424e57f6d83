"""An explanation fits the run that it explains: its parameters, its outcome, and its early end."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from wslab.lab import Lab
from wslab.protocol import Frame, Opcode
from wslab.scenarios import SCENARIOS, Parameter, drop, play
from wslab.scenarios.explanation import Explanation, PlayedRun, by, either, explain
from wslab.scenarios.outcomes import outcomes
from wslab.scenarios.player import PlayedTape


def run_of(name: str, **parameters: object) -> PlayedRun:
    return play(name, **parameters).run  # type: ignore[arg-type]


def test_what_both_sides_believe_and_the_parameters_are_filled_in_from_the_run() -> None:
    made = Explanation(
        "It took {timeout} s.", "{{}}", "{client}, {server}, {client2}.", "ping_interval={ping_interval}"
    )
    filled = explain(made, run_of("half-open", timeout=3.0))
    assert filled == Explanation("It took 3 s.", "{}", "CLOSED 1006, OPEN, nothing.", "ping_interval=None")


ONE = {
    "hasty-reset": {"pages": 1},
    "pong-behind-upload": {"size": 1},
    "message-too-big": {"size": 1},
    "slow-consumer": {"messages": 1},
    "deflate-bomb": {"size": 1},
    "in-order": {"messages": 1},
    "deflate-memory": {"clients": 1},
    "long-ping": {"size": 1},
}


@pytest.mark.parametrize("name", ONE)
def test_one_of_a_kind_is_said_in_the_singular(name: str) -> None:
    """Before, hasty-reset told of 1 pages, and seven others of 1 bytes, messages or connections."""
    tape = play(name, **ONE[name])  # type: ignore[arg-type]
    told = [*(entry.sentence for entry in tape), *(text for _, text in tape.explanation.parts)]
    assert [text for text in told if re.search(r"(?<![\d.,-])1 (byte|page|message|connection)s\b", text)] == []
    assert re.search(r"\b1 (idle )?(byte|page|message|connection)\b", " ".join(told))


def test_a_noun_behind_a_placeholder_is_counted() -> None:
    made = Explanation("{size:byte}, {timeout:second}.", "", "", "")
    assert explain(made, PlayedRun({"size": 70000, "timeout": 1.0}, Lab(clock="virtual").tape)).what == (
        "70,000 bytes, 1 second."
    )


def test_a_function_chooses_by_the_parameters_and_the_outcome_of_the_run() -> None:
    def choose(run: PlayedRun) -> Explanation:
        codes = run.code("client"), run.code("server"), run.code("server", 2)
        return Explanation(str(run["how"]), f"{codes}", f"{run.client()}", f"{run.server(2)}")

    assert explain(choose, run_of("cut")) == Explanation("rst", "(1006, 1006, None)", "CLOSED 1006", "None")
    assert explain(choose, run_of("cut", how="close")) == Explanation(
        "close", "(1001, 1001, None)", "CLOSED 1001", "None"
    )


def test_a_parameter_called_client_does_not_hide_what_the_client_believes() -> None:
    assert "The client believes CLOSED 1005, the server CLOSED 1005" in play("socket-io").explanation.knows


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_client_and_the_server_believe_a_state_and_nothing_else(name: str) -> None:
    knows = play(name).explanation.knows
    for word in re.findall(r"(?:client|server) believes (?!that)([\w-]+)", knows):
        assert word in {"CONNECTING", "OPEN", "CLOSING", "CLOSED", "nothing"}, knows


def test_a_placeholder_that_the_run_does_not_have_is_an_error() -> None:
    with pytest.raises(KeyError, match="timeout"):
        explain(Explanation("{timeout}", "", "", ""), run_of("cut"))


def test_a_run_that_ends_before_its_story_is_explained_as_that() -> None:
    tape = play("idle-proxy", idle=0.001)
    what, _, knows, _ = dict(tape.explanation.parts).values()
    assert str(tape.run.ended_early) in what
    assert knows == "The client of connection 1 believes CLOSED; the server of connection 1 believes CLOSED."


def test_where_no_connection_began_an_early_end_says_so() -> None:
    run = PlayedRun({}, Lab(clock="virtual").tape, TimeoutError("Nobody came."))
    assert explain(Explanation("", "", "", ""), run).knows == "No connection began, and no side believes anything."


def test_a_run_with_a_changed_step_is_explained_by_the_run_before_and_says_so() -> None:
    forked = play("cut", do={3: drop})
    assert forked.changed
    assert forked.explanation == play("cut").explanation
    assert not play("cut").changed


def test_in_jupyter_it_shows_its_titles_and_code_and_no_markup_of_others() -> None:
    shown = Explanation("a <b>", "", "", "Write `x=1`.")._repr_html_()
    assert shown == ("<p><b>What happened.</b> a &lt;b&gt;</p><p><b>What to write.</b> Write <code>x=1</code>.</p>")


def test_the_usual_variants_are_chosen_by_a_parameter_or_by_a_test_of_the_run() -> None:
    one, two = (Explanation(each, "", "", "") for each in ("one", "two"))
    made = by("how", {"rst": one, "close": either(lambda run: run.code("client") == 1001, two, one)})
    assert explain(made, run_of("cut")) == one
    assert explain(made, run_of("cut", how="close")) == two


# --- every scenario, with every choice of every parameter -------------------------------------------------

VALUES: dict[tuple[str, str], tuple[object, ...]] = {
    ("half-open", "ping_interval"): (None, 10.0, 500.0),
    ("half-open-server", "ping_interval"): (None, 50.0, 90.0, 500.0),
    ("close-in-flight", "delay"): (0.0, 0.01, 1.0),
    ("idle-proxy", "ping_interval"): (None, 10.0, 70.0),
    ("keepalive", "idle"): (30.0, 20.0, 700.0),
    ("keepalive", "ping_interval"): (7.0, 59.0, 1000.0),
    ("slow-keepalive", "ping_interval"): (30.0, 75.0, 150.0),
    ("slow-keepalive", "idle"): (30.0, 90.0, 1000.0),
    ("tunnel", "seconds"): (0.0, 1.0, 3.0, 30.0, 100.0, 1000.0),
    ("blocked-loop", "busy"): (0.0, 5.0, 30.0),
    ("close-unanswered", "busy"): (0.0, 5.0, 30.0),
    ("close-unanswered", "timeout"): (0.0, 5.0, 1000.0),
    ("close-without-code", "code"): (None, 1000, 1011, 3000, 4999),
    ("pong-behind-upload", "fragment"): (0, 60_000),
    ("pong-behind-upload", "size"): (1, 1000, 500_000),
    ("pong-behind-queue", "pause"): (0.0, 1.0, 5.0, 1000.0),
    ("trickle", "timeout"): (0.0, 7.0, 1000.0),
    ("background-tab", "limit"): (0.0, 20.0, 30.0, 60.0, 61.0, 1000.0),
    ("wrong-thread", "work"): (0.0, 33.0),
    ("wrong-thread", "asks"): (0.0, 33.0),
    ("reconnect", "away"): (0.0, 1.0, 33.0),
    ("message-too-big", "limit"): (125, 1000, 200_000),
    ("split-character", "at"): (7, 8),
    ("slow-consumer", "messages"): (1, 20, 256),
    ("slow-consumer", "pause"): (0.0, 0.3, 33.0),
    ("deflate-bomb", "limit"): (7, 1000, 2_000_000),
    ("deflate-bomb", "size"): (1, 2000, 2_000_000),
    ("herd", "clients"): (10, 60),
    ("herd", "a_second"): (0.0, 3.0, 1000.0),
    ("herd", "watched"): (0.0, 1.0, 33.0),
    ("slow-one-in-the-room", "queue"): (1, 8),
    ("long-ping", "size"): (0, 125, 126, 70_000 - 5000),
    ("lossy-path", "probability"): (0.0, 0.2),
    ("tls-name-mismatch", "name"): ("localhost", "shop.example"),
    ("censor", "word"): ("forbidden", "weather"),
    ("hasty-reset", "pages"): (1, 40),
    ("age-limit", "renew"): (None, 0, 1800, 3600, 5000),
    ("age-limit", "age"): (1, 7, 90, 7200),
    ("deflate-memory", "clients"): (1, 20),
    ("in-order", "messages"): (10, 2000),
    ("polling", "every"): (60, 3600),
    ("polling", "poll"): (60, 3600),
    ("game", "probability"): (0.0, 0.5),
    ("in-order", "probability"): (0.0, 0.2),
}
"""What is tried of a parameter that has no choices; of any other number half and twice its default."""


def values(name: str, parameter: Parameter) -> tuple[object, ...]:
    if (name, parameter.name) in VALUES:
        return VALUES[name, parameter.name]
    if parameter.choices:
        return parameter.choices
    if bool in parameter.types:
        return True, False
    default = parameter.default
    several = (default * 2,) if isinstance(default, int) else ((default or 10.0) / 2, (default or 10.0) * 2)
    return tuple(each for each in several if parameter.within is None or each in parameter.within)


def runs() -> Iterator[tuple[str, bool, dict[str, object]]]:
    for name, scenario in SCENARIOS.items():
        for fixed in (False, True)[: 1 + bool(scenario.fix)]:
            yield name, fixed, {}
            for parameter in scenario.parameters.values():
                yield from ((name, fixed, {parameter.name: value}) for value in values(name, parameter))


@pytest.mark.parametrize(("name", "fixed", "given"), list(runs()), ids=str)
def test_the_explanation_of_a_run_agrees_with_its_outcome(name: str, fixed: bool, given: dict[str, object]) -> None:
    tape = play(name, fixed=fixed, **given)  # type: ignore[arg-type]
    explanation = tape.explanation
    assert tape.run.ended_early is None, "choose values with which the story comes to its point"
    assert all((explanation.what, explanation.why, explanation.knows, explanation.code))
    assert re.search(r"§\d|RFC \d", explanation.why)
    assert "`" in explanation.code, "name the parameter, the setting or the call"
    assert all(text.endswith((".", "?", ".”")) for _, text in explanation.parts), "a sentence that ends"
    assert not re.search(r"\{\w*\}|\bNone\b", f"{explanation.what} {explanation.knows}"), "a placeholder, or no value"
    check_beliefs(tape, explanation.knows)
    check_codes(tape, f"{explanation.what} {explanation.knows}")


def check_beliefs(tape: PlayedTape, knows: str) -> None:
    """Each belief that a side has in the end stands there, and no CLOSED that none has."""
    final = {str(belief) for end in outcomes(tape) for _, belief in end.beliefs}
    assert set(re.findall(r"CLOSED \d{4}", knows)) <= final
    for belief in final:
        assert re.search(rf"{belief}(?! \d)", knows), f"{belief} is not in: {knows}"


def check_codes(tape: PlayedTape, words: str) -> None:
    """Each close code occurs in the run: in a belief, in a Close, or as a parameter."""
    believed = {belief.code for end in outcomes(tape) for _, belief in end.beliefs}
    sent = {code_of(entry.frame) for entry in tape.frames(Opcode.CLOSE)}
    given = {value for value in tape.run.parameters.values() if isinstance(value, int)}
    said = {int(each) for each in re.findall(r"(?<![\d,.#])[134]\d{3}(?![\d,]| bytes| s\b)", words)}
    assert said <= believed | sent | given, words


def code_of(frame: Frame | None) -> int | None:
    return None if frame is None or len(frame.payload) < 2 else int.from_bytes(frame.payload[:2], "big")
