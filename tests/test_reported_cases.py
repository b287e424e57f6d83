"""Inputs after public reports, as many again as in `test_cases` for each kind, with where the kind was reported.

Every input was made here; none holds text of a report. `SOURCES` says of each where such a one was seen.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from wslab.cli.dissect import dissect, read_input
from wslab.formats.dumps.reader import UnknownForm, read_dump
from wslab.protocol import Frame, Role
from wslab.tape.records import RecordKind, tag
from wslab.tape.tape import Tape

FRAME = "818537fa213d7f9f4d5158"  # masked text "Hello"
HELLO = Frame.text("Hello").serialize()
CELLS = "81 85 37 fa 21 3d 7f 9f 4d 51 58"

# kind 1, written forms: source, text
DUMPS = (
    (
        "rsocket/rsocket-java#100",
        "[nio-1] DEBUG frameBytes - [id: 0x1, L:/127.0.0.1:60946 - R:/127.0.0.1:9898] WRITE: 11B\n"
        f"         +-{'-' * 48}+\n         |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |\n"
        f"+--------+-{'-' * 64}+\n|00000000| {CELLS:<47} |..7.!=..MQX     |\n+--------+-{'-' * 64}+\n",
    ),
    (
        "zaphoyd/websocketpp#564",
        "[2026-07-10 07:41:51] [devel] p = 0 bytes transferred = 11\n[2026-07-10 07:41:51] [devel] Processing Bytes: "
        f"{CELLS.upper()} \n[2026-07-10 07:41:51] [devel] bytes left after consume: 0\n",
    ),
    (
        "zaphoyd/websocketpp#559",
        "[2026-06-19 15:39:30] [frame_header] Header Bytes: \n[0] (6) 81 85 37 FA 21 3D \n\n"
        "[2026-06-19 15:39:30] [frame_payload] Payload Bytes: \n[0] (5) [2] 7F 9F 4D 51 58 \n",
    ),
    ("madtrick/wsock#2", "** {{badmatch,<<129,133,55,250,33,61,127,\n                159,77,81,88>>},"),
    ("websockets/ws#1916", f"  ws._socket.write(Buffer.from('{FRAME}', 'hex'));"),
    (
        "websockets/ws#1662",
        '{"_receiver": {"_buffers": [{"type": "Buffer", "data": [129,133,55,250,33,61,127,159,77,81,88]}]}}',
    ),
    ("clj-commons/aleph#13", f"(Bytes):{CELLS.replace(' ', ':').upper()}"),
    (
        "warmcat/libwebsockets#1629",
        f"[2026/05/13 18:10:42:2762] D: \n[2026/05/13 18:10:42:2762] D: 0000: {CELLS.upper()}       ..7.!=..MQX\n",
    ),
    ("jetty/jetty.project#11088", r"DirectByteBuffer@7f22[p=0,l=11]={<<<\x81\x857\xFA!=\x7f\x9fMQX>>>}"),
    ("creationix/http-parser-js#63", f"164 157 <Buffer {CELLS}>"),
)
# kind 2, whole packets
PACKETS = (
    (
        "netty/netty#11111",
        "18:00:01.000001 IP 127.0.0.1.50000 > 127.0.0.1.9001: Flags [P.], seq 1:12, ack 1, win 512, length 11\n"
        "\t0x0000:  0000 0000 0000 0000 0000 0000 0800 4500\n\t0x0010:  0033 0001 4000 4006 3cc2 7f00 0001 7f00\n"
        "\t0x0020:  0001 c350 2329 0000 0001 0000 0001 5018\n\t0x0030:  0200 0000 0000 8185 37fa 213d 7f9f 4d51\n"
        "\t0x0040:  58\n",
    ),
    (
        "websockets/ws#1516",
        "0000   60 00 00 00 00 1f 06 40 00 00 00 00 00 00 00 00\n"
        "0010   00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 00\n"
        "0020   00 00 00 00 00 00 00 01 c3 50 23 29 00 00 00 01\n"
        "0030   00 00 00 01 50 18 02 00 00 00 00 00 81 85 37 fa\n"
        "0040   21 3d 7f 9f 4d 51 58\n",
    ),
)
# bytes that the text no longer has: what to do instead
LOST = (
    ("netty/netty#2179", "T 127.0.0.1:8080 -> 127.0.0.1:51295 [AP]\n..Hello\n", "ngrep -x"),
    (
        "python-websockets/websockets#1387",
        "DEBUG    websockets.server:protocol.py:1 < TEXT 'Hello' [5 bytes]",
        "wslab tap",
    ),
)


@pytest.mark.parametrize(("source", "text"), [*DUMPS, *PACKETS])
def test_a_dump_of_a_report_is_read(source: str, text: str) -> None:
    given = read_input(text)
    assert [data.hex() for data, _ in given.streams] == [FRAME], source
    assert ("behind the headers of" in given.sentence) is ((source, text) in PACKETS)


@pytest.mark.parametrize(("source", "text", "words"), LOST)
def test_of_text_without_its_bytes_it_says_how_to_get_them(source: str, text: str, words: str) -> None:
    with pytest.raises(UnknownForm, match=words):
        read_dump(text)
    assert source


def request(more: str = "", first: str = "GET /ws HTTP/1.1", key: str = "dGhlIHNhbXBsZSBub25jZQ==") -> bytes:
    key_line = f"Sec-WebSocket-Key: {key}\r\n" if key else ""
    return (
        f"{first}\r\nHost: chat.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"{key_line}{more}\r\n"
    ).encode()


UPGRADE = "Upgrade: websocket\r\nConnection: Upgrade\r\n"
ACCEPT = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"


def answer(upgrade: str = UPGRADE, more: str = "", accept: str = ACCEPT) -> bytes:
    return f"HTTP/1.1 101 Switching Protocols\r\n{upgrade}{accept}{more}\r\n".encode()


# kind 3, heads: source, request, answer, the rules on the tape and who broke them
HEADS: tuple[tuple[str, bytes, bytes, list[tuple[str, str]]], ...] = (
    ("ninenines/cowboy#262", request(), answer("Upgrade: websocket\r\n"), [("response-connection", "server")]),
    ("machinezone/IXWebSocket#9", request(), answer("Connection: Upgrade\r\n"), [("response-upgrade", "server")]),
    (
        "clj-commons/aleph#13",
        request(),
        answer("Upgrade: websocket\r\nConnection: close\r\n"),
        [("response-connection", "server")],
    ),
    (
        "cyrus-great/phpwebsocket#39",
        request(),
        answer(more="WebSocket-Origin: http://a\r\nWebSocket-Location: ws://a/\r\n", accept=""),
        [("response-accept", "server")],
    ),
    (
        "swoole/swoole-src#946",
        request("Sec-WebSocket-Protocol: sip\r\n"),
        answer(more="Sec-WebSocket-Protocol: arduino\r\n"),
        [("response-subprotocol", "server")],
    ),
    ("ninenines/cowboy#672", request("Sec-WebSocket-Protocol: sip\r\n"), answer(), []),
    ("crystal-lang/crystal#17231", request(first="POST /ws HTTP/1.1"), answer(), [("request-method", "client")]),
    (
        "laravel/reverb#406",
        request(key="c2hvcnQ="),
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
        [("request-key", "client")],
    ),
    ("s-u/Rserve#53", request(), b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<p>hi</p>", []),
)


@pytest.mark.parametrize(("source", "asked", "answered", "rules"), HEADS)
def test_heads_of_a_report_are_judged(source: str, asked: bytes, answered: bytes, rules: list[object]) -> None:
    tape = Tape.blank()
    tape.put(0.0, 1, tag(RecordKind.CONNECT, Role.CLIENT), b"198.51.100.1:80")
    tape.put(0.1, 1, tag(RecordKind.SENT, Role.CLIENT), asked)
    tape.put(0.2, 1, tag(RecordKind.SENT, Role.SERVER), answered)
    assert [(each.error.rule.id, each.sender) for each in tape if each.error is not None] == rules, source


TEXT = b'{"temperature": 21.5, "pad": "' + b"x" * 150 + b'"}'
# kinds 4, 5 and 8, no frames, lost framing and Close codes: source, bytes behind the heads, the rule, the cause
STREAMS = (
    ("Effect-TS/effect#7457", HELLO + b"HTTP/1.1 204 No Content\r\n\r\n", "control-fragmented", "http-response"),
    ("walkor/workerman#236", HELLO + b"Closing", "reserved-bits", "text"),
    ("clj-commons/aleph#13", b"\x00Hello\xff", "continuation-needs-start", "hixie-76"),
    ("aspnet/KestrelHttpServer#962", b"7\r\n" + HELLO + b"\r\n", "reserved-bits", "chunk"),
    (
        "domoticz/domoticz#6543",
        b"\x81\x7e" + len(TEXT).to_bytes(4, "big") + TEXT,
        "length-minimal",
        "length-of-other-width",
    ),
    ("OvenMediaLabs/OvenMediaEngine#2315", b"\x81\x7e\x00\x7d" + b"x" * 125, "length-minimal", None),
    ("nkolban/esp32-snippets#344", b"\x81\x7e" + len(TEXT).to_bytes(2, "little") + TEXT, None, "length-little-endian"),
    (
        "m8rge/cwebsocket#5",
        b"\x81\x7f" + (70_000).to_bytes(8, "little") + b"y" * 70_000,
        "frame-too-big",
        "length-little-endian",
    ),
    ("dandeliondeathray/DandelionWebSockets.jl#13", b"\x81\x7f" + b"z" * 127, "frame-too-big", "length-in-seven-bits"),
    ("websockets/ws#1677", b"\x88\x02\x00\x00", "close-code-known", None),
    ("websockets/ws#1916", b"\x88\x02We", "close-code-known", None),
    ("c4punks/CWIST#157", b"\x88\x01\x03", "close-body-length", None),
)


def dissected(data: bytes, path: Path, *more: str) -> dict[str, object]:
    path.write_bytes(data)
    found: dict[str, object] = json.loads(CliRunner().invoke(dissect, ["--json", *more, str(path)]).stdout)
    return found


@pytest.mark.parametrize(("source", "data", "rule", "cause"), STREAMS)
def test_bytes_of_a_report_are_named(
    source: str, data: bytes, rule: str | None, cause: str | None, tmp_path: Path
) -> None:
    found = dissected(answer() + data, tmp_path / "a.bin")
    named = found["cause"]["id"] if isinstance(found["cause"], dict) else None
    assert (found["rule"], named, found["legal"]) == (rule, cause, False), source


# kinds 6 to 8 and 16: bodies, headers of a 101, what stands behind a Close, who sent it
LEGAL = (
    (
        "oven-sh/bun#28114",
        b"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nnope\r\n0\r\n\r\n",
        "14 bytes, is its body",
    ),
    ("coyove/goflyway#119", b"HTTP/1.1 522 Timed out\r\nConnection: close\r\n\r\nbusy", "4 bytes, is its body"),
    ("SuaveIO/suave#626", answer(more="Content-Length: 0\r\n") + HELLO, "Content-Length, which no 101 may have"),
    (
        "creationix/http-parser-js#63",
        answer(more="Transfer-Encoding: chunked\r\n") + HELLO,
        "Transfer-Encoding, which no 101 may have",
    ),
    (
        "Effect-TS/effect#7457",
        answer() + b"\x88\x02\x11\x30HTTP/1.1 204 No Content\r\n\r\n",
        "discards the 27 bytes behind the Close",
    ),
    ("jetty/jetty.project#11088", answer() + b"\x88\x02\x03\xe8" * 2, "discards the 4 bytes behind the Close"),
)


@pytest.mark.parametrize(("source", "data", "words"), LEGAL)
def test_what_is_legal_beside_the_frames_is_told(source: str, data: bytes, words: str, tmp_path: Path) -> None:
    found = dissected(data, tmp_path / "a.bin")
    assert found["legal"] is True, source
    assert words in str(found["verdict"])


def test_a_masked_ping_without_a_role_has_two_readings(tmp_path: Path) -> None:  # lalinsky/dusty#84
    path = tmp_path / "ping.txt"
    path.write_text("89 80 37 fa 21 3d\n")
    said = CliRunner().invoke(dissect, [str(path)], env={"COLUMNS": "200"}).output
    assert "The server accepts it: a Ping, which it answers with a Pong." in said
    assert "If the client received it (--role client): The client fails the connection with 1002" in said
