"""`play`: run pytest with the plugin on some files, beside whatever plugins are installed here."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points

import pytest

import wslab.pytest_plugin.failure  # noqa: F401  stays loaded: what a run in this process loads is dropped after it

Play = Callable[..., pytest.RunResult]

INI = "[pytest]\nfilterwarnings = error\n"
ASYNCIO = "asyncio_default_fixture_loop_scope = function\n"  # pytest-asyncio warns where this is not set

# an environment that was installed before there was a plugin has no entry point for it
IS_INSTALLED = any(each.name == "wslab" for each in entry_points(group="pytest11"))
PLUGIN = () if IS_INSTALLED else ("-p", "wslab.pytest_plugin.plugin")


@pytest.fixture
def play(pytester: pytest.Pytester) -> Play:
    """Run files, given by name, with pytest's arguments."""

    def run(files: dict[str, str], *arguments: str) -> pytest.RunResult:
        pytester.makefile(".ini", pytest=INI if "no:asyncio" in arguments else INI + ASYNCIO)
        pytester.makepyfile(**files)
        return pytester.runpytest_inprocess(*PLUGIN, *arguments)

    return run
