"""Starting the peers' servers, each in a process of its own, and ending those processes and no others."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from benchmarks.servers import NODE_ECHO, SERVERS
from tests.npm import WS, npm_package

_MODULES = {"aiohttp": "aiohttp", "picows": "picows", "websockets": "websockets"}


@contextmanager
def running(names: list[str]) -> Iterator[dict[str, int]]:
    """The ports of the peers that could be started; all are ended on the way out."""
    with ExitStack() as stack:
        found = {name: stack.enter_context(server(name)) for name in names}
        yield {name: each.port for name, each in found.items() if each is not None}


class Running(NamedTuple):
    """A server that runs: where it listens, and its process."""

    port: int
    pid: int


@contextmanager
def server(name: str) -> Iterator[Running | None]:
    """One peer's server, or None where it is not installed."""
    command = _command(name)
    if command is None:
        yield None
        return
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield Running(int(process.stdout.readline()), process.pid)
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()


def _command(name: str) -> list[str] | None:
    if name == "npm ws":
        folder = npm_package(WS)
        return None if folder is None else ["node", "-e", NODE_ECHO.replace('"ws"', f'"{folder}/node_modules/ws"')]
    if name not in SERVERS or (name in _MODULES and importlib.util.find_spec(_MODULES[name]) is None):
        return None
    return [sys.executable, "-m", "benchmarks.servers", name]
