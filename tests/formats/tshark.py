"""What Wireshark's own dissector finds in a capture: each WebSocket frame, as tshark tells it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

OPTIONS = ("-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE")
PAYLOADS = ("text", "continue", "ping", "pong", "unknown", "close.status_code", "close.reason")


@dataclass
class Told:
    """A frame as tshark tells it; the last fragment of a message has the whole message for its payload."""

    stream: int
    from_client: bool
    time: float
    fin: bool
    rsv: int
    opcode: int
    key: bytes | None
    length: int
    payload: bytes


def program() -> str:
    """Where tshark is; without it these tests fail, and say what to do."""
    found = shutil.which("tshark")
    assert found, "tshark is not installed: apt-get install tshark (python -m tests does that, as root on Debian)."
    return found


def run(path: Path, *arguments: str) -> str:
    """What tshark prints about a capture."""
    command = [program(), "-r", str(path), *OPTIONS, *arguments]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=60,
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def decode(path: Path) -> tuple[list[Told], list[str]]:
    """Every WebSocket frame that tshark finds, in the order of the packets; and all that it finds wrong."""
    packets = list(ElementTree.fromstring(run(path, "-T", "pdml")).iter("packet"))
    return [told for packet in packets for told in _of_packet(packet)], [
        f"packet {number}: {fault}" for number, packet in enumerate(packets, 1) for fault in _faults(packet)
    ]


def _faults(packet: ElementTree.Element) -> Iterator[str]:
    """Malformed frames, and what is wrong with TCP's order, sums and windows."""
    for proto in packet.iter("proto"):
        if proto.get("name") == "_ws.malformed":
            yield "malformed"
    for each in packet.iter("field"):
        if each.get("name") == "tcp.analysis.flags" or (
            each.get("name") in ("tcp.checksum.status", "ip.checksum.status") and each.get("show") == "0"
        ):
            yield each.get("showname") or ""


def _of_packet(packet: ElementTree.Element) -> list[Told]:
    found: list[Told] = []
    about = {each.get("name"): each.get("show") or "" for each in packet.iter("field")}
    for proto in packet.iter("proto"):
        if proto.get("name") == "websocket":
            found.append(_frame(proto, about))
        elif found:  # binary, and a message put together from its fragments, stand behind its last frame
            found[-1].payload += _payload(proto) or _value(proto, "data.data")
    return found


def _frame(proto: ElementTree.Element, about: dict[str | None, str]) -> Told:
    shown = {each.get("name"): each.get("show") or "" for each in proto.iter("field")}
    lengths = [shown[name] for name in LENGTHS if name in shown]
    key = _value(proto, "websocket.masking_key")
    return Told(
        stream=int(about["tcp.stream"]),
        from_client=about["tcp.dstport"] == "80",
        time=float(about["frame.time_epoch"]),
        fin=shown["websocket.fin"] in ("1", "True"),
        rsv=int(shown["websocket.rsv"], 16),
        opcode=int(shown["websocket.opcode"]),
        key=key if shown["websocket.mask"] in ("1", "True") else None,
        length=int(lengths[0]),
        payload=_payload(proto),
    )


LENGTHS = tuple(f"websocket.payload_length{suffix}" for suffix in ("_ext_64", "_ext_16", ""))


def _payload(proto: ElementTree.Element) -> bytes:
    return b"".join(_value(proto, f"websocket.payload.{name}") for name in PAYLOADS)


def _value(proto: ElementTree.Element, name: str) -> bytes:
    found = next((each for each in proto.iter("field") if each.get("name") == name), None)
    return b"" if found is None else bytes.fromhex(re.sub(r"[^0-9a-fA-F]", "", found.get("value") or ""))
