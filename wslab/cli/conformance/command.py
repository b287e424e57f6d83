"""TODO."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wslab.cli.conformance.terminal import progress
from wslab.conformance.errors import NotGraded
from wslab.conformance.report import Report
from wslab.conformance.runner import grade_client, grade_server

if TYPE_CHECKING:
    from rich.console import Console


def check_target(path: Path | None) -> None:
    """See before a long run that a file can be written there."""
    if path is not None and not path.absolute().parent.is_dir():
        raise click.UsageError(f"{path} cannot be written: there is no folder {path.absolute().parent}.")


def grade(target: Sequence[str], console: Console, *, client: bool, beyond_loopback: bool, **how: Any) -> Report:
    """The report on a client's command or a server's address; `console` is where the progress is shown.

    `how` is that of `grade_client` and `grade_server`. `click.UsageError` where nothing could be graded.
    """
    if not target or (len(target) > 1 and not client):
        raise click.UsageError("Give one address as ws://127.0.0.1:9001, or --client -- and a command.")
    with progress(console) as on_case:
        if client:
            run = grade_client(target, on_case=on_case, **how)
        else:
            run = grade_server(target[0], on_case=on_case, beyond_loopback=beyond_loopback, **how)
        try:
            return asyncio.run(run)
        except NotGraded as error:
            raise click.UsageError(str(error)) from error


def write(report: Report, page: Path | None, data: Path | None) -> None:
    """Write the files that were asked for."""
    if data is not None:
        data.write_text(json.dumps(report.as_data(), indent=1, ensure_ascii=False) + "\n", "utf-8")
    if page is not None:
        from wslab.conformance.page import as_page

        page.write_text(as_page(report), "utf-8")
