"""The `wslab` command: the table of all commands, and how an error becomes one sentence.

`COMMANDS` names each command with its module and the first line of its help. A module is imported when its command is
run or asked for help; `wslab --help` reads the table only, so it answers at once. A command's module may therefore
import at its top all that it needs. A test holds that the table and the commands say the same.

An error is one sentence on standard error, never a traceback:

- `CliError`, an extra that is not installed, and click's own errors for a wrong option or value: the sentence, exit
  code 2.
- Ctrl-C where a command does not handle it itself: nothing, exit code 130.
- Standard output takes no more (a full disk): a sentence, exit code 1.

Everything else is a bug and shows its traceback. `wslab` alone opens the course in JupyterLab.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, NoReturn

import click
from click.shell_completion import CompletionItem

import wslab
from wslab.cli.errors import CliError
from wslab.extras import MissingExtra


class LazyCommand(NamedTuple):
    """Where a command is, and the first line of its help. The click command has the command's name in its module."""

    module: str
    help: str


COMMANDS: Mapping[str, LazyCommand] = MappingProxyType(
    {
        "serve": LazyCommand(
            "wslab.cli.serve", "Serve on this machine and show the frames; `echo` sends every message back."
        ),
        "connect": LazyCommand(
            "wslab.cli.connect",
            "Talk to a server: a line is a text message, /help lists the commands, Ctrl-D closes.",
        ),
        "tap": LazyCommand(
            "wslab.cli.tap.command",
            "Stand between any client and the server TARGET, and show every frame of both directions.",
        ),
        "replay": LazyCommand(
            "wslab.cli.replay",
            "Replay a recorded server or client for your own program, and say where that departs from the recording.",
        ),
        "play": LazyCommand(
            "wslab.cli.play.command", "Play a scenario: first the question, then each step, then the explanation."
        ),
        "dissect": LazyCommand(
            "wslab.cli.dissect",
            "Take bytes apart: every field with its value, its meaning and its section of RFC 6455.",
        ),
        "misbehave": LazyCommand(
            "wslab.cli.misbehave.command",
            "Break exactly one RULE of the protocol, to test your own client or server.",
        ),
        "conformance": LazyCommand(
            "wslab.cli.conformance.command", "Grade a server or a client with the 517 cases of Autobahn's test suite."
        ),
        "build": LazyCommand(
            "wslab.cli.path.command",
            "Write a WebSocket server in any language, stage by stage, with every wrong byte named.",
        ),
        "grade": LazyCommand(
            "wslab.cli.grade.command",
            "Grade what a class handed in: notebooks, reports, progress files of `wslab build`.",
        ),
        "handout": LazyCommand(
            "wslab.cli.handout.command",
            "Write a page to print for each notebook: goals, questions, claims, what to remember.",
        ),
        "slides": LazyCommand(
            "wslab.cli.slides.command",
            "Write the notebooks as slides: a page each, which shows one slide at a time and loads nothing.",
        ),
        "diagnose": LazyCommand(
            "wslab.cli.diagnose",
            "Name the likely causes of what you see: an error, a log line, a close code, a recording.",
        ),
        "doctor": LazyCommand("wslab.cli.doctor", "Check this machine: what is missing, and how to get it."),
    }
)


class LazyGroup(click.Group):
    """A group that imports a command when it is needed, and whose errors are one sentence without usage text."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, freshly imported the first time; None where there is none."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(COMMANDS[cmd_name].module), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first argument names; what comes near it where there is none."""
        name = str(args[0])
        if name not in COMMANDS and not name.startswith("-"):
            raise CliError(f"No such command {name!r}.{_meant(name)}")
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands that begin so, without importing one, and the options."""
        known = [CompletionItem(name, help=each.help) for name, each in COMMANDS.items() if name.startswith(incomplete)]
        return known + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands for `--help` without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.help) for name, each in COMMANDS.items()])

    def main(self, *args: Any, **extra: Any) -> NoReturn:
        """Run, and end the process with the command's exit code."""
        extra["standalone_mode"] = False
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):  # a terminal without an arrow or a § shows ? instead
                stream.reconfigure(errors="replace")
        try:
            code = super().main(*args, **extra)
        except click.ClickException as error:
            _fail(error.format_message(), 2)
        except (CliError, MissingExtra) as error:
            _fail(str(error), 2)
        except click.Abort:
            sys.exit(130)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT):
                raise
            _discard_output()
            _fail(f"the output cannot be written: {error.strerror}.", 1)
        sys.exit(code if isinstance(code, int) else 0)


OTHER_NAMES = MappingProxyType(
    {
        "client": "connect",
        "diagnosis": "diagnose",
        "explain": "diagnose",
        "lab": "wslab",
        "notebook": "wslab",
        "notebooks": "wslab",
        "proxy": "tap",
        "report": "grade",
        "rules": "misbehave",
        "scenario": "play",
        "scenarios": "play",
        "server": "serve",
        "symptoms": "diagnose",
        "why": "diagnose",
    }
)
"""Words that one may try, and the command that does it; `wslab` alone opens the course."""


def _meant(name: str) -> str:
    """What a word that is no command may have meant, as the end of a sentence."""
    near = OTHER_NAMES.get(name) or next(iter(get_close_matches(name, COMMANDS, n=1)), None)
    if near is None:
        from wslab.scenarios import SCENARIOS

        return f" It is a scenario: wslab play {name}." if name in SCENARIOS else " wslab --help lists them."
    if near == "wslab":
        return " wslab alone opens the course in JupyterLab."
    return f" Did you mean `wslab {near}`? {COMMANDS[near].help}"


def _fail(sentence: str, code: int) -> NoReturn:
    click.echo(f"wslab: {' '.join(sentence.split())}", err=True)
    sys.exit(code)


def _discard_output() -> None:
    """Discard what is still buffered: at the end of the program it would fail again, with a second message."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


@click.group(cls=LazyGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(wslab.__version__, prog_name="wslab")
@click.option(
    "--notebooks",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Copy the course to DIR and open it there. A file that you changed is kept."
    " Without it: wslab-notebooks, in the checkout or here.",
)
@click.option(
    "--port", type=click.IntRange(1, 65535), help="The port to try first; if it is in use, another one is taken."
)
@click.option("--no-browser", is_flag=True, help="Print the address and open no browser.")
@click.pass_context
def main(context: click.Context, notebooks: Path | None, port: int | None, no_browser: bool) -> None:
    """A WebSocket laboratory. With no command: open the course in JupyterLab."""
    if context.invoked_subcommand is None:
        from wslab.cli.launch import launch  # as lazy as the commands: `--help` does not need it

        launch(notebooks, port, browser=not no_browser)
    elif notebooks or port or no_browser:
        raise CliError(f"Options of `{context.invoked_subcommand}` come after its name.")
