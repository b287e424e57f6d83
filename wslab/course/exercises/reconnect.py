"""`check_reconnect`: a learner's client that comes back, in the situations that break naive ones.

The function is `async def follow(connect, show)`. `await connect()` gives a connection, or raises `OSError` (which
`TimeoutError` and `ConnectionRefusedError` are, too) or `HandshakeRefused`. The client first says what it has, `after
0`, and gets the numbers of all items above that. `show(number)` shows one. What is asked of it:

- each item is shown once, in order, whatever happens to the connection;
- it comes back after every end but 1000, and after every refusal but 403;
- it waits before each attempt: for a random time from 0 to 5 s at first, longer after each failure, a minute at most;
- it notices a silent path within `NOTICED_IN` seconds, and lets go of the connection that it gives up;
- it does not dial while the connection lives, though nothing may come for ten minutes;
- it returns when the server closes with 1000.

How it works: a `Situation` has a script, a coroutine of a `Service`. After it the client has some time to complete its
items, then the server closes with 1000, and the run goes on for `AFTERWARDS` seconds. `_Seen` is what was observed,
and `_findings` asks one question after the other of that.

Left out: messages from the client, which need numbers and receipts of their own (the scenario `sent-twice`).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace

from wslab.course.exercises.service import MOST_DIALS, Client, Service
from wslab.course.exercises.trial import Finding, Run, Trial, not_begun, report
from wslab.course.report import CheckResult
from wslab.lab import ConnectionClosed, HandshakeRefused
from wslab.lab.faults.base import Fault
from wslab.lab.faults.pongs import SwallowPongs
from wslab.lab.faults.timing import Delay

__all__ = ["check_reconnect"]

NOTICED_IN = 60.0
"""Seconds in which a silent path must be noticed."""

AFTERWARDS = 200.0
"""Seconds for which a run goes on after the server closed with 1000."""

HERD = 60
"""Clients that come back at once, in the situation that is about them."""

MOST_IN_A_SECOND = HERD * 2 // 3

Script = Callable[[Service], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Situation:
    """What happens, as a script, and what may be asked of a client in it.

    `name` is the scenario that tells it, `setting` says it in a sentence. `within` are the seconds that a client has to
    complete its items after the script. `most_dials` is how often each client may dial.
    """

    name: str
    setting: str
    script: Script
    most_dials: int
    within: float = 5.0
    faults: tuple[Fault, ...] = ()
    clients: int = 1
    again: int = 0


# ---- what happens


async def _calm(service: Service) -> None:
    await service.publish(3, every=5)


async def _cut(service: Service) -> None:
    """The fourth item is on its way when the connection is cut, and more come while the client is away."""
    await service.publish(4, every=5)
    await asyncio.sleep(0.02)
    service.link.cut()
    await service.publish(4, every=0.5)


async def _deploy(service: Service) -> None:
    await service.publish(3, every=5)
    await service.restart(20, 1001)
    await service.publish(3, every=5)


async def _silence(service: Service) -> None:
    await service.publish(4, every=5)
    await asyncio.sleep(1)
    service.link.silence()
    await service.publish(2, every=10)
    service.link.faults = ()  # a new connection gets through; the old one has lost something, and stays silent
    await service.publish(3, every=10)


async def _quiet(service: Service) -> None:
    await service.publish(3, every=5)
    await asyncio.sleep(600)
    await service.publish(2, every=5)


async def _steady(service: Service) -> None:
    await service.publish(20, every=15)


async def _gone(service: Service) -> None:
    """Half an hour nobody listens, and for another half the server starts and refuses."""
    await service.publish(2, every=5)
    await service.restart(1800, None)
    service.status = 503
    await asyncio.sleep(1800)
    service.status = 101
    await service.publish(2, every=30)


async def _crashing(service: Service) -> None:
    await service.publish(2, every=5)
    service.crashes = True
    service.link.cut()
    await asyncio.sleep(1800)
    service.crashes = False


async def _twice(service: Service) -> None:
    await service.publish(2, every=5)
    await service.restart(600, None)
    await service.publish(8, every=15)
    service.link.cut()
    await service.publish(1, every=1)


async def _refused(service: Service) -> None:
    await service.publish(2, every=5)
    service.status = 403
    service.link.cut()
    await asyncio.sleep(600)


SITUATIONS = (
    Situation("clean-close", "Three items come, and the server closes with 1000.", _calm, 1),
    Situation(
        "reconnect", "The connection is cut while item 4 is on its way.", _cut, 3, within=10, faults=(Delay(0.05),)
    ),
    Situation(
        "sent-twice",
        "The same, and the server sends to whoever comes back the last two items once more.",
        _cut,
        3,
        within=10,
        faults=(Delay(0.05),),
        again=2,
    ),
    Situation("rolling-deploy", "The server closes with 1001, is away for 20 s, and comes back.", _deploy, 15, 60),
    Situation("half-open-server", "The path falls silent after 21 s.", _silence, 5, within=NOTICED_IN - 50 + 5),
    Situation("keepalive", "Nothing is published for ten minutes; the server answers each Ping.", _quiet, 1),
    Situation("slow-path", "Each way takes 4 s, and nothing comes for ten minutes.", _quiet, 1, 15, (Delay(4),)),
    Situation("pong-lost", "An item comes every 15 s, and every Pong is lost.", _steady, 1, faults=(SwallowPongs(),)),
    Situation("herd", "The server is gone for an hour: nobody listens, then it answers 503.", _gone, 250, 65, clients=3),
    Situation("killed", "For half an hour the server takes each connection and dies at once.", _crashing, 160, 65),
    Situation("network-change", "After ten bad minutes and two good ones the connection is cut again.", _twice, 70, 8, clients=3),
    Situation("handshake-refused", "The connection is cut, and the server answers 403.", _refused, 2),
    Situation("herd", f"The server restarts, and {HERD} clients come back.", _deploy, 15, 60, clients=HERD),
)
"""In the order in which they are played."""


def check_reconnect(mine: object) -> CheckResult:
    """Run a learner's `async def follow(connect, show)` through all situations; the first that goes wrong is told.

    Nothing takes real time, though the virtual hours are many, nothing raises at the learner, and code that never ends
    is stopped. The `tape` of the result is that of the situation that went wrong; where all go well, of the one that
    cuts the connection.

    >>> async def follow(connect, show):
    ...     ws = await connect()
    ...     await ws.send("after 0")
    ...     async for item in ws:
    ...         show(item)
    >>> check_reconnect(follow).passed
    False
    """
    early = not_begun(mine, "write what connects, shows each item, and comes back.")
    if early is not None:
        return replace(early, solution=_FOLLOW, tape=_play(_once, SITUATIONS[1]).trial.tape)
    assert callable(mine)
    for number, situation in enumerate(SITUATIONS, 1):
        seen = _play(mine, situation)
        found = next(_findings(seen), None)
        if found is not None:
            return report(f"{situation.name}: {situation.setting}", number, len(SITUATIONS), found, seen.trial.tape)
    what = f"your client shows each item once, in all {len(SITUATIONS)} situations."
    return CheckResult(True, what, tape=_play(mine, SITUATIONS[1]).trial.tape)


async def _once(connect: Callable[[], Awaitable[object]], _show: object) -> None:
    """What a stub is shown: a client that connects, once."""
    ws = await connect()
    await ws.send("after 0")  # type: ignore[attr-defined]  # it is an Endpoint
    await asyncio.sleep(3600)


# ---- one run


@dataclass
class _Seen:
    """What was observed of one run."""

    situation: Situation
    trial: Trial
    service: Service

    @property
    def wanted(self) -> list[int]:
        """The items, as they should be shown."""
        return list(range(1, self.service.published + 1))

    @property
    def client(self) -> Client:
        """The first client that lacks something, or the first of all."""
        clients = self.service.clients
        return next((each for each in clients if each.items != self.wanted), clients[0])

    @property
    def run(self) -> Run:
        """The run of that client."""
        return self.trial.runs[self.service.clients.index(self.client)]


def _play(function: Callable[..., Awaitable[object]], situation: Situation) -> _Seen:
    trial = Trial(function)
    seen = _Seen(situation, trial, Service(trial.lab, situation.clients, situation.again))
    trial.run(_story(seen))
    return seen


async def _story(seen: _Seen) -> None:
    service, trial = seen.service, seen.trial
    await service.open(*seen.situation.faults)
    for client in service.clients:
        trial.start(service.connect_of(client), service.show_of(client))
    loop = asyncio.get_running_loop()
    script = loop.create_task(_whole_script(seen))
    enough = loop.create_task(service.enough.wait())
    await asyncio.wait({script, enough}, return_when=asyncio.FIRST_COMPLETED)
    enough.cancel()
    if script.done():
        script.result()  # an error of the script is the check's own
    script.cancel()


async def _whole_script(seen: _Seen) -> None:
    service, situation = seen.service, seen.situation
    await situation.script(service)
    until = seen.trial.lab.now + situation.within
    while seen.trial.lab.now < until and any(each.items != seen.wanted for each in service.clients):
        await asyncio.sleep(0.5)
    service.end()
    await asyncio.sleep(AFTERWARDS)


# ---- what is asked of a run


def _findings(seen: _Seen) -> Iterator[Finding]:
    """Everything that went wrong, the most telling first."""
    questions = (
        *(_any_code, _no_dial, _unsaid, _too_often, _twice_shown, _error, _is_over, _missing),
        *(_dialled_alive, _at_once, _dialled_after_the_end, _goes_on, _left_open),
    )
    for question in questions:
        found = question(seen)
        if found is not None:
            yield found


def _any_code(seen: _Seen) -> Finding | None:
    return seen.trial.finding()


def _no_dial(seen: _Seen) -> Finding | None:
    if seen.client.dials or seen.run.error is not None:
        return None
    return Finding(
        "Your function dials nobody.",
        "Begin with `ws = await connect()`.",
        "Then say what you have, and read.",
        _FOLLOW,
    )


def _unsaid(seen: _Seen) -> Finding | None:
    strangers = seen.service.strangers
    if not strangers or seen.situation is not SITUATIONS[0]:
        return None
    said = f"says {strangers[0]!r}" if strangers[0] else "says nothing"
    return Finding(
        f"Your client connects and {said}, so the server sends nothing.",
        "The first message on each connection says what you have: `await ws.send(f'after {last}')`, 0 at first.",
        "The protocol has no session (§1.5): a new connection knows nothing of the one before.",
        'await ws.send(f"after {last}")',
    )


def _too_often(seen: _Seen) -> Finding | None:
    most = max(len(each.dials) for each in seen.service.clients)
    if most <= seen.situation.most_dials or seen.situation.most_dials <= 3:
        return None
    client = next(each for each in seen.service.clients if len(each.dials) == most)
    last = client.dials[-1]
    often = f"more than {MOST_DIALS}" if most > MOST_DIALS else str(most)
    sentence = f"Your client dials {often} times in {last - client.dials[0]:,.0f} s."
    if seen.service.crashes or seen.situation.script is _crashing:
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


def _twice_shown(seen: _Seen) -> Finding | None:
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
            "if number > last:\n    show(number)\n    last = number",
        )
    return Finding(
        f"The client shows item {item} twice: it asked for it again.",
        "Keep the number of the last item across connections, and say it: `after 3`, not `after 0`.",
        "A variable that is set within the loop is new for each connection; set it before the loop.",
        'await ws.send(f"after {last}")',
    )


def _error(seen: _Seen) -> Finding | None:
    run = next((each for each in seen.trial.runs if each.error is not None and not _may_leave(each)), None)
    if run is None:
        return None
    if isinstance(run.error, ConnectionClosed):
        return Finding(
            f"ConnectionClosed ({run.code}) leaves your function at {run.ended:.0f} s, and nobody dials again.",
            "`send` and `recv` raise it when the connection is over, and `async for` does for every end but 1000 and "
            "1001. Catch it around everything that a connection does.",
            "Neither the protocol nor a browser comes back by itself: a client does it (§7.2.3).",
            _FOLLOW,
        )
    if isinstance(run.error, (OSError, HandshakeRefused)):
        return Finding(
            f"{type(run.error).__name__} leaves your function at {run.ended:.0f} s, and nobody dials again.",
            "`connect` raises OSError where nobody answers, and HandshakeRefused where the server refuses; a `recv` "
            "or `ping` without an answer raises TimeoutError, which is an OSError. Catch them, wait, try again.",
            "A server that is away answers nothing, and one that starts refuses with 503: both pass.",
            _FOLLOW,
        )
    return seen.trial.raised(run)


def _may_leave(run: Run) -> bool:
    """Whether the error is one with which the function may end: the server has said that it is over."""
    return run.code == 1000 or (isinstance(run.error, HandshakeRefused) and run.error.status == 403)


def _is_over(seen: _Seen) -> Finding | None:
    """Returned too early."""
    over = seen.service.over_at
    run = next((each for each in seen.trial.runs if each.ended is not None and (over is None or each.ended < over)), None)
    if run is None or seen.situation.script is _refused:
        return None
    code = next((each.close_code for each in reversed(seen.client.connections)), None)
    after = "" if code in (None, 1000) else f", after a connection that ended with {code}"
    return Finding(
        f"Your function returns at {run.ended:.0f} s{after}, and the server has more.",
        "`async for` ends without an error for 1001, too, with which a server restarts. Look at `ws.close_code`: only "
        "1000 means that it is over."
        if code == 1001
        else "Go on until the server closes with 1000: `while True:` around connect, read and wait.",
        "What a code asks of a client is not in the protocol (§7.4); here 1000 means: it is over.",
        "if ws.close_code == 1000:\n    return",
    )


def _missing(seen: _Seen) -> Finding | None:
    client, wanted = seen.client, seen.wanted
    if client.items == wanted:
        return None
    if seen.situation.script is _refused:
        return None
    lacks = [each for each in wanted if each not in client.items]
    if not lacks:
        return Finding(
            f"The client shows the items in the order {client.items}.",
            "Show each one when it comes: on one connection they come in order.",
            "Order is kept on one connection, and lost between two.",
            "if number > last:\n    show(number)\n    last = number",
        )
    return Finding(f"The client has not shown {_listed(lacks)} of {len(wanted)}.", *_why_missing(seen, client))


def _listed(items: list[int]) -> str:
    return f"item {items[0]}" if len(items) == 1 else f"{len(items)} items, {items[0]} the first,"


def _why_missing(seen: _Seen, client: Client) -> tuple[str, str, str]:
    if seen.situation.script is _silence and len(client.dials) == 1:
        return (
            "It still waits on the silent path. `async for` waits without limit: use `recv(timeout=20)`, and when "
            "nothing comes, ask with `ping(timeout=20)`.",
            "A side that only listens never learns that a path is dead.",
            _LISTEN,
        )
    if seen.situation.script in (_gone, _twice, _deploy, _crashing):
        return (
            f"It dialled {len(client.dials)} times, and was not back in time. Limit the wait, to a minute at most; "
            "and count from 0 again when an item came.",
            "Without a limit, a wait that doubles is longer than the outage itself: after an hour the next attempt may "
            "be an hour away (§7.2.3: truncated).",
            _WAIT,
        )
    if len(client.connections) > 1:
        return (
            "Say on the new connection what you have, which is the last item shown, not the last you heard of "
            "otherwise; show all that come then.",
            "What was on its way when the connection broke is lost, and no error says so.",
            'await ws.send(f"after {last}")',
        )
    return ("Dial again when the connection ends, soon: 0 to 5 s.", "A client comes back by itself (§7.2.3).", _FOLLOW)


def _dialled_alive(seen: _Seen) -> Finding | None:
    situation, client = seen.situation, seen.client
    over = seen.service.over_at or 0.0
    before = [each for each in client.dials if each < over]
    if len(before) <= situation.most_dials or situation.script is _refused:
        return None
    hints = {
        _quiet: "When `recv` finds nothing, ask: `await ws.ping(timeout=20)`. A Pong says that the server lives. A "
        "wait without a limit of its own has 10 s here.",
        _steady: "Whoever sends items is alive: ask only when none came, and let an item count as an answer.",
    }
    return Finding(
        f"Your client dials {len(before)} times, at {before[1]:.0f} s for the second time, while the server lives.",
        hints.get(situation.script, "One end of a connection, one new connection."),
        "Each needless connection costs a handshake, a resume, and the server's memory.",
        _LISTEN,
    )


def _at_once(seen: _Seen) -> Finding | None:
    if seen.situation.clients < HERD:
        return None
    later = [time for each in seen.service.clients for time in each.dials[1:]]
    most = max((sum(begin <= time < begin + 1 for time in later) for begin in later), default=0)
    if most <= MOST_IN_A_SECOND:
        return None
    return Finding(
        f"{most} of {HERD} clients dial within one second.",
        "Wait for a random time, at first from 0 to 5 s (§7.2.3): `random.uniform(0, min(60, 5 * 2**failures))`.",
        "Clients that lost their connection together come back together, each time, unless chance spreads them.",
        _WAIT,
    )


def _dialled_after_the_end(seen: _Seen) -> Finding | None:
    refused = seen.situation.script is _refused
    for client in seen.service.clients:
        told = [each.close_code == 1000 for each in client.connections]
        if refused and len(client.dials) > 2:
            return Finding(
                f"The server refuses with 403, and your client dials {len(client.dials) - 2} more times.",
                "Look at `refused.status`: 403 says that you may not come in; only 5xx and no answer pass by "
                "themselves.",
                "To ask again what was refused is a load for the server, and for nobody any good.",
                "except HandshakeRefused as refused:\n    if refused.status == 403:\n        return",
            )
        if any(told[:-1]):
            return Finding(
                f"The server closed with 1000 at {seen.service.over_at or 0:.0f} s, and your client dials again, "
                f"{sum(told) - 1} times.",
                "1000 means that it is over: return. `ws.close_code`, or `closed.code` of ConnectionClosed, has it.",
                "A normal closure says that the purpose is fulfilled (§7.4.1); back-off is for abnormal ones (§7.2.3).",
                "if ws.close_code == 1000:\n    return",
            )
    return None


def _goes_on(seen: _Seen) -> Finding | None:
    if all(each.ended is not None for each in seen.trial.runs):
        return None
    return Finding(
        f"It is over, and your function still runs {AFTERWARDS:.0f} s later.",
        "Return when the server has closed with 1000, or refused with 403.",
        "`async for` ends by itself then; `recv` raises ConnectionClosed, and `closed.code` is 1000.",
        "if ws.close_code == 1000:\n    return",
    )


def _left_open(seen: _Seen) -> Finding | None:
    open_ones = [each for client in seen.service.clients for each in client.connections if each.is_open]
    if not open_ones:
        return None
    return Finding(
        f"Connection {open_ones[0].number} was given up, and is still open at your end.",
        "Let go of it before you dial again: `ws.abort()`.",
        "The path is dead, so a Close would wait for an answer that cannot come. What is not ended stays in memory, "
        "and may come back to life beside its successor.",
        "ws.abort()",
    )


_WAIT = "await asyncio.sleep(random.uniform(0, min(60, 5 * 2**failures)))\nfailures += 1"
_LISTEN = """\
try:
    number = int(await ws.recv(timeout=20))
except TimeoutError:
    await ws.ping(timeout=20)
    continue"""
_FOLLOW = """\
while True:
    try:
        ws = await connect()
        await ws.send(f"after {last}")
        ...  # show what comes; return after 1000
    except (ConnectionClosed, HandshakeRefused, OSError):
        pass
    await asyncio.sleep(random.uniform(0, min(60, 5 * 2**failures)))
    failures += 1"""
