"""`confirm`: every sign is there as it is and gone with the fix, and what does not help is said not to."""

from __future__ import annotations

import pytest

from wslab.course.diagnosis import SYMPTOMS, diagnose
from wslab.course.diagnosis.confirming import confirm
from wslab.course.diagnosis.confirming.signs import SIGNS

NOTHING_TO_FIX = {"clean-close", "clean-close-by-server", "simultaneous-close", "split-character"}


@pytest.mark.parametrize("cause", sorted(SIGNS))
def test_the_fix_of_a_cause_makes_its_sign_go(cause: str) -> None:
    run = confirm(cause, {}, {})
    assert run.gone is (cause not in NOTHING_TO_FIX), str(run)
    assert (run.tried is None) is (cause in NOTHING_TO_FIX)


@pytest.mark.parametrize("cause", sorted(NOTHING_TO_FIX))
def test_where_nothing_is_wrong_the_sign_is_not_there(cause: str) -> None:
    run = confirm(cause, {}, {})
    assert (run.before, run.after, run.gone) == (0, None, False)
    assert str(run).splitlines()[-1] == run.cause.fix.text


def test_each_cause_of_each_symptom_has_a_sign() -> None:
    assert {cause.scenario for each in SYMPTOMS for cause in each.causes} <= set(SIGNS)


@pytest.mark.parametrize("name", ["1006", "deaf-server", "sixty-seconds", "upload-timeout", "mojibake"])
def test_a_cause_is_told_in_the_words_and_with_the_sections_of_the_symptom_that_was_seen(name: str) -> None:
    (symptom,) = (each for each in SYMPTOMS if each.name == name)
    told = str(diagnose(symptom=name).confirm()).splitlines()[0]
    assert told.startswith(symptom.causes[0].text)
    assert all(section in told for section in symptom.sections)


def test_one_view_has_the_cause_both_runs_what_each_believed_the_fix_and_the_verdict() -> None:
    assert str(diagnose(symptom="deaf-server").confirm()) == (
        "A blocking call runs on the event loop: `time.sleep`, `input`, a computation. See §5.5.2.\n"
        'As it is: play("blocked-loop")\n'
        "    client CLOSED 1006, server CLOSED 1006\n"
        "    Pings without a Pong in time: 1\n"
        "Fix: Take the work off the event loop.\n"
        'With it: play("blocked-loop", fixed=True)\n'
        "    client OPEN, server OPEN\n"
        "    Pings without a Pong in time: 0\n"
        "It is gone."
    )


@pytest.mark.parametrize(
    ("symptom", "cause", "values", "gone"),
    [
        ("sixty-seconds", None, {"ping_interval": 59.0}, True),
        ("sixty-seconds", None, {"ping_interval": 61.0}, False),
        ("same-age", None, {"renew": 3700}, False),
        ("1011", "tunnel", {"ping_timeout": 20.0}, True),
        ("1009", None, {"whose": "client"}, False),
        ("socket-io", None, {"client": "says hello"}, False),
        ("nothing-comes", "three-heartbeats", {"heartbeat": "TCP keepalive"}, False),
        ("nothing-comes", "three-heartbeats", {"heartbeat": "message"}, True),
        ("memory-while-sending", None, {"pause": 0.01}, False),
        ("wrong-order", None, {"how": "one-by-one"}, True),
    ],
)
def test_values_are_tried_in_place_of_the_fix(
    symptom: str, cause: str | None, values: dict[str, object], gone: bool
) -> None:
    run = diagnose(symptom=symptom).confirm(cause, **values)
    assert run.gone is gone
    assert str(run).endswith("It is gone." if gone else "It is still there.")
    assert "With other values:" in str(run)


def test_a_symptom_that_other_values_show_is_played_with_them() -> None:
    run = diagnose(symptom="mojibake").confirm()
    assert str(run.plain.call) == 'play("wrong-encoding", mistake="read as Mac Roman")'
    assert run.gone
    assert diagnose(symptom="mojibake").values == {"mistake": "read as Mac Roman"}


def test_the_fix_is_played_with_the_numbers_it_is_made_for() -> None:
    found = diagnose("frame with 100000 bytes exceeds limit of 65536 bytes")
    assert found.values == {"size": 100_000, "limit": 65_536}
    assert found.confirm().gone


def test_what_cannot_be_confirmed_is_said() -> None:
    with pytest.raises(ValueError, match="Nothing was recognised"):
        diagnose("the printer is on fire").confirm()
    with pytest.raises(ValueError, match="No sign is known by which one sees that nothing-listens is gone"):
        diagnose("Error: connect ECONNREFUSED 127.0.0.1:1").confirm()
    with pytest.raises(ValueError, match="how is one of"):
        diagnose(symptom="wrong-order").confirm(how="by magic")
    assert diagnose("the printer is on fire").confirm("cut").gone, "a cause that is named needs no diagnosis"
