"""The command `wslab conformance`: it grades a peer by Autobahn's cases, prints the report and writes the files.

The grading itself is `wslab.conformance.runner`, and the report's words are `wslab.conformance.words`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from wslab.cli.conformance.terminal import as_tables_of, progress
from wslab.cli.errors import CliError
from wslab.cli.options import FILE
from wslab.cli.recording import check_file, write_errors
from wslab.cli.terminal.colours import is_dark
from wslab.cli.terminal.output import as_json
from wslab.conformance.errors import NotGraded
from wslab.conformance.report import Report
from wslab.conformance.runner import grade_client, grade_server
from wslab.tape.files import replacing


@click.command()
@click.argument("target", nargs=-1, metavar="ws://HOST:PORT | --client -- COMMAND...")
@click.option("--client", is_flag=True, help="Grade a client: the COMMAND is started with the address of a server.")
@click.option(
    "-i", "--include", "cases", multiple=True, metavar="CASE", help="A case as 1.1.1, or several as 9.*; repeatable."
)
@click.option("-x", "--exclude", multiple=True, metavar="CASE", help="Cases to leave out; repeatable.")
@click.option(
    "-p",
    "--parallel",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    help="How many cases run at once; of a client, how many commands.",
)
@click.option("--html", type=FILE, help="Write the report as a page to this file.")
@click.option("--json", "data", type=FILE, help="Write the report as JSON to this file.")
@click.option("--beyond-loopback", is_flag=True, help="Allow a server on another machine.")
@click.pass_context
def conformance(
    context: click.Context, /, target: tuple[str, ...], html: Path | None, data: Path | None, **how: Any
) -> None:
    """Grade a server or a client with the 517 cases of Autobahn's test suite.

    The report says what each failure teaches.

    A server has to send every message back. A client gets the address of the fuzzing server in place of {url} in
    the COMMAND, and in WSLAB_CONFORMANCE_URL; it asks URL/getCaseCount, sends every message back on
    URL/runCase?case=N&agent=NAME for each N from 1, and ends with URL/updateReports?agent=NAME. The COMMAND is started
    once for each group of cases, and of the groups 9, 12 and 13 once for each series.

    All the cases take minutes; -x '9.*' -x '1[23].*' leaves the long ones out. The exit code is 0 when all is well, 1
    when a case failed or what came back breaks a rule, 2 when nothing could be graded.
    """
    for path in filter(None, (html, data)):
        check_file(path)
    report = grade(target, Console(stderr=True, highlight=False), **how)
    write(report, html, data)
    Console(highlight=False, emoji=False).print(*as_tables_of(report, dark=is_dark()), sep="\n")
    context.exit(0 if report.passed else 1)


def grade(target: Sequence[str], console: Console, *, client: bool, beyond_loopback: bool, **how: Any) -> Report:
    """The report on a client's command or a server's address; `console` is where the progress is shown.

    `how` is that of `grade_client` and `grade_server`.

    Raises:
        CliError: Nothing could be graded.
    """
    if not target or (len(target) > 1 and not client):
        raise CliError("Give one address as ws://127.0.0.1:9001, or --client -- and a command.")
    with progress(console) as on_case:
        if client:
            run = grade_client(target, on_case=on_case, **how)
        else:
            run = grade_server(target[0], on_case=on_case, beyond_loopback=beyond_loopback, **how)
        try:
            return asyncio.run(run)
        except NotGraded as error:
            raise CliError(str(error)) from error


def write(report: Report, page: Path | None, data: Path | None) -> None:
    """Write the files that were asked for, each whole or not at all."""
    if data is not None:
        _write(data, as_json(report.as_data(), indent=1) + "\n")
    if page is not None:
        from wslab.conformance.page import as_page  # loads the widgets, which only the page needs

        _write(page, as_page(report))


def _write(path: Path, text: str) -> None:
    with write_errors(path), replacing(path, shared=True) as file:
        file.write(text.encode("utf-8", "replace"))
