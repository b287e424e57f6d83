"""Experiments on frames: what they cost, what they are made of, the sixteen opcodes, and what masking is for."""

from __future__ import annotations

from wslab.course.claims.charts import Bars, Boxes, Chart
from wslab.course.claims.experiment import Experiment, Figures, half, in_lab, number, series, whether
from wslab.course.myths import Verdict
from wslab.explain import anatomy, verdict
from wslab.lab import Endpoint, Lab
from wslab.protocol import Frame, Opcode, Role, apply_mask
from wslab.scenarios import play
from wslab.scenarios.stories.uses.news import figures as news_figures

__all__ = ["EXPERIMENTS"]

# ---- what a message costs


def _cost() -> Figures:
    polled = play("polling", every=60, poll=60)
    asked = news_figures(polled, polled=True)
    frames = polled.frames(Opcode.TEXT, "server", connection=1)
    own = sum(len(each.plain or b"") for each in frames)
    header = sum(len(each.data) for each in frames) - own
    stream = b"".join(each.data for each in play("dashboard", way="SSE") if each.kind == "http")
    values = [line.removeprefix(b"data: ") for line in stream.splitlines() if line.startswith(b"data: ")]
    return {
        "messages": len(frames),
        "own bytes of each": round(own / len(frames)),
        "more by WebSocket": round(header / len(frames), 1),
        "more by events": round((len(stream) - sum(map(len, values))) / len(values), 1),
        "more by polling": round((asked.size - own) / len(frames), 1),
    }


def _free(figures: Figures) -> Verdict:
    more = number(figures, "more by WebSocket")
    return half(more == 0, 10 * more < number(figures, "more by polling"))


def _draw_cost(figures: Figures) -> Chart:
    rows = tuple((name, number(figures, name)) for name in figures if name.startswith("more by "))
    return Bars("Bytes beside its own that a message costs", "bytes", rows)


# ---- what a frame is made of

CLAIMED = {"opcode", "Payload len", "Extended payload length", "Payload data"}
"""The parts that the claim has words for."""

LONG = Frame.text("x" * 200, mask=bytes.fromhex("37fa213d")).serialize()
"""A client's frame with every part that a header can have."""


def _parts() -> Figures:
    parts = {field.name for field in anatomy(LONG, Role.SERVER).fields}
    refused = [bit for bit in range(16) if not _accepts(_flipped(LONG, bit))]
    return {
        "parts of the frame": len(parts),
        "parts that the claim names": len(parts & CLAIMED),
        "parts that it leaves out": ", ".join(sorted(parts - CLAIMED)),
        "flips of one of the first 16 bits": 16,
        "refused by the server": len(refused),
        "refused bits": tuple(float(bit) for bit in refused),
    }


def _flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 0x80 >> bit % 8
    return bytes(changed)


def _accepts(data: bytes) -> bool:
    return verdict(data, Role.SERVER).accepted is True


def _is_all(figures: Figures) -> Verdict:
    named = number(figures, "parts that the claim names")
    return half(named > 0, named == number(figures, "parts of the frame"))


def _draw_flips(figures: Figures) -> Chart:
    names = ["FIN", "RSV1", "RSV2", "RSV3", *["opcode"] * 4, "MASK", *["length"] * 7]
    refused = series(figures, "refused bits")
    boxes = tuple((name, "bad" if n in refused else "good") for n, name in enumerate(names))
    looks = (("good", "the frame is legal with this bit flipped"), ("bad", "the server refuses it"))
    return Boxes("The first 16 bits of a frame, each flipped", looks, boxes)


# ---- the opcodes

FIVE = {Opcode.TEXT, Opcode.BINARY, Opcode.CLOSE, Opcode.PING, Opcode.PONG}


def _sixteen() -> Figures:
    taken = [opcode for opcode in range(16) if _accepts(_with_opcode(opcode))]
    return {
        "opcodes": 16,
        "the server takes": ", ".join(f"{opcode:X}" for opcode in taken),
        "of the five": sum(opcode in FIVE for opcode in taken),
        "beside the five": sum(opcode not in FIVE for opcode in taken),
        "taken": tuple(float(opcode) for opcode in taken),
    }


def _with_opcode(opcode: int) -> bytes:
    """A client's frame with this opcode; where it may only go on with a message, behind the beginning of one."""
    key = bytes(4)
    begin = Frame.text("one ", fin=False, mask=key).serialize() if opcode == Opcode.CONTINUATION else b""
    frame = Frame.text("" if opcode >= Opcode.CLOSE else "two", mask=key).serialize()
    return begin + bytes([0x80 | opcode]) + frame[1:]


def _are_five(figures: Figures) -> Verdict:
    return half(number(figures, "of the five") == len(FIVE), number(figures, "beside the five") == 0)


def _draw_opcodes(figures: Figures) -> Chart:
    ours = [opcode in series(figures, "taken") for opcode in range(16)]
    looks = (("good", "taken, and one of the five"), ("other", "taken, and not one of the five"), ("bad", "refused"))
    own = ["bad" if not ours[n] else "good" if n in FIVE else "other" for n in range(16)]
    return Boxes("What a server does with each opcode", looks, tuple((f"{n:X}", look) for n, look in enumerate(own)))


# ---- masking

PLANTED = b"GET /script.js"
"""What a hostile page wants to see on the wire, for a cache on the way to take it for a request."""


def _masked() -> Figures:
    async def story(lab: Lab) -> Figures:
        async def listen(connection: Endpoint) -> None:
            async for _ in connection:
                pass

        client = await lab.connect(await lab.serve(listen))
        for _ in range(100):
            await client.send(PLANTED)
        await client.close()
        wires = [each.data for each in lab.tape.frames(Opcode.BINARY, "client")]
        return {
            "frames": len(wires),
            "read by somebody on the way": sum(apply_mask(wire[6:], wire[2:6]) == PLANTED for wire in wires),
            "planted bytes on the wire": sum(PLANTED in wire for wire in wires),
            "planted bytes without masking": sum(PLANTED in Frame.binary(PLANTED).serialize() for _ in wires),
        }

    return in_lab(story)


def _is_secret(figures: Figures) -> Verdict:
    return whether(number(figures, "read by somebody on the way") == 0)


def _draw_masked(figures: Figures) -> Chart:
    names = ("read by somebody on the way", "planted bytes on the wire", "planted bytes without masking")
    return Bars("Of 100 masked frames", "", tuple((name, number(figures, name)) for name in names))


EXPERIMENTS = (
    Experiment(
        "no-http-overhead",
        "The same kind of news travels three ways, and the bytes of HTTP and of frames are counted beside its own.",
        _cost,
        _free,
        _draw_cost,
        "A client's frame has four bytes more, its masking key (§5.1). Browsers, `websockets` and npm's `ws` offer "
        "compression (RFC 7692), which saves on long texts and adds memory.",
        "A frame costs bytes, a request costs hundreds of them.",
        "A request is modelled with the headers of a browser. TCP's and TLS's own bytes are in no figure.",
        otherwise={"more by WebSocket": 0},
    ),
    Experiment(
        "frame-parts",
        "A frame is taken to pieces. Then each of its first 16 bits is flipped, and a server judges the result.",
        _parts,
        _is_all,
        _draw_flips,
        "They agree on nearly all of it. A length written longer than it has to be breaks §5.2: Chromium and "
        "wslab refuse it, `websockets`, `ws` and aiohttp take it.",
        "Beside opcode and length a header has FIN, RSV, MASK and the key: one wrong bit makes another frame, or none.",
        otherwise={"parts of the frame": 4},
    ),
    Experiment(
        "opcodes",
        "A frame with each of the sixteen opcodes goes to a server, with 0 behind the beginning of a message.",
        _sixteen,
        _are_five,
        _draw_opcodes,
        "wslab, `websockets`, `ws`, aiohttp and Chromium all fail a connection with 1002 for a reserved opcode.",
        "The sixth opcode is 0: it says that a message goes on.",
        otherwise={"beside the five": 0},
    ),
    Experiment(
        "masking-hides",
        "A client sends 100 frames; somebody on the way unmasks each with what is in it, and looks for planted bytes.",
        _masked,
        _is_secret,
        _draw_masked,
        "All clients mask, over wss:// as well. Servers fail a connection for an unmasked frame (§5.1), but aiohttp's "
        "takes it.",
        "The key is in the frame: masking keeps scripts from choosing bytes, and TLS keeps secrets.",
        otherwise={"read by somebody on the way": 0},
    ),
)
