"""Inputs that hypothesis makes for a check: other ones than those of its table, and the smallest that fails.

How it works: `search` asks a function about one case after the other. Where it says that a case fails, hypothesis makes
smaller ones of it until none fails. The same function gets the same cases each time (`derandomize`), nothing is written
to a disk, and there are at most so many cases.

Left out: without hypothesis there are no such inputs. `search` says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec

from wslab.course.check.task import Case, Task

__all__ = ["is_here", "search"]

MOST_EXAMPLES, FEWER_EXAMPLES = 50, 20
"""Cases that hypothesis makes before it finds one that fails; fewer where one is known already."""

MOST_SHRINKS = 60
"""Cases that it tries from the first that fails on, to find a smaller one."""


def is_here() -> bool:
    """Whether hypothesis is installed."""
    return find_spec("hypothesis") is not None


def search(task: Task, fails: Callable[[Case], bool], *, is_known: bool) -> None:
    """Ask `fails` about cases of hypothesis's, and once one fails, about smaller ones.

    `is_known` says that one that fails was found before.
    """
    # not at the top: loading it takes longer than a check, and it may not be installed
    import hypothesis
    from hypothesis import strategies
    from hypothesis.errors import Flaky, NoSuchExample

    limits = hypothesis.settings(
        max_examples=FEWER_EXAMPLES if is_known else MOST_EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    asked = 0  # since the first that failed

    def fails_so_far(case: Case) -> bool:
        nonlocal asked
        if asked > MOST_SHRINKS:
            raise _Enough
        found = fails(case)
        asked += bool(asked or found)
        return found

    # a function that gives something else for the same input is flaky; what it gave is known to the caller
    with _alone(), suppress(NoSuchExample, Flaky, _Enough):
        hypothesis.find(task.inputs(strategies), fails_so_far, settings=limits)


class _Enough(BaseException):
    """Ends a search from within: hypothesis would take an `Exception` for one of the function that it tests."""


@contextmanager
def _alone() -> Iterator[None]:
    """Hypothesis takes numbers and texts from the source of all modules that are loaded, and keeps them in files.

    Here it does not: a check would wait for that, its cases would depend on what else the notebook uses, and a folder
    would appear beside it.
    """
    from hypothesis.internal.conjecture import providers

    reads, known = "_get_local_constants", getattr(providers, "_local_constants", None)
    before = getattr(providers, reads, None)
    if before is not None:  # a version that does this
        setattr(providers, reads, lambda: known)
    try:
        yield
    finally:
        if before is not None:
            setattr(providers, reads, before)
