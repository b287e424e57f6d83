"""What pytest loads: the options, the marker, the fixtures, and three hooks.

How it works: each lab is a fixture. `wslab_server` and `wslab_link` are methods of a lab, the one that a test asks for
(`asked`). A coroutine that is a test stays one, and whichever plugin runs coroutines runs it: pytest-asyncio,
anyio's, pytest-aiohttp's. This plugin only puts another coroutine around it for the time of its run:

- *on the virtual clock*, one that runs the test to its end by `Lab.run`. The loop of the other plugin stands still
  meanwhile, as a cell's loop does.
- *on the real clock*, one that closes the lab when the test is over, for only the loop of the test can do that. What
  is on the tape before the lab closes is kept for the report.

Where no other plugin takes the coroutine, this one runs it.

What it leaves out: coroutines that are fixtures, which run on the loop of the plugin that they belong to, and tests
that Hypothesis calls. Both can use `Lab.run`.
"""

from __future__ import annotations

import argparse
import functools
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import suppress
from inspect import iscoroutinefunction
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

import pytest

from wslab.pytest_plugin.asked import (
    REAL,
    SEED,
    VIRTUAL,
    Use,
    check_marks,
    clock_of,
    first_seed,
    fixture_of,
    marked,
    seeds_for,
)

if TYPE_CHECKING:  # every run of pytest loads this module, and few need a lab
    from wslab.lab import Lab, Link, Server

CLEAN_UP = 10.0
"""Seconds of virtual time that a test's tasks have to end, once they are cancelled."""

USES = pytest.StashKey[list[Use]]()


# --- options and marker -------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    """The three options."""
    group = parser.getgroup("wslab", "labs for tests of WebSocket programs (wslab)")
    group.addoption(
        "--wslab-seed", type=int, default=0, metavar="SEED", help="the seed of labs whose test has none of its own (0)"
    )
    group.addoption(
        "--wslab-seeds",
        type=_count,
        default=1,
        metavar="N",
        help="run each test of a lab that has no seed of its own with N seeds, from SEED on",
    )
    group.addoption(
        "--wslab-tapes", type=_folder, metavar="DIR", help="keep the whole tape of each failing test in this folder"
    )


def pytest_configure(config: pytest.Config) -> None:
    """The marker."""
    config.addinivalue_line(
        "markers", "wslab(seed=..., clock='virtual'): the seed of a test's labs, and the clock of its links and servers"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test with several seeds, where they are asked for."""
    if seeds := seeds_for(metafunc):
        metafunc.parametrize(SEED, seeds, ids=[f"seed={each}" for each in seeds], indirect=True)


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"N is a whole number from 1 on; this is {text}")
    return int(text)


def _folder(text: str) -> str:
    return str(Path(text).absolute())  # here: a worker of pytest-xdist may stand in another folder


# --- fixtures -----------------------------------------------------------------------------


@pytest.fixture
def wslab_seed(request: pytest.FixtureRequest) -> int:
    """The seed of this test's labs."""
    check_marks(request.node)
    given: int | None = getattr(request, "param", None)
    own: int = marked(request.node).get("seed", first_seed(request.config))
    return own if given is None else given


@pytest.fixture
def wslab_virtual(request: pytest.FixtureRequest, wslab_seed: int) -> Iterator[Lab]:
    """A lab in virtual time, with TCP in memory: `wslab_virtual.run(coroutine)`. It is closed after the test.

    A test that is a coroutine runs on it, and so do asyncio programs of other people that it starts.
    """
    yield from _lab(request.node, VIRTUAL, wslab_seed)


@pytest.fixture
def wslab_lab(request: pytest.FixtureRequest, wslab_seed: int) -> Iterator[Lab]:
    """A lab on the real clock, over TCP of this machine. It is closed after the test."""
    yield from _lab(request.node, REAL, wslab_seed)


@pytest.fixture
def wslab_server(request: pytest.FixtureRequest, wslab_seed: int) -> Callable[..., Coroutine[Any, Any, Server]]:
    """A function that makes a server of the test's lab, to be awaited; it takes what `Lab.serve` takes."""
    return _asked_lab(request).serve


@pytest.fixture
def wslab_link(request: pytest.FixtureRequest, wslab_seed: int) -> Callable[..., Coroutine[Any, Any, Link]]:
    """A function that makes a link of the test's lab, to be awaited; it takes what `Lab.link` takes."""
    return _asked_lab(request).link


def _asked_lab(request: pytest.FixtureRequest) -> Lab:
    lab: Lab = request.getfixturevalue(fixture_of(clock_of(request.node)))
    return lab


def _lab(item: pytest.Item, clock: str, seed: int) -> Iterator[Lab]:
    from wslab.lab import Lab

    lab = Lab(clock=clock, seed=seed)
    uses = item.stash.setdefault(USES, [])
    uses.append(Use(lab, clock, seed))
    yield lab
    uses.clear()
    lab.run(_end(lab, clock))


async def _end(lab: Lab, clock: str) -> None:
    """Close the lab, which may be closed already. Tasks that a test left are cancelled, as `asyncio.run` does it."""
    import asyncio

    await _close(lab)
    left = asyncio.all_tasks() - {asyncio.current_task()}
    if clock == VIRTUAL and left:  # on the real clock the loop is not the lab's own
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=CLEAN_UP)


async def _close(lab: Lab) -> None:
    """Close the lab, where this is its loop: on a loop that a fixture's plugin keeps, it ends when nobody holds it."""
    with suppress(RuntimeError):
        await lab.close()


# --- coroutines ---------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Put the coroutine of the lab around a test that is one."""
    if not _is_coroutine_of_lab(item):
        return (yield)
    clock, test = clock_of(item), item.obj
    item.obj = _on_lab(test, next(use for use in item.stash[USES] if use.clock == clock))
    try:
        return (yield)
    finally:
        item.obj = test


def _is_coroutine_of_lab(item: pytest.Item) -> TypeGuard[pytest.Function]:
    return isinstance(item, pytest.Function) and bool(item.stash.get(USES, [])) and iscoroutinefunction(item.obj)


def _on_lab(test: Callable[..., Coroutine[Any, Any, object]], use: Use) -> Callable[..., Coroutine[Any, Any, object]]:
    from wslab.lab import Deadlock

    @functools.wraps(test)
    async def on_virtual_lab(**given: object) -> object:
        try:
            return use.lab.run(test(**given))
        except Deadlock as error:
            said = f"Deadlock: {error}"
        # it says who waits, and where; its traceback is that of the loop, and says nothing
        pytest.fail(said, pytrace=False)

    @functools.wraps(test)
    async def on_real_lab(**given: object) -> object:
        try:
            return await test(**given)
        except BaseException:
            use.tape = use.lab.tape.copy()
            raise
        finally:
            await _close(use.lab)

    return on_virtual_lab if use.clock == VIRTUAL else on_real_lab


@pytest.hookimpl
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a coroutine that no other plugin has taken: they come first, and pytest's refusal comes last."""
    if not _is_coroutine_of_lab(pyfuncitem):
        return None
    from wslab.lab import run

    names = pyfuncitem._fixtureinfo.argnames  # as pytest's own call does, and every plugin's
    run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


# --- failures -----------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add what the tapes say to the report of a failure."""
    report = yield
    uses = item.stash.get(USES, [])
    if report.failed and uses:
        from wslab.pytest_plugin.failure import sections

        report.sections += sections(item, uses)
    return report
