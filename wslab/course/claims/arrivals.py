"""Experiments on what arrives: text in its encoding, messages in their order, and what is lost or only late."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from wslab.course.claims.charts import Boxes, Chart, Curve
from wslab.course.claims.experiment import Experiment, Figures, in_lab, number, series, whether
from wslab.course.myths import Verdict
from wslab.explain import verdict
from wslab.lab import ConnectionClosed, Endpoint, Lab, Tape
from wslab.protocol import Frame, Opcode, Role
from wslab.scenarios import play

__all__ = ["EXPERIMENTS"]

# ---- text

ENCODINGS = {"UTF-8": "none", "UTF-16": "sent as UTF-16", "Latin-1": "sent as Latin-1"}
"""How the client writes its text, and the name that `wrong-encoding` has for it."""


def _encoded() -> Figures:
    """The code with which the receiver ends the connection, for each encoding; 1000 where it took the text."""
    ends = {name: play("wrong-encoding", mistake=mistake)[-1].client for name, mistake in ENCODINGS.items()}
    codes = {f"{name}: the code": 0 if end is None else end.code or 0 for name, end in ends.items()}
    plain = Frame(Opcode.TEXT, "Hi".encode("utf-16-le"), mask=bytes(4)).serialize()
    return {**codes, "Hi as UTF-16 passes, with its zeros": verdict(plain, Role.SERVER).accepted is True}


def _has_to_guess(figures: Figures) -> Verdict:
    others = [number(figures, f"{name}: the code") for name in ENCODINGS if name != "UTF-8"]
    return whether(not (number(figures, "UTF-8: the code") == 1000 and all(code == 1007 for code in others)))


def _draw_encoded(figures: Figures) -> Chart:
    codes = {name: int(number(figures, f"{name}: the code")) for name in ENCODINGS}
    boxes = tuple((f"{name}: {code}", "good" if code == 1000 else "bad") for name, code in codes.items())
    looks = (("good", "taken as text"), ("bad", "the connection fails"))
    return Boxes("The word Grüße, sent as a text message in three encodings", looks, boxes)


# ---- order


def _numbered() -> Figures:
    sent = play("in-order", messages=1_000).frames(Opcode.TEXT, "client")
    came = [int(each.plain or b"") for each in sorted(sent, key=lambda each: each.arrived or 0.0)]
    answers = play("out-of-order", how="task-per-message").frames(Opcode.TEXT, "server")
    asked = ["report", "search", "time"]
    answered = [(each.plain or b"").decode() for each in answers]
    first = next((at for at, name in enumerate(asked) if name in answered[0]), 0) if answered else 0
    back = [each.plain for each in play("reconnect", resume="last-five").frames(Opcode.TEXT, "server") if each.arrived]
    return {
        "messages on one connection": len(sent),
        "out of order": sum(item != at for at, item in enumerate(came)),
        "seconds of the slowest": round(max((each.arrived or 0.0) - each.time for each in sent), 3),
        "questions before the one that is answered first": first,
        "items that came twice across a reconnect": len(back) - len(set(back)),
        "sent": tuple(round(each.time, 4) for each in sent[:120]),
        "arrived": tuple(round(each.arrived or 0.0, 4) for each in sent[:120]),
    }


def _disordered(figures: Figures) -> Verdict:
    return whether(number(figures, "out of order") > 0)


def _draw_order(figures: Figures) -> Chart:
    lines = [(name, tuple((float(at), time) for at, time in enumerate(series(figures, name), 1))) for name in _TIMES]
    return Curve("The first 120 messages: a wait holds up all behind it", "messages", "s", tuple(lines))


_TIMES = ("sent", "arrived")

# ---- delivery


def _cut_off() -> Figures:
    async def story(lab: Lab) -> Figures:
        got: list[int] = []
        acknowledged: list[int] = []

        async def read(connection: Endpoint) -> None:
            with suppress(ConnectionClosed):
                async for item in connection:
                    got.append(int(item))
                    await connection.send(item)

        link = await lab.link(await lab.serve(read), "delay:seconds=0.1")
        client = await lab.connect(link)
        for item in range(40):
            await client.send(str(item))
            await asyncio.sleep(0.01)
        link.cut()
        with suppress(ConnectionClosed):
            while True:
                acknowledged.append(int(await client.recv()))
        return {
            "sends without an error": 40,
            "received": len(got),
            "acknowledged by the program": len(acknowledged),
        }

    return in_lab(story)


def _was_received(figures: Figures) -> Verdict:
    return whether(number(figures, "received") == number(figures, "sends without an error"))


def _draw_cut(figures: Figures) -> Chart:
    received, known = number(figures, "received"), number(figures, "acknowledged by the program")
    boxes = tuple((str(n + 1), "good" if n < known else "other" if n < received else "bad") for n in range(40))
    looks = (("good", "received, and acknowledged"), ("other", "received, and nobody said so"), ("bad", "lost"))
    return Boxes("Forty messages that were sent without an error", looks, boxes)


# ---- a bad network


def _lossy() -> Figures:
    tape = play("in-order", messages=200, probability=0.2)
    sent = tape.frames(Opcode.TEXT, "client")
    changed = play("network-change").frames(Opcode.TEXT, "server", connection=1)
    delays = tuple(round((each.arrived or 0.0) - each.time, 4) for each in sent)
    return {
        "packets lost": "one in five",
        "frames sent": len(sent),
        "frames that arrived": _arrived(tape),
        "seconds of the quickest": round(min(delays), 3),
        "seconds of the slowest": round(max(delays), 3),
        "frames lost with a connection that ended": sum(each.arrived is None for each in changed),
        "delays": delays,
    }


def _arrived(tape: Tape) -> int:
    return sum(each.arrived is not None for each in tape.frames(Opcode.TEXT, "client"))


def _loses_frames(figures: Figures) -> Verdict:
    return whether(number(figures, "frames that arrived") < number(figures, "frames sent"))


def _draw_lossy(figures: Figures) -> Chart:
    line = tuple((float(at), delay) for at, delay in enumerate(series(figures, "delays")))
    return Curve("How long each of 200 frames took, with one packet in five lost", "messages", "s", (("delay", line),))


EXPERIMENTS = (
    Experiment(
        "encoding-lottery",
        "A client sends Grüße as a text message: as UTF-8, as UTF-16 and as Latin-1. Then Hi, as UTF-16.",
        _encoded,
        _has_to_guess,
        _draw_encoded,
        "All fail the connection. wslab and Chromium do so at the first bad byte, `websockets`, `ws` and aiohttp when "
        "the message is whole; Chromium's code is 1002.",
        "A text message is UTF-8, or the connection fails.",
        otherwise={"UTF-16: the code": 1000},
    ),
    Experiment(
        "unordered",
        "A client sends 1,000 numbered messages over a path that loses packets; then a server answers three questions "
        "with a task for each, and a client comes back after a cut.",
        _numbered,
        _disordered,
        _draw_order,
        "All keep the order of one connection, for TCP does. A handler that starts a task for each message loses "
        "it, in "
        "any library.",
        "One connection keeps its order; two connections, two tasks or a reconnect do not.",
        otherwise={"out of order": 12},
    ),
    Experiment(
        "delivery",
        "A client sends 40 messages, one every hundredth of a second; then the path is cut.",
        _cut_off,
        _was_received,
        _draw_cut,
        "In all of them `send` means that the library took the message. A browser's `bufferedAmount` tells what "
        "has not "
        "gone to TCP, and no more.",
        "Sent is not received, and received is not done: the program has to say so.",
        otherwise={"received": 40},
    ),
    Experiment(
        "mobile-loses-frames",
        "200 frames go over a path that loses one packet in five; then a phone changes its network.",
        _lossy,
        _loses_frames,
        _draw_lossy,
        "All leave it to TCP. What was on its way is lost where a connection ends, and no library sends it again.",
        "On a bad network frames are late; they are lost when the connection is.",
        "The path is a model: a lost packet comes 200 ms later, and each further time twice as late. Real TCP is "
        "often quicker.",
        otherwise={"frames that arrived": 160},
    ),
)
