"""Every kind of secret, in every format that wslab writes: masked unless asked for, and the count is told.

One tape holds all kinds, in the places in which people's recordings have them. Each secret has a name of its own, so a
format that shows one says which. Lengths stay, so a masked capture is one that tshark decodes.
"""

from __future__ import annotations

import base64
import json
import logging
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.formats import tshark
from wslab import ScenarioPlayer, Timeline, edit, export, load, play
from wslab.cli.connect import ConnectOptions
from wslab.cli.dissect import dissect
from wslab.cli.tap.tap import TapOptions, as_data
from wslab.explain.redaction import StreamRedactor, redact_bytes
from wslab.exporter import SUFFIXES
from wslab.protocol import Frame, Role
from wslab.tape.jsonlines import JsonlinesWriter
from wslab.tape.log import RecordRedactor
from wslab.tape.records import ForeignSource, Raised, RecordKind, Reported, Unreachable, pack, tag
from wslab.tape.tape import Tape

KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
UPGRADE = f"Host: chat.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n{KEY}\r\n"
SWITCHING = f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{ACCEPT}\r\n"

REQUEST_LINES = {
    "cookie": "Cookie: theme=x; session={}",
    "cookie with a space before its colon": "Cookie : id={}",
    "cookie in a folded line": "Cookie: a=b;\r\n\tid={}",
    "cookie without a name": "Cookie: {}",
    "bearer": "Authorization: Bearer {}",
    "basic": "authorization: Basic {}",
    "digest": 'Authorization: Digest username="u", response="{}"',
    "proxy": "Proxy-Authorization: Basic {}",
    "forwarded authorization": "X-Forwarded-Authorization: Bearer {}",
    "API key": "X-Api-Key: {}",
    "subscription key": "Ocp-Apim-Subscription-Key: {}",
    "functions key": "X-Functions-Key: {}",
    "access token": "X-Amzn-Oidc-Accesstoken: {}",
    "CSRF": "X-CSRF: {}",
    "client secret": "CF-Access-Client-Secret: {}",
    "JWT in any header": "X-Identity: eyJhbGciOiJI.{}.sig",
    "scheme in any header": "X-Original: Bearer {}",
    "referer": "Referer: https://page.example/a?access_token={}&b=1",
    "encoded URL": "Referer: https://page.example/in?next=https%3A%2F%2Fx%2F%3Ftoken%3D{}%26b%3D1",
    "origin": "Origin: https://user:{}@page.example",
    "name for a token": "Origin: https://{}@page.example",
    "subprotocol behind bearer": "Sec-WebSocket-Protocol: chat, bearer, {}",
    "subprotocols in two headers": "Sec-WebSocket-Protocol: chat, bearer\r\nSec-WebSocket-Protocol: {}",
    "subprotocol with a dot": "Sec-WebSocket-Protocol: chat, base64url.bearer.authorization.k8s.io.{}",
    "subprotocol that is a JWT": "Sec-WebSocket-Protocol: chat, eyJhbGciOiJI.{}.sig",
}
RESPONSE_LINES = {
    "set-cookie": "Set-Cookie: id={}; Path=/; HttpOnly",
    "location": "Location: https://app.example/cb?code={}&state=1",
    "location with a password": "Location: wss://user:{}@chat.example/",
    "answered subprotocol": "Sec-WebSocket-Protocol: {}",
}
TARGETS = {
    "token": "/ws?room=1&token={}",
    "API key in the query": "/ws?api_key={}",
    "key": "/ws?key={}&x=1",
    "signature": "/ws?X-Amz-Credential=a&X-Amz-Signature={}",
    "ticket": "/ws?ticket={}",
    "listen key": "/stream?listenKey={}",
    "session of Engine.IO": "/socket.io/?EIO=4&sid={}",
    "Java's session": "/ws;jsessionid={}",
    "bracketed name": "/ws?user[password]={}",
    "value with a semicolon": "/ws?password=a;{}",
    "absolute form": "ws://user:{}@chat.example/ws",
    "password with an at sign": "ws://user:p@{}@chat.example/ws",
    "JWT in the path": "/ws/eyJhbGciOiJI.{}.sig/room",
}


def secret(kind: str) -> str:
    """A value of this kind, of 16 characters, which stands nowhere else."""
    return "Qy" + base64.b32encode(kind.encode())[-14:].decode().strip("=").ljust(14, "7").lower().replace("=", "7")


def head(first: str, *lines: str) -> bytes:
    return "\r\n".join([first, *lines, "", ""]).encode()


def request(target: str = "/ws", *lines: str) -> bytes:
    return head(f"GET {target} HTTP/1.1", UPGRADE.rstrip("\r\n"), *lines)


def answer(*lines: str) -> bytes:
    return head(SWITCHING.rstrip("\r\n"), *lines)


def login(kind: str) -> bytes:
    """SOCKS5 with name and password (RFC 1929), or SOCKS4 with its name."""
    value = secret(kind).encode()
    if kind == "SOCKS4":
        return b"\x04\x01\x00\x50\x7f\x00\x00\x01" + value + b"\0"
    return b"\x05\x01\x02" + b"\x01\x04user" + bytes([len(value)]) + value + b"\x05\x01\x00\x01\x7f\0\0\1\0\x50"


def talks() -> dict[str, tuple[list[bytes], list[bytes]]]:
    """For each kind, what client and server say: piece by piece, as a capture has them."""
    plain = request(), answer()
    found = {kind: ([request("/ws", line.format(secret(kind)))], [plain[1]]) for kind, line in REQUEST_LINES.items()}
    found |= {kind: ([plain[0]], [answer(line.format(secret(kind)))]) for kind, line in RESPONSE_LINES.items()}
    found |= {kind: ([request(target.format(secret(kind)))], [plain[1]]) for kind, target in TARGETS.items()}
    known = f"Sec-WebSocket-Protocol: bearer, {secret('answered subprotocol')}"
    found["answered subprotocol"] = [request("/ws", known)], found["answered subprotocol"][1]

    def to_proxy(kind: str) -> bytes:
        return head("CONNECT chat.example:80 HTTP/1.1", f"Proxy-Authorization: Basic {secret(kind)}")

    long = request(f"/ws?padding={'a' * 400}&token={secret('cut')}{'b' * 3000}")
    late = request("/ws", f"Cookie: a={secret('second request')}")
    refusal = head("HTTP/1.1 401 Unauthorized", "Content-Length: 2") + b"no"
    found |= {
        "SOCKS5": ([login("SOCKS5"), plain[0]], [b"\x05\x02\x01\x00\x05\x00\x00\x01\0\0\0\0\0\0", plain[1]]),
        "SOCKS4": ([login("SOCKS4"), plain[0]], [b"\x00\x5a\0\0\0\0\0\0", plain[1]]),
        "CONNECT": ([to_proxy("CONNECT"), plain[0]], [head("HTTP/1.1 200 OK"), plain[1]]),
        "CONNECT with a password": (
            [head(f"CONNECT user:{secret('CONNECT with a password')}@chat.example:80 HTTP/1.1"), plain[0]],
            [head("HTTP/1.1 200 OK"), plain[1]],
        ),
        "second request": ([request(), late], [refusal, plain[1]]),
        "second request in one piece": (
            [request() + request("/ws", f"Cookie: a={secret('second request in one piece')}")],
            [refusal + plain[1]],
        ),
        "second answer": ([plain[0]], [plain[1], answer(f"Set-Cookie: a={secret('second answer')}")]),
        "answer behind a body": (
            [request(), request()],
            [refusal + answer(f"Set-Cookie: a={secret('answer behind a body')}")],
        ),
        "request again as a frame": (
            [plain[0], request(f"/ws?token={secret('request again as a frame')}")],
            [plain[1]],
        ),
        "small letters": ([request(f"/ws?token={secret('small letters')}").replace(b"GET", b"get")], [plain[1]]),
        "empty line in front": ([b"\r\n" + request(f"/?token={secret('empty line in front')}")], [plain[1]]),
        "PROXY protocol": (
            [b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + request(f"/?token={secret('PROXY protocol')}")],
            [plain[1]],
        ),
        "cut": ([long[at : at + 1460] for at in range(0, len(long), 1460)], [plain[1]]),
        "middle of a head": (
            [f"sion=1 HTTP/1.1\r\nX: y\r\nCookie: a={secret('middle of a head')}\r\n\r\n".encode()],
            [plain[1]],
        ),
    }
    return found


TALKS = talks()
WORDS = {
    "in a HAR's address": (RecordKind.CONNECT, f"wss://chat.example/?token={secret('in a HAR s address')}".encode()),
    "what a browser said": (
        RecordKind.REPORTED,
        pack(Reported("wire", f"wss://chat.example/?token={secret('what a browser said')} failed")),
    ),
    "an exception": (RecordKind.RAISED, pack(Raised("client", "handler", f"no //u:{secret('an exception')}@h/"))),
    "what was not reached": (
        RecordKind.UNREACHABLE,
        pack(Unreachable("wire", f"ws://u:{secret('what was not reached')}@h/", "refused")),
    ),
}
SECRETS = {kind: secret(kind) for kind in TALKS} | {
    "in a HAR's address": secret("in a HAR s address"),
    **{kind: secret(kind) for kind in list(WORDS)[1:]},
}
HELLO = {
    "client": Frame.text("hello", mask=bytes((55, 250, 33, 61))).serialize(),
    "server": Frame.text("world").serialize(),
}


def put(tape: Tape, number: int, kind: str) -> None:
    time = number * 1.0
    at, what = WORDS.get(kind, (RecordKind.CONNECT, b"198.51.100.1:80"))
    side = Role.CLIENT if at is not RecordKind.REPORTED else None
    if at is not RecordKind.CONNECT:
        tape.put(time, number, tag(RecordKind.CONNECT, Role.CLIENT), b"198.51.100.1:80")
    tape.put(time, number, tag(at, side), what)
    if kind == "in a HAR's address":
        tape.put(time, number, tag(RecordKind.SOURCE), pack(ForeignSource("wire", "har")))
    client, server = TALKS.get(kind, ([request()], [answer()]))
    parts = [(Role.CLIENT, piece) for piece in client] + [(Role.SERVER, piece) for piece in server]
    for place, (role, piece) in enumerate([*parts, (Role.CLIENT, HELLO["client"]), (Role.SERVER, HELLO["server"])], 1):
        tape.put(time + place / 100, number, tag(RecordKind.SENT, role), piece)


def recorded(kinds: list[str]) -> Tape:
    tape = Tape.blank(epoch=1_700_000_000.0)
    for number, kind in enumerate(kinds, 1):
        put(tape, number, kind)
    return tape


@pytest.fixture(scope="module")
def tape() -> Tape:
    return recorded(list(SECRETS))


def shown(data: bytes | str) -> list[str]:
    """The kinds whose secret some bytes show, as they are, in hex or in Base64."""
    raw = data.encode() if isinstance(data, str) else data
    inner = {kind: base64.b64encode(each.encode()[: len(each) // 3 * 3]) for kind, each in SECRETS.items()}
    forms = {kind: (each.encode(), each.encode().hex().encode()) for kind, each in SECRETS.items()}
    return [kind for kind, each in forms.items() if any(form in raw for form in (*each, inner[kind]))]


def grown(tape: Tape, path: Path) -> None:
    with JsonlinesWriter(tape.log, path, redactor=RecordRedactor()) as file:
        file.append()


WRITERS: dict[str, Callable[[Tape, Path], object]] = {
    **{suffix: lambda tape, path: export(tape, path) for suffix in SUFFIXES},
    "saved.jsonl": lambda tape, path: tape.save(path),
    "grown.jsonl": grown,
}


@pytest.mark.parametrize("name", WRITERS)
def test_no_file_shows_a_secret_of_any_kind(
    name: str, tape: Tape, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / f"a{name}"
    WRITERS[name](tape, path)
    assert shown(path.read_bytes()) == []
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(told) == (name != "grown.jsonl")
    assert all(f"{tape.redacted()[1]} secrets of heads were replaced by asterisks" in each for each in told)


@pytest.mark.parametrize("kind", SECRETS)
def test_each_kind_is_counted_and_nothing_else_is(kind: str) -> None:
    redacted, count = recorded([kind]).redacted()
    assert count == {"cookie": 2, "cookie in a folded line": 2, "SOCKS5": 2, "signature": 2}.get(kind, 1)
    assert redacted.size == recorded([kind]).size or kind in WORDS
    assert redacted.redacted() == (redacted, 0)


def test_what_is_asked_for_is_kept(tape: Tape, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert shown(export(tape, tmp_path / "a.jsonl", secrets=True).read_bytes()) == list(SECRETS)
    assert set(SECRETS) - set(shown(export(tape, tmp_path / "a.pcapng", secrets=True).read_bytes())) <= {
        "in a HAR's address"  # a capture has no URL
    }
    assert caplog.records == []
    path = tmp_path / "b.jsonl"
    path.touch(0o600)
    export(tape, path, secrets=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_that_is_shown_or_printed_shows_one(tape: Tape, caplog: pytest.LogCaptureFixture) -> None:
    assert shown(str(tape)) == []
    assert shown("\n".join(json.dumps(as_data(each.redacted(), 0.0)) for each in tape)) == []
    for number, kind in enumerate(SECRETS, 1):
        view = Timeline(tape, connection=number)
        try:
            assert shown(view.text() + view._repr_html_()) == [], kind
        finally:
            view.close()
    assert caplog.records == []


def test_a_saved_view_says_how_many_it_hides(tape: Tape, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    view = Timeline(tape)
    try:
        assert shown(view.save(tmp_path / "a.html").read_bytes()) == []
    finally:
        view.close()
    assert "secrets of heads were replaced by asterisks" in caplog.text
    assert stat.S_IMODE((tmp_path / "a.html").stat().st_mode) == 0o600


def test_a_masked_capture_is_one_that_tshark_decodes(tape: Tape, tmp_path: Path) -> None:
    path = export(tape, tmp_path / "a.pcapng")
    frames, faults = tshark.decode(path)
    kept, as_kept = tshark.decode(export(tape, tmp_path / "b.pcapng", secrets=True))
    assert faults == as_kept  # a head where a frame should be is malformed, masked or not
    assert [(each.stream, each.length, each.payload) for each in frames] == [
        (each.stream, each.length, each.payload) for each in kept
    ]
    assert len(frames) > len(SECRETS)


@pytest.mark.parametrize("suffix", [".pcapng", ".har", ".jsonl"])
@pytest.mark.parametrize("to", [".pcapng", ".har", ".jsonl"])
def test_what_is_loaded_and_saved_again_is_masked(suffix: str, to: str, tape: Tape, tmp_path: Path) -> None:
    loaded = load(export(tape, tmp_path / f"kept{suffix}", secrets=True))
    assert shown(export(loaded, tmp_path / f"again{to}").read_bytes()) == []
    assert shown(str(loaded)) == []


@pytest.mark.parametrize("kind", TALKS)
@pytest.mark.parametrize("size", [1, 7, 64, 1460])
def test_no_piece_shows_one_however_small(kind: str, size: int) -> None:
    # a name without a password is known by the @ behind it, which must come in the same piece
    smallest = 1460 if kind in ("name for a token", "middle of a head") else size
    for stream in TALKS[kind]:
        whole = b"".join(stream)
        redactor = StreamRedactor()
        redactor.secrets.tokens.add(secret("answered subprotocol").encode())
        pieces = [redactor.feed(whole[at : at + smallest]) for at in range(0, len(whole), smallest)]
        assert shown(b"".join(pieces)) == []
        assert len(b"".join(pieces)) == len(whole)


def test_dissect_masks_a_head_unless_asked(tmp_path: Path) -> None:
    path = tmp_path / "head.bin"
    path.write_bytes(request("/ws", REQUEST_LINES["bearer"].format(secret("bearer"))))
    masked, kept = (CliRunner().invoke(dissect, [str(path), "--json", *more]) for more in ([], ["--secrets"]))
    assert (shown(masked.output), shown(kept.output)) == ([], ["bearer"])
    assert "1 secret of a head was replaced by asterisks" in masked.stderr
    assert json.loads(masked.stdout)["legal"] is json.loads(kept.stdout)["legal"] is True


def test_the_page_and_the_code_of_a_run_are_masked_too(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    typed = request(f"/ws?token={secret('token')}")
    tape = play("clean-close", do={1: edit(typed)})
    view = ScenarioPlayer(tape)
    try:
        for name in ("a.html", "a.py", "test_a.py", "a.jsonl", "a.pcapng", "a.har", "a.md"):
            assert shown(view.save(tmp_path / name).read_bytes()) == [], name
            assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
        assert shown(view.save(tmp_path / "b.py", secrets=True).read_bytes()) == ["token"]
    finally:
        view.close()
    assert "a.html: 1 secret of a head" in caplog.text


PLAIN = (
    b"\x81\x05hello",
    Frame.text('{"type":"token","cookie":"a"}').serialize(),
    Frame.text("GET / and HTTP/2, a token=1").serialize(),
    bytes(range(256)),
    request() + HELLO["client"],
    answer("WWW-Authenticate: Bearer realm=x, error=invalid_token", "Access-Control-Allow-Credentials: true"),
)


@pytest.mark.parametrize("data", PLAIN)
def test_what_holds_none_stays_as_it_is(data: bytes) -> None:
    assert redact_bytes(data) == data
    redactor = StreamRedactor()
    redactor.feed(request())
    assert redactor.feed(data) == data


@pytest.mark.parametrize("options", [ConnectOptions, TapOptions])
def test_the_address_that_a_command_prints_is_masked(options: Callable[..., Any]) -> None:
    given: dict[str, Any] = {"connecting": {}} if options is ConnectOptions else {}
    url = "wss://bob:pw@x.test/ws?token=s3cr3t&room=1"
    assert options(url, **given).shown_url == "wss://bob:**@x.test/ws?token=******&room=1"
    assert options(url, **given, secrets=True).shown_url == url
