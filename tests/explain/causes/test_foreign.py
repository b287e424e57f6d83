"""Bytes that are no frame: each kind by an example, where it ends, and that no legal frame is taken for one.

The kinds are those of public reports on trackers of libraries and proxies; the bytes are made here.
"""

from __future__ import annotations

import pytest

from wslab.explain import verdict
from wslab.explain.causes.foreign import KINDS, find_foreign, find_text, may_become_foreign
from wslab.explain.causes.search import cause_of
from wslab.protocol import RULES, Frame, Role

HELLO = Frame.text("Hello").serialize()
EXAMPLES = {
    "http2": b"\x00\x00\x12\x04\x00\x00\x00\x00\x00",
    "http-request": b"POST /api HTTP/1.1\r\nHost: a\r\n\r\n",
    "http-response": b"HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nnope",
    "html": b"<!DOCTYPE html><html><body>Log in</body></html>",
    "proxy-protocol": b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
    "chunk": b"7\r\n",
    "line-end": b"\r\n\r\n",
    "hixie-76": b"\x00Hello\xff",
    "nul": b"\x00\x00\x00",
    "tls": b"\x15\x03\x03\x00\x02\x02\x28",
    "ssh": b"SSH-2.0-OpenSSH_9.6\r\n",
    "mqtt": b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c",
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    "frame-as-text": b"810548656c6c6f",
}
ENDLESS = {"http2", "html", "ssh", "mqtt", "gzip", "frame-as-text"}


def test_every_kind_has_an_example() -> None:
    assert list(EXAMPLES) == list(KINDS)


@pytest.mark.parametrize("kind", EXAMPLES)
def test_it_is_named_in_front_of_a_frame_and_the_rule_stays(kind: str) -> None:
    data = EXAMPLES[kind] + (b"" if kind in ENDLESS else HELLO)
    found = find_foreign(data, Role.SERVER, stray=True)
    assert found is not None
    assert (found.cause.id, found.cause.what.startswith("These bytes are no frame, but ")) == (kind, True)
    end = found.reader.take(data)
    assert end == len(EXAMPLES[kind])
    assert found.reader.is_over is not (kind in ENDLESS)
    judged = verdict(HELLO + data, Role.CLIENT)
    if kind != "hixie-76":  # a frame of 72 bytes, which has not come to its end
        assert judged.cause is not None
        assert judged.cause.id == kind
        assert judged.rule is not None
        assert judged.fix == judged.cause.sentence


@pytest.mark.parametrize("kind", [kind for kind in EXAMPLES if kind not in ENDLESS])
def test_its_end_is_found_however_the_bytes_come(kind: str) -> None:
    data = EXAMPLES[kind] + HELLO
    found = find_foreign(data, Role.SERVER, stray=True)
    assert found is not None
    at = 0
    while not found.reader.is_over and at < len(data):
        at += found.reader.take(data[at : at + 1])
    assert at == len(EXAMPLES[kind])


def test_text_without_a_frame_is_asked_last() -> None:
    data = b"2026-11-29 12:00:00 INFO server started on port 8080\n"
    assert find_foreign(data, Role.SERVER) is None
    found = cause_of(data, Role.CLIENT)
    assert found is not None
    assert (found.id, "past its WebSocket library" in found.writer) == ("text", True)
    assert find_text(bytes(range(256))) is None


@pytest.mark.parametrize(
    ("data", "sender", "words"),
    [
        (b"HTTP/1.1 101 Switching Protocols\r\n", Role.SERVER, "Two programs answer one upgrade"),
        (b"HTTP/1.1 400 Bad Request\r\n", Role.SERVER, "takes the client's frames for a request"),
        (b"HTTP/1.1 502 Bad Gateway\r\n", Role.SERVER, "A proxy, a firewall"),
        (b"HTTP/1.1 200 OK\r\n", Role.CLIENT, "No client writes a response"),
        (b"GET / HTTP/1.1\r\n", Role.SERVER, "No server writes a request"),
        (b"\x16\x03\x01\x00\x05", Role.CLIENT, "The client speaks TLS where its peer speaks plain"),
        (EXAMPLES["ssh"], Role.SERVER, "an SSH server answers"),
        (EXAMPLES["ssh"], Role.CLIENT, "an SSH client was led to this one"),
        (EXAMPLES["mqtt"], Role.SERVER, "No MQTT server writes a CONNECT"),
        (EXAMPLES["proxy-protocol"], Role.SERVER, "No server writes it"),
        (EXAMPLES["http2"], Role.SERVER, "The server, or a proxy in front of it, speaks HTTP/2"),
    ],
)
def test_who_writes_it_depends_on_the_sender_and_the_status(data: bytes, sender: Role, words: str) -> None:
    found = find_foreign(data, sender, stray=True)
    assert found is not None
    assert words in found.cause.writer


FIRST = Frame(0x1, b"H", fin=False)


@pytest.mark.parametrize("mask", [None, bytes(4)])
@pytest.mark.parametrize("size", [1, 0x41, 300])
def test_a_fragment_of_which_a_part_came_is_no_nul_and_no_other_kind(size: int, mask: bytes | None) -> None:
    receiver = Role.CLIENT if mask is None else Role.SERVER
    first = FIRST.replace(mask=mask).serialize()
    part = Frame(0x0, b"e" * size, fin=False, mask=mask).serialize()[:-1]
    judged = verdict(first + part, receiver)
    assert (judged.accepted, judged.sentence.endswith("waits for the rest of the frame.")) == (None, True)
    assert cause_of(part, receiver, first) is None


def test_a_fragment_with_bad_text_or_a_wrong_mask_is_no_nul_and_no_other_kind() -> None:
    bad = verdict(FIRST.serialize() + Frame(0x0, b"e" * 0x40 + b"\xff", fin=False).serialize(), Role.CLIENT)
    assert (bad.rule, bad.cause) == (RULES["text-is-utf8"], None)
    plain = Frame(0x0, b"abc", fin=False).serialize()
    assert find_foreign(plain, Role.CLIENT) is None


def test_a_nul_behind_a_whole_message_is_named_before_more_comes() -> None:
    found = cause_of(b"\0", Role.CLIENT, HELLO)
    assert found is not None
    assert found.id == "nul"


def test_a_few_bytes_leave_it_open_and_a_legal_frame_does_not() -> None:
    assert all(may_become_foreign(data) for data in (b"G", b"HTTP/1", b"<ht", b"\x16\x03", b"8\r"))
    assert not any(may_become_foreign(data) for data in (HELLO, b"\x88\x00", b"\x03", b"GEL"))


@pytest.mark.parametrize("rule", [rule.id for rule in RULES.values() if rule.example and rule.close_code])
def test_the_smallest_violation_of_each_rule_has_no_other_cause(rule: str) -> None:
    receiver = Role.SERVER if RULES[rule].role is None else RULES[rule].role.peer  # type: ignore[union-attr]
    assert verdict(RULES[rule].example, receiver).cause is None
