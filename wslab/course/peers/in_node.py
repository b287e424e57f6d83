"""npm's `ws` as a receiver: a process of Node.js that drives it on real sockets of loopback (`ws.js`).

Rules of this module: one process serves all who ask for the same copy of `ws`, and ends with the last of them, or with
this process, whose end it sees on its stdin. Each call has a time limit. A process that does not answer in time is
ended, and is not started again: its peer is gone.

Left out: where `ws` is. It is looked for where Node.js itself resolves it from the present folder, or where it is said.
"""

from __future__ import annotations

import contextlib
import json
import queue
import shutil
import subprocess
import threading
import weakref
from collections.abc import Sequence
from importlib.resources import files
from itertools import count
from pathlib import Path
from typing import IO, Any

from wslab.course.peers.exchanges import TARGET, Exchange
from wslab.course.peers.reading import Heard, PeerGone, Reading, Refusal
from wslab.protocol import FrameError, FrameParser, HandshakeResponse, Opcode, Role
from wslab.protocol.messages import CloseBody
from wslab.protocol.peers import ENDS_TCP, Answer

__all__ = ["InNode", "find_ws"]

START_LIMIT = 10.0
"""Seconds that Node.js may take to start."""

CALL_LIMIT = 2.0
"""Seconds that one call may take."""

_LIMIT_THERE = 1000  # milliseconds after which the script itself ends a call


class InNode:
    """The peer; `PeerGone` where it cannot be had.

    `path` is the folder of the package, or the name by which Node.js resolves it.
    """

    name = "ws"

    def __init__(self, path: str = "ws") -> None:
        node = shutil.which("node")
        if node is None:
            raise PeerGone("there is no Node.js here")
        self._lines: queue.Queue[str] = queue.Queue()
        self._lock = threading.Lock()
        self._numbers = count()
        self._gone = ""
        self._process = _start(node, path)
        weakref.finalize(self, _end, self._process)
        threading.Thread(target=_listen, args=(self._process.stdout, self._lines), daemon=True).start()
        self.version, self.node = self._hello()

    def _hello(self) -> tuple[str, str]:
        said = self._hear(START_LIMIT)
        if "missing" in said:
            raise self._leave(str(said["missing"]))
        return str(said["version"]), str(said["node"])

    def read(self, exchange: Exchange, role: Role, pieces: Sequence[bytes]) -> Reading:
        """As in `Peer`."""
        with self._lock:
            number = next(self._numbers)
            self._say(_call(number, exchange, role, pieces))
            said = self._hear(CALL_LIMIT)
        if said.get("number") != number or said.get("late"):
            raise self._leave(f"it did not answer within {CALL_LIMIT:g} s")
        return _reading(said, role)

    def _say(self, what: dict[str, Any]) -> None:
        if self._gone:
            raise PeerGone(self._gone)
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(what) + "\n")
            self._process.stdin.flush()
        except OSError:
            raise self._leave("its process has ended") from None

    def _hear(self, limit: float) -> dict[str, Any]:
        try:
            line = self._lines.get(timeout=limit)
        except queue.Empty:
            raise self._leave(f"it did not answer within {limit:g} s") from None
        if not line:
            raise self._leave("its process has ended")
        said: dict[str, Any] = json.loads(line)
        return said

    def _leave(self, why: str) -> PeerGone:
        self._gone = why
        _end(self._process)
        return PeerGone(why)


def _start(node: str, path: str) -> subprocess.Popen[str]:
    script = (files("wslab.course.peers") / "ws.js").read_text("utf-8")
    pipe, none = subprocess.PIPE, subprocess.DEVNULL
    return subprocess.Popen(  # stderr would hold warnings of Node.js, which say nothing about the bytes
        [node, "-e", script, "--", path], stdin=pipe, stdout=pipe, stderr=none, text=True, encoding="utf-8"
    )


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    if process.stdin is not None:
        with contextlib.suppress(OSError):  # a line that it never read
            process.stdin.close()


def _listen(pipe: IO[str], lines: queue.Queue[str]) -> None:
    """Put each line into the queue; an empty one says that no more will come."""
    with pipe:
        for line in pipe:
            lines.put(line)
    lines.put("")


def _call(number: int, exchange: Exchange, role: Role, pieces: Sequence[bytes]) -> dict[str, Any]:
    return {
        "number": number,
        "role": role.value,
        "key": exchange.request.key,
        "target": TARGET,
        "deflate": exchange.deflate is not None,
        "pieces": [piece.hex() for piece in pieces],
        "limit": _LIMIT_THERE,
    }


# --- what it did --------------------------------------------------------------------------------


def _reading(said: dict[str, Any], role: Role) -> Reading:
    heard = [_heard(kind, bytes.fromhex(data)) for kind, data in said["heard"]]
    opened = said.get("open")
    if opened:
        heard.insert(0, ("open", opened if role is Role.SERVER else ""))
    sent = bytes.fromhex(said["sent"])
    why = str(said.get("error") or "")
    refusal = _refusal(sent, role, opened=bool(opened), why=why, closed=any(kind == "close" for kind, _ in heard))
    answer = sent.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if role is Role.SERVER and opened else b""
    return Reading(tuple(heard), refusal, answer)


def _heard(kind: str, data: bytes) -> Heard:
    return kind, data.decode() if kind in ("text", "close") else data


def _refusal(sent: bytes, role: Role, *, opened: bool, why: str, closed: bool) -> Refusal | None:
    if not opened:
        return _refused_head(sent, role, why)
    if closed or not why:
        return None
    return Refusal(_close_code(sent.partition(b"\r\n\r\n")[2], role), why)


def _refused_head(sent: bytes, role: Role, why: str) -> Refusal | None:
    if role is Role.CLIENT:
        return Refusal(ENDS_TCP, why) if why else None
    if not sent:
        return None
    status = HandshakeResponse.parse(sent)[0].status
    words = sent.partition(b"\r\n\r\n")[2].decode("latin-1").partition("HTTP/1.1")[0]
    return Refusal(status, words.strip())


def _close_code(frames: bytes, role: Role) -> Answer:
    """The code of the Close that it sent; behind its own request or response."""
    try:
        found = FrameParser(role.peer, rsv1=True).feed(frames)
    except FrameError as error:
        found = error.frames
    codes = [int(CloseBody.lenient(each.payload).code) for each in found if each.opcode == Opcode.CLOSE]
    return codes[0] if codes else ENDS_TCP


# --- one process for all ------------------------------------------------------------------------

_RUNNING: weakref.WeakValueDictionary[str, InNode] = weakref.WeakValueDictionary()
_STARTING = threading.Lock()


def find_ws(path: str | Path | None = None) -> InNode:
    """The peer with the `ws` at `path`, or the one that Node.js resolves here; `PeerGone` says why there is none."""
    name = "ws" if path is None else str(_package(Path(path)))
    with _STARTING:
        running = _RUNNING.get(name)
        if running is None or running._gone:
            running = _RUNNING[name] = InNode(name)
        return running


def _package(path: Path) -> Path:
    """The folder of the package: it may be said itself, or the folder in which npm installed it."""
    inside = path / "node_modules" / "ws"
    return (inside if inside.is_dir() else path).resolve()
