"""The command `wslab misbehave`: which rule is broken, on which side, and the exit code for the verdict."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

import click
from click.shell_completion import CompletionItem
from rich.console import Console

from wslab.cli.errors import CliError
from wslab.cli.misbehave.conversation import run_client, run_server, table
from wslab.cli.misbehave.legal import run_legal
from wslab.cli.misbehave.verdict import Reaction, exit_code
from wslab.cli.misbehave.violations import NotPossible, Violation, breakers, find_violation
from wslab.cli.options import FREE_PORT, PORT, Seconds, find_target, suggest
from wslab.protocol import RULES, Role


def _rules(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The rules that the chosen side can break."""
    breaker = Role.SERVER if context.params.get("url") is None else Role.CLIENT
    known = {rule.id: rule.text for rule in RULES.values() if breaker in breakers(rule)}
    return suggest(known, incomplete)


@click.command()
@click.argument("rule", required=False, shell_complete=_rules)
@click.option("--list", "listed", is_flag=True, help="List the rules that can be broken, and by whom.")
@click.option("--legal", is_flag=True, help="With --client: send legal but unusual heads, and see which it takes.")
@click.option("--client", "url", metavar="URL", help="Break it as a client, at this server.")
@click.option("--port", type=PORT, default=0, help=FREE_PORT)
@click.option("--once", is_flag=True, help="End after the first client, for a script.")
@click.option(
    "--timeout", type=Seconds(0.1, 600), default=5.0, show_default=True, help="Seconds that the peer has to react."
)
@click.option("--beyond-loopback", is_flag=True, help="Allow --client to dial another machine.")
@click.pass_context
def misbehave(
    context: click.Context,
    rule: str | None,
    listed: bool,
    legal: bool,
    url: str | None,
    port: int,
    once: bool,
    timeout: float,
    beyond_loopback: bool,
) -> None:
    """Break exactly one RULE of the protocol, to test your own client or server.

    By default, a server breaks the rule for your client; with --client, a client breaks it at your server. It says what
    is wrong, why there is such a rule, and what your side did. The exit code is 0 when all peers did right or nearly
    right, 1 when one did wrong, 2 when the rule could not be broken for one, nothing can be said of it, or none came.
    With --legal it breaks no rule: it sends heads that are legal and unusual, and says which of them a server takes.
    """
    console = Console(highlight=False, emoji=False)
    if listed:
        console.print(table())
        return
    if legal:
        context.exit(_try_legal(rule, url, console, timeout, beyond_loopback=beyond_loopback))
    if rule is None:
        raise CliError("Name a rule to break; `wslab misbehave --list` shows them.")
    violation = _find(rule, Role.SERVER if url is None else Role.CLIENT)
    reactions: Sequence[Reaction] = []  # where Ctrl-C comes before the loop listens for it, or cannot
    with contextlib.suppress(KeyboardInterrupt):
        if url is None:
            reactions = asyncio.run(run_server(violation, port, console, once=once, timeout=timeout))
        else:
            uri = find_target(url, beyond_loopback=beyond_loopback)
            reactions = [asyncio.run(run_client(violation, uri, console, timeout=timeout))]
    context.exit(exit_code(reactions))


def _try_legal(rule: str | None, url: str | None, console: Console, timeout: float, *, beyond_loopback: bool) -> int:
    if url is None or rule is not None:
        raise CliError("--legal tries a server and breaks no rule: write `wslab misbehave --legal --client ws://...`.")
    uri = find_target(url, beyond_loopback=beyond_loopback)
    return exit_code(asyncio.run(run_legal(uri, console, timeout=timeout)))


def _find(name: str, breaker: Role) -> Violation:
    try:
        return find_violation(name, breaker)
    except NotPossible as error:
        raise CliError(str(error)) from error
