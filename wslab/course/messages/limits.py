"""A check of whose limit it was where a connection ended with 1009 (§7.4.1, §10.4).

The side that accepts no more sends a Close with 1009, and the other answers it, mostly with the same code. So the first
Close with 1009 names the side. What either program is told does not: the one that fails the connection mostly reports
1006 to its own program (§7.1.5), and the innocent one reports 1009.

Left out: an intermediary that speaks WebSocket, which is the server of one connection and the client of another.
"""

from __future__ import annotations

from wslab.course.messages.cases import Case, Mistake, judge
from wslab.course.networks.trial import Task
from wslab.course.report import CheckResult

__all__ = ["check_whose"]

Closes = list[tuple[str, int]]

TASK = Task(
    (str,),
    "'client', 'server' or 'nobody'",
    "Look for the first Close with 1009: its sender has the limit.",
    "The side that accepts no more says 1009; the other one only answers. Other codes say nothing about a limit.",
    '''def whose(closes):
    for sender, code in closes:
        if code == 1009:
            return sender
    return "nobody"''',
)

CASES = (
    Case([("server", 1009), ("client", 1009)], "server", "The server said 1009 first, and the client only answered."),
    Case([("client", 1009), ("server", 1009)], "client", "The client said 1009 first, and the server only answered."),
    Case([("server", 1009)], "server", "One Close is enough: the answer to it may be missing."),
    Case([("client", 1000), ("server", 1000)], "nobody", "1000 is a normal end, and says nothing about a limit."),
    Case([], "nobody", "No Close at all is 1006, and says nothing about a limit."),
    Case([("client", 1001), ("server", 1009)], "server", "Two Closes crossed, and only one of them has 1009."),
)


def _last(closes: Closes) -> str:
    return next((sender for sender, code in reversed(closes) if code == 1009), "nobody")


def _first(closes: Closes) -> str:
    return closes[0][0] if closes else "nobody"


def _other(closes: Closes) -> str:
    sender = next((sender for sender, code in closes if code == 1009), "nobody")
    return {"client": "server", "server": "client"}.get(sender, sender)


MISTAKES = (
    Mistake(_last, "This takes the last 1009, which is an answer: the first one is the side that accepts no more."),
    Mistake(_first, "This takes the first Close, whatever its code is: only 1009 speaks of a limit."),
    Mistake(_other, "This blames the side that is told 1009. The one that says it has the limit."),
)


def check_whose(mine: object) -> CheckResult:
    """Give the Closes of some connections to the learner's function, and name what it takes for a limit.

    `mine` is a function of a list of pairs (sender, code), in the order in which they were sent, that returns
    "client", "server" or "nobody".

    >>> check_whose(lambda closes: closes[-1][0] if closes else "nobody").ok
    False
    """
    return judge(mine, TASK, CASES, MISTAKES, f"all {len(CASES)} connections are read as what they are.")
