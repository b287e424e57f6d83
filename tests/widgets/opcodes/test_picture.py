"""The table of opcodes as HTML: all sixteen keys, and the chosen one's frame with what the RFC demands of it."""

from __future__ import annotations

import pytest

from tests.widgets.helpers import look
from wslab.explain import OPCODES
from wslab.widgets.opcodes.facts import facts_of
from wslab.widgets.opcodes.picture import keypad, regions
from wslab.widgets.opcodes.state import OpcodeTableState
from wslab.widgets.page import html_of

IN_USE = (0, 1, 2, 8, 9, 10)


def test_the_keypad_holds_all_sixteen_once() -> None:
    keys = look(keypad(1)).having("data-do")
    assert [key["data-arg"] for key in keys] == [str(code) for code in range(16)]
    assert [key["data-arg"] for key in keys if key["aria-pressed"] == "true"] == ["1"]


def test_each_key_says_what_it_is_and_a_reserved_one_shows_no_words() -> None:
    keys = look(keypad(1)).having("data-do")
    assert [key["aria-label"] for key in keys] == [f"0x{code:X} {OPCODES[code].name}" for code in range(16)]
    assert [int(key["data-arg"] or 0) for key in keys if "is-reserved" not in (key["class"] or "")] == list(IN_USE)
    assert "reserved" not in look(keypad(1)).text


@pytest.mark.parametrize("opcode", range(16))
def test_the_chosen_one_has_its_purpose_its_frame_and_three_facts(opcode: int) -> None:
    state = OpcodeTableState(opcode)
    html = "".join(html_of(node) for node in regions(state).values())
    tags = look(html)
    assert OPCODES[opcode].purpose in tags.text
    assert len(tags.of_class("wsl-scell")) == len(state.frame)
    assert len(facts_of(opcode)) == 3
    assert all(fact.words in tags.text and f"#section-{fact.section}" in html for fact in facts_of(opcode))
    assert ("× a server refuses it: 1002" in tags.text) == (opcode not in IN_USE)


def test_sections_are_links_outside_the_buttons() -> None:
    assert "<a" not in html_of(keypad(1))
