"""The command `wslab build`: it takes a learner's server through the stages of the path, and keeps the progress.

The stages, the cases and the verdicts are those of `wslab.conformance.path`; the screen is `terminal`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem
from rich.console import Console

import wslab
from wslab.cli.errors import CliError
from wslab.cli.options import FILE, Seconds, find_target, suggest
from wslab.cli.path.terminal import Screen, list_stages
from wslab.cli.recording import check_file, write_errors
from wslab.cli.terminal.output import as_json
from wslab.cli.terminal.signals import until_stopped
from wslab.conformance.errors import NotGraded
from wslab.conformance.path.case import Stage
from wslab.conformance.path.progress import Progress, as_progress, read_progress
from wslab.conformance.path.run import StageResult, run_path
from wslab.conformance.path.stages.catalogue import STAGES
from wslab.conformance.path.target import Running, Started, Target
from wslab.tape.files import replacing


def _stages(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The stages, each with its title."""
    return suggest({name: stage.title for name, stage in STAGES.items()}, incomplete)


@click.command(context_settings={"allow_interspersed_args": False})  # the options of a COMMAND are its own
@click.argument("command", nargs=-1, metavar="-- COMMAND...")
@click.option(
    "--list", "listed", is_flag=True, help="List the stages and which have passed; with --stage, what it asks."
)
@click.option("--stage", metavar="NAME", shell_complete=_stages, help="Run this stage alone.")
@click.option("--all", "go_on", is_flag=True, help="Go on behind the first stage that does not pass.")
@click.option("--hint", "hints", is_flag=True, help="Show the bigger hint of a stage that does not pass, too.")
@click.option(
    "--progress",
    type=FILE,
    default=Path("wslab-build.json"),
    show_default=True,
    help="The file that keeps which stages have passed.",
)
@click.option("--url", metavar="URL", help="A server that runs already, in place of a COMMAND.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port that stands for {port}; otherwise a free one.")
@click.option(
    "--timeout",
    type=Seconds(0.1, 600),
    default=3.0,
    show_default=True,
    help="Seconds that the server has for each answer.",
)
@click.option(
    "--start",
    type=Seconds(0.1, 3600),
    default=30.0,
    show_default=True,
    help="Seconds that the COMMAND has to open its port.",
)
@click.option("--beyond-loopback", is_flag=True, help="Allow a server on another machine.")
@click.pass_context
def build(
    context: click.Context,
    /,
    command: tuple[str, ...],
    listed: bool,
    stage: str | None,
    progress: Path,
    **how: Any,
) -> None:
    """Write a WebSocket server in any language, stage by stage, with every wrong byte named.

    COMMAND starts your server: wslab build -- ./my_server {port}. It gets a free port in place of {port} and in the
    environment variable PORT, has to listen there on 127.0.0.1, and is ended in the end. The stages are run from the
    first on; the first that does not pass is explained: what was sent, what came, the first wrong byte, the rule, a
    hint. --list says what each stage asks of your server.

    The exit code is 0 when all stages that were run have passed, 1 when one has not, 2 when nothing could be run.
    """
    console = Console(highlight=False, emoji=False)
    before = _kept(progress)
    if listed:
        list_stages(console, before, None if stage is None else _named(stage))
        return
    check_file(progress)
    chosen = list(STAGES.values()) if stage is None else [_named(stage)]
    screen = Screen(console, hints=how.pop("hints"), before=before)
    results: list[StageResult] = []
    try:
        is_over = asyncio.run(_run(command, chosen, screen, results, **how))
    finally:  # whatever ends the run early, what has passed until then is kept
        if results:
            _write(progress, as_progress(before, how["url"] or list(command), results, wslab.__version__))
    if not is_over:  # Ctrl-C
        raise click.Abort
    context.exit(0 if all(each.passed for each in results) else 1)


def _named(name: str) -> Stage:
    if name not in STAGES:
        raise CliError(f"There is no stage {name!r}; the stages are {', '.join(STAGES)}.")
    return STAGES[name]


def _kept(path: Path) -> Progress:
    """What the progress file has; empty where there is none yet."""
    try:
        return read_progress(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        why = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        raise CliError(f"{path} {why}: choose another file with --progress, or remove it.") from None


def _write(path: Path, progress: Progress) -> None:
    with write_errors(path), replacing(path, shared=True) as file:
        file.write((as_json(progress, indent=1) + "\n").encode("utf-8", "replace"))


# --- the run --------------------------------------------------------------------------


async def _run(
    command: Sequence[str],
    stages: Sequence[Stage],
    screen: Screen,
    results: list[StageResult],
    *,
    timeout: float,
    go_on: bool,
    **where: Any,
) -> bool:
    """Run the stages, and put each into `results` when it is over; False where Ctrl-C or SIGTERM ended the run.

    Raises:
        CliError: The server cannot be started or reached.
    """

    def keep(result: StageResult) -> None:
        screen.show(result)
        results.append(result)

    async with _target(command, **where) as target:
        path = run_path(target, stages, limit=timeout, go_on=go_on, on_stage=screen.begin, on_result=keep)
        running, stopped = asyncio.ensure_future(path), asyncio.ensure_future(until_stopped())
        try:
            await asyncio.wait({running, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                return False
            screen.end(await running)
            return True
        except NotGraded as error:
            raise CliError(str(error)) from None
        finally:
            screen.stop()
            await _cancelled(running, stopped)


async def _cancelled(*tasks: asyncio.Future[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def _target(
    command: Sequence[str], *, url: str | None, port: int | None, start: float, beyond_loopback: bool
) -> AsyncIterator[Target]:
    """The server: the one at the URL, or the command's, which is ended with the block."""
    if (url is None) is (not command):
        raise CliError("Give your server's command as wslab build -- ./my_server {port}, or --url of a running one.")
    if url is not None:
        uri = find_target(url, beyond_loopback=beyond_loopback)
        if uri.secure:
            raise CliError("The path has no TLS: give the ws:// address of the server behind it.")
        yield Running(uri)
        return
    async with Started(command, port=port, limit=start) as target:
        yield target
