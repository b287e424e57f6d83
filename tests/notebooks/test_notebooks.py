"""The notebooks run, say what their prose says, and are kept in good order."""

from __future__ import annotations

import ast
import re
from copy import deepcopy
from textwrap import indent

import nbformat
import pytest

import wslab
from tests.notebooks.course import FOLDER, NOTEBOOKS, TEMPLATE, cells, exercises, load, output, outputs, run
from tests.notebooks.solutions import solutions
from tests.tape.test_no_sentence_is_read import reads

_AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
_OUTSIDE = "not a matter of the protocol"

ANSWERS = {
    "00_start": ["11", "closes with 1002"],
    "01_handshake": ["about 300", "10", "426"],
    "02_frames": ["4 bytes", "11"],
    "03_masking": ["Hello", "yes", "only in the unmasked one"],
    "04_disconnects": ["server", "1006", "it returns as if all were well", "OPEN"],
    "05_proxies_and_networks": [
        "it was over already, with 1006",
        "some 400 bytes",
        "the server only",
        "1005",
        "no",
        "neither",
        "all ten, in order",
        "16",
        "is lost",
        "nothing",
    ],
    "06_heartbeats_and_reconnects": ["2", "message", "1011", "4, 5, 6", "100"],
    "07_messages_and_text": [
        "1",
        "before the message is whole",
        "it reads costs €5",
        "nothing: the connection fails",
        "the server reads four characters",
        "nobody but a person who reads it",
        "no",
        "16777216",
    ],
    "08_flow_and_size": [
        "the client's own limit",
        "1 MB",
        "it ends with 1011 during the upload",
        "when the whole file has been sent",
        "nearly all of it",
        "dead",
        "2, and then nothing more",
    ],
    "09_order_and_delivery": [
        "none",
        "each side saw its own first",
        "another one",
        "no: one order is missing",
        "the time",
        "about 30",
        "no",
    ],
    "10_security": [
        "Anna's balance",
        "a program that writes https://bank.example",
        "yes, the key is in the frame",
        "how long each one is",
        "who reads the server's access log",
        "Eve's code runs there",
        "3",
        "the server closes with 1009",
        "some 10 s",
    ],
    "11_compression": [
        "about a quarter",
        "less than 10 bytes",
        "11 bits: 2,048 bytes",
        "about 3 GB",
        "equally long but one, which is shorter",
        "yes, as long as the window is kept",
    ],
    "12_browsers_and_alternatives": ["0", "most of the 1,000 kB", "long polling", "events"],
    "13_libraries": [
        "720",
        "some 25",
        "with 1000, 1001 and no code",
        "for 503, the end of TCP, and nothing",
        "about 50 times",
        "0",
        "the client",
        "two prices, and then nothing",
        "the first gets it, and the second an error",
        "1006",
        "a text message for the program",
    ],
    "14_build_your_own": [
        "10",
        "one",
        "nothing, for 30 s",
        "at a frame without a mask",
        "limits: a header that announces 8 MiB",
    ],
    "15_test_your_own": [
        "less than ten seconds",
        "nothing: it still waits",
        "5",
        "three times",
        "length-minimal",
        "which frame, byte and bit differ",
    ],
    "doctor": [
        "nobody",
        "the client, which got no Pong",
        "a Ping every 25 s",
        "no",
        "neither",
        "1005",
        "the server only",
        "the server's own check",
        "the receiver",
        "the server's",
        "2",
        "the time",
        "it was sent, and thrown away",
        "1 MiB",
        "more than 200",
    ],
    "myths": [
        *("false", "false", "true", "false"),  # the opening handshake
        *("half true", "half true", "half true", "false"),  # frames and masking
        *("true", "true", "true", "half true"),  # what the two sides say
        *("false", "false", "false", "false"),  # what arrives
        *("false", "half true", "true", "true"),  # what stands between, and coming back
        *("true", "true", "half true", "true"),  # safety and size
        *("half true", "false", "true", _OUTSIDE, _OUTSIDE, "half true"),  # what to choose
    ],
}
"""What each prediction comes to; the prose below it says so, and must not be wrong."""

SAID = {
    "00_start": ["IS ANYBODY THERE!", "client → server  T", "The server closed the connection with 1002"],
    "01_handshake": [
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        "Sec-WebSocket-Version: 13",
        "stranger.example is refused",
        "b'Welcome!'",
    ],
    "02_frames": [
        " 65,536    10 bytes                14 bytes",
        "10 €",
        "first fragment, 4 bytes",
        "bit  4 opcode  accepted",
    ],
    "03_masking": [
        "my password is swordfish",
        "masked:   []",
        "100 frames, 100 different keys",
        "The client fails the connection with 1002",
    ],
    "04_disconnects": [
        "Close frames on the tape: []",
        "1005 NO_STATUS_RCVD",
        "the client of #1 believes CLOSED 1000 here, and believes CLOSED 1006 there",
        "the server believes: OPEN  messages may travel",
        "a Ping every  2.0 s: the server knows after 22 s",
        "a Ping every 20.0 s: the server knows after 40 s",
        "half-open: The path falls silent",
        "The server stays OPEN.",
        "is anybody there?",
        "let me through",
        "ConnectionClosedError: no close frame received or sent",
        "close code: 1006",
    ],
    "05_proxies_and_networks": [
        "quiet for  59 s: client OPEN, server OPEN",
        "quiet for  61 s: client CLOSED 1006, server CLOSED 1006",
        "24 Pings, 24 Pongs, 384 bytes; client OPEN, server OPEN",
        "a Ping: 6 bytes; a Pong: 10 bytes",
        "a Ping every 50 s: client OPEN, server OPEN",
        "a Ping every 75 s: client OPEN, server CLOSED 1006",
        "fixed=False: HTTP/1.1 400 Bad Request",
        "fixed=True: HTTP/1.1 101 Switching Protocols",
        "connection 1: 1005 \nconnection 2: 4001 go away",
        "connection 5: a Close by server and client\nconnection 6: a Close by nobody",
        "Browser peer of ws://127.0.0.1:",
        "ws://                          400",
        "wss://, passed through         101",
        "wss://, inspected              no HTTP: certificate refused",
        "wss://, inspected and trusted  400",
        "client: arrived\nserver: arrived\nclient: arrived\nserver: lost",
        "message 1  is on its way for 651 ms",
        "15 s in the tunnel, ping_timeout= 5: client CLOSED 1011, server CLOSED 1006",
        "15 s in the tunnel, ping_timeout=20: client OPEN, server OPEN",
        "The phone has seen 5 of 8 news items: news 1, news 2, news 6, news 7, news 8. ",
        "The server counts 2 sessions of one user.",
        "The phone has seen 8 of 8 news items: ",
        "The server counts 1 session of one user.",
        "renew=None: 59 Pongs, and after 3600 s client CLOSED 1006, server CLOSED 1006",
        "renew=3240: 54 Pongs, and after 3240 s client CLOSED 1000, server CLOSED 1000",
        "drain=False: A client connected 4 times at most",
        "drain=True: A client connected 2 times at most",
        "at  238.73   age   69.75   quiet 45.07",
        "store=own: The server sends Close 1008",
        "store=shared: The server sends text, 29 bytes: “ticket 12 has 3 in the basket”",
        "HTTP/2, stream 5: `:status 405`. The page's `close` event says 1006.",
    ],
    "06_heartbeats_and_reconnects": [
        "“Bob, are you there? (2)”. It is lost on the way.",
        "The server counts 1 user.",
        "The server gives Bob up 45 s after the beginning.",
        "the process stands still, TCP keepalive: the client believes OPEN",
        "the process stands still, Ping         : the client believes CLOSED",
        "the handler stands still, Ping         : the client believes OPEN",
        "wait  5.0 s for a Pong: the client believes CLOSED",
        "wait 10.0 s for a Pong: the client believes OPEN",
        "a Ping every 75.0 s: the server believes CLOSED",
        "a Ping every 25.0 s: the server believes OPEN",
        "a sign of life is the Pong: the client believes CLOSED 1011",
        "a sign of life is any message: the client believes OPEN",
        "the page asks: the client believes CLOSED 1008",
        "the server asks: the client believes OPEN",
        "last-five: The client has seen news 1, 2, 3, 2, 3, 4, 5, 6, 7, 8; 2, 3 came twice.",
        "by-number: The client has seen news 1, 2, 3, 4, 5, 6, 7, 8: each once, and in order.",
        "none: After 60.0 s 39 of 100 are back",
        "full-jitter: After 5.8 s all are back: 100 attempts, at most 30 in one second",
        "after 4 failures: a random time from 0 to 60 s",
    ],
    "07_messages_and_text": [
        "the program got ['one long story']",
        "opcode 0x1, FIN 0: b'one '\nopcode 0x0, FIN 0: b'long '\nopcode 0x0, FIN 1: b'story'",
        "63 6f 73 74 73 20 e2     costs \N{REPLACEMENT CHARACTER}",
        "cut at 7: the server reads costs €5; it believes CLOSED 1000",
        "'costs '\n'€5'",
        "CLOSED 1007 · CLOSED 1007",
        "latin-1    47 72 fc df 65",
        "sent as UTF-16   client CLOSED 1007, server CLOSED 1006",
        "sent as Latin-1  client CLOSED 1007, server CLOSED 1006",
        "['U+0048', 'U+0000', 'U+0069', 'U+0000']",
        "0.0 s  The server sends Close 1007",
        "mac_roman  G r √ º √ ü e   1 0   ‚ Ç ¨",
        "u fits: 102 bytes of payload\nü does not fit: ",
        "         2                8                     4   👍🏽",
        "01 00 00 00 · The server accepts it: a binary message of 4 bytes.",
        "49 bytes as JSON\n14 bytes in a layout of its own: 00 00 01 02 ff fb 07 5a c3 bc 72 69 63 68",
    ],
    "08_flow_and_size": [
        "the server's limit: the client's program is told 1009",
        "the client's limit: the client's program is told 1006",
        "the gateway's limit: the client's program is told 1009",
        "the server's limit:\n    The server sends Close 1009",
        "the client's limit:\n    The client sends Close 1009",
        "Found a length of 100000 bytes at byte 1",
        "7 frames were sent, and the client believes CLOSED 1009",
        "compressed to 1,033 bytes",
        "The server holds a message of 1,048,576 bytes.",
        "limit 64 KiB: the client believes CLOSED 1009",
        "in fragments of 300,000 bytes  the client believes CLOSED 1011",
        "in fragments of 30,000 bytes   the client believes CLOSED 1000",
        "one frame        hi took 18.00 s, and was refused 0 times",
        "fragments        hi took 18.02 s, and was refused 118 times",
        "messages         hi took  6.67 s, and was refused 0 times",
        "two connections  hi took  0.00 s, and was refused 0 times",
        " 0.4 s |██████████████████████████      |",
        " 0.4 s |█                               |",
        f" 0.4 s |{' ' * 32}| {'█' * 28}\n",
        "the client sends, waits=False: its memory held 26 of 32",
        "the client sends, waits=True: its memory held 1 of 32",
        "  40 s  The client sends Pong",
        "the others got [2, 2, 2, 2]",
        "Of 20 messages the others got 20 each.",
        "7 s  The server sends Close 1013",
    ],
    "09_order_and_delivery": [
        "2,000 of 2,000 messages arrived; 0 of them out of order.",
        "the quickest took 27 ms, the slowest 671 ms",
        "sale!  of the server: 3.501 s to 4.002 s\nbuy 10 of the client: 3.502 s to 4.004 s",
        "1 3 5 2 4 6",
        "fetch first: The page shows: order 1, order 2, order 4. The server has: order 1, order 2, order 3, order 4.",
        "subscribe first: The page shows: order 1, order 2, order 3, order 3, order 4.",
        "The page shows: order 1, order 2, order 3, order 4. The server has: order 1, order 2, order 3, order 4.",
        "task-per-message the time, the search, the report; the last one at 0.3 s",
        "one-by-one       the report, the search, the time; the last one at 0.6 s",
        "sent: 40, received: 30, acknowledged: 20",
        "never send again what is unknown: 10 of 40 are lost",
        "send all that is unknown again:   10 of 40 are there twice",
        "ids=False: The client wanted to pay 10, and the server has booked 20.",
        "ids=True: The client wanted to pay 10, and the server has booked 10.",
        "40 numbers, each once: True",
        "Ann reads: ann: hello | ben: hi | ann: at eight? | ann: hello | ben: hi | ben: at nine?",
        "Ann reads: 1A ann: hello | 2B ben: hi | 3A ann: at eight? | 3B ben: at nine?",
        "Ben reads: 1A ann: hello | 2B ben: hi | 3A ann: at eight? | 3B ben: at nine?",
    ],
    "10_security": [
        "['Anna has 1,200 euros']",
        "403  a page of http://bank.example",
        "403  a page of https://blog.bank.example",
        "101  a program that writes https://bank.example",
        "403  a program that writes no Origin",
        "unmasked: b'my PIN is 4711'",
        "TLS adds 22 bytes to each",
        "another name: The certificate of ",
        "another authority: The certificate of ",
        "an impostor: 101, and the accept value is right",
        "query          a reader of the log comes in as Ada",
        "cookie         a reader of the log is kept out",
        "ticket         a reader of the log is kept out",
        "onerror=\"this.replaceWith('Eve was here')\"></p>",
        "<b>Eve</b>: &lt;img src=",
        "pasted, x' OR '1'='1: ada@example.org bob@example.org eve@example.org",
        "bound, x' OR '1'='1: nobody",
        "limit 16,777,216: 1,041 bytes came; the client gets 1000",
        "limit     65,536: 1,041 bytes came; the client gets 1009",
        "Eve sends    10: Ada waits 0.01 s",
        "Eve sends 1,000: Ada waits 9.91 s",
    ],
    "11_compression": [
        "compressed    545: 114%",
        "compressed 10,100: 101%",
        "client: Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
        "49 bytes of text in 15 bytes of frame",
        "kept:      [63, 7, 6]",
        "forgotten: [63, 63, 63]",
        " 9 bits: 13",
        "15 bits: 26",
        "websockets answers: permessage-deflate; server_max_window_bits=12; client_max_window_bits=12",
        "as it is   0.87 s on the way",
        "compressed 0.06 s on the way",
        "shoes      41 bytes\nbooks      41 bytes",
        "one message: tells a digit",
        "one message, forgotten after it: tells a digit",
        "two messages: tells a digit",
        "two messages, forgotten between: tells nothing",
    ],
    "12_browsers_and_alternatives": [
        "Browser peer of ws://127.0.0.1:",
        "api.shop.example: mixed content. The browser refuses, and sends no request.",
        "after 1 s: 769,648 bytes wait",
        "polling        365 requests  112,150 bytes,  5.1 s late",
        "long polling 1,001 requests  291,067 bytes,  0.0 s late",
        "events           1 requests   16,162 bytes,  0.0 s late",
        "WebSocket        1 requests   12,679 bytes,  0.0 s late",
        "polling        365 requests  102,571 bytes,  5.9 s late",
        "long polling   122 requests   34,288 bytes,  0.0 s late",
        "events           1 requests      763 bytes,  0.0 s late",
        "WebSocket        1 requests    2,794 bytes,  0.0 s late",
    ],
    "13_libraries": [
        "{'TEXT': 2, 'PING': 360, 'PONG': 360, 'CLOSE': 2}",
        "ping_interval  20\nping_timeout   20\nopen_timeout   10\nclose_timeout  10\n",
        "max_size       1048576\nmax_queue      16\nwrite_limit    32768\ncompression    deflate",
        "max_queue=16: 26 messages\nmax_queue=1: 13 messages",
        "received 1001 (going away) restart; then sent 1001 (going away) restart\n    close_code 1001;",
        "ConnectionClosedOK: received 1005 ",
        "ConnectionClosedError: received 1011 (internal error); then sent 1011 (internal error)\n    close_code 1011;",
        "incorrect masking; no close frame received\n    close_code 1006; the server believes CLOSED 1002",
        "of 1048576 bytes; no close frame received\n    close_code 1006; the server believes CLOSED 1009",
        "no close frame received or sent\n    close_code 1006; the server believes CLOSED 1006",
        "TCP is reset: no close frame received or sent\n    rcvd=None, sent=None, rcvd_then_sent=None",
        "The client closes: sent 1000 (OK); then received 1000 (OK)\n",
        "sent=1000 (OK), rcvd_then_sent=False",
        "refused: stop\n    InvalidStatus: ",
        "overloaded: try again\n    InvalidStatus: ",
        "another protocol: stop\n    InvalidMessage: ",
        "the end of TCP: try again\n    InvalidMessage: ",
        "nothing: try again\n    TimeoutError: timed out during opening handshake",
        "3.1 s  5.0 s  8.1 s  13.1 s  21.2 s  34.4 s  55.6 s",
        "back after 141 s",
        "{}                 connected 49 times; out of the loop came nothing",
        "{'pause': 3}       connected  4 times; out of the loop came nothing",
        "{'catches': False} connected  1 times; out of the loop came ConnectionClosedError",
        "beside await asyncio.sleep: it counted\nbeside time.sleep: 0",
        "after 50 s: ConnectionClosedError: sent 1011 (internal error) keepalive ping timeout; no close frame received",
        "40 s  The client sends Close 1011 (internal error)",
        "fixed=False: the client believes CLOSED 1006\nfixed=True: the client believes OPEN",
        "1. The event loop computed and answered no Ping.",
        "got ['price 50', 'price 100'] and then nothing for a minute; the client is OPEN",
        "the task has ZeroDivisionError('division by zero')",
        "the client is told: received 1011 (internal error); then sent 1011 (internal error)",
        "the server's log: connection handler failed: KeyError('pear')",
        "first: 'hello'\nsecond: ConcurrencyError(",
        "create_task               the report leaves at 10 s",
        "run_coroutine_threadsafe  the report leaves at 2 s",
        "closes in finally           the client believes CLOSED 1006",
        "closes with its own limit   the client believes CLOSED 1013",
        " 25 s  server  TEXT   2\n 45 s  server  CLOSE",
        " 25 s  server  2\n 25 s  client  3",
    ],
    "14_build_your_own": [
        "the right one stands in: yours is not written yet",
        "client: BINARY       FIN 0\nclient: CONTINUATION FIN 0\nclient: CONTINUATION FIN 1\nserver: BINARY ",
        "server: PONG         FIN 1",
        "Browser peer of ws://127.0.0.1:",
        "300 letters",
        "masked: sent 1002 (protocol error) incorrect masking",
        "another accept value: invalid Sec-WebSocket-Accept header",
        "2c 01 is 11,265",
        "lengths / 126: 126 bytes, the shortest of the 16-bit form",
        "^^ byte 2, bit 1: 7e, expected 00",
        "masks / unmasked: a text without a mask",
        "10 of 13 stages have passed. Next: limits.",
        "✓ 12 compression Compress, or decline                         declined",
        "All 13 stages have passed.",
    ],
    "15_test_your_own": [
        "the lab's clock: 3600 s; Pings: 179; heard: ['news']",
        "no Pings: heard ['news']; still runs: True",
        "a Ping every 20 s: heard ['news', 'news']; still runs: True",
        "1111111111111112222211111111111111111111",
        "two pizzas where the link is cut between 0.15 s and 0.20 s",
        "2 pizzas",
        "“in the oven”. It is lost on the way.",
        "[b'bye']\n['client', 'server']\nCLOSED 1000 · 1000",
        "fails with seeds [10, 17]",
        "different tapes: 1",
        "1 failed, 10 passed",
        "To run it again: --wslab-seed=10",
        "kept: ['test_order.py-test_order-seed=10-",
        "reserved-bits        closes with 1002",
        "length-minimal       takes 'hi'",
        "text-is-utf8         closes with 1007",
        "Frame 1 of the client (step 3 of the recording) differs at byte 0, bit 2 of its payload",
    ],
    "doctor": [
        "quiet  A proxy ended a connection that was idle for too long.",
        "age    A gateway ends connections at an age; no heartbeat helps.",
        "1 -> 0  blocked-loop ",
        "1 -> 0  pong-lost ",
        "    client OPEN, server OPEN\n    Pings without a Pong in time: 0\nIt is gone.",
        "59 Pings, and the end after 3600 s",
        "    client CLOSED 1001, server CLOSED 1000\n    sides that report 1006: 0\nNothing is wrong: ",
        "    client CLOSED 1000, server CLOSED 1000\n    texts that were not read as they were meant: 1",
        "    users online behind a silent path: 1",
        "    answers in the place of another: 2",
        "    sides that still believe OPEN: 2",
        "    bytes that waited for the client: 1,048,736",
        "    connections whose window the server keeps: 100",
        "    attempts that ended without a welcome: 244",
        "Error: Unexpected server response: 400\n(It never opens, but in our office only.",
    ],
    "myths": [
        "zombies                   Servers keep users who left long ago.",
        "taken from one who knows §1.3       100",
        "refused by the server              15",
        "the server takes  0, 1, 2, 8, 9, A",
        "planted bytes without masking  100",
        "Pongs while the program hung              3",
        "If “out of order” were 12, the verdict would be: true.",
        "acknowledged by the program  20",
        "idle timer: the last end, at s   60",
        "A simulation: Proxy and balancer are the lab's",
        "no Ping: found after s            never",
        "SQL in a message: succeeds, with the remedy        no",
        "connections that lost their order      0",
        "A simulation: Both intermediaries are the lab's; no real firewall was tried.",
    ],
}


SOLUTIONS = [f"solutions/{name}" for name in NOTEBOOKS]

SLEEPS = """
import asyncio
loop = asyncio.get_running_loop()
asleep = [each for each in loop._scheduled if "_set_result_unless_cancelled" in str(each) and not each.cancelled()]
print("asleep:", [each for each in asleep if each.when() > loop.time() + 0.5])
"""
"""The tasks that wake up while a learner reads what comes next, such as a library's keepalive."""


def test_every_notebook_has_its_claims_here() -> None:
    assert list(ANSWERS) == list(SAID) == NOTEBOOKS


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_from_top_to_bottom_and_twice_and_the_run_says_what_the_prose_says(name: str) -> None:
    notebook = load(name)
    again = deepcopy(notebook.cells)
    for number, cell in enumerate(again):
        cell["id"] = f"again-{number}"
    once = len(notebook.cells)
    notebook.cells += again
    run(notebook)

    for half in (notebook.cells[:once], notebook.cells[once:]):
        shown = "\n".join(output(cell) for cell in half if cell.cell_type == "code")
        assert re.findall(r"The run says: (.*)\.", shown) == ANSWERS[name]
        for words in SAID[name]:
            assert words in shown
        stubs = len(exercises(notebook)) // 2
        assert shown.count("Not yet: ") == stubs, "the stub of each exercise is told not yet"


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_with_its_solutions_each_cell_run_twice_in_a_row_raises_nothing_and_each_check_passes(name: str) -> None:
    notebook = load(name)
    for cell, solution in zip(exercises(notebook), solutions(name), strict=True):
        cell.source = solution.code
    doubled = [(cell, deepcopy(cell)) for cell in notebook.cells]
    for number, (_, second) in enumerate(doubled):
        second["id"] = f"second-{number}"
    notebook.cells = [cell for pair in doubled for cell in pair]
    assert outputs(run(notebook)).count("Right: ") == 2 * len(solutions(name))
    noise = [each.text for cell in cells(notebook, "code") for each in cell.outputs if each.get("name") == "stderr"]
    assert noise == []


@pytest.mark.timeout(120)
def test_no_keepalive_ends_a_connection_while_the_learner_thinks() -> None:
    notebook = load("04_disconnects")
    looks = {cell.id: nbformat.v4.new_code_cell(SLEEPS) for cell in cells(notebook, "code")}
    notebook.cells = [each for cell in notebook.cells for each in (cell, looks.get(cell.id)) if each is not None]
    run(notebook)
    assert {output(look) for look in looks.values()} == {"asleep: []\n"}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("place", ["i", "i - begin", "begin - i", "i + begin + 1"])
def test_the_masking_exercise_tells_a_key_that_begins_elsewhere(place: str) -> None:
    notebook = load("03_masking")
    wrong = f"bytes(byte ^ key[({place}) % 4] for i, byte in enumerate(piece))"
    exercises(notebook)[1].source = f"def mask_rest(piece, key, begin):\n    return {wrong}"
    assert "Not quite: " in outputs(run(notebook))


@pytest.mark.parametrize("name", [*NOTEBOOKS, *SOLUTIONS, pytest.param(TEMPLATE, id="template")])
class TestForm:
    def test_it_is_valid_has_cell_ids_and_no_outputs(self, name: str) -> None:
        notebook = load(name)
        nbformat.validate(notebook)
        assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
        assert notebook.metadata.kernelspec.name == "python3"
        assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
        for cell in cells(notebook, "code"):
            assert cell.outputs == []
            assert cell.execution_count is None

    def test_no_cell_looks_into_a_sentence(self, name: str) -> None:
        for cell in cells(load(name), "code"):
            assert not list(reads(ast.parse(f"async def cell():\n{indent(cell.source, '    ')}"))), cell.source

    def test_no_line_of_code_is_cut_off_in_a_jupyterlab_of_1300_pixels(self, name: str) -> None:
        lines = [line for cell in cells(load(name), "code") for line in cell.source.splitlines()]
        assert [line for line in lines if len(line) > 100] == []

    def test_it_imports_public_names_only_each_by_name(self, name: str) -> None:
        for cell in cells(load(name), "code"):
            for node in ast.walk(compile(cell.source, name, "exec", ast.PyCF_ONLY_AST | _AWAIT)):
                if isinstance(node, ast.ImportFrom):
                    assert all(alias.name != "*" for alias in node.names)
                    if (node.module or "").startswith("wslab"):
                        assert node.module == "wslab"
                        assert {alias.name for alias in node.names} <= set(wslab.__all__)


@pytest.mark.parametrize("name", [*NOTEBOOKS, pytest.param(TEMPLATE, id="template")])
class TestOrder:
    def test_it_asks_twice_before_it_runs_has_an_exercise_and_says_what_to_remember(self, name: str) -> None:
        notebook = load(name)
        code = [cell.source for cell in cells(notebook, "code")]
        asked = [number for number, source in enumerate(code) if "Predict(" in source or "= myths(" in source]
        resolved = [
            number
            for number, source in enumerate(code)
            if ".resolve(" in source or re.search(r"(?<!asyncio)\.run\(\)", source)
        ]
        assert len(asked) == len(resolved) >= 2
        assert all(one < two for one, two in zip(asked, resolved, strict=True))
        assert all(cell.cell_type == "code" for cell in exercises(notebook))
        headings = re.findall(r"^## (.*)", "\n".join(cell.source for cell in cells(notebook, "markdown")), re.MULTILINE)
        assert headings[-2:] == ["What to remember", "Two scenarios to play"]
        tries = [each for each in headings if each.startswith("Try it yourself")]
        assert len(tries) == len(exercises(notebook))

    def test_it_says_what_one_needs_and_what_one_can_do_after_it_and_ends_with_scenarios_and_a_way_on(
        self, name: str
    ) -> None:
        notebook = load(name)
        assert all(words in notebook.cells[0].source for words in ("You need: ", "Time: ", "After it you can "))
        end = next(at for at, cell in enumerate(notebook.cells) if cell.source.startswith("## Two scenarios to play"))
        played = [cell.source for cell in notebook.cells[end:] if cell.source.startswith("play(")]
        assert len(played) == len(set(played)) == 2
        assert notebook.cells[-1].source.startswith("Next: ")

    def test_its_cells_are_short_and_its_links_lead_somewhere(self, name: str) -> None:
        notebook = load(name)
        assert max(len(cell.source.splitlines()) for cell in cells(notebook, "code")) <= 32
        for cell in cells(notebook, "markdown"):
            for target in re.findall(r"\]\(([^)#]+)\)", cell.source):
                assert target.startswith("https://") or (FOLDER / target).exists(), target

    def test_every_section_it_cites_is_one_of_the_rfc(self, name: str) -> None:
        text = "\n".join(cell.source for cell in cells(load(name), "markdown"))
        sections = re.findall(
            r"(?<!RFC \d{4} )§(\d+(?:\.\d+)*)", text
        )  # those of others are held by tests/test_citations
        assert sections
        assert all(1 <= int(section.split(".")[0]) <= 13 for section in sections)
