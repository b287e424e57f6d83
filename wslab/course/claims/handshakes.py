"""Experiments on the opening handshake: how many requests it takes, its key, its answer, and what that proves."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter

from wslab.course.claims.charts import Bars, Boxes, Chart
from wslab.course.claims.experiment import Experiment, Figures, in_lab, number, whether
from wslab.course.myths import Verdict
from wslab.lab import Endpoint, Lab
from wslab.lab.faults.timing import Delay
from wslab.protocol import HandshakeRequest, HandshakeResponse, ProtocolError, accept_key

__all__ = ["EXPERIMENTS"]

SAMPLE, ANSWER = "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
"""The key of the RFC's example and its answer (§1.3)."""

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""The string that everybody appends to the key: it stands in §1.3."""

ONE_WAY = 0.05
"""Seconds that each byte is on its way."""


async def _greet(connection: Endpoint) -> None:
    await connection.wait_closed()


# ---- one request, one answer


def _hundred() -> Figures:
    async def story(lab: Lab) -> Figures:
        link = await lab.link(await lab.serve(_greet), Delay(ONE_WAY))
        waits = []
        for _ in range(100):
            began = lab.now
            client = await lab.connect(link)
            waits.append((lab.now - began) / (2 * ONE_WAY))
            client.abort()
        heads = [entry.sender for entry in lab.tape if entry.kind == "http"]
        return {
            "handshakes": len(waits),
            "requests": heads.count("client"),
            "answers": heads.count("server"),
            "round trips of the slowest": round(max(waits), 2),
        }

    return in_lab(story)


def _escalates(figures: Figures) -> Verdict:
    asked = max(number(figures, "requests"), number(figures, "answers"))
    at_once = number(figures, "round trips of the slowest") < 1.5
    return whether(not (asked == number(figures, "handshakes") and at_once))


def _draw_hundred(figures: Figures) -> Chart:
    names = ("handshakes", "requests", "answers")
    return Bars("What a hundred handshakes sent", "", tuple((name, number(figures, name)) for name in names))


# ---- the key


def _keys() -> Figures:
    async def story(lab: Lab) -> Figures:
        server = await lab.serve(_greet)
        for _ in range(100):
            (await lab.connect(server)).abort()
        heads = [lab.tape.heads(connection)["client"] for connection in lab.tape.connection_numbers]
        keys = [HandshakeRequest.parse(bytes(head))[0].key for head in heads]
        ends = Counter(key[21] for key in keys)
        return {
            "handshakes": len(keys),
            "different keys": len(set(keys)),
            "the RFC's example among them": keys.count(SAMPLE),
            **{f"end in {end}==": count for end, count in sorted(ends.items())},
        }

    return in_lab(story)


def _always_same(figures: Figures) -> Verdict:
    return whether(number(figures, "different keys") == 1 and number(figures, "the RFC's example among them") > 0)


def _draw_ends(figures: Figures) -> Chart:
    rows = tuple((name, number(figures, name)) for name in figures if name.startswith("end in "))
    return Bars("The last character of a key, before ==", "keys", rows)


# ---- the answer


def _answer() -> Figures:
    other = SAMPLE.replace("d", "e", 1)
    answers = accept_key(SAMPLE), accept_key(other)
    return {
        "key": SAMPLE,
        "SHA-1 of key and GUID": hashlib.sha1((SAMPLE + GUID).encode(), usedforsecurity=False).hexdigest(),
        "answer": answers[0],
        "answer to a key that begins with e": answers[1],
        "characters that stay": sum(one == two for one, two in zip(*answers, strict=True)),
    }


def _is_the_answer(figures: Figures) -> Verdict:
    return whether(figures["answer"] == ANSWER)


def _draw_answer(figures: Figures) -> Chart:
    pairs = zip(str(figures["answer"]), str(figures["answer to a key that begins with e"]), strict=True)
    boxes = tuple((one, "good" if one == two else "other") for one, two in pairs)
    looks = (("good", "the same for the other key"), ("other", "another one"))
    return Boxes("The answer, if one letter of the key is another", looks, boxes)


# ---- the secret


def _impostor() -> Figures:
    """A hundred answers by somebody who has read the RFC and nothing else; and a hundred by one who has not."""
    keys = [base64.b64encode(hashlib.md5(bytes([n]), usedforsecurity=False).digest()).decode() for n in range(100)]
    requests = [HandshakeRequest.build("bank.example", key=key) for key in keys]
    by_rfc = [base64.b64encode(hashlib.sha1((key + GUID).encode(), usedforsecurity=False).digest()) for key in keys]
    return {
        "handshakes": len(keys),
        "taken from one who knows §1.3": sum(map(_takes, requests, by_rfc)),
        "taken from one who repeats the key": sum(map(_takes, requests, (key.encode() for key in keys))),
    }


def _takes(request: HandshakeRequest, value: bytes) -> bool:
    """Whether a client accepts a 101 with this accept value, from anybody."""
    head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    response, _ = HandshakeResponse.parse(head + b"Sec-WebSocket-Accept: " + value + b"\r\n\r\n")
    try:
        response.check(request)
    except ProtocolError:
        return False
    return True


def _needs_a_secret(figures: Figures) -> Verdict:
    return whether(number(figures, "taken from one who knows §1.3") == 0)


def _draw_impostor(figures: Figures) -> Chart:
    names = ("taken from one who knows §1.3", "taken from one who repeats the key")
    return Bars("Answers that a client takes, of 100", "", tuple((name, number(figures, name)) for name in names))


EXPERIMENTS = (
    Experiment(
        "handshake-escalates",
        "A client opens 100 connections over a path of 50 ms each way. Heads are counted, and time in round trips.",
        _hundred,
        _escalates,
        _draw_hundred,
        "Browsers, `websockets` and npm's `ws` send one request. TCP's own round trip comes before it, and TLS adds "
        "one or two.",
        "One question, one answer, and the connection is open.",
        otherwise={"requests": 300},
    ),
    Experiment(
        "key-always-same",
        "A client opens 100 connections, and the keys are read off the recording.",
        _keys,
        _always_same,
        _draw_ends,
        "Libraries draw 16 bytes for each connection. 16 bytes leave two bits for the last character, so it is A, Q, g "
        "or w; erratum 3150 of the RFC corrects an example that ends otherwise.",
        "The key is for one connection; a key that comes again was not drawn for it.",
        "The lab draws its keys from a seed, so that they repeat from run to run. Real ones must not.",
        otherwise={"different keys": 1, "the RFC's example among them": 100},
    ),
    Experiment(
        "accept-value",
        "The answer to the RFC's key is computed step by step, and once more for a key with another first letter.",
        _answer,
        _is_the_answer,
        _draw_answer,
        "Every client compares it: wslab, `websockets`, `ws`, aiohttp and Chromium end TCP where it is wrong.",
        "The answer belongs to its key: the value of the RFC is right once, and wrong for every other connection.",
        otherwise={"answer": "EYpAfWLkc/bCt9lWrNKRt80B90A="},
    ),
    Experiment(
        "secret-string",
        "Somebody who has read §1.3 and nothing else answers 100 handshakes in the name of a bank.",
        _impostor,
        _needs_a_secret,
        _draw_impostor,
        "No client asks more of an answer over ws://. Over wss:// the client's TLS checks the certificate before "
        "anything else is said.",
        "The answer proves that somebody speaks WebSocket. Who it is, only TLS can say.",
        otherwise={"taken from one who knows §1.3": 0},
    ),
)
