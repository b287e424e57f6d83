"""Real messages lead to their cause: the share that lands first and in the first two; and what is none of these."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.course.diagnosis.cases import AS_IN_THE_SOURCE, CASES, NONE_OF_THESE, SHARED_WORDS
from tests.course.diagnosis.fresh import FIRST
from tests.course.diagnosis.later import LATER
from wslab.course.diagnosis import SYMPTOMS, diagnose
from wslab.course.diagnosis.causes import FIXES, OUTSIDE, cause_of
from wslab.course.diagnosis.known import BY_CODE, BY_STATUS, PATTERNS
from wslab.course.diagnosis.pattern import Pattern
from wslab.course.diagnosis.recordings import RULES
from wslab.protocol import RULES as PROTOCOL_RULES
from wslab.scenarios import SCENARIOS

MESSAGES = [(message, cause) for cause, messages in CASES.items() for message in messages]
MESSAGES += [*AS_IN_THE_SOURCE, *SHARED_WORDS]
FRESH = {"first": FIRST, **LATER}


def causes(text: str) -> list[str]:
    return [each.cause.name for each in diagnose(text).causes]


def test_real_messages_lead_to_their_cause(record_property: Callable[[str, object], None]) -> None:
    first = [message for message, cause in MESSAGES if causes(message)[:1] == [cause]]
    in_two = [message for message, cause in MESSAGES if cause in causes(message)[:2]]
    shares = {"first": len(first) / len(MESSAGES), "in two": len(in_two) / len(MESSAGES)}
    record_property("shares", shares)
    missed = [(message, cause, causes(message)[:3]) for message, cause in MESSAGES if message not in in_two]
    assert len(MESSAGES) >= 250
    assert shares["in two"] >= 0.97, missed
    assert shares["first"] >= 0.9, [(m, c, causes(m)[:2]) for m, c in MESSAGES if m not in first]


@pytest.mark.parametrize("lot", FRESH)
def test_messages_of_public_threads_lead_to_their_cause(lot: str) -> None:
    """Two of a lot stay wrong at most: what Firefox says is vague, and some rows say too little."""
    assert len(FRESH[lot]) >= 30
    missed = [row.message for row in FRESH[lot] if not set(row.causes.split()) & set(causes(row.message)[:2])]
    assert len(missed) <= 2, missed


def test_every_fresh_message_names_its_thread() -> None:
    for row in (each for lot in FRESH.values() for each in lot):
        assert re.fullmatch(r"[\w.-]+/[\w.-]+#\d+", row.source), row
        for name in row.causes.split():
            cause_of(name)


@pytest.mark.parametrize("text", NONE_OF_THESE)
def test_what_is_none_of_these_is_not_recognised(text: str) -> None:
    found = diagnose(text)
    assert found.causes == []
    assert found.question is None
    assert str(found).startswith("Not one of these")


def winner(message: str) -> list[Pattern]:
    """The pattern that each line of a message meets."""
    lines = [line.strip() for line in message.splitlines()]
    found = (next((each for each in PATTERNS if each.figures(line)), None) for line in lines)
    return [each for each in found if each is not None]


def test_every_pattern_is_met_by_a_real_message() -> None:
    messages = [message for message, _ in MESSAGES] + [row.message for lot in FRESH.values() for row in lot]
    met = {id(each) for message in messages for each in winner(message)}
    assert [(each.software, each.regex) for each in PATTERNS if id(each) not in met] == []


def test_every_pattern_says_where_its_message_was_looked_up() -> None:
    assert [each.regex for each in PATTERNS if not each.source] == []
    unsure = {each.software for each in PATTERNS if "not compared" in each.source}
    assert unsure == {"Google Cloud"}


def test_every_cause_that_is_named_exists_and_has_a_fix() -> None:
    named = {name for each in PATTERNS for name in each.causes}
    named |= {name for table in (BY_CODE, BY_STATUS) for names in table.values() for name in names}
    named |= {name for names in RULES.values() for name in names.split()}
    named |= {cause.scenario for each in SYMPTOMS for cause in each.causes}
    for name in sorted(named):
        assert cause_of(name).fix.text.endswith(".")
    assert set(FIXES) <= set(SCENARIOS)
    assert not set(OUTSIDE) & set(SCENARIOS)
    assert set(RULES) <= set(PROTOCOL_RULES)


def test_every_fix_is_reached() -> None:
    reached = {cause for message, _ in MESSAGES for cause in causes(message)}
    reached |= {name for table in (BY_CODE, BY_STATUS) for names in table.values() for name in names}
    reached |= {cause.scenario for each in SYMPTOMS for cause in each.causes}
    reached |= {name for names in RULES.values() for name in names.split()}
    assert sorted((set(FIXES) | set(OUTSIDE)) - reached) == []


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda each: f"{each.software}-{each.regex[:30]}")
def test_a_pattern_has_no_nested_repetition(pattern: Pattern) -> None:
    assert re.search(r"[+*]\)[+*]", pattern.regex) is None
    assert pattern.says.endswith(".")


@pytest.mark.parametrize("symptom", SYMPTOMS, ids=lambda each: each.name)
def test_a_symptom_is_diagnosed_and_names_its_sections(symptom: object) -> None:
    found = diagnose(symptom=symptom.name)  # type: ignore[attr-defined]
    first = symptom.causes[0].scenario  # type: ignore[attr-defined]
    assert found.causes[0].cause.name == first
    assert found.causes[0].cause.scenario in SCENARIOS
    assert all(re.fullmatch(r"(RFC \d+ )?§[\d.]+", each) for each in symptom.sections)  # type: ignore[attr-defined]
    assert all(re.fullmatch(r"[\w./-]+#\d+", each) for each in symptom.threads)  # type: ignore[attr-defined]
