"""The commands of these tools, for `cli` to add; each imports what it needs when it runs.

Wrong input is one sentence, as everywhere on the command line. The exit code of `misbehave` tells its verdict.
"""

from __future__ import annotations

import contextlib

import click

_PORT = click.IntRange(0, 65535)
_FREE_PORT = "The server's port on 127.0.0.1; 0, the default, is a free one."


@click.command()
@click.argument("rule", required=False)
@click.option("--list", "listed", is_flag=True, help="List the rules that can be broken, and by whom.")
@click.option("--client", "url", metavar="URL", help="Break it as a client, at this server.")
@click.option("--port", type=_PORT, default=0, help=_FREE_PORT)
@click.option("--once", is_flag=True, help="End after the first client, for a script.")
@click.option(
    "--patience", type=click.FloatRange(0.1, 600), default=5.0, show_default=True, help="Seconds that the peer has."
)
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

    import wslab.tools.misbehave as tool
    from wslab.tools.address import target_of

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
