"""A check of a learner's own Sec-WebSocket-Accept (§4.2.2): which step went wrong.

The first wrong character of a hash says nothing. So this module tries the usual mistakes, one after the other, and
names the one that gives the learner's value. Any other value is compared as text.

What this module leaves out: every other text (`checks`).
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from wslab.course.answers import value_of
from wslab.course.check.tasks.accept_key import MISTAKES, STEPS, sha1, to_base64
from wslab.course.report import CheckResult
from wslab.course.values import check_value
from wslab.protocol.handshake.base import accept_key

__all__ = ["check_accept"]

NAME = "Sec-WebSocket-Accept"


def check_accept(mine: object, key: str) -> CheckResult:
    """Compare a learner's accept value for `key` with the right one, and name the step that went wrong.

    `mine` is the value, or the learner's function of the key. A function is also tried with a second key, whose accept
    value has the letters + and /, so that Base64 for URLs does not pass by chance.

    >>> check_accept("55fe5e3a6a2b6f11c4f4d6d5fca04ae95ae6fe3d", "dGhlIHNhbXBsZSBub25jZQ==").ok
    False
    """
    keys = [key, telling_key(key)] if callable(mine) else [key]
    results = [_check_one(mine, each) for each in keys]
    return next((each for each in results if not each), results[0])


def telling_key(key: str) -> str:
    """A key made of `key` whose accept value has both + and /."""
    made = (to_base64(sha1(f"{key}{number}".encode())[:16]) for number in count())
    return next(each for each in made if {"+", "/"} <= set(accept_key(each)))


def _check_one(mine: object, key: str) -> CheckResult:
    value, raised = value_of(mine, key)
    found = check_value(value, accept_key(key), NAME) if raised is None else raised
    if found.ok:
        return found
    step = _step(value, key)
    if step:
        return CheckResult(False, f"this is not the {NAME} of {key}. {step}", FIRST, STEPS, SOLUTION)
    hint = FIRST if found.ok is None else found.hint or FIRST
    return replace(found, hint=hint, bigger_hint=STEPS, solution=SOLUTION)


FIRST = "Begin with key + GUID, joined as text: the key first (§4.2.2)."
SOLUTION = "base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()"


def _step(value: object, key: str) -> str:
    """The usual mistake that gives this value, in words; empty where it is not one of them."""
    return next((f"{each.title} {each.hint}" for each in MISTAKES if each.function(key) == value), "")
