"""The commands of these tools, for `cli` to add; each imports what it needs when it runs.

Wrong input is one sentence, as everywhere on the command line. The exit code of `misbehave` tells its verdict.
"""

from __future__ import annotations

import contextlib
import math
import re
from pathlib import Path
from typing import Any

import click

_PORT = click.IntRange(0, 65535)
_CERTIFICATE = click.Path(path_type=Path, dir_okay=False, exists=True)
_FILE = click.Path(path_type=Path, dir_okay=False, writable=True)


class _Seconds(click.FloatRange):
    """A number of seconds above 0; `inf` is one, `nan` is not."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """As a number."""
        seconds: float = super().convert(value, param, ctx)
        if math.isnan(seconds):
            self.fail(f"{value!r} is no number of seconds.", param, ctx)
        return seconds


_SECONDS = _Seconds(0, min_open=True)


class _Duration(click.ParamType[float]):
    """Seconds, as a number or with a unit: `10`, `10s`, `500ms`, `2m`."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """In seconds."""
        if isinstance(value, float):
            return value
        match = re.fullmatch(r"(-?[0-9.]+)\s*(ms|s|m|h)?", str(value))
        try:
            seconds = float(match[1]) * _UNITS[match[2] or "s"] if match else float("nan")
        except ValueError:
            seconds = float("nan")
        if not seconds >= 0:
            self.fail(f"{value!r} is no time: write 10s, 500ms or 2m, not below 0.", param, ctx)
        return seconds


_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_FREE_PORT = "The server's port on 127.0.0.1; 0, the default, is a free one."


@click.command()
@click.argument("rule", required=False)
@click.option("--list", "listed", is_flag=True, help="List the rules that can be broken, and by whom.")
@click.option("--client", "url", metavar="URL", help="Break it as a client, at this server.")
@click.option("--port", type=_PORT, default=0, help=_FREE_PORT)
@click.option("--once", is_flag=True, help="End after the first client, for a script.")
@click.option("--patience", type=_Seconds(0.1, 600), default=5.0, show_default=True, help="Seconds that the peer has.")
@click.option("--beyond-loopback", is_flag=True, help="Let --client dial another machine.")
@click.pass_context
def misbehave(
    context: click.Context,
    rule: str | None,
    listed: bool,
    url: str | None,
    port: int,
    once: bool,
    patience: float,
    beyond_loopback: bool,
) -> None:
    """Break exactly one RULE of the protocol, to try your own client or server on it.

    A server that breaks it waits for your client; with --client, it is a client that dials your server. It says what
    is wrong, why there is such a rule, and then what your side made of it. The exit code is 0 when all did right, 1
    when one went on as if nothing were wrong, 2 when the rule could not be broken.
    """
    import asyncio

    from rich.console import Console

    import wslab.cli.misbehave.conversation as tool
    from wslab.cli.target import target_of

    console = Console(highlight=False)
    if listed:
        console.print(tool.table())
        return
    if rule is None:
        raise click.UsageError("Name a rule to break; `wslab misbehave --list` shows them.")
    deed = tool.find(rule, as_client=url is not None)
    with contextlib.suppress(KeyboardInterrupt):  # told already, where a loop cannot be told of signals
        if url is None:
            right = asyncio.run(tool.serve(deed, port, console, once=once, patience=patience))
        else:
            target = target_of(url, beyond_loopback=beyond_loopback)
            right = asyncio.run(tool.call(deed, target, console, patience=patience))
        context.exit(0 if right else 1)


@click.command()
@click.argument("url", metavar="ws://HOST:PORT/PATH")
@click.option("-H", "--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="A further header; repeatable.")
@click.option("--subprotocol", "subprotocols", multiple=True, metavar="NAME", help="Ask for it; repeatable.")
@click.option("--origin", help="The page on whose behalf it asks, as a browser says it (§10.2).")
@click.option("--deflate", is_flag=True, help="Offer compression (permessage-deflate, RFC 7692).")
@click.option("--ping-interval", type=_SECONDS, help="Ping by itself every so many seconds.")
@click.option("--reconnect", is_flag=True, help="Connect again when it ends: exponential back-off with full jitter.")
@click.option("--save", type=_FILE, metavar="FILE.jsonl", help="Keep the recording there while it grows.")
@click.option("--bare", is_flag=True, help="Print the messages that come and nothing else, one a line.")
@click.option(
    "--wait",
    "quiet_for",
    type=_SECONDS,
    default=1.0,
    show_default=True,
    help="At the end of piped input, seconds of quiet before it closes; inf waits for the peer's Close.",
)
@click.option("--timeout", type=_SECONDS, default=10.0, show_default=True, help="Seconds for every other wait.")
@click.option("--cafile", type=_CERTIFICATE, help="For wss://: trust the authority in this PEM file, too.")
@click.option("--insecure", is_flag=True, help="For wss://: trust whoever answers. For a test server of your own.")
@click.option("--beyond-loopback", is_flag=True, help="Let it dial another machine.")
@click.pass_context
def connect(
    context: click.Context,
    url: str,
    headers: tuple[str, ...],
    subprotocols: tuple[str, ...],
    origin: str | None,
    deflate: bool,
    ping_interval: float | None,
    reconnect: bool,
    save: Path | None,
    bare: bool,
    quiet_for: float,
    timeout: float,
    cafile: Path | None,
    insecure: bool,
    beyond_loopback: bool,
) -> None:
    """Talk to a server: a line is a text message, /help lists the commands, Ctrl-D closes.

    It shows every frame of both directions, and at the end why it ended: the close code, TCP, and what that means.
    Lines may come through a pipe, too. The exit code is 0 when both sides said Close with 1000, 1001 or no code, 1
    when it ended otherwise or was refused, 2 when nobody was there.
    """
    import asyncio

    from rich.console import Console

    import wslab.cli.connect as tool
    from wslab.cli.target import target_of, trusting
    from wslab.cli.terminal.colours import is_dark
    from wslab.protocol import Deflate

    target = target_of(url, beyond_loopback=beyond_loopback)
    options = {
        "headers": [tool.header(each) for each in headers],
        "subprotocols": subprotocols,
        "origin": origin,
        "deflate": Deflate() if deflate else None,
        "ping_interval": ping_interval,
        "tls": trusting(cafile, anybody=insecure, secure=target.secure),
    }
    wanted = tool.ConnectOptions(
        url, options, beyond_loopback, reconnect, save, bare, None if quiet_for == float("inf") else quiet_for, timeout
    )
    with contextlib.suppress(KeyboardInterrupt):  # told already, where a loop cannot be told of signals
        context.exit(asyncio.run(tool.connect(wanted, Console(highlight=False), dark=is_dark())))


@click.command()
@click.argument("url", metavar="ws://TARGET")
@click.option(
    "--listen", default="0", metavar="PORT", help="Where clients dial: a port, or HOST:PORT; 0 is a free one."
)
@click.option(
    "--fault", "names", multiple=True, metavar="NAME", help="What goes wrong: half-open, cut, mobile, delay:0.2."
)
@click.option("--after", type=_Duration(), default=0.0, help="How long a connection is whole before that: 10s, 500ms.")
@click.option("--save", type=_FILE, metavar="FILE.jsonl", help="Keep the recording there while it grows.")
@click.option("--json", "as_json", is_flag=True, help="Print each event as a line of JSON.")
@click.option(
    "--tape-mib", type=click.IntRange(1, 65536), default=256, show_default=True, help="Limit of the recording."
)
@click.option("--cafile", type=_CERTIFICATE, help="For a wss:// target: trust the authority in this PEM file, too.")
@click.option("--insecure", is_flag=True, help="For a wss:// target: trust whoever answers.")
@click.option("--beyond-loopback", is_flag=True, help="Let it dial, and listen for, other machines.")
def tap(
    url: str,
    listen: str,
    names: tuple[str, ...],
    after: float,
    save: Path | None,
    as_json: bool,
    tape_mib: int,
    cafile: Path | None,
    insecure: bool,
    beyond_loopback: bool,
) -> None:
    """Stand between any client and the server TARGET, and show every frame of both directions.

    Point your client at the address that it prints. Type `help` for what else it can do: put in a Ping, a Close or a
    text, hold frames and drop or change them, break the connection in all the ways in which networks do. At the end
    of each connection it says who closed, how, and what both programs will report.
    """
    import asyncio

    from rich.console import Console

    import wslab.cli.tap.tap as tool
    from wslab.cli.target import listen_at, target_of, trusting
    from wslab.cli.terminal.colours import is_dark

    target = target_of(url, beyond_loopback=beyond_loopback)
    host, port = listen_at(listen, beyond_loopback=beyond_loopback)
    faults = tool.named(names, after)
    tls = trusting(cafile, anybody=insecure, secure=target.secure)
    wanted = tool.TapOptions(target, host, port, faults, save, as_json, beyond_loopback, tape_mib << 20, tls)
    with contextlib.suppress(KeyboardInterrupt):  # told already, where a loop cannot be told of signals
        asyncio.run(tool.tap(wanted, Console(highlight=False), dark=is_dark()))


@click.command()
@click.argument("name", required=False, metavar="[NAME]")
@click.option("--list", "listed", is_flag=True, help="List the scenarios; so does `wslab play` alone.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Another seed, other chance.")
@click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="Set a parameter; repeatable.")
@click.option("--fixed", is_flag=True, help="Play the variant in which it goes well.")
@click.option(
    "--do",
    "changes",
    multiple=True,
    metavar="STEP=CHANGE",
    help="Change a step, and the run forks from there: 12=drop, cut, flip:BIT, edit:TEXT, delay:SECONDS; repeatable.",
)
@click.option("--diff", "differs", is_flag=True, help="Only say what --do made different.")
@click.option("--all", "at_once", is_flag=True, help="Tell everything at once, without waiting for keys.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line: the scenario, its steps, the why.")
@click.option("--save", type=_FILE, metavar="FILE", help="Keep the recording: .jsonl, .pcapng, .har, .html or .md.")
def play(
    name: str | None,
    listed: bool,
    seed: int,
    values: tuple[str, ...],
    fixed: bool,
    changes: tuple[str, ...],
    differs: bool,
    at_once: bool,
    as_json: bool,
    save: Path | None,
) -> None:
    """Play a scenario: the question first, then step by step what travels and what each side believes, then why.

    In a terminal, Enter or → goes on and ← goes back. Everything happens in virtual time: the same words give the same
    bytes, on every machine.
    """
    import sys

    from rich.console import Console

    import wslab.cli.play.play as tool
    from wslab.cli.terminal.colours import is_dark

    console = Console(highlight=False)
    if listed or name is None:
        if seed or values or fixed or changes or differs or save:
            raise click.UsageError("Which scenario? Write wslab play NAME ...; `wslab play` alone lists them.")
        tool.list_all(console, as_json=as_json)
        return
    if differs and not changes:
        raise click.UsageError("--diff says what --do made different: give a --do, such as --do 5=drop.")
    story = tool.wanted(name, seed, values, changes, fixed=fixed)
    tape = story.play()
    if save is not None:
        tool.keep(tape, save)
    if differs:
        tool.tell_difference(story, tape, console, as_json=as_json)
    elif as_json:
        tool.tell_as_json(story, tape)
    else:
        by_key = not console.is_dumb_terminal and all(file.isatty() for file in (sys.stdin, sys.stdout))
        tool.tell(story, tape, console, dark=is_dark(), at_once=at_once or not by_key)
