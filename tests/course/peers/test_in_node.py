"""npm's `ws` as a peer: where it is, how long its process lives, and what happens where it does not answer."""

from __future__ import annotations

import gc
import json
import weakref
from pathlib import Path

import pytest

from tests.npm import WS, npm_package
from wslab.course.peers import in_node
from wslab.course.peers.changes import Change
from wslab.course.peers.exchanges import EXCHANGES
from wslab.course.peers.in_node import InNode, find_ws
from wslab.course.peers.judging import judge, pieces
from wslab.course.peers.reading import PeerGone
from wslab.protocol import Role

TEXT = EXCHANGES["text"]
FAKE = """
const { EventEmitter } = require("events");
class WebSocketServer extends EventEmitter {
  constructor() {
    super();
    this._server = require("net").createServer(BEHAVIOUR).listen(0, "127.0.0.1", () => this.emit("listening"));
  }
  address() { return this._server.address(); }
}
module.exports = { WebSocketServer };
"""


@pytest.fixture(scope="module")
def package() -> Path:
    found = npm_package(WS)
    assert found is not None, f"{WS} could not be installed: this needs Node.js, npm and npm's registry"
    return found


def fake(folder: Path, behaviour: str) -> Path:
    """A package in the place of `ws`, whose server is made with this and does nothing else with a connection."""
    inside = folder / "node_modules" / "ws"
    inside.mkdir(parents=True)
    (inside / "package.json").write_text(json.dumps({"name": "ws", "version": "0.0.1"}))
    (inside / "index.js").write_text(FAKE.replace("BEHAVIOUR", behaviour))
    return folder


def test_it_says_which_version_it_is(package: Path) -> None:
    peer = find_ws(package)
    assert f"ws@{peer.version}" == WS
    assert peer.node.startswith("v")


def test_the_folder_of_the_package_and_the_one_around_it_are_the_same_process(package: Path) -> None:
    peer = find_ws(package)
    assert find_ws(package / "node_modules" / "ws") is peer


def test_its_process_ends_with_the_last_who_has_it(package: Path) -> None:
    peer = InNode(str(package / "node_modules" / "ws"))
    process, seen = peer._process, weakref.ref(peer)
    assert process.poll() is None
    del peer
    gc.collect()
    assert seen() is None
    assert process.poll() is not None


def test_a_package_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(PeerGone, match="Cannot find module"):
        find_ws(tmp_path)


def test_without_node_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(PeerGone, match=r"no Node\.js"):
        InNode()


def test_what_never_reads_is_ended_and_not_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_node, "_LIMIT_THERE", 100)
    peer = find_ws(fake(tmp_path, "{ pauseOnConnect: true }"))
    with pytest.raises(PeerGone, match="did not answer within"):
        peer.read(TEXT, Role.SERVER, pieces(TEXT, Role.SERVER, None))
    assert peer._process.poll() is not None
    with pytest.raises(PeerGone, match="did not answer within"):
        peer.read(TEXT, Role.SERVER, pieces(TEXT, Role.SERVER, None))


def test_a_process_that_ends_is_said(tmp_path: Path) -> None:
    peer = find_ws(fake(tmp_path, "() => process.exit(1)"))
    with pytest.raises(PeerGone, match="its process has ended"):
        peer.read(TEXT, Role.SERVER, pieces(TEXT, Role.SERVER, None))


def test_one_that_has_gone_is_started_anew_when_it_is_looked_for(tmp_path: Path) -> None:
    folder = fake(tmp_path, "() => process.exit(1)")
    first = find_ws(folder)
    with pytest.raises(PeerGone):
        first.read(TEXT, Role.SERVER, pieces(TEXT, Role.SERVER, None))
    assert find_ws(folder) is not first


def test_a_close_that_is_late_because_it_inflates_is_still_seen(package: Path) -> None:
    """`ws` inflates on another thread: the end of TCP must not come before its Close."""
    exchange = EXCHANGES["compressed"]
    legal = exchange.sent[2].data
    for _ in range(20):
        verdict = judge(find_ws(package), exchange, Change(2, 10, legal[10] ^ 0xFF))
        assert verdict.refusal is not None
        assert verdict.refusal.answer == 1007
