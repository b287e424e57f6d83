"""The exercises: no plausible wrong solution passes its check. The right ones are run by `test_solutions`."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from textwrap import indent
from typing import Any

import pytest

from tests.notebooks.course import NOTEBOOKS, cells, exercises, load
from tests.notebooks.solutions import solutions
from wslab import CheckResult

ACCEPT = """import base64, hashlib
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
def my_accept(key):
    """
KEY_OF = "drawn = bytes.fromhex('f0 0d 3f b0 00 23 45 67 89 2a 6b 7e f0 4c 5d 98')\nmy_key = "
FIRST = "def first_frame(data):\n    "
FOLLOW = "async def follow(connect, show):\n    "
LONGEST = "def longest_interval(times):\n    within, timeout, timer = times\n    "
BEAT = "async def heartbeat(ws, heard):\n    "
EVERY = "def ping_interval(timers):\n    "
FORWARD = "def forward(headers):\n    "
CAUSE = "def cause(endings):\n    "
REPAIRED = "def repaired(text):\n    "
READINGS = "def readings(message):\n    "
WHOSE = "def whose(closes):\n    "
RELAY = "async def relay(one, other):\n    "
TELL = "async def tell_all(users, news):\n    async for item in news:\n        "
IN_ORDER = "def in_order(items):\n    "
CURRENT = "def current(received):\n    "
ANSWER = "async def answer_all(ws, work):\n    "
ENTER = "def may_enter(origin):\n    "
LINE = "import html, re\ndef line(typed):\n    "
TAKEN = "def taken(arrivals):\n    "
WINDOWS = "def windows(answer):\n    "
INFLATE = "import zlib\ndef inflate(given):\n    payload, limit = given\n    "
CLOSES = "def closes(given):\n    code, reason = given\n    "
EVENTS = "def events(stream):\n    "
LONG = "def follow(ask):\n    last, texts = 0, []\n    "
WHO = "def who(error):\n    "
TALK = "async def talk(ws, push, reply):\n    "
DELIVER = "async def deliver(ws, rows, save):\n    "
SEND_ROWS = "async for row in rows:\n                await ws.send(row)\n"
STEAL = "def steal(size):\n    "
DIGITS = "'0123456789abcdef'"
UNMASK = "def unmask(payload, key):\n    "
ENCODE = "def encode_frame(opcode, payload, *, fin=True, mask=None):\n    "
DECODE = "def decode_frame(data):\n    "
ASSEMBLE = "def assemble(frames):\n    "
BODY = "def close_body(body):\n    "
KEY = "import base64, hashlib\nGUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'\ndef accept_key(key):\n    "
ANSWERS = "def handshake(request):\n    "
OF_101 = "f'HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n"
ENDS = "from wslab import Opcode\ndef ends_well(tape):\n    "
SURVIVES = """import asyncio
async def survives(lab, client):
    heard, open = [], []
    async def news(ws):
        open.append(ws)
        await ws.send(f"news {len(open)}")
        await ws.wait_closed()
    link = await lab.link(await lab.serve(news))
    task = asyncio.create_task(client(link.url, heard))
    await asyncio.sleep(10)
    """
MINUTE = "await asyncio.sleep(60)\n    "
MASK = "def mask_rest(piece, key, begin):\n    "
FIND = "def find_key(piece, known, begin):\n    "
REPLY = "def my_answer(body):\n    "
SENDABLE = REPLY + "code = int.from_bytes(body[:2], 'big')\n    code = 1002 if code in (3, 1005, 1006) else code\n    "
OPCODES = "def judge_opcodes(figures):\n    "
ORDER = "def judge_order(figures):\n    "
HALVES = "def judge_halves(figures):\n    "


WRONG = {
    "00_start": [
        "server_hi = b'Hi'",  # no header
        "server_hi = bytes([0b1000_0001, 0b1000_0010]) + b'Hi'",  # MASK without a key
        "server_hi = bytes([0b1000_0001, 0b1000_0010, 1, 2, 3, 4, ord('H') ^ 1, ord('i') ^ 2])",  # as a client
        "server_hi = bytes([0b1000_0001, 4]) + b'Hi'",  # counts the header, too
        "server_hi = bytes([0b0000_0001, 2]) + b'Hi'",  # opcode without FIN
        "my_frame = bytes([0b1000_0001, 0b0000_0010]) + b'Hi'",  # without MASK and key
        "my_frame = bytes([0b1000_0001, 0b1000_0010, 1, 2, 3, 4]) + b'Hi'",  # not masked
        "my_frame = bytes([0b1000_0001, 0b1000_0110, 1, 2, 3, 4, ord('H') ^ 1, ord('i') ^ 2])",  # counts the key, too
        "my_frame = bytes([0b0000_0001, 0b1000_0010, 1, 2, 3, 4, ord('H') ^ 1, ord('i') ^ 2])",  # FIN 0
        "my_frame = bytes([0b1000_0010, 0b1000_0010, 1, 2, 3, 4, ord('H') ^ 1, ord('i') ^ 2])",  # binary
        "my_frame = bytes([0b1000_0001, 0b1000_0010, 4, 3, 2, 1, ord('H') ^ 4, ord('i') ^ 3])",  # the key turned round
        "my_frame = '81 82 01 02 03 04 49 6b'",
        "repaired = bytes.fromhex('81 84 01 02 03 04') + b'Hello'",  # MASK alone
        "repaired = bytes.fromhex('81 85 01 02 03 04') + b'Hello'",  # not masked
        "repaired = bytes.fromhex('81 85 01 02 03 04 49 67 6f 68') + b'o'",  # the key ends behind four letters
        "repaired = bytes.fromhex('81 89 01 02 03 04 49 67 6f 68 6e')",  # counts the key, too
        "repaired = bytes.fromhex('81 05') + b'Hello'",  # as a server sends it
        "repaired = bytes.fromhex('81 85 01 02 03 04 49 66 6d 6d 6e')",  # one byte of the key for all letters
    ],
    "01_handshake": [
        KEY_OF + "drawn.hex()",
        KEY_OF + "base64.b64encode(drawn)",  # bytes
        KEY_OF + "str(base64.b64encode(drawn))",
        KEY_OF + "base64.b64encode(drawn.hex().encode()).decode()",  # of the hex digits
        KEY_OF + "base64.urlsafe_b64encode(drawn).decode()",
        KEY_OF + "base64.b64encode(drawn).decode().rstrip('=')",
        KEY_OF + "base64.b64encode(drawn).decode().lower()",
        KEY_OF + "accept_key(base64.b64encode(drawn).decode())",  # what the server answers
        ACCEPT + "return base64.b64encode(hashlib.sha1((key + GUID).encode()).hexdigest().encode()).decode()",
        ACCEPT + "return base64.b64encode(hashlib.sha1((GUID + key).encode()).digest()).decode()",
        ACCEPT + "return base64.b64encode(hashlib.sha1(base64.b64decode(key) + GUID.encode()).digest()).decode()",
        ACCEPT + "return base64.urlsafe_b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()",
        ACCEPT + "return base64.b64encode(hashlib.sha256((key + GUID).encode()).digest()).decode()",
        ACCEPT + "return base64.b64encode(hashlib.sha1((key + GUID).encode()).digest())",
        ACCEPT + "return 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='",  # the RFC's example, whatever the key
        FIRST + "return data.split(b'\\r\\n\\r\\n')[1]",  # cuts the message, too
        FIRST + "return data.split(b'\\r\\n\\r\\n')[-1]",
        FIRST + "return data[data.index(b'\\r\\n\\r\\n') :]",  # with the empty line
        FIRST + "return data[data.index(b'\\r\\n\\r\\n') + 2 :]",
        FIRST + "return data.partition(b'\\r\\n\\r\\n')[2].strip()",  # a message is no line
        FIRST + "return data.partition(b'\\r\\n\\r\\n')[2][2:]",  # the payload alone
        FIRST + "return data.partition('\\r\\n\\r\\n')[2]",
        FIRST + "return data",
    ],
    "02_frames": [
        "my_pong = b'\\x89\\x03ok?'",  # a Ping again
        "my_pong = bytes.fromhex('8a 83 37 fa 21 3d 58 91 1e')",  # only another opcode
        "my_pong = bytes.fromhex('8a 03 58 91 1e')",  # the letters as they came
        "my_pong = b'\\x8a\\x00'",  # without the payload
        "my_pong = b'\\x0a\\x03ok?'",  # FIN 0
        "my_close = b'\\x88\\x05lunch'",  # no code
        "my_close = b'\\x88\\x05\\x03\\xe9lunch'",  # the length counts the reason alone
        "my_close = b'\\x88\\x07' + (1001).to_bytes(2, 'little') + b'lunch'",
        "my_close = b'\\x88\\x091001lunch'",  # the code as text
        "my_close = b'\\x88\\x87\\0\\0\\0\\0' + (1001).to_bytes(2, 'big') + b'lunch'",  # masked, with a key of zeros
        "my_header = bytes.fromhex('82 fe 01 2c 37 fa 21 3d')",  # says that a message begins
        "my_header = bytes.fromhex('00 fe 01 2c 37 fa 21 3d')",  # says that more follows
        "my_header = bytes.fromhex('80 7e 01 2c')",  # as a server sends it
        "my_header = bytes.fromhex('80 fe 01 2c')",  # the key is forgotten
        "my_header = bytes.fromhex('80 fe 2c 01 37 fa 21 3d')",  # the length in little-endian order
        "my_header = bytes.fromhex('80 ff 00 00 00 00 00 00 01 2c 37 fa 21 3d')",  # in 64 bits
        "my_header = bytes([0x80, 0x80 | 300 % 128]) + bytes.fromhex('37 fa 21 3d')",  # in seven bits
    ],
    "03_masking": [
        "masked_payload = bytes.fromhex('10 20 30 40 50')",  # not masked
        "masked_payload = bytes.fromhex('ef 20 3f b0 50')",  # the fifth byte is not
        "masked_payload = bytes.fromhex('ef 20 3f b0 a0')",  # the last byte of the key once more
        "masked_payload = bytes.fromhex('ef df cf bf af')",  # the first one for all
        "masked_payload = bytes.fromhex('ff 20 3f f0 ff')",  # OR
        "masked_payload = bytes.fromhex('ff 00 0f f0 ef 20 3f b0 af')",  # with the key
        "masked_payload = 'ef 20 3f b0 af'",
        MASK + "return bytes(b ^ key[i % 4] for i, b in enumerate(piece))",
        MASK + "return bytes(b ^ key[(i - begin) % 4] for i, b in enumerate(piece))",
        MASK + "return bytes(b ^ key[(begin - i) % 4] for i, b in enumerate(piece))",
        MASK + "return bytes(b ^ key[(i + 1) % 4] for i, b in enumerate(piece))",  # 5 mod 4, written down
        MASK + "return bytes(b ^ key[(i + begin + 1) % 4] for i, b in enumerate(piece))",
        MASK + "return bytes(b ^ key[begin % 4] for b in piece)",
        MASK + "return bytes(b ^ key[(i + begin // 4) % 4] for i, b in enumerate(piece))",
        MASK + "return piece",
        FIND + "return bytes(a ^ b for a, b in zip(piece, known))",
        FIND + "return bytes(a ^ b for a, b in zip(piece, known))[:4]",
        FIND + "return bytes(piece[(begin + i) % 4] ^ known[(begin + i) % 4] for i in range(4))",  # backwards
        FIND + "return bytes(piece[i] ^ known[begin + i] for i in range(4))",  # begin counts in the text, too
        FIND + "return piece[:4]",
    ],
    "04_disconnects": [
        "no_code = bytes([0b1000_1000, 2]) + (1005).to_bytes(2, 'big')",  # what is reported
        "no_code = bytes([0b1000_1000, 2]) + (1000).to_bytes(2, 'big')",
        "no_code = bytes([0b1000_1000])",  # no length, since there is no body
        "no_code = bytes([0b1000_1000, 0b1000_0000, 1, 2, 3, 4])",  # masked
        "no_code = bytes([0b0000_1000, 0])",  # without FIN
        "my_close = bytes([0b1000_1000, 9]) + (1001).to_bytes(2, 'big') + b'back at 5'",
        "my_close = bytes([0b1000_1000, 11]) + (1000).to_bytes(2, 'big') + b'back at 5'",
        "my_close = bytes([0b1000_1000, 11]) + b'back at 5' + (1001).to_bytes(2, 'big')",
        "my_close = bytes([0b0000_1000, 11]) + (1001).to_bytes(2, 'big') + b'back at 5'",
        REPLY + "return bytes([0b1000_1000, len(body)]) + body",
        REPLY + "return bytes([0b1000_1000, 2]) + body[:2]",  # 1006, too
        REPLY + "return bytes([0b1000_1000, 2]) + (1000).to_bytes(2, 'big')",
        SENDABLE + "return bytes([0b1000_1000, 2]) + code.to_bytes(2, 'big')",  # a code where none came
        SENDABLE + "code = code.to_bytes(2, 'big') + body[2:]\n    return bytes([0b1000_1000, len(code)]) + code",
        SENDABLE + "return bytes([0b1000_1000, 2]) + code.to_bytes(2, 'little')",
    ],
    "05_proxies_and_networks": [
        EVERY + "return 25",
        EVERY + "return max(timers) / 2",
        EVERY + "return min(timers)",
        FORWARD + "return headers",
        FORWARD + "return [(name, value) for name, value in headers if name not in ('Connection', 'Upgrade')]",
        FORWARD + "return [*headers, ('Upgrade', 'websocket'), ('Connection', 'Upgrade')]",
        CAUSE + "return 'idle timer'",
        CAUSE + "return 'idle timer' if endings[0][2] == 60 else 'something else'",
        CAUSE + "return 'age limit' if len({age for _, age, _ in endings}) == 1 else 'something else'",
    ],
    "06_heartbeats_and_reconnects": [
        LONGEST + "return within - timeout",
        LONGEST + "return timer / 2",
        LONGEST + "return min(within, timer / 2)",
        LONGEST + "return min(within - timeout, timer)",
        LONGEST + "return min(within, timer) / 2",
        LONGEST + "return 25",
        BEAT + "while True:\n        await asyncio.sleep(20)\n        await ws.pong()",
        BEAT + "await asyncio.sleep(20)\n    await ws.ping(timeout=20)",
        BEAT + "while True:\n        await asyncio.sleep(20)\n        await ws.ping(timeout=20)",
        FOLLOW + "ws = await connect()\n    show(int(await ws.recv()))",
        FOLLOW
        + "ws = await connect()\n    await ws.send('after 0')\n    while True:\n        show(int(await ws.recv()))",
        FOLLOW + "while True:\n        await connect()",
    ],
    "07_messages_and_text": [
        "second = bytes([0b1000_0001, 5]) + 'Grüße'.encode()[3:]",  # says that a new text begins
        "second = bytes([0b0000_0000, 5]) + 'Grüße'.encode()[3:]",  # without FIN, the message goes on
        "second = bytes([0b1000_0000, 3]) + 'Grüße'.encode()[3:]",  # counts characters
        "second = bytes([0b1000_0000, 6]) + 'üße'.encode()",  # the whole ü again
        REPAIRED + "return text.encode('cp1252').decode()",
        REPAIRED + "return text.encode('mac_roman', 'ignore').decode('utf-8', 'ignore')",
        REPAIRED + "return text.replace('Ã¼', 'ü').replace('ÃŸ', 'ß')",
        REPAIRED + "return text.encode('utf-8').decode('cp1252')",
        READINGS + "return [struct.unpack('!IhB', message[:7])]",
        READINGS + "number, degrees, length = struct.unpack('IhB', message[:7])\n"
        "    return [(number, degrees, message[7:].decode())]",
        READINGS + "number, degrees, length = struct.unpack('!IhB', message[:7])\n"
        "    return [(number, degrees, message[7:].decode()[:length])]",
    ],
    "08_flow_and_size": [
        WHOSE + "return closes[0][0]",
        WHOSE + "return closes[-1][0] if closes else 'nobody'",
        WHOSE + "return next((sender for sender, code in closes[::-1] if code == 1009), 'nobody')",
        RELAY + "async for message in one:\n        await other.send(message)",
        RELAY
        + "async for message in one:\n        await other.send(message)\n        await one.send(await other.recv())",
        RELAY + "await asyncio.gather(other.send(await one.recv()), one.send(await other.recv()))",
        TELL + "for user in users:\n            await user.send(item)",
        TELL + "await asyncio.gather(*(user.send(item) for user in users), return_exceptions=True)",
        TELL + "for user in users:\n            asyncio.create_task(user.send(item))",
    ],
    "09_order_and_delivery": [
        IN_ORDER + "return [text for _, text in sorted(items)]",
        IN_ORDER + "return [text for _, text in sorted(set(items))]",
        IN_ORDER + "return [text for _, text in sorted(dict(items).items())]",
        CURRENT + "return received[0][2]",
        CURRENT + "return [*received[0][2], *(value for _, _, value in received[1:])]",
        CURRENT + "newest, orders = next((n, v) for kind, n, v in received if kind == 'list')\n"
        "    return orders + [v for kind, n, v in received if kind == 'change' and n > newest]",
        ANSWER + "async for question in ws:\n        await ws.send(await work(question))",
        ANSWER + "async for question in ws:\n        asyncio.create_task(ws.send(await work(question)))",
        ANSWER + "async for question in ws:\n        await ws.send(work(question))",
    ],
    "10_security": [
        ENTER + "return True",
        ENTER + "return str(origin).startswith('https://shop.example')",
        ENTER + "return str(origin).startswith(('https://shop.example', 'https://www.shop.example'))",
        ENTER + "return str(origin).endswith('shop.example')",
        ENTER + "return origin is None or origin in ('https://shop.example', 'https://www.shop.example')",
        LINE + "return f'<p>{typed[0]}: {typed[1]}</p>'",
        LINE + "return f'<p>{typed[0]}: {html.escape(typed[1])}</p>'",
        LINE + 'return f\'<p>{typed[0]}: {typed[1].replace("<script>", "")}</p>\'',
        LINE + "return '<p>' + ': '.join(re.sub('<[^>]*>', '', each) for each in typed) + '</p>'",
        LINE + "return '<p>' + ': '.join(html.escape(html.escape(each)) for each in typed) + '</p>'",
        TAKEN + "return [True] * len(arrivals)",
        TAKEN + "return [number < 5 for number in range(len(arrivals))]",
        TAKEN + "return [arrivals[:at].count(now) < 5 for at, now in enumerate(arrivals)]",
        TAKEN
        + "return [len([each for each in arrivals[:at] if each > now - 1]) < 2 for at, now in enumerate(arrivals)]",
    ],
    "11_compression": [
        WINDOWS + "return 15, 15",
        WINDOWS + "return (0, 0) if 'takeover' in answer else (15, 15)",
        WINDOWS + "bits = [int(part) for part in answer.split('=') if part.isdigit()]\n    return (*bits, 15, 15)[:2]",
        INFLATE + "return zlib.decompress(payload)",
        INFLATE + "return zlib.decompressobj(wbits=-15).decompress(payload, limit)",
        INFLATE
        + "message = zlib.decompressobj(wbits=-15).decompress(payload)\n"
        + "    return message if len(message) <= limit else None",
        INFLATE
        + "message = zlib.decompressobj(wbits=-15).decompress(payload, limit + 1)\n"
        + "    return message if len(message) < limit else None",
        STEAL + "return '7f3a91c2'",
        STEAL + f"return ''.join(min({DIGITS}, key=size) for _ in range(8))",
        STEAL + f"return min({DIGITS}, key=lambda digit: size('token=' + digit)) * 8",
        STEAL + "return min((f'{number:08x}' for number in range(16**8)), key=size)",
    ],
    "12_browsers_and_alternatives": [
        CLOSES + "return 'sent'",
        CLOSES + "return 'sent' if 1000 <= code <= 4999 else 'InvalidAccessError'",
        CLOSES
        + "wrong = code != 1000 and not 3000 <= code <= 4999\n"
        + "    return 'InvalidAccessError' if wrong else 'SyntaxError' if len(reason) > 123 else 'sent'",
        CLOSES
        + "wrong = code != 1000 and not 3000 <= code <= 4999\n"
        + "    return 'SyntaxError' if len(reason.encode()) > 123 else 'InvalidAccessError' if wrong else 'sent'",
        EVENTS + "return stream.split()",
        EVENTS + "return [part.removeprefix('data: ') for part in stream.split('\\n\\n') if part]",
        EVENTS + "return [line[6:] for line in stream.splitlines() if line.startswith('data')]",
        LONG + "return [text for _, text in ask(last)]",
        LONG
        + "while (items := ask(len(texts))) is not None:\n        texts += dict(items).values()\n"
        + "    return texts",
        LONG
        + "while items := ask(last):\n        last = items[-1][0]\n        texts += dict(items).values()\n"
        + "    return texts",
        LONG + "while True:\n        last, _ = ask(last)[-1]",
    ],
    "13_libraries": [
        WHO + "return 'peer' if error.rcvd else 'me'",
        WHO + "return 'peer' if error.rcvd_then_sent else 'me'",
        WHO + "return 'me' if error.sent else 'peer'",
        WHO + "return 'peer' if error.rcvd.code != 1000 else 'me'",
        WHO + "return 'nobody' if error.rcvd is None else 'peer' if error.rcvd_then_sent else 'me'",
        TALK + "await push(ws)\n    await reply(ws)",
        TALK + "asyncio.create_task(push(ws))\n    await reply(ws)",
        TALK + "await asyncio.gather(push(ws), reply(ws))",
        TALK
        + "async with asyncio.TaskGroup() as tasks:\n        tasks.create_task(push(ws))\n"
        + "        tasks.create_task(reply(ws))",
        DELIVER + "async for row in rows:\n        await ws.send(row)\n    await ws.close(1000)\n    await save()",
        DELIVER
        + f"try:\n        async with asyncio.timeout(5):\n            {SEND_ROWS}"
        + "    finally:\n        await save()\n        await ws.close(1000)",
        DELIVER
        + f"try:\n        async with asyncio.timeout(5):\n            {SEND_ROWS}"
        + "        await ws.close(1000)\n    except TimeoutError:\n        await ws.close(1013)\n"
        + "    finally:\n        await save()",
        DELIVER
        + f"code = 1000\n    try:\n        async with asyncio.timeout(5):\n            {SEND_ROWS}"
        + "    except TimeoutError:\n        code = 1013\n    except asyncio.CancelledError:\n        code = 1001\n"
        + "    await ws.close(code)\n    await save()",
    ],
    "14_build_your_own": [
        UNMASK + "return payload",
        UNMASK + "return bytes(byte ^ key[0] for byte in payload)",
        UNMASK + "return bytes(byte ^ key[(i + 1) % 4] for i, byte in enumerate(payload))",
        ENCODE + "return bytes([0x80 | opcode, len(payload)]) + payload",
        ENCODE + "return bytes([fin << 7 | opcode, len(payload) % 128]) + payload",
        ENCODE
        + "size = len(payload)\n    head = bytes([0x80 | opcode])\n    if size < 126:\n        length = bytes([size])\n"
        "    else:\n        length = b'\\x7f' + size.to_bytes(8, 'big')\n    return head + length + payload",
        DECODE + "return bool(data[0] & 0x80), data[0] & 15, data[2:], len(data)",
        DECODE + "if len(data) < 2 or len(data) < 2 + data[1]:\n        return None\n"
        "    return bool(data[0] & 0x80), data[0] & 15, data[2 : 2 + data[1]], 2 + data[1]",
        DECODE + "raise ValueError",
        ASSEMBLE + "return [payload.decode() for fin, opcode, payload in frames if opcode == 1]",
        ASSEMBLE + "return [b''.join(payload for _, _, payload in frames).decode()]",
        ASSEMBLE + "messages = []\n    for fin, opcode, payload in frames:\n        if opcode in (1, 2):\n"
        "            messages.append(payload.decode() if opcode == 1 else payload)\n        elif opcode == 0:\n"
        "            messages[-1] += payload.decode()\n    return messages",
        BODY + "return int.from_bytes(body[:2], 'big'), body[2:].decode()",
        BODY + "return (int.from_bytes(body[:2], 'little'), body[2:].decode()) if body else (None, '')",
        BODY + "return (int.from_bytes(body[:2], 'big'), body[2:].decode()) if body else (1005, '')",
        KEY + "return base64.b64encode(hashlib.sha1((key + GUID).encode()).hexdigest().encode()).decode()",
        KEY + "return base64.b64encode(hashlib.sha1(base64.b64decode(key) + GUID.encode()).digest()).decode()",
        KEY + "return base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()",
        ANSWERS
        + f"key = request.split(b'Sec-WebSocket-Key: ')[1].split()[0].decode()\n    return {OF_101}'.encode()\n",
        ANSWERS
        + "key = request.split(b'Sec-WebSocket-Key: ')[1].split()[0].decode()\n"
        + f"    return {OF_101}Sec-WebSocket-Accept: {{accept_key(key)}}\\r\\n'.encode()",
        ANSWERS + "return b'HTTP/1.1 400 Bad Request\\r\\n\\r\\n'",
    ],
    "15_test_your_own": [
        "fault = 'rechunk'",
        "fault = 'mobile'",
        "fault = 'cut'",
        "fault = 'loss:probability=0.5'",  # by chance
        "fault = 'coalesce'",  # without its seconds
        "fault = 0.1",
        ENDS + "return tape[-1].client.code == 1000",
        ENDS + "assert tape[-1].client.code == tape[-1].server.code == 1000",
        ENDS + "assert tape.frames(Opcode.TEXT)[0].plain == b'bye'",
        ENDS + "assert len(tape) == 8",
        ENDS + "assert tape.frames(Opcode.TEXT, 'client')[0].frame.payload == b'bye'",
        SURVIVES + "assert heard == ['news 1']",
        SURVIVES + "link.silence()\n    " + MINUTE + "assert heard == ['news 1', 'news 2']",
        SURVIVES + "link.silence()\n    " + MINUTE + "link.faults = ()\n    " + MINUTE + "assert len(open) == 2",
        SURVIVES + "link.silence()\n    " + MINUTE + "link.faults = ()\n    " + MINUTE + "assert len(heard) == 2",
        SURVIVES
        + "link.silence()\n    "
        + MINUTE
        + "link.faults = ()\n    await asyncio.sleep(3600)\n    assert heard[-1] == f'news {len(open)}' != 'news 1'",
        SURVIVES + "assert len(link.tape.frames(0x9)) > 0",
        SURVIVES + "await task",
    ],
    "doctor": [
        "causes = {'A': 'tunnel', 'B': 'idle-proxy', 'C': 'inspecting-proxy'}",
        "causes = {'A': 'blocked-loop', 'B': 'cut', 'C': 'inspecting-proxy'}",
        "causes = {'A': 'blocked-loop', 'B': 'idle-proxy', 'C': 'upgrade-stripped'}",  # diagnose's first guess
        "causes = {'A': 'the loop', 'B': '', 'C': ''}",
        "causes = ['blocked-loop', 'idle-proxy', 'inspecting-proxy']",
        "missed_pongs = dict.fromkeys('DEFG', 'blocked-loop')",  # the first guess for the line of a log
        "missed_pongs = {'D': 'tunnel', 'E': 'tunnel', 'F': 'pong-behind-upload', 'G': 'pong-behind-queue'}",
        "missed_pongs = {'D': 'tunnel', 'E': 'blocked-loop', 'F': 'pong-behind-queue', 'G': 'pong-behind-upload'}",
        "useless = {'sixty-seconds': 'c', 'upload-timeout': 'c', 'restart-storm': 'a'}",
        "useless = {'sixty-seconds': 'b', 'upload-timeout': 'b', 'restart-storm': 'a'}",
        "useless = {'sixty-seconds': 'b', 'upload-timeout': 'a', 'restart-storm': 'a'}",
    ],
    "myths": [
        OPCODES + "return 'half true'",  # an opinion
        OPCODES + "return 'true' if figures['of the five'] == 5 else 'false'",  # one part of two
        OPCODES + "return 'true' if figures['beside the five'] == 0 else 'half true'",  # never false
        OPCODES + "return figures['of the five'] == 5",
        ORDER + "return 'false'",
        ORDER + "return 'true' if figures['out of order'] > 10 else 'false'",
        ORDER + "return 'false' if figures['out of order'] else 'true'",  # turned round
        ORDER + "return 'False' if not figures['out of order'] else 'True'",
        HALVES + "return 'not a matter of the protocol'",
        HALVES + "return 'true' if figures['places where they read another line'] else 'false'",
        HALVES + "return 'true' if figures['connections that lost their order'] else 'false'",
    ],
}
"""What learners plausibly write; more of it for coroutines is in `tests/course/exercises`."""


def checked(name: str, source: str) -> CheckResult:
    """What the check of a notebook says when its exercise is filled in so; its other cells are not run.

    It is the exercise whose cell gives a name that `source` gives.
    """
    notebook = load(name)
    code = cells(notebook, "code")
    at = next(code.index(cell) for cell in exercises(notebook) if _names(cell.source) <= _names(source))
    imports = [node for node in _parsed(code[0].source) if isinstance(node, (ast.Import, ast.ImportFrom))]
    given: dict[str, Any] = {}
    before = [cell for cell in exercises(notebook) if code.index(cell) < at]
    for solution in solutions(name)[: len(before)]:  # a later function may call an earlier one
        _run([*imports, *_parsed(solution.code)], given)
    _run([*imports, *_parsed(source)], given)
    *first, last = _parsed(code[at + 1].source)
    _run(first, given)
    assert isinstance(last, ast.Expr)
    result = eval(compile(ast.Expression(last.value), name, "eval"), given)
    assert isinstance(result, CheckResult)
    return result


def _names(source: str) -> set[str]:
    """The names that a cell gives: of functions and of values."""
    tree = _parsed(source)
    targets = [target for node in tree if isinstance(node, ast.Assign) for target in node.targets]
    functions = {node.name for node in tree if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    return functions | {target.id for target in targets if isinstance(target, ast.Name)}


def _parsed(source: str) -> list[ast.stmt]:
    tree: ast.Module = compile(source, "cell", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    return tree.body


def _run(statements: Sequence[ast.stmt], given: dict[str, Any]) -> None:
    exec(compile(ast.Module(list(statements), []), "cell", "exec"), given)


@pytest.mark.parametrize(("name", "source"), [(name, source) for name, all_ in WRONG.items() for source in all_])
def test_a_wrong_solution_does_not_pass_and_is_told_why(name: str, source: str) -> None:
    result = checked(name, source)
    assert result.ok is False
    assert all(result.helps[number][1] for number in range(3)), "a hint, a bigger one, and the solution"


EXERCISES = [(name, number) for name in NOTEBOOKS for number in range(len(exercises(load(name))))]


@pytest.mark.parametrize(("name", "number"), EXERCISES)
def test_three_wrong_solutions_are_tried_of_each(name: str, number: int) -> None:
    given = _names(exercises(load(name))[number].source)
    assert len([source for source in WRONG[name] if given <= _names(source)]) >= 3


@pytest.mark.parametrize(("name", "number"), EXERCISES)
@pytest.mark.parametrize("stub", ["None", "...", "b''"])
def test_what_is_not_begun_is_not_yet(name: str, number: int, stub: str) -> None:
    source = exercises(load(name))[number].source
    left = source.split(" = ")[0] + f" = {stub}" if " = " in source else source.splitlines()[0] + f"\n    return {stub}"
    result = checked(name, left)
    assert result.ok is None or "NoneType" in result.sentence or "ellipsis" in result.sentence
    assert all(help_ for help_ in (result.hint, result.bigger_hint, result.solution)), "three helps"


@pytest.mark.parametrize(("name", "number"), EXERCISES)
def test_the_solution_of_the_report_is_right(name: str, number: int) -> None:
    source = exercises(load(name))[number].source
    told = checked(name, source).solution
    if told.startswith(("while True:", "try:", "last = ")):  # what stands in the function
        head = next(line for line in source.splitlines() if line.startswith("async def "))
        assert checked(name, f"{head}\n{indent(told, '    ')}")
    elif told.startswith("bytes.fromhex"):
        assert bytes.fromhex(told.split('"')[1])
    elif told.startswith(("def ", "async def ", "import ", "fault = ")):
        assert checked(name, told)
    elif 'my_key = ""' in exercises(load(name))[number].source:  # a text
        assert checked(name, f"my_key = {told!r}")
    elif told.startswith("{"):  # what the exercise's name is to be
        (given,) = _names(exercises(load(name))[number].source)
        assert checked(name, f"{given} = {told}")
    else:
        assert told == "base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()"
        assert checked(name, ACCEPT + f"return {told}")
