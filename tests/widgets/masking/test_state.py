"""Payload, key and the two rows of the masking stepper."""

from __future__ import annotations

import pytest

from wslab.widgets.masking.state import read_key


@pytest.mark.parametrize(
    ("key", "words"),
    [("37", "this one is 1"), ("", "this one is 0"), ("37 fa 21 3", "half a byte"), ("zz", "no hex digit")],
)
def test_a_wrong_key_is_refused_with_what_is_wrong(key: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_key(key)
