"""What every test shares: no connection beyond this machine, repeatable examples, one built wheel, a lab."""

from __future__ import annotations

import asyncio
import gc
import ipaddress
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import find, settings
from hypothesis import strategies as st

from tests.light import built
from tests.pyodide import packed
from wslab.lab import Lab

pytest_plugins = ["pytester"]  # for tests of the plugin that other people's tests load

ROOT = Path(__file__).parent.parent

# Time is pytest-timeout's business; a slow machine must not fail an example for its speed.
settings.register_profile("wslab", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("wslab")


# It makes 38 parsers when jsonschema, and so nbformat, is imported: two seconds of each worker. nbformat, which checks
# no formats, needs none of them.
sys.modules.setdefault("rfc3987_syntax", ModuleType("rfc3987_syntax"))


# A shell lets what it starts in the background ignore Ctrl-C, and all that this starts would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _loopback_only(event: str, arguments: tuple[object, ...]) -> None:
    """Refuse a connection of the test process itself to any address but loopback."""
    if event != "socket.connect" or not isinstance(address := arguments[1], tuple):
        return
    host = str(address[0])
    if host != "localhost" and not ipaddress.ip_address(host.partition("%")[0]).is_loopback:
        raise PermissionError(f"A test wanted to connect to {address}: tests stay on this machine.")


sys.addaudithook(_loopback_only)


gc.disable()  # until all is collected: what is collected stays, so that looking for garbage in it is for nothing


def pytest_collection_finish() -> None:
    """Take what was collected out of the garbage collector's sight: it stays to the end and is a million objects.

    A test that looks for garbage then goes through what tests made, in a millisecond instead of half a second.
    An old Hypothesis asks the collector who refers to its random generator, at its first example, and warns
    where nobody does: it is used once before.
    """
    find(st.just(0), lambda _: True, settings=settings(database=None))
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Behind a module's last test, take what is left out of the collector's sight too: caches and what was imported.

    Else that grows from module to module, and each test with a `lab` looks for garbage in all of it.
    """
    yield
    if nextitem is None or nextitem.path != item.path:
        gc.collect()
        gc.freeze()


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's top folder."""
    return ROOT


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel of this checkout, once for all tests that open it."""
    return built(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def h11(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed h11 as an archive: pure Python, so it is the same everywhere."""
    return packed(tmp_path_factory.mktemp("h11") / "h11.zip", ["h11"])


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    """A lab with short limits; after the test it is closed, and no task may be left."""
    before = asyncio.all_tasks()
    lab = Lab(timeout=2.0)
    yield lab
    await lab.close()
    gc.collect()
    assert asyncio.all_tasks() - before - {asyncio.current_task()} == set()


@pytest.fixture
def press_ctrl_c() -> Callable[[list[str], Path], str]:
    """Run `wslab` in a pseudo-terminal, press Ctrl-C once it says so, and give all that it said."""
    return _press_ctrl_c


def _press_ctrl_c(arguments: list[str], cwd: Path) -> str:
    import pty

    pid, terminal = pty.fork()
    if pid == 0:  # the child: becomes the command
        os.chdir(cwd)
        os.execv(sys.executable, [sys.executable, "-m", "wslab", *arguments])
    said = _read_until(terminal, "Ctrl-C")
    os.write(terminal, b"\x03")
    said += _read_until(terminal, None)
    os.close(terminal)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert code == 0, said
    return said


def _read_until(terminal: int, words: str | None) -> str:
    """Read what a terminal shows up to `words`, or to its end."""
    said = ""
    while words is None or words not in said:
        try:
            chunk = os.read(terminal, 4096)
        except OSError:  # Linux tells the end of the other side so
            break
        if not chunk:
            break
        said += chunk.decode(errors="replace")
    return said
