"""The command `wslab tap`: its options, and what they mean."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

import click
from click.shell_completion import CompletionItem
from rich.console import Console

from wslab.cli.options import CERTIFICATE, DURATION, FILE, SECRETS, find_target, listen_at, suggest, trusting
from wslab.cli.tap.tap import TapOptions, named_faults, run_tap
from wslab.cli.terminal.colours import is_dark
from wslab.lab.faults.names import NAMES
from wslab.lab.faults.presets import MEANINGS, PRESETS


def _faults(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The presets and the faults; values come behind a colon."""
    presets = {name: MEANINGS[name] for name in PRESETS}
    faults = {name: (kind.__doc__ or "").partition("\n")[0] for name, kind in NAMES.items()}
    return suggest(presets | faults, incomplete)


@click.command()
@click.argument("url", metavar="ws://TARGET")
@click.option(
    "--listen", default="0", metavar="PORT", help="Where clients connect: a port, or HOST:PORT; 0 is a free port."
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="NAME",
    shell_complete=_faults,
    help="What goes wrong: half-open, cut, mobile, delay:0.2; repeatable.",
)
@click.option("--after", type=DURATION, default=0.0, help="How long a connection works before that: 10s, 500ms.")
@click.option("--save", type=FILE, metavar="FILE.jsonl", help="Keep the recording in this file while it grows.")
@SECRETS
@click.option("--json", "as_json", is_flag=True, help="Print each event as a line of JSON.")
@click.option(
    "--tape-mib",
    type=click.IntRange(1, 65536),
    default=256,
    show_default=True,
    help="Limit of the recording, and of the memory for it.",
)
@click.option("--cafile", type=CERTIFICATE, help="For a wss:// target: trust the authority in this PEM file, too.")
@click.option("--insecure", is_flag=True, help="For a wss:// target: trust any server.")
@click.option("--beyond-loopback", is_flag=True, help="Allow it to dial other machines, and to listen for them.")
def tap(url: str, **chosen: Any) -> None:
    """Stand between any client and the server TARGET, and show every frame of both directions.

    Point your client at the address that it prints. Type `help` for what else it can do: inject a Ping, a Close or a
    text, hold frames and drop or change them, break the connection as networks do. At the end of each connection it
    says who closed, how, and what both programs will report. Of a burst it prints the first frames and a count. It
    lets every origin in: the target gets the Origin header and decides (§10.2).
    """
    options = read_options(url, chosen)
    with contextlib.suppress(KeyboardInterrupt):  # handled already, where a loop has no signal handlers
        asyncio.run(run_tap(options, Console(highlight=False, emoji=False), dark=is_dark()))


def read_options(url: str, chosen: Mapping[str, Any]) -> TapOptions:
    """Turn the options as click names them into their values.

    Raises:
        CliError: An address, a fault or a certificate is wrong.
    """
    beyond_loopback = chosen["beyond_loopback"]
    target = find_target(url, beyond_loopback=beyond_loopback)
    host, port = listen_at(chosen["listen"], beyond_loopback=beyond_loopback)
    return TapOptions(
        url,
        host,
        port,
        named_faults(chosen["faults"], chosen["after"]),
        save=chosen["save"],
        as_json=chosen["as_json"],
        secrets=chosen["secrets"],
        beyond_loopback=beyond_loopback,
        tape_bytes=chosen["tape_mib"] << 20,
        tls=trusting(chosen["cafile"], anybody=chosen["insecure"], secure=target.secure),
    )
