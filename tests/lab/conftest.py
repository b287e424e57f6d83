"""What the tests of the lab share: a lab that must leave nothing behind."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator

import pytest

from wslab.lab import Lab


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    """A lab with short limits; after the test it is closed, and no task may be left."""
    before = asyncio.all_tasks()
    lab = Lab(timeout=2.0)
    yield lab
    await lab.close()
    gc.collect()
    assert asyncio.all_tasks() - before - {asyncio.current_task()} == set()
