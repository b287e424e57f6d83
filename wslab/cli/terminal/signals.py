"""Waiting for Ctrl-C or SIGTERM, for a command that runs until one of them comes."""

from __future__ import annotations

import asyncio
import contextlib
import signal


async def until_stopped() -> None:
    """Wait for Ctrl-C or SIGTERM; where a loop has no signal handlers (Windows), Ctrl-C cancels this instead."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
