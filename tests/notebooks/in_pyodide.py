"""Runs in Pyodide: each code cell of each notebook in IPython's shell, as the kernel of JupyterLite does it.

What comes of the script is JSON: each notebook's cells, and what is said of that which a browser's Python cannot do.
"""

from __future__ import annotations

import asyncio
import gc
import io
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

COURSE = [path for path in sorted(Path("/site/wslab/notebooks").glob("*.ipynb")) if path.stem != "index"]
NOTEBOOKS = {path.stem: path.read_text("utf-8") for path in COURSE}
CELL_LIMIT = 30.0
WIDGET = "application/vnd.jupyter.widget-view+json"

shell: Any = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
shell.showtraceback = lambda *_, **__: None
shown: list[tuple[float, dict[str, str]]] = []
shell.displayhook.write_output_prompt = lambda: None
shell.displayhook.write_format_data = lambda data, _=None: shown.append((time.time(), data))

import wslab  # noqa: E402  it looks for the shell
from wslab.lab.network.lent import network_of  # noqa: E402


async def run_cell(source: str) -> dict[str, Any]:
    """What one cell comes to: its error, its text, how many widgets it shows and when the first was there."""
    shown.clear()
    with redirect_stdout(io.StringIO()) as printed:
        done = await asyncio.wait_for(shell.run_cell_async(source, transformed_cell=source), CELL_LIMIT)
    error = done.error_before_exec or done.error_in_exec
    drawn = [when for when, data in shown if WIDGET in data]
    return {
        "error": None if error is None else f"{type(error).__name__}: {error}",
        "text": "\n".join([printed.getvalue(), *(data.get("text/plain", "") for _, data in shown)]),
        "widgets": len(drawn),
        "first": min(drawn, default=None),
    }


async def run_notebook(text: str) -> list[dict[str, Any]]:
    """Its code cells, in a fresh namespace."""
    shell.reset(new_session=True)
    cells = json.loads(text)["cells"]
    return [await run_cell("".join(cell["source"])) for cell in cells if cell["cell_type"] == "code"]


async def says(call: Callable[[], object]) -> str:
    """The error of a call that cannot be answered here."""
    try:
        done = call()
        if isinstance(done, Awaitable):
            await done
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "nothing"


async def refusals() -> dict[str, str]:
    """What is said of that which a browser's Python cannot do."""
    lab = wslab.Lab(beyond_loopback=True)
    calls: dict[str, Callable[[], object]] = {
        "run": lambda: wslab.run(lab.serve(wslab.echo)),
        "TLS story": lambda: wslab.play("tls-name-mismatch"),
        "wss": lambda: lab.connect("wss://127.0.0.1:1/"),
        "elsewhere": lambda: lab.connect("ws://192.0.2.1/"),
    }
    return {name: await says(call) for name, call in calls.items()}


async def left_over() -> list[str]:
    """What still listens when nobody holds a lab any more."""
    shell.reset(new_session=True)
    shell.displayhook.flush()
    gc.collect()
    await asyncio.sleep(0.1)
    return [str(address) for address in network_of(asyncio.get_running_loop()).taken]


def handed_in() -> dict[str, Any]:
    """What a learner's report has after all notebooks, and whether its file is there."""
    made = wslab.report("Ada")
    kept = json.loads(Path("wslab-report.json").read_text("utf-8"))
    return {"predictions": len(made.predictions), "checks": len(made.checks), "file": len(kept["predictions"])}


async def told() -> str:
    """All of it."""
    cells = {name: await run_notebook(text) for name, text in NOTEBOOKS.items()}
    others = {"refusals": await refusals(), "left over": await left_over(), "report": handed_in()}
    return json.dumps({"cells": cells, **others})


told()  # type: ignore[unused-coroutine]  # Pyodide awaits a script's last value
