"""What the suite says of a case, in words and bytes: its description, its events, the end, and its log.

A result of the suite (`CaseResult` of `kosoku`) has events as tuples, `("message", payload, is_binary)`, `("pong",
payload)` and `("timeout", name)`, a description in HTML, and a log of what went over the wire with at most 64 bytes of
each write. Here they become sentences and bytes. The bytes end at the first write that the log cuts, so that they are
a stream without a hole.

Left out: what a result teaches (`lessons`).
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from wslab.explain import narrate_close, quoted, size_in_words
from wslab.explain.hextext import short_hex
from wslab.protocol import Opcode

if TYPE_CHECKING:
    from kosoku._kosoku import CaseResult

__all__ = ["Log", "closing", "codes_in_words", "events", "log_of", "plain", "wanted", "was_open"]


class Log(NamedTuple):
    """The bytes of one direction as the suite kept them; it keeps 64 of each write, so `whole` may be False."""

    data: bytes
    whole: bool


def was_open(result: CaseResult) -> bool:
    """Whether the opening handshake was completed: only then does the suite keep both heads."""
    return bool(result.http_request and result.http_response)


def plain(text: str) -> str:
    """A description of the suite without its HTML, on one line.

    >>> plain("Send with <b>RSV = 2</b>.<br><br>MESSAGE:<br>b'c3'")
    "Send with RSV = 2. MESSAGE: b'c3'"
    """
    without_breaks = re.sub(r"<br\s*/?>", " ", text)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", without_breaks)).split())


def wanted(result: CaseResult) -> str:
    """What a right answer would have been, in words."""
    close = result.expected_close or {}
    codes = codes_in_words(result)
    who = "the suite's Close is answered" if close.get("closedByMe") else "the connection is failed"
    best = (result.expected or {}).get("OK")
    end = codes and f"then {who} with {codes}, or without a code"  # the suite takes a Close without a code for right
    return "; ".join(filter(None, (events(best) if best is not None else "", end)))


def codes_in_words(result: CaseResult) -> str:
    """The codes of a Close that the suite takes for right: `1000 or 1001`."""
    return " or ".join(dict.fromkeys(str(code) for code in (result.expected_close or {}).get("closeCode", [])))


def events(found: Sequence[Any]) -> str:
    """Events of the suite in words."""
    return ", ".join(_event(event) for event in found) or "no message and no Pong"


def _event(event: Sequence[Any]) -> str:
    if event[0] == "timeout":
        return f"a pause ({event[1]}) in which the connection stays open"
    payload = _as_bytes(event[1])
    kind = event[0].capitalize() if event[0] != "message" else "a binary message" if event[2] else "a text message"
    if not payload:
        return f"{kind} without payload" if event[0] != "message" else f"an empty {kind.removeprefix('a ')}"
    shown = quoted(payload) if _is_text(payload) else short_hex(payload, 12)
    return f"{kind} of {size_in_words(len(payload))}: {shown}"


def _is_text(payload: bytes) -> bool:
    """Whether it reads better as text: at most a quarter of it is not UTF-8."""
    begin = payload[:64]
    return begin.decode("utf-8", "replace").count("\ufffd") * 4 <= len(begin)


def _as_bytes(payload: str | bytes) -> bytes:
    """A payload as bytes; the suite keeps each byte as a character."""
    if isinstance(payload, bytes):
        return payload
    try:
        return payload.encode("latin-1")
    except UnicodeEncodeError:
        return payload.encode()


def closing(result: CaseResult) -> str:
    """How the connection ended, in words."""
    if result.was_open_handshake_timeout:
        return "no end of the opening handshake"
    if result.remote_close_code is None and not result.rx_frame_stats.get(Opcode.CLOSE):
        if result.failed_by_me or result.was_close_handshake_timeout:
            return "no end: the suite waited, and ended TCP"
        return "the end of TCP without a Close"
    words = _close(result.remote_close_code, result.remote_close_reason or "")
    first = "the answer to the suite's Close: " if result.closed_by_me else ""
    return f"{first}{words}{', and TCP was left to the suite to end' if result.dropped_by_me else ''}"


def _close(code: int | None, reason: str) -> str:
    return "a Close without a code" if code is None else f"Close {narrate_close(code, reason)}"


def log_of(result: CaseResult, direction: str) -> Log:
    """The bytes of a direction, up to the first that the suite left out: `TO` is sent by the suite, `RO` received."""
    data = b""
    for row in result.wirelog or []:
        if row[0] == "WLM" and not row[1]:
            return Log(data, whole=False)
        if row[0] == direction:
            size, text = row[1][0], row[1][1].removesuffix(" ...")
            data += bytes.fromhex(text)
            if len(text) < 2 * size:
                return Log(data, whole=False)
    return Log(data, whole=True)
