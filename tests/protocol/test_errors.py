"""An error says what is wrong, where, which rule and how to fix it, in one sentence."""

from __future__ import annotations

import copy
import pickle

import pytest

from wslab.protocol import (
    RULES,
    CloseCode,
    FrameError,
    FrameParser,
    LocalProtocolError,
    Offset,
    ProtocolError,
    Role,
    Rule,
)


def error_of(rule: Rule) -> ProtocolError | LocalProtocolError:
    if rule.id.startswith("local-"):
        return LocalProtocolError(rule, "this", "that")
    return ProtocolError(rule, Offset(3, 4), "this", "that")


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_an_error_reads_as_one_sentence(rule: Rule) -> None:
    text = str(error_of(rule))
    assert text[0] in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" or text.startswith("Sec-")
    assert text.endswith(".")
    assert "\n" not in text
    assert ".." not in text.replace("...", "")
    assert rule.reference in text
    assert rule.fix in text
    assert "found this" in text
    assert "expected that" in text


def test_a_peers_error_names_the_place() -> None:
    assert "at byte 3, bit 4" in str(error_of(RULES["client-masks"]))


def test_a_violation_of_a_frame_has_a_close_code_and_one_of_a_head_has_none() -> None:
    assert ProtocolError(RULES["client-masks"], Offset(1), "", "").close_code is CloseCode.PROTOCOL_ERROR
    assert ProtocolError(RULES["request-host"], Offset(1), "", "").close_code is None


def test_the_two_classes_are_apart() -> None:
    assert not issubclass(LocalProtocolError, ProtocolError)
    assert not issubclass(ProtocolError, LocalProtocolError)


def test_an_offset_counts_bits_from_the_most_significant_and_moves_by_bytes() -> None:
    assert Offset(2).bit == 0
    assert Offset(2, 5).moved(7) == Offset(9, 5)
    assert Offset(2, 5) < Offset(2, 6) < Offset(3)


def test_a_moved_error_is_the_same_but_for_its_place() -> None:
    error = ProtocolError(RULES["client-masks"], Offset(1, 0), "MASK 0", "MASK 1")
    moved = error.moved(10)
    assert (moved.rule, moved.offset, moved.found, moved.expected) == (error.rule, Offset(11, 0), "MASK 0", "MASK 1")


@pytest.mark.parametrize("again", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
def test_an_error_travels_between_processes_with_its_frames(again) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(FrameError) as caught:
        FrameParser(Role.CLIENT).feed(b"\x81\x02hi\x83\x00")
    other = again(caught.value)
    assert (str(other), other.frames) == (str(caught.value), caught.value.frames)
    assert len(other.frames) == 1


def test_a_violation_in_a_head_of_http_has_a_byte_and_no_bit() -> None:
    """Before, it said "at byte 17, bit 0", though a head is text."""
    head = ProtocolError(RULES["request-method"], Offset(17), "POST", "GET")
    assert "at byte 17, expected" in str(head)
    assert head.place == "byte 17"
    assert ProtocolError(RULES["client-masks"], Offset(3, 4), "this", "that").place == "byte 3, bit 4"
