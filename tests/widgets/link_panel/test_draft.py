"""The text of a fault that is being put together: a choice and a field write it."""

from __future__ import annotations

import pytest

from wslab.lab.faults.names import NAMES, faults_named
from wslab.lab.faults.presets import PRESETS
from wslab.widgets.link_panel.draft import FIRST, choose, fault_name, with_field


@pytest.mark.parametrize("name", [*NAMES, *PRESETS])
def test_whatever_is_chosen_can_be_put_on(name: str) -> None:
    assert faults_named(choose(name))
    assert fault_name(choose(name)) == name


def test_nothing_chosen_is_an_empty_text() -> None:
    assert choose("") == ""


@pytest.mark.parametrize(
    ("draft", "name"), [(FIRST, "delay"), ("delay_pongs:1", "delay-pongs"), ("mobile", "mobile"), ("", "")]
)
def test_the_name_is_read_as_the_tables_have_it(draft: str, name: str) -> None:
    assert fault_name(draft) == name


@pytest.mark.parametrize(
    ("draft", "field", "value", "then"),
    [
        ("delay:seconds=0.2", "seconds", "1", "delay:seconds=1"),
        ("delay:seconds=0.2", "jitter", "0.1", "delay:seconds=0.2,jitter=0.1"),
        ("flip:at_frame=2,of=server", "bit", "5", "flip:at_frame=2,bit=5,of=server"),
        ("max-age:seconds=60", "how", "rst", "max-age:seconds=60,how=rst"),
        ("max-age:seconds=60,how=rst", "how", "fin", "max-age:seconds=60"),
        ("cut:at_frame=3", "at_frame", "", "cut"),
    ],
)
def test_a_field_is_written_in_its_place_and_its_usual_value_is_not(
    draft: str, field: str, value: str, then: str
) -> None:
    assert with_field(draft, field, value) == then


def test_a_text_that_names_no_fault_has_no_fields() -> None:
    with pytest.raises(ValueError, match="did you mean 'delay'"):
        with_field("delai:1", "seconds", "1")
