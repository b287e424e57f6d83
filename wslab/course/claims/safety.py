"""Experiments on safety and size: attacks on pages, what TLS gives, large messages, and a slow receiver."""

from __future__ import annotations

import asyncio
import html
import sqlite3
from html.parser import HTMLParser

from wslab.course.claims.charts import Boxes, Chart, Curve
from wslab.course.claims.experiment import Experiment, Figures, half, in_lab, number, series, status, whether
from wslab.course.myths import Verdict
from wslab.lab import Endpoint, Lab
from wslab.protocol import Opcode
from wslab.scenarios import play

__all__ = ["EXPERIMENTS"]

# ---- attacks on pages

MARKUP = "<img src=x onerror=alert(1)>"
"""A message that is a script, where a page pastes it."""

QUESTION = "x' OR '1'='1"
"""A message that is SQL, where a program pastes it."""


def _attacks() -> Figures:
    attacks = {
        "a page of another site": (_cross_site(checks=False), _cross_site(checks=True)),
        "markup in a message": (_scripts(MARKUP), _scripts(html.escape(MARKUP))),
        "SQL in a message": (_found(bound=False), _found(bound=True)),
    }
    return {
        f"{name}: succeeds, {how}": success
        for name, pair in attacks.items()
        for how, success in zip(("as it is", "with the remedy"), pair, strict=True)
    }


def _cross_site(*, checks: bool) -> bool:
    """Whether the page of another site gets 101; the remedy is to check Origin."""
    return status(play("cross-site-origin", checks=checks), 2) == 101


def _scripts(payload: str) -> bool:
    """Whether a page that pastes this has an element that runs a script; the remedy is to escape."""
    page = _Page()
    page.feed(f"<p>Eve: {payload}</p>")
    return page.runs


class _Page(HTMLParser):
    """Looks for an attribute that is a script."""

    runs = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.runs = self.runs or tag == "script" or any(name.startswith("on") for name, _ in attrs)


def _found(*, bound: bool) -> bool:
    """Whether a question about one user gives all three; the remedy is to bind the value."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE users (name)")
    database.executemany("INSERT INTO users VALUES (?)", [("ada",), ("bob",), ("eve",)])
    if bound:
        rows = database.execute("SELECT name FROM users WHERE name = ?", (QUESTION,)).fetchall()
    else:
        rows = database.execute(f"SELECT name FROM users WHERE name = '{QUESTION}'").fetchall()  # noqa: S608  the attack
    database.close()
    return len(rows) == 3


def _work_here(figures: Figures) -> Verdict:
    return whether(all(number(figures, name) for name in figures if name.endswith("as it is")))


def _draw_attacks(figures: Figures) -> Chart:
    boxes = tuple((name.replace(": succeeds", ""), "bad" if number(figures, name) else "good") for name in figures)
    return Boxes("Three attacks, as it is and with the remedy", (("bad", "succeeds"), ("good", "fails")), boxes)


# ---- TLS

PATHS = ("ws://", "wss://, passed through", "wss://, inspected and trusted")


def _ways_out() -> Figures:
    opened = {path: status(play("inspecting-proxy", path=path), 1) for path in PATHS}
    read = play("censor").frames(Opcode.TEXT)
    return {
        **{f"{path}: the status": answer for path, answer in opened.items()},
        "texts that an intermediary of ws:// can read": sum(each.plain is not None for each in read),
    }


def _is_worth_it(figures: Figures) -> Verdict:
    """Whether ws:// is read or broken on the way, and wss:// that nobody opens gets through."""
    clear = number(figures, "ws://: the status") != 101
    read = number(figures, "texts that an intermediary of ws:// can read") > 0
    return whether((clear or read) and number(figures, "wss://, passed through: the status") == 101)


def _draw_ways(figures: Figures) -> Chart:
    answers = {path: int(number(figures, f"{path}: the status")) for path in PATHS}
    boxes = tuple((f"{path}: {answer}", "good" if answer == 101 else "bad") for path, answer in answers.items())
    looks = (("good", "the connection opens"), ("bad", "the proxy took Upgrade away"))
    return Boxes("Through an office's proxy that knows no WebSocket", looks, boxes)


# ---- large messages


def _sizes() -> Figures:
    size = 100_000
    codes = {limit: play("message-too-big", limit=limit, size=size)[-1].client for limit in (65_536, 131_072)}
    whole, pieces = (play("pong-behind-upload", fragment=fragment)[-1].client for fragment in (0, 30_000))
    return {
        "bytes of the message": size,
        **{f"limit of {limit:,}: the code": 0 if end is None else end.code or 0 for limit, end in codes.items()},
        "a file in one frame: the code": 0 if whole is None else whole.code or 0,
        "a file in fragments: the code": 0 if pieces is None else pieces.code or 0,
    }


def _own_fault(figures: Figures) -> Verdict:
    """Two parts: that the sender can do something about it, and that it depends on nobody else."""
    sender = number(figures, "a file in one frame: the code") != number(figures, "a file in fragments: the code")
    alone = number(figures, "limit of 65,536: the code") == number(figures, "limit of 131,072: the code")
    return half(sender, alone)


def _draw_sizes(figures: Figures) -> Chart:
    names = [name for name in figures if name.endswith("the code")]
    boxes = tuple(
        (name.replace(" the code", f" {number(figures, name):.0f}"), "good" if number(figures, name) == 1000 else "bad")
        for name in names
    )
    return Boxes("A large message, and how it ended", (("good", "it arrived"), ("bad", "the connection ended")), boxes)


# ---- a slow receiver

KIB = 1024
MESSAGES = 24


def _levels(*, waits: bool, sender: str) -> tuple[float, ...]:
    """KiB that wait in the sender's memory, every 0.2 s, while the other side takes 64 KiB in 0.1 s."""

    async def story(lab: Lab) -> tuple[float, ...]:
        async def handle(connection: Endpoint) -> None:
            await (_pour(connection, waits=waits) if sender == "server" else _sip(connection))
            await connection.wait_closed()

        server = await lab.serve(handle, max_queue=1)
        client = await lab.connect(server, max_queue=1)
        await asyncio.sleep(0)
        mine = asyncio.create_task(_sip(client) if sender == "server" else _pour(client, waits=waits))
        pours = server.connections[0] if sender == "server" else client
        levels = []
        for _ in range(12):
            await asyncio.sleep(0.2)
            levels.append(round(pours.unwritten / KIB))
        await client.close()
        await mine
        return tuple(float(level) for level in levels)

    return in_lab(story)


async def _pour(connection: Endpoint, *, waits: bool) -> None:
    """Send all messages: each when the one before has left, or all at once. What is left at the end is dropped."""
    sending = []
    for _ in range(MESSAGES):
        sending.append(asyncio.create_task(connection.send(bytes(64 * KIB))))
        if waits:
            await asyncio.wait(sending[-1:])
    await asyncio.gather(*sending, return_exceptions=True)


async def _sip(connection: Endpoint) -> None:
    async for _ in connection:
        await asyncio.sleep(0.1)


def _memory() -> Figures:
    ways = [(sender, waits) for sender in ("server", "client") for waits in (False, True)]
    levels = {_who(sender, waits=waits): _levels(waits=waits, sender=sender) for sender, waits in ways}
    most = {f"{who}: at most KiB": max(own) for who, own in levels.items()}
    return {"KiB sent each time": MESSAGES * 64, **most, **levels}


def _who(sender: str, *, waits: bool) -> str:
    return f"the {sender} sends and {'waits' if waits else 'does not wait'}"


def _grows(figures: Figures) -> Verdict:
    most = [number(figures, f"{_who(sender, waits=False)}: at most KiB") for sender in ("server", "client")]
    return whether(min(most) > number(figures, "KiB sent each time") / 4)


def _draw_memory(figures: Figures) -> Chart:
    names = [_who("server", waits=waits) for waits in (False, True)]
    lines = tuple((name, tuple((0.2 * n + 0.2, y) for n, y in enumerate(series(figures, name)))) for name in names)
    return Curve("What waits in the sender's memory", "s", "KiB", lines)


EXPERIMENTS = (
    Experiment(
        "csrf-sqli-xss",
        "Three attacks run here, each as it is and with its remedy: another site's page, markup, and SQL.",
        _attacks,
        _work_here,
        _draw_attacks,
        "Browsers send Origin with each handshake, and cookies along where SameSite lets them. Checking is up to the "
        "server: `websockets` has `origins=`, npm's `ws` leaves it to the program.",
        "Check the Origin, and treat each payload as a stranger's.",
        otherwise={"SQL in a message: succeeds, as it is": False},
    ),
    Experiment(
        "use-tls",
        "A client goes through an office's proxy that knows no WebSocket, in clear, under TLS, and under TLS that is "
        "opened on the way.",
        _ways_out,
        _is_worth_it,
        _draw_ways,
        "A page from https:// may not open ws:// to another machine (mixed content). Browsers and libraries check "
        "certificate and name by default.",
        "wss:// keeps the words secret, checks the name, and gets through more proxies.",
        "TLS is modelled as a path that sees no header. Real TLS runs in the notebook on security.",
        otherwise={"wss://, passed through: the status": 400},
    ),
    Experiment(
        "size",
        "A message of 100,000 bytes meets two limits; a file that holds up the Pong goes in one frame, then in "
        "fragments.",
        _sizes,
        _own_fault,
        _draw_sizes,
        "By default `websockets` takes 1 MiB in a message, npm's `ws` 100 MiB, aiohttp 4 MiB; each says 1009 "
        "beyond it.",
        "Two people decide what is too large: who sends it, and who has set the limit.",
        otherwise={"limit of 131,072: the code": 1009},
    ),
    Experiment(
        "backpressure",
        "One side sends 1.5 MiB, the other takes 64 KiB in 0.1 s. The memory of the sender is read every 0.2 s.",
        _memory,
        _grows,
        _draw_memory,
        "In `websockets` `await send` waits; npm's `ws` and browsers have `bufferedAmount` to look at. Chromium's "
        "`WebSocketStream` waits.",
        "Wait for your sends, or your memory holds what others have not read.",
        otherwise={"the server sends and does not wait: at most KiB": 64},
    ),
)
