"""Experiments on what the two sides say: both at once, a server unasked, Ping and Pong, and the end."""

from __future__ import annotations

import asyncio

from wslab.course.claims.charts import Arrows, Boxes, Chart
from wslab.course.claims.experiment import Experiment, Figures, arrows, half, in_lab, messages, number, whether
from wslab.course.myths import Verdict
from wslab.lab import Endpoint, Entry, Lab, Tape
from wslab.protocol import Opcode
from wslab.scenarios import play

__all__ = ["EXPERIMENTS"]

# ---- both directions


def _crossing() -> Figures:
    frames = play("crossing-messages").frames(Opcode.TEXT)
    return {
        "connections": len({each.connection for each in frames}),
        "directions that spoke": len({each.sender for each in frames}),
        "last sent at": round(max(each.time for each in frames), 3),
        "first arrived at": round(min(each.arrived or 0.0 for each in frames), 3),
        "messages": arrows(frames),
    }


def _both_at_once(figures: Figures) -> Verdict:
    crossed = number(figures, "last sent at") < number(figures, "first arrived at")
    return whether(number(figures, "connections") == 1 and number(figures, "directions that spoke") == 2 and crossed)


def _draw_crossing(figures: Figures) -> Chart:
    return Arrows("Two messages on one connection", messages(figures, "messages"))


# ---- a server that is not asked


def _pushed() -> Figures:
    async def story(lab: Lab) -> list[Entry]:
        async def tell(connection: Endpoint) -> None:
            for item in range(3):
                await connection.send(f"news {item + 1}")
                await asyncio.sleep(1)

        client = await lab.connect(await lab.link(await lab.serve(tell), "delay:seconds=0.2"))
        async for _ in client:
            pass
        return lab.tape.frames((Opcode.TEXT, Opcode.BINARY))

    frames = in_lab(story)
    return {
        "messages of the server": sum(each.sender == "server" for each in frames),
        "that arrived": sum(each.sender == "server" and each.arrived is not None for each in frames),
        "messages of the client": sum(each.sender == "client" for each in frames),
        "messages": arrows(frames),
    }


def _unasked(figures: Figures) -> Verdict:
    return whether(number(figures, "that arrived") > 0 and number(figures, "messages of the client") == 0)


def _draw_pushed(figures: Figures) -> Chart:
    return Arrows("News that nobody asked for", messages(figures, "messages"))


# ---- Ping and Pong


def _beats() -> Figures:
    async def story(lab: Lab) -> Figures:
        async def hang(connection: Endpoint) -> None:
            await connection.wait_closed()

        client = await lab.connect(await lab.serve(hang))
        await client.pong(b"unasked")
        await client.ping(b"are you there?")
        alive = client.is_open
        answers = [each.plain for each in lab.tape.frames(Opcode.PONG, "server")]
        await client.close()
        return {
            "Pongs with the Ping's data": sum(each == b"are you there?" for each in answers),
            "alive after a Pong that nobody asked for": alive,
        }

    lost = play("pong-lost").frames((Opcode.PING, Opcode.PONG, Opcode.CLOSE))
    silent = play("half-open", ping_interval=20.0)
    hung = play("three-heartbeats", heartbeat="Ping", stopped="handler")
    asked = [each.time for each in silent.frames(Opcode.PING, "server")]
    end = next((each.time for each in silent.frames(Opcode.CLOSE, "server")), 0.0)
    return {
        **in_lab(story),
        "seconds until a silent path was found": round(end, 1),
        "Pings without a Pong": len(asked),
        "Pongs while the program hung": len(hung.frames(Opcode.PONG, "server")),
        "where the Pongs are lost": arrows(lost),
    }


def _asks_and_answers(figures: Figures) -> Verdict:
    answered = number(figures, "Pongs with the Ping's data") == 1
    return whether(answered and number(figures, "seconds until a silent path was found") > 0)


def _draw_beats(figures: Figures) -> Chart:
    return Arrows("The Pongs are lost, and the server ends it", messages(figures, "where the Pongs are lost"))


# ---- the end

ENDS = ("clean-close", "simultaneous-close", "close-answer-lost", "cut")


def _ends() -> Figures:
    found: dict[str, str | float] = {}
    for name in ENDS:
        tape = play(name)
        closes = tape.frames(Opcode.CLOSE)
        client, server = _codes(tape)
        found[f"{name}: Close frames that arrived"] = sum(each.arrived is not None for each in closes)
        found[f"{name}: the client's code"] = client
        found[f"{name}: the server's code"] = server
    return found


def _codes(tape: Tape) -> tuple[int, int]:
    """What each side believes in the end; 0 where it still believes the connection open."""
    beliefs = tape[-1].client, tape[-1].server
    client, server = (0 if each is None else each.code or 0 for each in beliefs)
    return client, server


def _ends_it(figures: Figures) -> Verdict:
    """Whether a Close is needed for an end, and whether one is enough for a clean one."""
    both = number(figures, "clean-close: Close frames that arrived") == 2
    clean = both and number(figures, "clean-close: the client's code") == 1000
    alone = number(figures, "close-answer-lost: the client's code")
    without = number(figures, "cut: Close frames that arrived") == 0 and number(figures, "cut: the client's code") > 0
    return half(clean, alone == 1000 and not without)


def _draw_ends(figures: Figures) -> Chart:
    sides = [(name, side) for name in ENDS for side in ("client", "server")]
    codes = [(f"{name}, {side}", number(figures, f"{name}: the {side}'s code")) for name, side in sides]
    boxes = tuple((f"{who} {code:.0f}", "bad" if code in (0, 1006) else "good") for who, code in codes)
    looks = (("good", "a code from a Close"), ("bad", "no Close came: 1006"))
    return Boxes("What each side believes in the end", looks, boxes)


EXPERIMENTS: tuple[Experiment, ...] = (
    Experiment(
        "persistent-bidirectional",
        "Both sides send at the same moment, over a path of half a second.",
        _crossing,
        _both_at_once,
        _draw_crossing,
        "All do. A browser's `send` returns at once, and what comes is an event; nothing waits for the other "
        "direction.",
        "One connection is two streams, one each way, and neither waits.",
        otherwise={"first arrived at": 3.4},
    ),
    Experiment(
        "server-push",
        "A client connects and says nothing. The server sends three messages, one a second.",
        _pushed,
        _unasked,
        _draw_pushed,
        "All do. A server may send with its 101: a client whose library loses what is behind the head loses the first "
        "message (`first-frame-glued`).",
        "A server needs no question to speak.",
        otherwise={"that arrived": 0},
    ),
    Experiment(
        "ping-pong",
        "A Ping to a server whose program hangs, a Pong that nobody asked for, and Pings into a path that "
        "swallows all.",
        _beats,
        _asks_and_answers,
        _draw_beats,
        "Libraries answer Pings by themselves. `websockets` sends them every 20 s by default, npm's `ws` sends none by "
        "itself, and a browser gives its scripts neither Ping nor Pong.",
        "A Pong says that the other library runs. That the program does, only a message says.",
        otherwise={"Pongs with the Ping's data": 0},
    ),
    Experiment(
        "close-opcode",
        "Four ends are played: clean, both at once, with the answering Close lost, and with no Close at all.",
        _ends,
        _ends_it,
        _draw_ends,
        "For the answer to their Close, wslab, `websockets` and aiohttp wait 10 s, `ws` 30 s and Chromium 60 s. "
        "Without "
        "it the code is 1006, which is never on the wire (§7.4.1).",
        "One Close asks for the end, the second agrees, and then TCP ends.",
        otherwise={"close-answer-lost: the client's code": 1000, "cut: the client's code": 0},
    ),
)
