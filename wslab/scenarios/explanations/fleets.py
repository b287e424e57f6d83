"""The explanations of `stories.fleets`."""

from __future__ import annotations

from collections import Counter

from wslab.protocol import Opcode
from wslab.scenarios.explanation import Explanation, PlayedRun, by
from wslab.scenarios.outcomes import outcomes

_ONE_AFTER_THE_OTHER = (
    "The server is one queue that loads one session after the other; a real one slows down as a whole."
)
_NOBODY_LEFT = (
    "The server loads sessions one after the other, and here it is done with each before a client ends its attempt "
    "after {timeout} s. §7.2.3 asks for a random first wait nevertheless, such as 0 to 5 s: with more clients, or a "
    "slower server, those that come together are in each other's way."
)
_STOPPED_EARLY = (
    "The story stops before the first client ends an attempt, which it does after {timeout} s. The server loads "
    "sessions one after the other, so those whose turn has not come still wait. §7.2.3 asks for a random first wait, "
    "such as 0 to 5 s."
)
_NOBODY_CAME = (
    "The story stops before the first client has opened its connection. §7.2.3 asks for a random wait before that, "
    "such as 0 to 5 s."
)
_HERD_WHY = {
    "none": "Each client comes at once and again after each failure. The server loads sessions one after the other, "
    "and goes on to load those of clients that have given up after {timeout} s: that work is for nobody. §7.2.3 "
    "asks for a random first wait, such as 0 to 5 s, and for longer ones after each failure.",
    "exponential": "Each client waits 5 s, then 10 s, then 20 s. All of them wait equally long, so they come together "
    "each time: a backoff without randomness delays the herd and does not spread it. §7.2.3 asks for a random first "
    "wait.",
    "full-jitter": "Each client waits a random part of 5 s, then of 10 s, then of 20 s, so the same work is spread "
    "over time (§7.2.3). Fewer attempts fail, and so fewer sessions are loaded for clients that have left.",
}
_FEW = 0.1  # of all attempts
_UNREAD = (
    " Of a client that has given up the server has got RST, but its program does not look at that before it loads the "
    "session."
)


def _out_of_time(ended: int, attempts: int) -> str:
    return (
        "Each client waits a random part of 5 s, then of 10 s, then of 20 s, so the same work is spread over time "
        f"(§7.2.3). Yet {ended:,} of {attempts:,} attempts fail: a client ends its attempt after {{timeout}} s, and "
        "its turn often comes later than that. Randomness spreads the work and does not lessen it: the server has to "
        "be quick enough, and a client patient enough."
    )


def herd(run: PlayedRun) -> Explanation:
    """By the backoff, with the number of those that are in at the end."""
    states = Counter[str]()
    for end in outcomes(run.tape):
        states[f"{end.client or 'nothing'}, and the server {end.server or 'nothing'}"] += len(end.connections)
    ends = "; ".join(f"of {number:,} the client believes {each}" for each, number in states.most_common())
    return Explanation(
        what="The server is back, and {clients:,} clients want in, with the backoff “{backoff}”. After {watched} s at "
        f"the latest the story stops: there were {sum(states.values()):,} connections.",
        why=_why_of_herd(run, states),
        knows=f"{ends[:1].upper()}{ends[1:] or 'No connection began'}. {_some_wait(run, states)}No client knows of "
        f"the others, or how long the queue is.{_UNREAD if _given_up(states) else ''}",
        code="Before each attempt `await asyncio.sleep(random.uniform(0, min(60, 5 * 2 ** attempt)))`. Start "
        "`attempt` again at 0 only after the connection has held for a while. On the server refuse early, with 503 "
        "and Retry-After, and look whether its client is still there before you load a session.",
        limits=_ONE_AFTER_THE_OTHER,
    )


def _given_up(states: Counter[str]) -> int:
    """How many attempts were ended by their clients: a client that was OPEN and cut TCP believes 1006.

    One that the end of the story stopped inside its handshake has no code, and has not given up.
    """
    return sum(number for each, number in states.items() if each.startswith("CLOSED 1006"))


def _some_wait(run: PlayedRun, states: Counter[str]) -> str:
    """That some wait for their session, where it is so: a side is OPEN from the 101 on, long before its turn."""
    if len(run.tape.frames(Opcode.TEXT, "server")) >= states.get("OPEN, and the server OPEN", 0):
        return ""
    return "OPEN tells of the handshake only: some of these still wait for their session. "


def _why_of_herd(run: PlayedRun, states: Counter[str]) -> str:
    """By the backoff, and by how many attempts were ended."""
    attempts, ended = states.total(), _given_up(states)
    if not any(each.startswith(("OPEN", "CLOSED 1006")) for each in states):
        return _NOBODY_CAME
    if run["backoff"] == "full-jitter" and ended > _FEW * attempts:
        return _out_of_time(ended, attempts)
    if run["backoff"] == "full-jitter" or ended:
        return _HERD_WHY[str(run["backoff"])]
    return _NOBODY_LEFT if len(run.tape.frames(Opcode.TEXT, "server")) == attempts else _STOPPED_EARLY


_BROKEN = (
    "Of the first connection the client believes {client}, and the server {server}; of the second the client believes "
    "{client2}, and the server {server2}."
)
_NO_RECEIPT = (
    "A `send` that returns says that TCP took the bytes, not that they arrived: WebSocket adds no acknowledgement "
    "(§1.5). What was on its way when TCP was reset is lost, and a new connection (§7.2.3) knows nothing of the old "
    "one."
)
_RESUME = (
    "Number each item and keep the last N on the server. The client says what it has, `await "
    "ws.send(json.dumps({{'resume': last}}))`, and drops what it has already."
)
RECONNECT = by(
    "resume",
    {
        "nothing": Explanation(
            what="TCP is reset while a news item is on its way. The client is back after {away} s, gets only what is "
            "published once the server has heard from it, and never sees the rest.",
            why=_NO_RECEIPT,
            knows=f"{_BROKEN} The server's sends all succeeded, so its program takes what it sent for delivered; "
            "what was published before it heard from the new connection went to nobody. The client says what it has "
            "seen, but this server does not look at it; and only by the numbers can a client know that some are "
            "missing.",
            code=_RESUME,
        ),
        "last-five": Explanation(
            what="TCP is reset while a news item is on its way. The client is back after {away} s and gets the last "
            "items, five at most, whether it has them or not.",
            why=f"{_NO_RECEIPT} A fixed number is too many after a short break and too few after a long one.",
            knows=f"{_BROKEN} The client says what it has seen, but this server does not look at it. Only by the "
            "numbers can a client tell an old item from a new one.",
            code=_RESUME,
        ),
        "by-number": Explanation(
            what="TCP is reset while a news item is on its way. The client is back after {away} s and says the number "
            "of the last item that it has; the server goes on after it, and nothing is missing or comes twice.",
            why=f"{_NO_RECEIPT} With numbers of its own the application knows what is missing.",
            knows=f"{_BROKEN} The client knows that it has each item once, in order.",
            code=_RESUME,
        ),
    },
)

_UNKNOWN = (
    "When a connection ends between an order and its answer, the client cannot know whether the order came in: 1006 "
    "says only that no Close came (§7.1.5). Sending it again may do it twice; not sending it may lose it."
)
SENT_TWICE = by(
    "ids",
    {
        False: Explanation(
            what="The client sends an order, and the answer is lost with the connection. It sends the order again, "
            "and the server books it twice.",
            why=f"{_UNKNOWN} WebSocket has no receipts, and this server does not look at the order's number.",
            knows=f"{_BROKEN} The client thinks that it paid once; the server has two orders and thinks that both "
            "were meant.",
            code="Give each order an id when it is made, not when it is sent: `order_id = uuid.uuid4()`. On the "
            "server look the id up and book in one transaction (a unique index), and keep the answer for when it is "
            "asked for again.",
        ),
        True: Explanation(
            what="The client sends an order, and the answer is lost with the connection. It sends the order again "
            "with the same id; the server recognises it and gives the same answer.",
            why=f"{_UNKNOWN} With an id it is safe to send it again: the server does each id once.",
            knows=f"{_BROKEN} Both know that it is booked once.",
            code="`INSERT ... ON CONFLICT (order_id) DO NOTHING` in the transaction that books. Keep the ids longer "
            "than any client tries again.",
        ),
    },
)

_ORDER = (
    "A connection keeps order: TCP delivers bytes as they were sent, and the fragments of two messages never mix "
    "(§5.4). WebSocket knows nothing of questions and answers."
)
OUT_OF_ORDER = by(
    "how",
    {
        "task-per-message": Explanation(
            what="The client asks for a report, a search and the time. The server works at all three at once, and the "
            "quickest answer comes first. The client takes it for the answer to its first question.",
            why=f"{_ORDER} A handler that starts a task for each message sends answers as they become ready.",
            knows="The client believes {client}, the server {server}: a clean end. The client takes two of the three "
            "answers for those of other questions, and has no error.",
            code="Put an id into each question and its answer: `{{'id': 7, 'ask': 'report'}}`. In the client keep "
            "`waiting[id] = loop.create_future()` and resolve it by the id.",
        ),
        "one-by-one": Explanation(
            what="The client asks for a report, a search and the time. The server finishes one before it begins the "
            "next, and the answers come in the order of the questions.",
            why=f"{_ORDER} Here the handler keeps the order, and takes as long as all together.",
            knows="The client believes {client}, the server {server}: each answer belongs to its question.",
            code="`async for question in ws: await ws.send(await answer(question))`. With an id in each question and "
            "answer, tasks at the same time would be right, too.",
        ),
    },
)
