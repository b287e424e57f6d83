"""News in one direction: what it costs by requests, by a WebSocket, and by an answer that does not end.

How HTTP is modelled: a request is the GET of the lab's client, which the server answers with 200 and the news. The
bytes are on the tape as HTTP has them, and each figure is counted there. The lines that only an opening handshake has
are not counted for a request (`_bytes_of`).
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from wslab.explain import counted
from wslab.lab import Endpoint, Entry, HandshakeRefused, Lab, Link, Tape
from wslab.lab.faults.timing import Delay
from wslab.protocol import HandshakeRequest, Opcode
from wslab.protocol.handshake.base import Headers
from wslab.scenarios.answers import programs as answers
from wslab.scenarios.asked import Topic
from wslab.scenarios.catalogue import scenario
from wslab.scenarios.explanation import Explanation, PlayedRun

GROUP = "What people build"

_HOUR = 3600
_PATH = Delay(0.05)
_PAGE = (
    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    ("Accept-Language", "en-GB,en;q=0.5"),
    ("Cookie", "session=5f2b8c1e9a7d4406b3c0d1e2f3a4b5c6"),
)
"""Headers that a browser sends with each request, the handshake's included."""

_HANDSHAKE_ONLY = re.compile(rb"^(Upgrade|Connection: Upgrade|Sec-WebSocket-\w+)[^\r]*\r\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Figures:
    """What one way of getting the news cost, by the tape: `delays` are the seconds from each item to its arrival."""

    requests: int
    size: int
    delays: tuple[float, ...]

    def __str__(self) -> str:
        return (
            f"{counted(self.requests, 'request')}, {self.size:,} bytes; {counted(len(self.delays), 'item')}, "
            f"{_seconds(_mean(self.delays))} late on average, {_seconds(max(self.delays, default=0))} at most"
        )


def figures(tape: Tape, *, polled: bool) -> Figures:
    """Of the requests (`polled`), or of the WebSocket, which is connection 1."""
    entries = [entry for entry in tape if entry.connection and (entry.connection != 1) == polled]
    requests = sum(entry.kind == "http" and entry.sender == "client" for entry in entries)
    return Figures(requests, _bytes_of(entries, plain=polled), tuple(_delays(entries)))


def _bytes_of(entries: Iterable[Entry], *, plain: bool) -> int:
    """Bytes of HTTP and of frames, both ways; of `plain` HTTP without the lines of an opening handshake."""
    return sum(len(_HANDSHAKE_ONLY.sub(b"", entry.data) if plain else entry.data) for entry in entries)


def _delays(entries: Iterable[Entry]) -> Iterable[float]:
    for entry in entries:
        if entry.sender == "server" and entry.arrived is not None:
            for item in _items(entry):
                yield entry.arrived - item["at"]


def _items(entry: Entry) -> list[dict[str, float]]:
    """The news in a message, or in the body of an answer: one object of JSON a line."""
    body = entry.plain if entry.opcode == Opcode.TEXT else entry.data.partition(b"\r\n\r\n")[2]
    return [json.loads(line) for line in (body or b"").splitlines() if line.startswith(b"{")]


def _mean(numbers: tuple[float, ...]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0.0


def _seconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:,.0f} s"


def _of_polling(run: PlayedRun) -> Explanation:
    asked, pushed = (figures(run.tape, polled=polled) for polled in (True, False))
    pings = len(run.tape.frames(Opcode.PING, connection=1))
    fewer = "The WebSocket" if pushed.size < asked.size else "Polling"
    return Explanation(
        what=f"In an hour with news every {{every}} s, polling every {{poll}} s: {asked}. The WebSocket: {pushed}. "
        f"{fewer} needs fewer bytes.",
        why=(
            "A request has headers each time, whether there is news or not, and news waits for the next request: over "
            "many items half of {poll} s on average. A frame has 2 to 14 bytes of header (§5.2) and leaves at once. "
            f"But an open connection has to be kept: {pings} Pings and their Pongs are among its bytes, and the "
            "server holds it all the time."
        ),
        knows="The client of the WebSocket believes {client}, the server {server}. Of each request the client "
        "believes {client2}: no WebSocket was open, and between two requests neither side knows of the other.",
        code=(
            "Where an age of {poll} s does no harm: `setInterval(() => fetch('/news?after=' + last), {poll}000)`, with "
            "a random part in it, and `ETag` or `Cache-Control: max-age=...` so that a cache can answer. Otherwise "
            "`new WebSocket(url)`, with `ping_interval=25` at the server."
        ),
        limits=(
            "A request is the GET of the lab's client, answered with 200; the tape calls that a refused handshake. Its "
            "lines for WebSocket are not counted. Each opens TCP, in no time, and closes it; a browser keeps one open. "
            "TCP's and TLS's own bytes are in neither figure."
        ),
    )


@scenario(
    "polling",
    group=GROUP,
    topic=Topic.SLOW,
    question="There is news every ten minutes, and a page asks for it every 30 s. What does a WebSocket save, and "
    "what does it cost?",
    answers=answers.POLLING,
    explanation=_of_polling,
    fix={"poll": 600},
    fixed="The page asks as seldom as news comes: a few requests, and no connection to keep. News is some minutes old.",
)
async def polling(
    lab: Lab,
    *,
    every: Annotated[int, "seconds between two news items, on average", range(1, _HOUR + 1)] = 600,
    poll: Annotated[int, "seconds between two requests", range(1, _HOUR + 1)] = 30,
) -> None:
    """For an hour one page asks for news again and again, and another gets the same news over a WebSocket."""
    news: list[str] = []

    def answer(request: HandshakeRequest) -> tuple[int, str, Headers] | None:
        _, _, after = request.target.partition("?after=")
        return (200, "\n".join(news[int(after) :]), [("ETag", str(len(news)))]) if after else None

    async def push(connection: Endpoint) -> None:
        for number in range(_HOUR // every):
            moment = (number + lab.random.random()) * every
            await asyncio.sleep(max(0.0, moment - lab.now))
            news.append(json.dumps({"news": number + 1, "at": round(lab.now, 3)}))
            await connection.send(news[-1])
        await connection.wait_closed()

    server = await lab.serve(push, on_request=answer, ping_interval=25)
    link = await lab.link(server, _PATH)
    client = await lab.connect(link, headers=_PAGE)
    async with asyncio.TaskGroup() as pages:
        pages.create_task(_ask_for_an_hour(lab, link, poll))
        await asyncio.sleep(_HOUR + 1 - lab.now)
        await client.close()
    await asyncio.sleep(1)  # until the last FIN has arrived
    lab.tape.note(0, None, f"Polling: {figures(lab.tape, polled=True)}.")
    lab.tape.note(0, None, f"WebSocket: {figures(lab.tape, polled=False)}.")


async def _ask_for_an_hour(lab: Lab, link: Link, poll: int) -> None:
    """A request every `poll` seconds, until one comes after the end of the hour."""
    newest = "0"
    while lab.now < _HOUR:
        await asyncio.sleep(poll)
        newest = await _get(lab, f"{link.url}news?after={newest}")


async def _get(lab: Lab, url: str) -> str:
    """A plain request, and the ETag of its answer."""
    try:
        await lab.connect(url, headers=_PAGE)
    except HandshakeRefused as answer:
        return (answer.response and answer.response.header("ETag")) or ""
    return ""


def _of_dashboard(run: PlayedRun) -> Explanation:
    size = _bytes_of(run.tape, plain=run["way"] == "SSE")
    said = len(run.tape.frames(Opcode.TEXT, "client"))
    heard, pongs = _by_pongs(len(run.tape.frames(Opcode.PONG, "client")))
    if run["way"] == "SSE":
        return Explanation(
            what=f"One GET, and one answer with {{values:value}}, each an event. Together they have {size:,} bytes.",
            why=(
                "Server-sent events are an HTTP answer that does not end (WHATWG HTML, section 9.2). An event costs "
                "its text, `id:` and `data:`; a frame costs 2 to 14 bytes (RFC 6455 §5.2). The page has nothing to "
                "say, so one direction is enough."
            ),
            knows="The client believes {client} and the server {server}: no WebSocket was open. A browser's "
            "`EventSource` connects again by itself and says in `Last-Event-ID` what it has.",
            code=(
                "`new EventSource('/values')`; the server sends `id: 7\\ndata: ...\\n\\n` as `text/event-stream`, and "
                "a comment line every 15 s against idle timers. nginx needs `proxy_buffering off`. Over HTTP/1.1 a "
                "browser has six connections to a host for all tabs together; HTTP/2 lifts that."
            ),
            limits=(
                "The lab's server sends an answer as a whole, so the events are on the tape in one piece, when the "
                "last value is there, without the few bytes that chunks add. The times are not those of a real answer."
            ),
        )
    return Explanation(
        what=f"The server sends a value each second, {{values}} in all. The page sends {said} messages: all that "
        f"it sends after the handshake is {pongs} and a Close. Handshake and frames together have {size:,} bytes.",
        why=(
            "A WebSocket carries messages both ways at any time (§1.2), and a dashboard needs one of them. It pays "
            "for the other with code of its own: a heartbeat (§5.5.2), a reconnect with a random pause (§7.2.3), and "
            "numbers for what was missed."
        ),
        knows=f"The client believes {{client}}, the server {{server}}. {heard}",
        code=(
            "Ask whether the page has anything to say. If not: `new EventSource('/values')`, which reconnects by "
            "itself. If it has, such as what to show: `new WebSocket(url)`, and `ping_interval=25` at the server."
        ),
    )


_BY_CLOSE = (
    "By the Close with 1000 the server knows that the page ended it (§7.4.1); with server-sent events nothing comes "
    "back."
)


def _by_pongs(number: int) -> tuple[str, str]:
    """What the Pongs tell the server, and how many they were."""
    told = "By each Pong the server knows that the page is there (§5.5.2); with server-sent events nothing comes back."
    return told if number else _BY_CLOSE, counted(number, "Pong")


@scenario(
    "dashboard",
    group=GROUP,
    topic=Topic.SLOW,
    question="A dashboard shows a new value each second, and its user only looks. How much of a WebSocket does it use?",
    answers=answers.DASHBOARD,
    explanation=_of_dashboard,
    fix={"way": "SSE"},
    fixed="Server-sent events: one GET whose answer goes on, and the browser reconnects by itself.",
)
async def dashboard(
    lab: Lab,
    *,
    way: Annotated[Literal["WebSocket", "SSE"], "how the values come to the page"] = "WebSocket",
    values: Annotated[int, "how many values there are, one a second", range(1, 601)] = 60,
) -> None:
    """A server sends a value each second to a page that never says anything."""
    events: list[str] = []

    def answer(_: HandshakeRequest) -> tuple[int, str, Headers] | None:
        return (200, "".join(events), [("Cache-Control", "no-store")]) if way == "SSE" else None

    async def push(connection: Endpoint) -> None:
        async for value in _measured(lab, values):
            await connection.send(value)
        await connection.wait_closed()

    server = await lab.serve(push, on_request=answer, ping_interval=25)
    link = await lab.link(server, _PATH)
    if way == "SSE":
        async for value in _measured(lab, values):
            events.append(f"id: {len(events) + 1}\ndata: {value}\n\n")
        await _get(lab, f"{link.url}values")
        return
    page = await lab.connect(link, headers=_PAGE)
    for _ in range(values):
        await page.recv(timeout=60)
    await page.close()
    await asyncio.sleep(1)  # until the last FIN has arrived


async def _measured(lab: Lab, values: int) -> AsyncIterator[str]:
    """A value each second."""
    for _ in range(values):
        await asyncio.sleep(1)
        yield json.dumps({"load": lab.random.randrange(100), "users": lab.random.randrange(1000, 2000)})
