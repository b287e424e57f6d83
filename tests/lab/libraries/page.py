"""Which libraries run in virtual time, as a page for people.

`python -m tests.lab.libraries.page > wslab/lab/LIBRARIES.md` writes it. It stands with the tests, as the programs do.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from tests.lab.libraries.programs import CLIENTS, SERVERS, WAITING
from wslab.explain.markdown import markdown_row

NOT_HERE = {
    "picows": "Its transports are its own, in C: it asks the loop to watch a socket of the system (`loop.add_reader`).",
    "anyio.to_thread, and functions of Starlette that are not coroutines": (
        "They run in real threads beside the loop, which finds nothing left to do, and says so (`Deadlock`)."
    ),
    "uvloop": "It is another event loop, and time is virtual only on the lab's own.",
}
"""What does not run, and why."""

TOLD = {"aiohttp": "Its client's masking keys do not repeat: they come from a generator that Python seeds by itself."}
"""What a row has to add."""


def page() -> str:
    """All of it as Markdown."""
    return "\n".join([*_head(), *_table(), *_not_here()]) + "\n"


def _head() -> Iterator[str]:
    yield "# Other libraries in virtual time"
    yield "\nMade by `python -m tests.lab.libraries.page > wslab/lab/LIBRARIES.md`.\n"
    yield 'Within `Lab(clock="virtual").run(...)`, TCP is in memory, and any asyncio program finds it: the loop answers'
    yield "`create_server`, `create_connection`, `getaddrinfo`, `start_tls` and what aiohttp asks beside them"
    yield "([how](network/lent.py)). The program needs no change. An hour takes a moment. The same seed gives the same"
    yield "bytes (but for a response's Date), also of what the library draws from `random`, `secrets` and `os.urandom`"
    yield "([how](clock/chance.py)); below TLS the bytes differ from run to run. Links, faults and the tape work"
    yield "between any two programs. `run_in_executor` and `to_thread` run a function at once, in the same thread."
    yield "[Fixtures of pytest](../pytest_plugin/TESTING.md) do this for your tests."


def _table() -> Iterator[str]:
    yield "\n## What runs\n"
    yield "Each server talks with each client in a test (`tests/lab/libraries/test_virtual_time.py`), through a link"
    yield "and over TLS. `tests/lab/libraries/test_faults.py` plays each fault and preset between `websockets`, wsproto"
    yield "and aiohttp. An empty field says that there is none, or that no test here tries it.\n"
    yield markdown_row(("library", "server", "client", "its own keepalive finds a silent link", ""))
    yield markdown_row(["---"] * 5)
    for name in dict.fromkeys([*SERVERS, *CLIENTS]):
        runs = [_yes(name in each) for each in (SERVERS, CLIENTS, WAITING)]
        yield markdown_row((name, *runs, TOLD.get(name, "")))


def _yes(runs: bool) -> str:
    return "yes" if runs else ""


def _not_here() -> Iterator[str]:
    yield "\n## What does not, and why\n"
    yield markdown_row(("what", "why"))
    yield markdown_row(["---"] * 2)
    for what, why in NOT_HERE.items():
        yield markdown_row((what, why))


if __name__ == "__main__":
    sys.stdout.write(page())
