"""The recording of the real proxy has what the table says, and no secret."""

from __future__ import annotations

import pytest

from tests.course.halves import FACTS, facts_of, header
from wslab import Opcode, recorded_proxy
from wslab.course.proxied import DIFFERENCES

TAPE = recorded_proxy()


def test_every_difference_is_in_the_recording() -> None:
    assert facts_of(TAPE) == FACTS
    assert TAPE.warnings == []


def test_the_proxy_answers_the_server_before_it_is_answered_by_the_page() -> None:
    page, server = (TAPE.frames(Opcode.PONG, "client", connection=half)[0].time for half in (1, 2))
    assert server < page


def test_the_page_has_its_101_before_the_proxy_dials() -> None:
    answered = next(each.time for each in TAPE.entries(7) if each.kind == "http" and each.sender == "server")
    dialled = next(each.time for each in TAPE.entries(8) if each.tcp == "connect")
    assert answered < dialled


@pytest.mark.parametrize("half", [1, 2])
def test_cookies_are_passed_on_and_are_asterisks_here(half: int) -> None:
    cookies = header(TAPE, half, "client", b"cookie").split(b"; ")
    assert cookies
    assert all(set(each.partition(b"=")[2]) <= set(b'*"') for each in cookies)


def test_a_difference_says_its_code_where_a_half_has_a_close() -> None:
    """The table's words name the codes that the recording has."""
    for each in DIFFERENCES:
        for told, found in zip((each.page, each.server), FACTS[each.subject], strict=True):
            if each.subject.startswith("Close"):
                assert ("4001" if found[0] else "1005") in told
