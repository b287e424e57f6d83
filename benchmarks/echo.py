"""Whole echo over loopback TCP: throughput, latency, handshakes, each server in a process of its own."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from functools import partial

from benchmarks.client import KEY, messages_a_second, seconds_a_round_trip
from benchmarks.harness import NO_TAPE, OURS, Measurement, Progress, Target, size_name, take_turns, timed
from benchmarks.peers import running
from wslab.protocol import HandshakeRequest

RAW = "raw TCP"
PEERS = [OURS, NO_TAPE, "websockets", "aiohttp", "picows", "npm ws", RAW]

_AHEAD = [Target(peer, 1.0, mine) for mine in (OURS, NO_TAPE) for peer in ("aiohttp", "npm ws")]
_SMALL = [Target("websockets", 3.0), Target("websockets", 5.0, NO_TAPE), *_AHEAD, Target("picows", 1.0, NO_TAPE)]
# size: messages a batch, batches, targets; two batches are in flight
CASES = {
    16: (128, 150, _SMALL),
    125: (128, 150, _SMALL),
    1024: (128, 60, [Target("websockets", 2.0)]),
    64 * 1024: (4, 100, [Target("websockets", 1.0)]),
}

_REQUEST = HandshakeRequest.build("127.0.0.1", key=KEY).serialize()  # ready-made: the client is to cost little


def measure(progress: Progress) -> Iterator[Measurement]:
    """Throughput for each size, then latency, then handshakes."""
    with running(PEERS) as ports:
        for size in CASES:
            yield _throughput(ports, size, progress)
        yield _latency(ports, progress)
        yield _handshakes({name: port for name, port in ports.items() if name != RAW}, progress)


def _throughput(ports: dict[str, int], size: int, progress: Progress) -> Measurement:
    depth, batches, targets = CASES[size]
    runs = {
        name: partial(messages_a_second, port, size, depth=depth, batches=batches, as_sent=name == RAW)
        for name, port in ports.items()
    }
    name = f"echo of {size_name(size)}, 2 × {depth} messages in flight"
    return Measurement(name, "messages/s", take_turns(runs, progress), True, targets)


def _latency(ports: dict[str, int], progress: Progress) -> Measurement:
    runs = {
        name: (lambda port=port, raw=name == RAW: seconds_a_round_trip(port, 125, 3000, as_sent=raw) * 1e6)
        for name, port in ports.items()
    }
    medians = take_turns(runs, progress)
    return Measurement("round trip of 125 B, one in flight", "µs", medians, False, [Target("websockets", 1 / 0.9)])


def _handshakes(ports: dict[str, int], progress: Progress, count: int = 200) -> Measurement:
    runs = {
        name: (lambda port=port: count / timed(lambda: _open_and_drop(port, count))) for name, port in ports.items()
    }
    medians = take_turns(runs, progress)
    return Measurement("opening handshakes, one after another", "a second", medians, True, [Target("websockets", 1.2)])


def _open_and_drop(port: int, count: int) -> None:
    for _ in range(count):
        shake_hands(port).close()


def shake_hands(port: int) -> socket.socket:
    """A socket whose opening handshake is done."""
    client = socket.socket()
    client.settimeout(10)
    client.connect(("127.0.0.1", port))
    client.sendall(_REQUEST)
    answer = b""
    while b"\r\n\r\n" not in answer:
        more = client.recv(4096)
        if not more:
            raise ConnectionError(f"the server at port {port} hung up inside the handshake")
        answer += more
    return client
