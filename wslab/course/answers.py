"""What a learner gave to a check: a value, or a function that is called for it.

A check never raises at a learner. A function that raises is told by the error, the line where it happened, and what
such an error usually means here. One that does not end is stopped (`supervisor`). A value of another type is told with
the way to the right one.

Left out: whether the value is right (`checks`, `values`, `accept`).
"""

from __future__ import annotations

import dis
import inspect
import linecache
import re
import struct
import sysconfig
import zlib
from collections.abc import Callable
from pathlib import Path
from textwrap import shorten
from traceback import walk_tb
from types import CodeType
from typing import Any

from wslab.course.report import CheckResult
from wslab.course.supervisor import call_watched

__all__ = [
    "NONE",
    "capital",
    "explain_error",
    "how_to_bytes",
    "in_words",
    "is_empty",
    "is_interrupt",
    "not_a_function",
    "value_of",
]

MOST_WORDS = 200
"""Characters of an error's words that are told."""

NONE = "this is None, which a function without `return` gives"


def value_of(mine: object, *arguments: object) -> tuple[object, CheckResult | None]:
    """The value that was given, or that the given function returns; where it raises or does not end, what to say."""
    if not callable(mine):
        return mine, None
    try:
        value, stopped = call_watched(mine, *arguments)
        return value, None if stopped is None else CheckResult(False, *stopped, ended_by="hangs")
    except BaseException as error:  # the learner's own: it is what the check talks about
        if is_interrupt(error):
            raise
        return None, explain_error(mine, error)


def is_interrupt(error: BaseException) -> bool:
    """Whether a person has stopped the check, and no line of the learner's raises KeyboardInterrupt."""
    if not isinstance(error, KeyboardInterrupt):
        return False
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return last is None or dis.opname[last.tb_frame.f_code.co_code[last.tb_lasti]] != "RAISE_VARARGS"


def is_empty(mine: object) -> bool:
    """Whether there is nothing to check yet: a stub's `...`, None, or an empty value."""
    return mine is None or mine is ... or (isinstance(mine, (bytes, bytearray, str)) and not mine)


def not_a_function(mine: object, what: str) -> CheckResult | None:
    """What to say where there is no function to call, and `what` to do; None where there is one."""
    if is_empty(mine):
        return CheckResult(None, f"{NONE if mine is None else 'there is nothing here'}; {what}")
    if callable(mine):
        return None
    hint = "Give the function itself, without brackets behind its name."
    if inspect.iscoroutine(mine):
        mine.close()  # it will never run, and Python would warn of that
    return CheckResult(False, f"this is {in_words(mine)}, and the check wants the function.", hint, hint, hint)


def in_words(mine: object) -> str:
    """A value's type with its article: `a str`, `an int`, `a coroutine`; None as it is."""
    if mine is None:
        return "None"
    noun = type(mine).__name__
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


# ---- a function that raises


def explain_error(function: Callable[..., Any], error: BaseException) -> CheckResult:
    """What to say of an error that left a learner's function: its line, and what such an error usually means."""
    says = ": ".join(filter(None, [_name(type(error)), _words(error)]))
    end = "" if says.endswith((".", "!", "?")) else "."
    return CheckResult(False, f"your code raises {says}{end}", _where(function, error), _why(error), ended_by="raises")


def _name(kind: type[BaseException]) -> str:
    """Its name; with its module where it is called `error`, as that of `struct` is."""
    return f"{kind.__module__}.{kind.__name__}" if kind.__name__.lower() == "error" else kind.__name__


def _words(error: BaseException) -> str:
    """The words of an error in one line; none where a class of the learner's cannot say them."""
    try:
        return shorten(str(error), MOST_WORDS, placeholder=" …")
    except Exception:
        return ""


def _where(function: Callable[..., Any], error: BaseException) -> str:
    """The line of the learner's own code at which it happened."""
    frames = _frames(error)
    if not frames:
        return f"It cannot be called: {getattr(function, '__name__', 'it')} takes {_parameters(function)}."
    code, line = next((each for each in reversed(frames) if not each[0].co_filename.startswith(_LIBRARIES)), frames[0])
    source = linecache.getline(code.co_filename, line).strip()
    return f"It happens in line {line} of its cell or file" + (f": {source}" if source else f", in {code.co_name}.")


def _frames(error: BaseException) -> list[tuple[CodeType, int]]:
    """The code and the line of each call from the learner's function on; none where it could not be called."""
    passed = [(frame.f_code, line) for frame, line in walk_tb(error.__traceback__)][1:]
    return [each for each in passed if each[0].co_filename != call_watched.__code__.co_filename]


def _parameters(function: Callable[..., Any]) -> str:
    try:
        return str(inspect.signature(function))
    except (TypeError, ValueError):  # some that are written in C do not say
        return "other arguments"


_STANDARD = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
_LIBRARIES = (*_STANDARD, str(Path(__file__).parents[1]))  # the lab's own lines, too, wherever it is installed


def _why(error: BaseException) -> str:
    words = _words(error)
    if isinstance(error, TypeError) and "argument" in words and not _frames(error):
        return "The check calls it with the arguments that its first line had: keep them as they were."
    found = (advice for kind, part, advice in _ADVICE if isinstance(error, kind) and re.search(part, words))
    return next(found, "Call your function by itself in a cell of its own, with a small value, and look at each step.")


_AWAIT = "This is a coroutine: put `await` before the call of the async function that gave it."
_PAST = "An index runs past the end: the first is 0, the last is len(...) - 1."
_TEXT = "Text and bytes do not mix: .encode() makes bytes of text, .decode() makes text of bytes."
_NUMBERS = "Text and numbers do not mix: int(...) makes a number of digits, ord(...) of a character."
_CALL = "Look at which arguments that call takes, and which of them go by their names, as in `recv(timeout=20)`."
_ADVICE: tuple[tuple[type[BaseException], str, str], ...] = (
    (SystemExit, "", "Take out `exit()`, `quit()` and `sys.exit()`: a function ends with `return`."),
    (RecursionError, "", "The function calls itself again and again: one way through it has to return without that."),
    (zlib.error, "header", "A message is raw DEFLATE, without zlib's own header: wbits=-15 (RFC 7692 §7.2.1)."),
    (zlib.error, "truncated", "A message has no last block, for which this waits: use zlib.decompressobj(wbits=-15)."),
    (zlib.error, "invalid", "These bytes are no DEFLATE: 00 00 ff ff stands behind a payload, not before it."),
    (
        UnicodeEncodeError,
        "",
        "This encoding has no bytes for one of the characters: `except UnicodeError` is where to go another way.",
    ),
    (
        UnicodeDecodeError,
        "",
        "These bytes are no text in this encoding: was another one meant, or are they cut inside a character?",
    ),
    (struct.error, "unpack", "`unpack` takes as many bytes as its format has, no more and no fewer: data[:7] for 7."),
    (TypeError, "just-started coroutine", _AWAIT),
    (AttributeError, "'coroutine' object", _AWAIT),
    (
        ValueError,
        r"range\(0, 256\)",
        "A byte is 0 to 255: ^ (XOR) of two is one, and (1001).to_bytes(2, 'big') makes two.",
    ),
    (IndexError, "list", _PAST),
    (IndexError, "tuple", _PAST),
    (IndexError, "string", _PAST),
    (IndexError, "", "An index runs past the end: a key has four bytes, and `i % 4` comes round to its first."),
    (NameError, "", "A name is not known here: is it spelled as where it was defined, and was that cell run?"),
    (TypeError, "NoneType", "None is what a function without `return` gives: does every way through it have one?"),
    (TypeError, r"^(int|float)\(\) argument", "`int` and `float` take a number, or its digits as text."),
    (TypeError, r"^ord\(\)", "`ord` takes one character: a number stays as it is, .encode() makes bytes of a text."),
    (TypeError, r"'str' and '(int|float)'|'(int|float)' and 'str'|\"(int|float)\"\) to str", _NUMBERS),
    (TypeError, "'str' object cannot be interpreted as an integer|not all arguments converted", _NUMBERS),
    (TypeError, r"\bstr(ing)?\b.*\bbytes\b|\bbytes\b.*\bstr(ing)?\b|without an encoding", _TEXT),
    (TypeError, r"\^=?: .*'bytes'", "`^` takes two numbers: data[i] takes one out of bytes, bytes([...]) makes bytes."),
    (TypeError, r"\bbytes\b.*\bint\b|\bint\b.*\bbytes\b", "bytes([0x81]) makes bytes of numbers, data[0] is a number."),
    (TypeError, "encode", "SHA-1 and Base64 take bytes: .encode() makes bytes of text."),
    (TypeError, r"takes .*argument|missing .*argument|keyword argument|arguments?, got", _CALL),
    (AttributeError, "decode", "Only bytes have .decode(); what is text already stays as it is."),
    (AttributeError, "encode", "Only text has .encode(); what is bytes already stays as it is."),
    (NotImplementedError, "", "The stub still raises: put your own lines there."),
)
"""What an error usually means in these exercises: its type, a pattern of its words, and what to do."""


# ---- a value of another type


def how_to_bytes(mine: object) -> str:
    """How a value of another type becomes bytes."""
    if isinstance(mine, (list, tuple, set, range)):
        return _of_numbers(mine)
    found = (advice for kind, advice in _TO_BYTES if isinstance(mine, kind))
    if (words := next(found, None)) is not None:
        return words
    if inspect.iscoroutine(mine):
        mine.close()  # it will never run, and Python would warn of that
        return "Put `await` before the call: without it, an async function has not run."
    return "A frame becomes bytes with .serialize()." if hasattr(mine, "serialize") else "Give a bytes object."


def _of_numbers(mine: Any) -> str:
    wrong = next((each for each in mine if isinstance(each, int) and not 0 <= each <= 255), None)
    if wrong is not None:
        two = f"; two bytes hold it: ({wrong}).to_bytes(2, 'big')" if 0 < wrong < 1 << 16 else ""
        return f"A byte is 0 to 255, and {wrong} is not{two}."
    if any(isinstance(each, (bytes, bytearray)) for each in mine):
        return "b''.join(...) makes one bytes object of several."
    return "bytes([...]) makes bytes of a list of numbers."


_TO_BYTES: tuple[tuple[type, str], ...] = (
    (bool, "A bit is a part of a byte: write all eight, such as bytes([0b1000_0001])."),
    (int, "One byte is bytes([0x81]), with the number in a list; bytes(3) would be three zeros."),
    (str, "Text becomes bytes with .encode(), hex digits with bytes.fromhex(...)."),
)


def is_hex(text: bytes | str) -> bool:
    """Whether it is hex digits in pairs, with or without spaces."""
    shown = text if isinstance(text, str) else text.decode("latin-1")
    return re.fullmatch(r"(?:[0-9a-fA-F]{2}\s*){2,}", shown) is not None


def capital(words: str) -> str:
    """Words with a capital letter in front, as a sentence begins."""
    return words[:1].upper() + words[1:]
