"""What `check_reconnect` says of a run: one question after the other, the most telling first.

Each question looks at what was observed, and gives a `Finding` where something went wrong. Questions that belong to a
few situations ask for their scripts.

Left out: how a run comes about (`outages`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from wslab.course.exercises.outages import (
    AFTERWARDS,
    HERD,
    MOST_IN_A_SECOND,
    SITUATIONS,
    Observed,
    calm,
    crashing,
    deploy,
    gone,
    quiet,
    silence,
    steady,
    twice,
)
from wslab.course.exercises.outages import (
    refused as refuses,
)
from wslab.course.exercises.service import MOST_DIALS, Client
from wslab.course.exercises.trial import Finding, Run
from wslab.lab import ConnectionClosed, HandshakeRefused

__all__ = ["FOLLOW", "findings"]

NEVER = float("inf")


def findings(seen: Observed) -> Iterator[Finding]:
    """Everything that went wrong, the most telling first."""
    questions = (
        *(_any_code, _no_dial, _unsaid, _too_often, _twice_shown, _error, _is_over, _dialled_alive, _missing),
        *(_at_once, _dialled_after_403, _dialled_after_the_end, _goes_on, _left_open),
    )
    for question in questions:
        found = question(seen)
        if found is not None:
            yield replace(found, mistake=question.__name__.strip("_").replace("_", "-"))


def _any_code(seen: Observed) -> Finding | None:
    found = seen.trial.finding()
    return found and replace(found, solution=found.solution or FOLLOW)


def _no_dial(seen: Observed) -> Finding | None:
    if seen.client.dials or seen.run.error is not None:
        return None
    return Finding(
        "Your function dials nobody.",
        "Begin with `ws = await connect()`.",
        "Then say what you have, and read.",
        FOLLOW,
    )


def _unsaid(seen: Observed) -> Finding | None:
    strangers = seen.service.strangers
    if not strangers or seen.situation is not SITUATIONS[0]:
        return None
    if not strangers[0] and seen.run.error is not None and not isinstance(seen.run.error, ConnectionClosed | OSError):
        return None  # its own error kept it from saying anything, and that is what there is to tell
    said = f"says {strangers[0]!r}" if strangers[0] else "says nothing"
    return Finding(
        f"Your client connects and {said}, so the server sends nothing.",
        "The first message on each connection says what you have: `await ws.send(f'after {last}')`, 0 at first.",
        "The protocol has no session (§1.5): a new connection knows nothing of the one before.",
        'await ws.send(f"after {last}")',
    )


def _too_often(seen: Observed) -> Finding | None:
    most = max(len(each.dials) for each in seen.service.clients)
    if most <= seen.situation.most_dials or seen.situation.most_dials <= 3:
        return None
    client = next(each for each in seen.service.clients if len(each.dials) == most)
    last = client.dials[-1]
    often = f"more than {MOST_DIALS}" if most > MOST_DIALS else str(most)
    sentence = f"Your client dials {often} times in {last - client.dials[0]:,.0f} s."
    if seen.situation.script is crashing:
        return Finding(
            sentence,
            "An open connection is no success yet: here each one dies at once. Count failures from 0 again only when "
            "an item came.",
            "A server that crashes on each client is kept down by those that come back at once (§7.2.3).",
            "failures = 0  # behind show(number), not behind connect()",
        )
    return Finding(
        sentence,
        "Wait longer after each failure, up to a minute (§7.2.3): `min(60, 5 * 2**failures)`.",
        "A server that starts is kept down by clients that come again and again.",
        _WAIT,
    )


def _twice_shown(seen: Observed) -> Finding | None:
    client = next((each for each in seen.service.clients if len(set(each.items)) < len(each.items)), None)
    if client is None:
        return None
    item = Counter(client.items).most_common(1)[0][0]
    if seen.situation.again:
        return Finding(
            f"The client shows item {item} twice: it came twice.",
            "Show an item only when its number is above the last that you have shown.",
            "A server that is not certain what arrived sends again. “Exactly once” is made by the receiver, with "
            "numbers.",
            _SHOW,
        )
    if sum(seen.service.asked.get(ws.number, item) < item for ws in client.connections) < 2:
        return Finding(
            f"The client shows item {item} twice, and asked for it once.",
            "Show each item once, when it comes.",
            "Show an item only when its number is above the last that you have shown: then none is shown twice.",
            _SHOW,
        )
    return Finding(
        f"The client shows item {item} twice: it asked for it again.",
        "Keep the number of the last item across connections, and say it: `after 3`, not `after 0`.",
        "A variable that is set within the loop is new for each connection; set it before the loop.",
        'await ws.send(f"after {last}")',
    )


def _error(seen: Observed) -> Finding | None:
    run = next((each for each in seen.trial.runs if each.error is not None and not _may_leave(each)), None)
    if run is None:
        return None
    if isinstance(run.error, ConnectionClosed):
        return Finding(
            f"ConnectionClosed ({run.code}) leaves your function at {run.ended:.0f} s, and nobody dials again.",
            "`send` and `recv` raise it when the connection is over, and `async for` does for every end but 1000, 1001 "
            "and 1005 (no code). Catch it around everything that a connection does.",
            "Neither the protocol nor a browser comes back by itself: a client does it (§7.2.3).",
            FOLLOW,
        )
    if isinstance(run.error, (OSError, HandshakeRefused)):
        return Finding(
            f"{type(run.error).__name__} leaves your function at {run.ended:.0f} s, and nobody dials again.",
            "`connect` raises OSError where nobody answers, and HandshakeRefused where the server refuses; a `recv` "
            "or `ping` without an answer raises TimeoutError, which is an OSError. Catch them, wait, try again.",
            "A server that is away answers nothing, and one that starts refuses with 503: both pass.",
            FOLLOW,
        )
    return replace(seen.trial.raised(run), solution=FOLLOW)


def _may_leave(run: Run) -> bool:
    """Whether the error is one with which the function may end: the server has said that it is over."""
    return run.code == 1000 or (isinstance(run.error, HandshakeRefused) and run.error.status == 403)


def _is_over(seen: Observed) -> Finding | None:
    """Returned too early."""
    over = seen.service.over_at
    run = next(
        (each for each in seen.trial.runs if each.ended is not None and (over is None or each.ended < over)), None
    )
    if run is None or seen.situation.script is refuses:
        return None
    client = seen.service.clients[seen.trial.runs.index(run)]
    shown_all = set(client.items) >= set(seen.wanted)
    goes_on = "the server has not closed with 1000 yet: more may come" if shown_all else "the server has more"
    if client.dials and not client.got_in:
        return Finding(
            f"Your function returns at {run.ended:.0f} s, after a dial that failed, and {goes_on}.",
            "A dial that fails is no end. Wait, and dial again until the server closes with 1000: `while True:` around "
            "connect, read and wait.",
            "A server that is away answers nothing, and one that starts refuses with 503: both pass.",
            FOLLOW,
        )
    code = next((each.close_code for each in reversed(client.connections)), None)
    after = "" if code in (None, 1000) else f", after a connection that ended with {code}"
    return Finding(
        f"Your function returns at {run.ended:.0f} s{after}, and {goes_on}.",
        "`async for` ends without an error for 1001, too, with which a server restarts. Look at `ws.close_code`: only "
        "1000 means that it is over."
        if code == 1001
        else "Go on until the server closes with 1000: `while True:` around connect, read and wait.",
        "What a code asks of a client is not in the protocol (§7.4); here 1000 means: it is over.",
        "if ws.close_code == 1000:\n    return",
    )


def _missing(seen: Observed) -> Finding | None:
    client, wanted = seen.client, seen.wanted
    items = client.items_by(seen.service.over_at)
    if items == wanted or seen.situation.script is refuses:
        return None
    lacks = [each for each in wanted if each not in items]
    if not lacks:
        return Finding(
            f"The client shows the items in the order {client.items}.",
            "Show each one when it comes: on one connection they come in order.",
            "Order is kept on one connection, and lost between two.",
            _SHOW,
        )
    sentence = f"At {seen.service.over_at or 0:.0f} s the client has not shown {_listed(lacks)} of {len(wanted)}."
    asked = max(seen.service.asked.get(ws.number, 0) for ws in client.connections) if client.connections else 0
    return Finding(sentence, *(_asked_too_late(asked) if asked >= lacks[0] else _why_missing(seen, client)))


def _asked_too_late(asked: int) -> tuple[str, str, str]:
    return (
        f"It says `after {asked}`: say on each connection the number of the last item that you have shown, 0 at first.",
        f"The server sends what is above that number: after {asked} comes item {asked + 1}, and none before it.",
        'await ws.send(f"after {last}")',
    )


def _listed(items: list[int]) -> str:
    return f"item {items[0]}" if len(items) == 1 else f"items {', '.join(map(str, items))}"


def _why_missing(seen: Observed, client: Client) -> tuple[str, str, str]:
    if seen.situation.script is calm:
        return (
            "Show each item when it comes, not at the end.",
            "What is not shown yet is lost with the program.",
            _SHOW,
        )
    if seen.situation.script is silence and len(seen.dials_in_time) == 1:
        return (
            "It still waits on the silent path. `async for` waits without limit: use `recv(timeout=20)`, and when "
            "nothing comes, ask with `ping(timeout=20)`.",
            "A side that only listens never learns that a path is dead.",
            _LISTEN,
        )
    if seen.situation.script in (gone, twice, deploy, crashing):
        return (
            f"It dialled {len(client.dials)} times, and was not back in time. Limit the wait, to a minute at most, the "
            "first to 5 s; and count from 0 again when an item came.",
            "Without a limit, a wait that doubles is longer than the outage itself: after an hour the next attempt may "
            "be an hour away (§7.2.3: truncated).",
            _WAIT,
        )
    if len(seen.dials_in_time) > 1:
        return (
            "Say on the new connection what you have, which is the last item shown, not the last you heard of "
            "otherwise; show all that come then.",
            "What was on its way when the connection broke is lost, and no error says so.",
            'await ws.send(f"after {last}")',
        )
    return ("Dial again when the connection ends, soon: 0 to 5 s.", "A client comes back by itself (§7.2.3).", FOLLOW)


def _dialled_alive(seen: Observed) -> Finding | None:
    situation, dials = seen.situation, seen.dials_in_time
    if situation.script not in _HINTS or len(dials) < 2:
        return None
    return Finding(
        f"Your client dials {len(dials)} times, at {dials[1]:.0f} s for the second time, while the server lives.",
        _HINTS[situation.script],
        "Each needless connection costs a handshake, a resume, and the server's memory.",
        _LISTEN,
    )


_HINTS = {
    quiet: "When `recv` finds nothing, ask: `await ws.ping(timeout=20)`. A Pong says that the server lives. A wait "
    "without a limit of its own has 10 s here.",
    steady: "A server that sends items is alive: ask only when none came, and let an item count as an answer.",
}


def _at_once(seen: Observed) -> Finding | None:
    if seen.situation.clients < HERD:
        return None
    later = [time for each in seen.service.clients for time in each.dials[1:]]
    most = max((sum(begin <= time < begin + 1 for time in later) for begin in later), default=0)
    if most <= MOST_IN_A_SECOND:
        return None
    return Finding(
        f"Within one second come {most} dials of {HERD} clients.",
        "Let each wait be random, and the first from 0 to 5 s (§7.2.3): `random.uniform(0, min(60, 5 * 2**failures))`.",
        "Clients that lost their connection together come back together, each time, unless chance spreads them.",
        _WAIT,
    )


def _dialled_after_the_end(seen: Observed) -> Finding | None:
    told = [[seen.service.ended(ws) for ws in client.connections] for client in seen.service.clients]
    again = next((len(each) - 1 - each.index(True) for each in told if any(each[:-1])), 0)
    if not again:
        return None
    return Finding(
        f"The server closed with 1000 at {seen.service.over_at or 0:.0f} s, and your client dials {again} times more.",
        "1000 means that it is over: return. `ws.close_code`, or `closed.code` of ConnectionClosed, has it.",
        "A normal closure says that the purpose is fulfilled (§7.4.1); back-off is for abnormal ones (§7.2.3).",
        "if ws.close_code == 1000:\n    return",
    )


def _dialled_after_403(seen: Observed) -> Finding | None:
    more = len(seen.client.dials) - 2
    if seen.situation.script is not refuses or more <= 0:
        return None
    return Finding(
        f"The server refuses with 403, and your client dials {more} more times.",
        "Look at `refused.status`: 403 says that you may not come in, and a 503 passes by itself (RFC 9110 §15.5.4, "
        "§15.6.4).",
        "To ask again what was refused is a load for the server, and for nobody any good.",
        "except HandshakeRefused as refused:\n    if refused.status == 403:\n        return",
    )


def _goes_on(seen: Observed) -> Finding | None:
    if all(each.ended is not None for each in seen.trial.runs):
        return None
    return Finding(
        f"It is over, and your function still runs {AFTERWARDS:.0f} s later.",
        "Return when the server has closed with 1000, or refused with 403.",
        "`async for` ends by itself then; `recv` raises ConnectionClosed, and `closed.code` is 1000.",
        "if ws.close_code == 1000:\n    return",
    )


def _left_open(seen: Observed) -> Finding | None:
    if not seen.left_open:
        return None
    return Finding(
        f"Connection {seen.left_open[0]} was given up, and is still open at your end.",
        "Let go of it before you dial again: `ws.abort()`.",
        "The path is dead, so a Close would wait for an answer that cannot come. What is not ended stays in memory, "
        "and may come back to life beside its successor.",
        "ws.abort()",
    )


_SHOW = "if number > last:\n    show(number)\n    last = number"
_WAIT = "await asyncio.sleep(random.uniform(0, min(60, 5 * 2**failures)))\nfailures += 1"
_LISTEN = """\
try:
    number = int(await ws.recv(timeout=20))
except TimeoutError:
    await ws.ping(timeout=20)
    continue"""
FOLLOW = """\
last = failures = 0
while True:
    ws = None
    try:
        ws = await connect()
        await ws.send(f"after {last}")
        while True:
            try:
                number = int(await ws.recv(timeout=20))
            except TimeoutError:
                await ws.ping(timeout=20)
                continue
            if number > last:
                show(number)
                last, failures = number, 0
    except ConnectionClosed as closed:
        if closed.code == 1000:
            return
    except HandshakeRefused as refused:
        if refused.status == 403:
            return
    except OSError:
        if ws:
            ws.abort()
    await asyncio.sleep(random.uniform(0, min(60, 5 * 2**failures)))
    failures += 1"""
