"""Every rule that has an example, and every way, with every program in each of its roles.

A cell is what the program did: `accepts`, a close code or an HTTP status, `ends TCP` where it sent nothing first,
`waits` where nothing came in time, and `-` where it could not be tried.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager

from wslab.cli.misbehave.conversation import Conversation, observe_client, observe_server
from wslab.cli.misbehave.verdict import Observation
from wslab.cli.misbehave.violations import NotPossible, Violation, breakers, find_violation
from wslab.lab.network.uri import parse_uri
from wslab.protocol import RULES, Deflate, Role
from wslab.protocol.messages import CloseBody
from wslab.protocol.peers import ACCEPTS, DECLINES, ENDS_TCP, WAITS, Answer

from .programs import PROGRAMS, Options, Program, Report
from .ways import WAYS, WITHOUT_HEARTBEAT, Tried
from .wire import Wire, accept, dial, listening, offer

Cell = Answer | str
Cells = dict[tuple[str, Role, str], Cell]
"""What was measured, by what was tried, the role of the program, and its name."""

NOT_TRIED = "-"
TIMEOUT = 6.0  # seconds that a program has to react; more than enough on an idle machine
LIMIT = 30.0  # seconds for one cell

_WISHES: Mapping[str, Options] = {
    "response-subprotocol-once": Options(subprotocols=("chat",)),
    "deflate-answer-server-bits": Options(deflate=Deflate(server_no_context_takeover=True, server_max_window_bits=10)),
    "deflate-answer-takeover": Options(deflate=Deflate(server_no_context_takeover=True, server_max_window_bits=10)),
    "deflate-answer-client-bits": Options(hides_client_bits=True),
}
"""What a client must have asked for, so that the rule can be broken for it."""

OFFERS: Mapping[str, str] = {
    "deflate-parameter-known": "permessage-deflate; level=9",
    "deflate-parameter-once": "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
    "deflate-parameter-value": "permessage-deflate; server_max_window_bits=7",
}
"""What breaks a rule for a server, and is no violation of `wslab misbehave`: a server declines such an offer."""

VIOLATIONS = tuple(find_violation(rule.id, role) for rule in RULES.values() for role in breakers(rule))


async def measure(name: str, violations: Iterable[Violation] = VIOLATIONS, ways: Mapping[str, Tried] = WAYS) -> Cells:
    """All cells of one program."""
    cells: Cells = {}
    async with PROGRAMS[name]() as program:
        for violation in violations:
            role = violation.breaker.peer
            if program.server is not None or role is Role.CLIENT:
                cells[violation.rule.id, role, name] = await _broken(program, violation)
                if role is Role.CLIENT and program.server is not None and violation.rule.id in OFFERS:
                    cells[violation.rule.id, Role.SERVER, name] = await _offered(program, OFFERS[violation.rule.id])
        for way, tried in ways.items():
            if tried.pings and name in WITHOUT_HEARTBEAT:
                continue
            for role in Role if program.server is not None else (Role.CLIENT,):
                cells[way, role, name] = await _walk(program, role, tried)
    return cells


# --- a broken rule --------------------------------------------------------------------------------


async def _broken(program: Program, violation: Violation) -> Cell:
    async with asyncio.timeout(LIMIT):
        try:
            at_client = violation.breaker is Role.SERVER
            seen = await (_for_client if at_client else _at_server)(program, violation)
        except NotPossible:
            return NOT_TRIED
    return _answer(violation, seen)


async def _for_client(program: Program, violation: Violation) -> Observation:
    options = _WISHES.get(violation.rule.id, Options())
    async with _dialled(program, options) as (reader, writer, _):
        conversation = Conversation(reader, writer, Role.CLIENT)
        try:
            return await observe_client(violation, conversation, TIMEOUT)
        finally:
            await conversation.close()


async def _at_server(program: Program, violation: Violation) -> Observation:
    assert program.server is not None
    async with program.server(Options()) as (address, _):
        return await observe_server(violation, parse_uri(f"ws://{address}/"), TIMEOUT)


async def _offered(program: Program, extensions: str) -> Cell:
    assert program.server is not None
    async with program.server(Options()) as (address, _), asyncio.timeout(LIMIT):
        response = await offer(address, extensions)
    if response.status != 101:
        return response.status
    return DECLINES if response.header("Sec-WebSocket-Extensions") is None else ACCEPTS


@asynccontextmanager
async def _dialled(
    program: Program, options: Options
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter, asyncio.Task[Report]]]:
    """A connection that the program opens to us, and its report in the end."""
    async with listening() as (url, came):
        telling = asyncio.create_task(program.client(url, options))
        reader, writer = await came
        try:
            yield reader, writer, telling
        finally:
            writer.close()
            await telling


def _answer(violation: Violation, seen: Observation) -> Cell:
    if not violation.in_head:
        return _to_frames(violation, seen)
    if seen.status is not None:
        return ACCEPTS if seen.status == 101 else seen.status
    if seen.answered_probe or seen.frames:
        return ACCEPTS
    return ENDS_TCP if seen.ended else WAITS


def _to_frames(violation: Violation, seen: Observation) -> Cell:
    close = seen.close
    if close is not None:
        code = int(CloseBody.lenient(close.payload).code)
        sent = violation.sent_code
        return ACCEPTS if sent is not None and code in (sent, 1000, 1005) else code
    if seen.answered_probe:
        return ACCEPTS
    return ENDS_TCP if seen.ended else WAITS


# --- a way ----------------------------------------------------------------------------------------


async def _walk(program: Program, role: Role, tried: Tried) -> Cell:
    walk = _with_client if role is Role.CLIENT else _with_server
    return await walk(program, tried)


async def _with_client(program: Program, tried: Tried) -> str:
    async with _dialled(program, tried.options) as (reader, writer, telling):
        return await _on(await accept(reader, writer), tried, telling)


async def _with_server(program: Program, tried: Tried) -> str:
    assert program.server is not None
    async with program.server(tried.options) as (address, told):
        return await _on(await dial(address), tried, told)


async def _on(wire: Wire, tried: Tried, told: asyncio.Future[Report]) -> str:
    try:
        return await tried.way(wire, asyncio.shield(told))
    finally:
        wire.end()
