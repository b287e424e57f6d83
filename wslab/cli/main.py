"""The command line: the laboratory in a terminal.

`wslab` alone opens the course in JupyterLab. Each command imports what it needs when it runs, so `--help` answers at
once. Wrong input is one sentence on standard error and exit code 2, never a traceback.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

import wslab
from wslab.cli import options as tools
from wslab.cli.terminal.colours import is_dark as _dark_terminal


class OneSentence(click.Group):
    """A group whose errors are one sentence, with no usage text around it."""

    def main(self, *args: Any, **extra: Any) -> NoReturn:
        """Run, and end the process with the command's exit code."""
        extra["standalone_mode"] = False
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):  # a terminal without an arrow or a § shows ? instead
                stream.reconfigure(errors="replace")
        try:
            code = super().main(*args, **extra)
        except click.ClickException as error:
            click.echo(f"wslab: {' '.join(error.format_message().split())}", err=True)
            sys.exit(2)
        except click.Abort:
            sys.exit(130)
        except OSError as error:  # standard output takes no more: nothing is left to be told there
            if error.errno not in (errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT):
                raise
            click.echo(f"wslab: the output cannot be written: {error.strerror}.", err=True)
            _forget_the_output()
            sys.exit(1)
        sys.exit(code if isinstance(code, int) else 0)


def _forget_the_output() -> None:
    """What is still to be written there would fail again at the end of the program, and be told again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


@click.group(cls=OneSentence, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(wslab.__version__, prog_name="wslab")
@click.option(
    "--notebooks",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Copy the course to DIR and open it there. A file that you changed is kept."
    " Without it: the checkout's own notebooks, or ./wslab-notebooks.",
)
@click.option("--port", type=click.IntRange(1, 65535), help="The port to try first; a busy one gives way to another.")
@click.option("--no-browser", is_flag=True, help="Print the address and open no browser.")
@click.pass_context
def main(context: click.Context, notebooks: Path | None, port: int | None, no_browser: bool) -> None:
    """A WebSocket laboratory. With no command: open the course in JupyterLab."""
    if context.invoked_subcommand is None:
        from wslab.cli.launch import launch

        launch(notebooks, port, browser=not no_browser)
    elif notebooks or port or no_browser:
        raise click.UsageError(f"Options of `{context.invoked_subcommand}` stand behind its name.")


@main.command()
@click.argument("handler", type=click.Choice(["echo"]), default="echo")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="The port on 127.0.0.1; 0, the default, is a free one."
)
@click.option("--quiet", is_flag=True, help="Print the address only, not what happens.")
def serve(handler: str, port: int, quiet: bool) -> None:
    """Serve on this machine and tell each frame; `echo` sends every message back.

    Ctrl-C ends it: every open connection is closed with 1001.
    """
    import asyncio

    from rich.console import Console

    import wslab.cli.serve as tool

    with contextlib.suppress(KeyboardInterrupt):  # told already, where a loop cannot be told of signals
        asyncio.run(tool.serve(handler, port, Console(highlight=False), quiet=quiet, dark=_dark_terminal()))


@main.command()
@click.argument("source", metavar="[HEX | FILE | -]")
@click.option(
    "--role", type=click.Choice(["client", "server"]), help="Who receives the bytes. Without it: whom they fit."
)
@click.option("--alone", is_flag=True, help="Judge each frame by itself, as from the middle of a connection.")
@click.option("--deflate", is_flag=True, help="Read compressed messages: permessage-deflate was agreed on.")
@click.option("--json", "as_json", is_flag=True, help="Print the same as JSON.")
@click.pass_context
def dissect(context: click.Context, source: str, role: str | None, alone: bool, deflate: bool, as_json: bool) -> None:
    """Take bytes apart: every field with its value, its meaning and its section of RFC 6455.

    Several frames in a row are told one after the other; a head of the opening handshake may stand before them.
    The exit code is 0 when all of it is legal and whole, 1 when a rule is broken or the end is missing.
    """
    import json

    from rich.console import Console

    import wslab.cli.dissect as tool
    from wslab.cli.terminal.dissection import as_tables
    from wslab.protocol import Deflate, Role

    agreed = Deflate() if deflate else None
    receiver = Role(role) if role else None
    whole, found = tool.dissect(tool.read_input(source), receiver, alone=alone, deflate=agreed)
    if as_json:
        click.echo(json.dumps(tool.as_data(whole, found), indent=1, ensure_ascii=False))
    else:
        Console(highlight=False).print(*as_tables(whole, found, dark=_dark_terminal()), sep="\n")
    context.exit(0 if tool.is_legal(whole) else 1)


@main.command()
@click.argument("target", nargs=-1, metavar="ws://HOST:PORT | --client -- COMMAND...")
@click.option("--client", is_flag=True, help="Grade a client: the COMMAND is started with the address of a server.")
@click.option(
    "-i", "--include", "cases", multiple=True, metavar="CASE", help="A case as 1.1.1, or several as 9.*; repeatable."
)
@click.option("-x", "--exclude", multiple=True, metavar="CASE", help="Cases to leave out; repeatable.")
@click.option(
    "-p", "--parallel", type=click.IntRange(1, 64), default=2, show_default=True, help="How many cases run at once."
)
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False, writable=True), help="Write a page there.")
@click.option("--json", "data", type=click.Path(path_type=Path, dir_okay=False, writable=True), help="Write the data.")
@click.option("--beyond-loopback", is_flag=True, help="Let it grade a server on another machine.")
@click.pass_context
def conformance(
    context: click.Context, /, target: tuple[str, ...], html: Path | None, data: Path | None, **how: Any
) -> None:
    """Grade a server or a client by the 517 cases of Autobahn's test suite, and say what each failure teaches.

    A server has to send every message back. A client finds the address of the fuzzing server where {url} stands in
    the COMMAND, and in WSLAB_CONFORMANCE_URL; it asks URL/getCaseCount, sends every message back on
    URL/runCase?case=N&agent=NAME for each N from 1, and ends with URL/updateReports?agent=NAME. The COMMAND is started
    once for each group of cases.

    All cases take minutes; -x '9.*' -x '1[23].*' leaves the long ones out. The exit code is 0 when all is well, 1
    when a case failed or what came back breaks a rule, 2 when nothing could be graded.
    """
    from rich.console import Console

    from wslab.cli.conformance import command as tool
    from wslab.cli.conformance.terminal import as_tables_of

    for path in (html, data):
        tool.check_target(path)
    report = tool.grade(target, Console(stderr=True, highlight=False), **how)
    tool.write(report, html, data)
    Console(highlight=False).print(*as_tables_of(report, dark=_dark_terminal()), sep="\n")
    context.exit(0 if report.passed else 1)


@main.command()
@click.pass_context
def doctor(context: click.Context) -> None:
    """Look at this machine: versions, ports, the widgets' front end; say what is missing and how to get it.

    The exit code is 0 when all that the lab needs is there, 1 otherwise.
    """
    from rich.console import Console

    from wslab.cli.doctor import examine, report

    findings = examine()
    Console().print(report(findings))
    context.exit(0 if all(finding.ok or not finding.required for finding in findings) else 1)


for command in (tools.connect, tools.misbehave, tools.play, tools.tap):
    main.add_command(command)
