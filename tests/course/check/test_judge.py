"""Whatever a learner's function does, its check says what that was, and leaves everything as it found it."""

from __future__ import annotations

import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.course.check.test_wrong import function_of
from wslab import check
from wslab.course.check import inputs, judge
from wslab.course.check.task import shown
from wslab.course.check.tasks import TASKS
from wslab.course.report import CheckResult
from wslab.protocol import Offset, apply_mask

NAMES = list(TASKS)


def checked(name: str, function: object) -> CheckResult:
    report: CheckResult = getattr(check, name)(function)
    assert str(report).startswith(report.sign), "it prints itself"
    return report


def right(name: str) -> Callable[..., Any]:
    function: Callable[..., Any] = function_of(TASKS[name].solution, name)
    return function


# ---- not yet


def dots(*_: object, **__: object) -> Any: ...


def raises_not_implemented(*_: object, **__: object) -> Any:
    raise NotImplementedError


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("stub", [None, ..., dots, raises_not_implemented, lambda *_, **__: ..., lambda *_, **__: b""])
def test_a_stub_is_not_yet(name: str, stub: object) -> None:
    report = checked(name, stub)
    assert (report.kind, report.ok, bool(report)) == ("not yet", None, False)
    assert TASKS[name].begin in report.sentence
    assert len(report.helps) == 3


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("mine", [b"\x81\x00", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 5, [1]])
def test_a_value_is_no_function(name: str, mine: object) -> None:
    report = checked(name, mine)
    assert report.kind == "wrong"
    assert "the check wants the function" in report.sentence


# ---- functions that do something else than give a value


async def leaves_from_within(*_: object) -> None:
    sys.exit(3)


def endless_function(*_: object) -> None:
    while True:
        pass


def plain_function(*_: object) -> int:
    return int("5")


@pytest.mark.parametrize("name", ["heartbeat", "reconnect", "server"])
@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (leaves_from_within, "SystemExit"),
        (endless_function, "runs on and on"),
        (plain_function, "no coroutine function"),
        (b"bytes", "the check wants the function"),
    ],
)
def test_what_a_coroutine_check_is_given_instead_is_told(name: str, mine: object, says: str) -> None:
    report = checked(name, mine)
    assert report.ok is False
    assert says in report.sentence


async def coroutine(*_: object, **__: object) -> bytes:
    return b""


def generator(*_: object, **__: object) -> Any:
    yield b""


def recursion(*given: object, **named: object) -> Any:
    return recursion(*given, **named)


def leaves(*_: object, **__: object) -> Any:
    sys.exit(3)


def interrupts(*_: object, **__: object) -> Any:
    raise KeyboardInterrupt


def no_arguments() -> bytes:
    return b""


class AClass:
    def __init__(self, *_: object, **__: object) -> None: ...

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    def __hash__(self) -> int:
        raise RuntimeError

    def __repr__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("mine", "kind", "says"),
    [
        (coroutine, "wrong", "gives a coroutine"),
        (generator, "wrong", "gives a generator"),
        (AClass, "wrong", "gives an AClass"),
        (lambda *_, **__: AClass(), "wrong", "gives an AClass"),
        (lambda *_, **__: [AClass()], "wrong", "an AClass"),
        (lambda *_, **__: 1.5, "wrong", "gives a float"),
        (lambda *_, **__: 10**5000, "wrong", "thousands of digits"),
        (recursion, "raises", "RecursionError"),
        (leaves, "raises", "SystemExit"),
        (interrupts, "raises", "KeyboardInterrupt"),
        (no_arguments, "raises", "TypeError"),
        (partial(int, "x"), "raises", "Error"),
    ],
)
def test_what_else_a_function_does_is_told(name: str, mine: object, kind: str, says: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = checked(name, mine)
    assert (report.ok, report.kind) == (False, kind)
    assert says in report.sentence
    assert report.rule


def endless(*_: object, **__: object) -> Any:
    while True:
        pass


def stubborn(*_: object, **__: object) -> Any:
    while True:
        try:
            endless()
        except BaseException:
            continue


def sleeps(*_: object, **__: object) -> Any:
    time.sleep(60)


@pytest.mark.parametrize("mine", [endless, stubborn, sleeps])
def test_a_function_that_hangs_is_stopped_after_a_second(mine: object) -> None:
    before = signal.getsignal(signal.SIGALRM)
    began = time.perf_counter()
    report = checked("unmask", mine)
    assert (report.ok, report.kind) == (False, "hangs")
    assert "and was stopped" in report.sentence
    assert time.perf_counter() - began < 5
    assert signal.getsignal(signal.SIGALRM) is before
    assert sys.exc_info() == (None, None, None), "no error is being handled any more"
    assert sys.gettrace() is None or "wslab" not in repr(sys.gettrace())


@pytest.mark.parametrize("mine", [endless, stubborn])
def test_where_no_signal_comes_it_is_stopped_by_its_steps(mine: object) -> None:
    reports: list[CheckResult] = []
    thread = threading.Thread(target=lambda: reports.append(checked("unmask", mine)))
    thread.start()
    thread.join(60)
    assert [each.kind for each in reports] == ["hangs"]
    assert "steps of Python" in reports[0].sentence


def test_where_no_signal_comes_the_right_function_passes() -> None:
    reports: list[CheckResult] = []
    thread = threading.Thread(target=lambda: reports.append(checked("unmask", right("unmask"))))
    thread.start()
    thread.join(60)
    assert [each.ok for each in reports] == [True]


# ---- right functions in another form


class OwnBytes(bytes):
    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = bytes.__hash__

    def __bytes__(self) -> bytes:
        return b"something else"


class OwnText(str):
    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = str.__hash__

    def __str__(self) -> str:
        return "something else"


@pytest.mark.parametrize("form", [bytearray, memoryview, OwnBytes])
def test_bytes_of_another_type_count_as_what_they_hold(form: Callable[[bytes], object]) -> None:
    assert checked("unmask", lambda payload, key: form(apply_mask(payload, key))).ok is True


def test_a_subclass_of_text_counts_as_what_it_holds() -> None:
    mine = right("accept_key")
    assert checked("accept_key", lambda key: OwnText(mine(key))).ok is True


def test_a_list_may_stand_for_a_tuple() -> None:
    mine = right("decode_frame")
    assert checked("decode_frame", lambda data: None if (found := mine(data)) is None else list(found)).ok is True


class Instance:
    def __call__(self, payload: bytes, key: bytes) -> bytes:
        return apply_mask(payload, key)


def test_any_callable_is_a_function() -> None:
    assert checked("unmask", Instance()).ok is True
    assert checked("unmask", apply_mask).ok is True


# ---- what is shown


def test_what_the_failing_call_prints_is_shown_and_that_of_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    def mine(payload: bytes, key: bytes) -> bytes:
        print("called with", payload)
        return payload if len(payload) == 1 else apply_mask(payload, key)

    report = checked("unmask", mine)
    assert report.input is not None
    assert capsys.readouterr().out == f"called with {report.input['payload']!r}\n"

    def chatty(payload: bytes, key: bytes) -> bytes:
        print("x" * 9999)
        return apply_mask(payload, key)

    assert checked("unmask", chatty).ok is True
    assert capsys.readouterr().out == ""


def test_the_smallest_input_that_fails_is_told() -> None:
    def mine(payload: bytes, key: bytes) -> bytes:
        return b"" if b"a" in payload else apply_mask(payload, key)

    report = checked("unmask", mine)
    assert report.input is not None
    assert len(report.input["payload"]) == 1  # type: ignore[arg-type]
    assert report.expected == apply_mask(*report.input.values())  # type: ignore[arg-type]
    assert (report.got, report.first_wrong_bit) == (b"", Offset(0))


def test_what_only_hypothesis_finds_is_told_too() -> None:
    def mine(payload: bytes, key: bytes) -> bytes:
        return apply_mask(payload, key) if len(payload) != 3 else b"..."

    report = checked("unmask", mine)
    assert report.ok is False
    assert report.input is not None
    assert len(report.input["payload"]) == 3  # type: ignore[arg-type]


def test_without_hypothesis_the_table_is_tried_and_the_report_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "is_here", lambda: False)
    report = checked("unmask", apply_mask)
    assert report.ok is True
    assert report.sentence == (
        f"right for the {len(TASKS['unmask'].cases)} inputs of a table; hypothesis, which makes others, is not "
        "installed, and no others were tried."
    )


def test_a_slow_function_is_never_all_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "MOST_TOTAL", 0.05)

    def slow(payload: bytes, key: bytes) -> bytes:
        time.sleep(0.02)
        return apply_mask(payload, key)

    report = checked("unmask", slow)
    assert (report.ok, report.kind) == (False, "hangs")
    assert "were tried, all right" in report.sentence


def test_a_function_that_changes_its_mind_is_told_with_a_call_that_failed() -> None:
    calls: list[int] = []

    def moody(payload: bytes, key: bytes) -> bytes:
        calls.append(1)
        return apply_mask(payload, key) if len(calls) % 40 else b"?"

    report = checked("unmask", moody)
    assert report.ok is False


def test_a_check_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert inputs.is_here()
    assert checked("unmask", apply_mask).ok is True
    assert list(tmp_path.iterdir()) == []


def test_the_same_function_gets_the_same_report() -> None:
    mine = lambda payload, key: payload[::-1]  # noqa: E731
    assert checked("unmask", mine) == checked("unmask", mine)


def test_chance_is_left_as_it_was() -> None:
    import random

    random.seed(5)
    expected = random.random()
    random.seed(5)
    checked("unmask", lambda payload, key: payload)
    assert random.random() == expected


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (b"Hello", "b'Hello'"),
        (b"a" * 126, "b'a' * 126"),
        (b"GET / HTTP/1.1\r\nHost:example.com\r\n\r\n", r"b'GET / HTTP/1.1\r\nHost:example.com\r\n\r\n'"),
        (bytes(70000), 'bytes.fromhex("00") * 70000'),
        (b"\x81\x00", 'bytes.fromhex("81 00")'),
        ("é" * 40, "'é' * 40"),
        ((True, 1, b"", 2), "(True, 1, b'', 2)"),
        ([(True, 1, b"a")], "[(True, 1, b'a')]"),
        (None, "None"),
    ],
)
def test_a_value_is_shown_as_one_writes_it(value: object, words: str) -> None:
    assert shown(value) == words
