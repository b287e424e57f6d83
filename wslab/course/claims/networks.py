"""Experiments on what stands between and on coming back: timers, stickiness, users who are gone, and the herd."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from math import inf

from wslab.course.claims.charts import Bars, Boxes, Chart, Curve
from wslab.course.claims.experiment import Experiment, Figures, half, in_lab, number, series, whether
from wslab.course.myths import Verdict
from wslab.lab import ConnectionClosed, Endpoint, Lab, Tape
from wslab.protocol import Opcode, State
from wslab.scenarios import play

__all__ = ["EXPERIMENTS"]

# ---- load balancers

SEEDS = range(5)


def _timers() -> Figures:
    idle = [_end_of(play("idle-proxy", seed=seed)) for seed in SEEDS]
    aged = [_end_of(play("age-limit", seed=seed, age=600)) for seed in SEEDS]
    kept = play("idle-proxy", ping_interval=25.0)
    return {
        "runs, each with other chances": len(SEEDS),
        "idle timer: the first end, at s": round(min(idle), 1),
        "idle timer: the last end, at s": round(max(idle), 1),
        "age limit: the first end, at s": round(min(aged), 1),
        "age limit: the last end, at s": round(max(aged), 1),
        "with a Ping every 25 s: ended": _is_over(kept),
        "idle timer": tuple(idle),
    }


def _end_of(tape: Tape) -> float:
    """When the first side of connection 1 learned that it is over, in seconds; 0 where none did."""
    ended = (each.time for each in tape.entries(1) if {_state(each.client), _state(each.server)} & {State.CLOSED})
    return next(ended, 0.0)


def _state(belief: object) -> object:
    return getattr(belief, "state", None)


def _is_over(tape: Tape) -> bool:
    last = tape.entries(1)[-1]
    return last.client is None or last.client.state is State.CLOSED


def _at_random(figures: Figures) -> Verdict:
    spread = [
        number(figures, f"{timer}: the last end, at s") - number(figures, f"{timer}: the first end, at s")
        for timer in ("idle timer", "age limit")
    ]
    return whether(max(spread) > 1 or bool(number(figures, "with a Ping every 25 s: ended")))


def _draw_timers(figures: Figures) -> Chart:
    rows = tuple((f"run {n + 1}", end) for n, end in enumerate(series(figures, "idle timer")))
    return Bars("Nobody speaks: when the connection ended", "s", rows)


# ---- sticky sessions


def _baskets() -> Figures:
    own, shared = play("other-server", store="own"), play("other-server", store="shared")
    return {
        "answers on the first connection": len(own.frames(Opcode.TEXT, "server", connection=1)),
        "of these by another server": 0 if _counted_on(own) else 1,
        "after the reconnect, own memory: answers": len(own.frames(Opcode.TEXT, "server", connection=2)),
        "after the reconnect, shared store: answers": len(shared.frames(Opcode.TEXT, "server", connection=2)),
    }


def _counted_on(tape: Tape) -> bool:
    """Whether the basket of the first connection only grew: one server counted all of it."""
    answers = [(each.plain or b"") for each in tape.frames(Opcode.TEXT, "server", connection=1)]
    return answers == sorted(answers)


def _keeps_it(figures: Figures) -> Verdict:
    """Two parts: that stickiness is needed while a connection lives, and that it decides about the next one."""
    alive = number(figures, "of these by another server") > 0
    next_one = number(figures, "after the reconnect, own memory: answers") == 0
    return half(alive, next_one)


def _draw_baskets(figures: Figures) -> Chart:
    own = number(figures, "after the reconnect, own memory: answers")
    shared = number(figures, "after the reconnect, shared store: answers")
    boxes = (
        ("one connection", "good" if not number(figures, "of these by another server") else "bad"),
        ("the next, other server", "good" if own else "bad"),
        ("the next, shared store", "good" if shared else "bad"),
    )
    return Boxes("Is the basket still there?", (("good", "it is"), ("bad", "it is lost")), boxes)


# ---- users who are gone


def _gone() -> Figures:
    """Seconds until the server ends the connection of a user whose path is silent; `inf` where it never does."""
    found: dict[str, float | str] = {"seconds watched": 120}
    for name, interval in (("no Ping", None), ("a Ping every 60 s", 60.0), ("a Ping every 20 s", 20.0)):
        closes = play("zombie-user", ping_interval=interval).frames(Opcode.CLOSE, "server", connection=2)
        found[f"{name}: found after s"] = round(closes[0].time, 1) if closes else inf
    return found


def _keeps_ghosts(figures: Figures) -> Verdict:
    return whether(number(figures, "no Ping: found after s") == inf)


def _draw_gone(figures: Figures) -> Chart:
    names = ("no Ping", "a Ping every 60 s", "a Ping every 20 s")
    found = [number(figures, f"{name}: found after s") for name in names]
    watched = number(figures, "seconds watched")
    rows = tuple(
        (name, end) if end < inf else (f"{name}: never", watched) for name, end in zip(names, found, strict=True)
    )
    return Bars("How long the server counts a user who is gone", "s", rows)


# ---- the herd

CLIENTS, WATCHED = 30, 11.0


def _herds() -> Figures:
    plans = ("none", "exponential", "full-jitter")
    herds = {plan: _attempts(play("herd", clients=CLIENTS, backoff=plan, watched=WATCHED)) for plan in plans}
    return {
        "connections after a cut, by itself": in_lab(_left_alone),
        "clients": CLIENTS,
        **{f"{plan}: attempts in the worst second": max(herds[plan]) for plan in plans},
        **{plan: herds[plan] for plan in plans},
    }


async def _left_alone(lab: Lab) -> int:
    """How many connections there are a minute after the first was cut, where no program acts."""

    async def read(connection: Endpoint) -> None:
        with suppress(ConnectionClosed):
            async for _ in connection:
                pass

    link = await lab.link(await lab.serve(read))
    await lab.connect(link)
    link.cut()
    await asyncio.sleep(60)
    return len(lab.tape.connection_numbers) - 1


def _attempts(tape: Tape) -> tuple[float, ...]:
    """How many clients dial in each second."""
    seconds = Counter(int(each.time) for each in tape if each.tcp == "connect")
    return tuple(float(seconds[second]) for second in range(int(WATCHED)))


def _by_itself(figures: Figures) -> Verdict:
    return whether(number(figures, "connections after a cut, by itself") == 0)


def _draw_herds(figures: Figures) -> Chart:
    names = {"none": "no wait", "exponential": "5 s, 10 s, 20 s", "full-jitter": "a random part of it"}
    lines = tuple(
        (words, tuple((float(second), count) for second, count in enumerate(series(figures, plan))))
        for plan, words in names.items()
    )
    return Curve("Thirty clients come back: attempts in each second", "s", "attempts", lines)


EXPERIMENTS = (
    Experiment(
        "lb-random",
        "A proxy with an idle timer of 60 s and a balancer with an age limit of 10 minutes, five runs each; then "
        "Pings.",
        _timers,
        _at_random,
        _draw_timers,
        "nginx ends a connection after 60 s without a byte from the server behind it, unless told otherwise "
        "(`proxy_read_timeout`). Cloud balancers have an idle timer as well, and some an age limit.",
        "What ends at a round age, or after a round time without a byte, was a timer.",
        "Proxy and balancer are the lab's: they have these timers and nothing else.",
        otherwise={"idle timer: the last end, at s": 97},
    ),
    Experiment(
        "sticky",
        "A client fills a basket on one connection. Its server is shut down, and it reconnects to another.",
        _baskets,
        _keeps_it,
        _draw_baskets,
        "Proxies keep an upgraded connection on its server; they have no choice. Socket.IO needs sticky sessions where "
        "it begins with polling, for there each request may go to another server.",
        "A connection needs no stickiness, a session needs a store.",
        "The balancer is a model: the client dials the second server itself.",
        otherwise={"of these by another server": 1},
    ),
    Experiment(
        "zombies",
        "Bob's path falls silent, and the server is watched for two minutes: without Pings, and with two kinds of "
        "them.",
        _gone,
        _keeps_ghosts,
        _draw_gone,
        "`websockets` sends a Ping every 20 s by default and finds out. npm's `ws` does not: its README has a "
        "heartbeat to copy. TCP alone asks nothing unless keepalive is turned on (RFC 9293 §3.8.4).",
        "A server that does not ask counts users who are gone.",
        otherwise={"no Ping: found after s": 40},
    ),
    Experiment(
        "reconnect",
        "A connection is cut, and nobody acts for a minute. Then 30 clients come back to a server, with three plans.",
        _herds,
        _by_itself,
        _draw_herds,
        "A browser's `WebSocket` never reconnects, `EventSource` does. `websockets` reconnects in `async for ws in "
        "connect(...)`, with a growing wait; npm's `ws` leaves it to you.",
        "Come back by yourself, and not at the same moment as all others.",
        otherwise={"connections after a cut, by itself": 1},
    ),
)
