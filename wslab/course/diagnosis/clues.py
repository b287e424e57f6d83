"""What the figures of a message say about its causes: the time, the code, the reason.

A `Clue` looks at `Figures` and weighs causes, as an answer does (`questions`). What this module leaves out: the sum of
all weights (`diagnosis`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from wslab.course.diagnosis.pattern import Figures
from wslab.course.diagnosis.questions import Weight

__all__ = ["TIMERS", "silence", "weights"]

TIMERS: Mapping[float, str] = {
    30.0: "Google Cloud's backend service, unless set, or Heroku's first answer",
    55.0: "Heroku's router",
    60.0: "nginx's `proxy_read_timeout` and an ALB's idle timeout, unless set",
    100.0: "Cloudflare's Proxy Read Timeout of former years",
    120.0: "Cloudflare's Proxy Read Timeout, unless set",
    300.0: "Envoy's `stream_idle_timeout`, unless set",
    350.0: "AWS's network load balancer, unless set, and its NAT gateway",
    600.0: "API Gateway when idle, and Google Cloud's firewall for an idle TCP connection",
    1200.0: "Google Cloud's NAT for an idle TCP connection, unless set",
    3600.0: "a limit of one hour, and HAProxy's usual example for `timeout tunnel`",
    7200.0: "API Gateway's greatest age",
}
"""Times that timers have, in seconds, and whose they are."""

_NEAR = 0.02  # of the time: what a timer may be late


@dataclass(frozen=True, slots=True)
class Clue:
    """Where `fits` the figures, `weighs` speaks for or against causes."""

    fits: Callable[[Figures], bool]
    weighs: Mapping[str, Weight]


def weights(figures: Figures) -> Iterator[tuple[str, Weight]]:
    """What the figures say: cause, weight and reason."""
    for clue in CLUES:
        if clue.fits(figures):
            yield from clue.weighs.items()
    yield from _of_a_timer(figures)


def silence(figures: Figures) -> float | None:
    """How long nothing was said. A whole life counts where it is a timer's time; otherwise a part of it was busy."""
    lasted = figures.lasted
    if figures.seconds is None and lasted is not None and _whose(lasted) is not None:
        return lasted
    return figures.seconds


def _of_a_timer(figures: Figures) -> Iterator[tuple[str, Weight]]:
    """A round time is a timer's, and the table says whose."""
    seconds, age = silence(figures), figures.age
    if age is not None and (whose := _whose(age)) is not None:
        yield "age-limit", (0.5, f"{age:g} s is a timer's time: {whose}.")
    if seconds is None:
        return
    whose = _whose(seconds)
    if whose is None:
        yield "idle-proxy", (-0.3, f"{seconds:g} s is no usual time of a timer.")
        return
    yield "idle-proxy", (1.0 if age is None else 0.3, f"{seconds:g} s is a timer's time: {whose}.")
    if seconds >= 3500 and age is None:
        yield "age-limit", (1.5, f"{seconds:g} s is an age more often than a silence.")


def _whose(seconds: float) -> str | None:
    return next((who for each, who in TIMERS.items() if abs(seconds - each) <= each * _NEAR), None)


def _reason_has(*words: str) -> Callable[[Figures], bool]:
    return lambda figures: figures.reason is not None and any(word in figures.reason.casefold() for word in words)


def _code_is(*codes: int) -> Callable[[Figures], bool]:
    return lambda figures: figures.code in codes


CLUES: tuple[Clue, ...] = (
    Clue(
        _reason_has("keepalive"),
        {"blocked-loop": (1.0, "The reason names a Ping that nobody answered.")},
    ),
    Clue(_reason_has("expired", "token", "unauthori"), {"token-expires": (2.0, "The reason names a login.")}),
    Clue(_reason_has("heartbeat"), {"background-tab": (1.5, "The reason names the page's own heartbeat.")}),
    Clue(
        _reason_has("log in", "login", "session", "ticket"),
        {
            "other-server": (1.5, "The reason names a session that this server does not know."),
            "token-expires": (1.0, "The reason names a login."),
        },
    ),
    Clue(_reason_has("restart", "shutting down", "deploy"), {"rolling-deploy": (1.5, "The reason names a restart.")}),
    Clue(
        _reason_has("idle", "inactiv"),
        {"idle-proxy": (1.0, "The reason names silence."), "background-tab": (0.5, "The reason names silence.")},
    ),
    Clue(
        _code_is(1006),
        {
            "clean-close": (-3.0, "1006 means that no Close came."),
            "close-code": (-3.0, "1006 means that no Close came."),
        },
    ),
    Clue(
        lambda figures: figures.size is not None and figures.limit is not None and figures.size > figures.limit,
        {"message-too-big": (0.5, "The size is over the limit.")},
    ),
)
"""All clues but those of a timer."""
