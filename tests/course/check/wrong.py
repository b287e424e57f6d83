"""Wrong solutions as people write them, each with the rule that its report must name, and the mistake that it is.

They are written by themselves, not with the functions of the tables: as a learner would, in another way than these.
"""

from __future__ import annotations

from typing import NamedTuple

from wslab.course.exercises.server_solution import SERVER

__all__ = ["SOLUTIONS", "Solution"]


class Solution(NamedTuple):
    """One wrong solution: the check it is for, its source, the id of the rule, and the mistake's name, if any."""

    check: str
    source: str
    rule: str
    mistake: str = ""


def _accept(line: str, mistake: str = "") -> Solution:
    head = 'import base64, hashlib\nGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"\n'
    return Solution("accept_key", f"{head}def accept_key(key):\n    {line}", "response-accept", mistake)


def _unmask(body: str, mistake: str = "") -> Solution:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return Solution("unmask", f"def unmask(payload, key):\n{lines}", "client-masks", mistake)


_FIRST = "first = opcode + (128 if fin else 0)"
_LENGTH = """\
n = len(payload)
if n <= 125:
    second, extra = n, b""
elif n <= 65535:
    second, extra = 126, struct.pack("!H", n)
else:
    second, extra = 127, struct.pack("!Q", n)"""
_END = """\
if mask is not None:
    masked = bytearray(payload)
    for i in range(n):
        masked[i] ^= mask[i % 4]
    return bytes([first, second + 128]) + extra + mask + masked
return bytes([first, second]) + extra + payload"""


def _encode(rule: str, mistake: str, *changes: tuple[str, str]) -> Solution:
    """The right function with some text replaced."""
    body = f"{_FIRST}\n{_LENGTH}\n{_END}"
    for old, new in changes:
        assert old in body, old
        body = body.replace(old, new)
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    head = "import struct\ndef encode_frame(opcode, payload, *, fin=True, mask=None):\n"
    return Solution("encode_frame", head + lines, rule, mistake)


_DECODE = """\
if len(data) < 2: return None
b0, b1 = data[:2]
fin = (b0 >> 7) == 1
rsv = (b0 >> 4) & 7
opcode = b0 & 15
masked = b1 >> 7
length = b1 & 127
offset = 2
if rsv != 0: raise ValueError("rsv")
if opcode in (3, 4, 5, 6, 7) or opcode > 10: raise ValueError("opcode")
if opcode > 7 and not fin: raise ValueError("fragmented control frame")
if opcode > 7 and length > 125: raise ValueError("long control frame")
if length == 126:
    if len(data) < 4: return None
    (length,) = struct.unpack("!H", data[2:4])
    offset = 4
    if length < 126: raise ValueError("length")
elif length == 127:
    if len(data) < 10: return None
    (length,) = struct.unpack("!Q", data[2:10])
    offset = 10
    if length < 65536: raise ValueError("length")
    if length > 2**63 - 1: raise ValueError("length")
if masked:
    key = data[offset : offset + 4]
    offset += 4
if len(data) < offset + length: return None
payload = data[offset : offset + length]
if masked:
    payload = bytes(b ^ key[i & 3] for i, b in enumerate(payload))
return fin, opcode, payload, offset + length"""


def _decode(rule: str, mistake: str, *changes: tuple[str, str]) -> Solution:
    body = _DECODE
    for old, new in changes:
        assert old in body, old
        body = body.replace(old, new)
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return Solution("decode_frame", f"import struct\ndef decode_frame(data):\n{lines}", rule, mistake)


_ACCEPT = [
    _accept("return base64.b64encode(hashlib.sha1((GUID + key).encode()).digest()).decode()", "guid-first"),
    _accept("return base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()", "no-guid"),
    _accept("return hashlib.sha1((key + GUID).encode('ascii')).hexdigest()", "hex"),
    _accept(
        "return base64.b64encode(hashlib.sha1((key + GUID).encode()).hexdigest().encode()).decode()", "hex-in-base64"
    ),
    _accept(
        "return base64.b64encode(hashlib.sha1(base64.b64decode(key) + GUID.encode()).digest()).decode()", "key-decoded"
    ),
    _accept(
        "return base64.b64encode(hashlib.sha1((key + GUID.lower()).encode()).digest()).decode()", "guid-lower-case"
    ),
    _accept("return base64.b64encode(hashlib.sha1((key + GUID).encode('utf-16-le')).digest()).decode()", "utf-16"),
    _accept(
        "return base64.b64encode(hashlib.sha1((key + GUID).encode('utf-16')).digest()).decode()", "utf-16-with-mark"
    ),
    _accept("return base64.b64encode(hashlib.sha256(f'{key}{GUID}'.encode()).digest()).decode()", "sha-256"),
    _accept("return base64.b64encode(hashlib.md5(f'{key}{GUID}'.encode()).digest()).decode()", "md5"),
    _accept("return base64.urlsafe_b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()", "url-base64"),
    _accept("return base64.b64encode(hashlib.sha1((key + GUID).encode()).digest())", "bytes"),
    _accept("return str(base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()))", "written-bytes"),
    _accept("return base64.encodebytes(hashlib.sha1((key + GUID).encode()).digest()).decode()", "line-break"),
    _accept("return base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode().rstrip('=')", "no-padding"),
    _accept("return base64.b64encode((key + GUID).encode()).decode()"),
    _accept("return base64.b64encode(hashlib.sha1((key + GUID + '\\n').encode()).digest()).decode()"),
    _accept("return base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode() + '\\r\\n'"),
    _accept("return key + GUID", "not-hashed"),
    _accept("return 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='", "example"),
    _accept(
        "return base64.b64encode(hashlib.sha1((key.rstrip('=') + GUID).encode()).digest()).decode()",
        "key-without-padding",
    ),
    _accept(
        "return base64.b64encode(hashlib.sha1((key + GUID.replace('-', '')).encode()).digest()).decode()",
        "guid-without-hyphens",
    ),
    _accept("return base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode().lower()"),
    _accept(
        "return f'Sec-WebSocket-Accept: {base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()}'",
        "whole-line",
    ),
]
_UNMASK = [
    _unmask("return payload", "not-unmasked"),
    _unmask("return bytes(b ^ key[0] for b in payload)", "first-byte-of-key"),
    _unmask("return bytes([p ^ k for p, k in zip(payload, key)])", "key-once"),
    _unmask("return bytes(payload[i] ^ key[i] for i in range(len(payload)))", "index-past-key"),
    _unmask("return bytes(payload[i] ^ key[(i + 1) % 4] for i in range(len(payload)))", "index-one-late"),
    _unmask(
        "out = b''\nfor i, b in enumerate(payload, 1):\n    out += bytes([b ^ key[i % 4]])\nreturn out",
        "index-one-late",
    ),
    _unmask("return bytes(b ^ key[3 - i % 4] for i, b in enumerate(payload))", "key-backwards"),
    _unmask("return bytes(b | key[i % 4] for i, b in enumerate(payload))", "or"),
    _unmask("return bytes(b & key[i % 4] for i, b in enumerate(payload))", "and"),
    _unmask("return bytes((b + key[i % 4]) % 256 for i, b in enumerate(payload))", "plus"),
    _unmask("return bytes(b ^ key[i % 3] for i, b in enumerate(payload))", "modulo-three"),
    _unmask("return [b ^ key[i % 4] for i, b in enumerate(payload)]", "list"),
    _unmask("return ''.join(chr(b ^ key[i % 4]) for i, b in enumerate(payload))", "text"),
    _unmask("return bytes(~(b ^ key[i % 4]) & 255 for i, b in enumerate(payload))", "inverted"),
    _unmask(
        "once = bytes(b ^ key[i % 4] for i, b in enumerate(payload))\n"
        "return bytes(b ^ key[i % 4] for i, b in enumerate(once))",
        "not-unmasked",
    ),
    _unmask("k = int.from_bytes(key, 'big')\nreturn bytes(b ^ k for b in payload)"),
    _unmask("return bytes(b ^ key[i // 4] for i, b in enumerate(payload))"),
    _unmask("return bytes(payload[i] ^ key[i % 4] for i in range(len(payload) - 1))"),
    _unmask("return bytes(payload[i] ^ key[i % 4] for i in range(1, len(payload)))"),
    _unmask("key = key[::-1]\nreturn bytes(b ^ key[i % 4] for i, b in enumerate(payload))", "key-backwards"),
    _unmask("return bytes(b ^ key[(len(payload) - i - 1) % 4] for i, b in enumerate(payload))", "counted-from-end"),
    _unmask(
        "import struct\nn = len(payload) // 4\n(k,) = struct.unpack('!I', key)\n"
        "return struct.pack(f'!{n}I', *(w ^ k for w in struct.unpack(f'!{n}I', payload[:4 * n])))",
        "last-bytes-lost",
    ),
]
_ENCODE = [
    _encode("length-minimal", "length-little-endian", ("!H", "<H"), ("!Q", "<Q")),
    _encode("length-minimal", "16-bit-from-125", ("<= 125", "< 125")),
    _encode("length-minimal", "7-bit-to-126", ("<= 125", "<= 126")),
    _encode("length-minimal", "7-bit-to-127", ("<= 125", "<= 127")),
    _encode("length-minimal", "64-bit-from-65535", ("<= 65535", "< 65535")),
    _encode("length-minimal", "", ("<= 65535", "<= 65536")),  # struct raises
    _encode("length-minimal", "32-bit-length", ("!Q", "!I")),
    _encode("length-minimal", "64-bit-only", ("elif n <= 65535", "elif n <= 125")),
    _encode("length-minimal", "127-for-all", ("126, struct", "127, struct")),
    _encode("length-minimal", "126-without-length", ('struct.pack("!H", n)', 'b""'), ('struct.pack("!Q", n)', 'b""')),
    _encode("control-fragmented", "fin-always", ("(128 if fin else 0)", "128")),
    _encode("control-fragmented", "fin-never", ("(128 if fin else 0)", "0")),
    _encode("control-fragmented", "fin-inverted", ("128 if fin else 0", "0 if fin else 128")),
    _encode("reserved-opcode", "fin-in-opcode", ("128 if fin else 0", "8 if fin and opcode < 8 else 0")),
    _encode("reserved-opcode", "fin-lowest-bit", ("opcode + (128 if fin else 0)", "(opcode << 1) + fin")),
    _encode("reserved-bits", "reserved-bit", ("128 if fin", "192 if fin")),
    _encode(
        "client-masks",
        "length-counts-key",
        ("n = len(payload)", "n = len(payload) + (4 if mask else 0)"),
        ("range(n)", "range(len(payload))"),
    ),
    _encode(
        "local-frame-field",
        "length-counts-header",
        ("n = len(payload)", "n = len(payload) + 2"),
        ("range(n)", "range(len(payload))"),
    ),
    _encode("client-masks", "no-mask-bit", ("second + 128", "second")),
    _encode("client-masks", "payload-plain", ("^= mask[i % 4]", "^= 0")),
    _encode("client-masks", "mask-with-first-byte", ("mask[i % 4]", "mask[0]")),
    _encode("client-masks", "no-key", ("extra + mask + masked", "extra + masked")),
    _encode("client-masks", "key-behind-payload", ("extra + mask + masked", "extra + masked + mask")),
    _encode("client-masks", "", ("extra + mask + masked", "mask + extra + masked")),
    _encode("client-masks", "mask-key-backwards", ("extra + mask + masked", "extra + mask[::-1] + masked")),
    _encode("client-masks", "ignores-mask", ("if mask is not None", "if False")),
    _encode("local-frame-field", "always-text", ("first = opcode", "first = 1")),
    _encode(
        "local-frame-field",
        "list",
        ("return bytes([first, second]) + extra + payload", "return [first, second, *extra, *payload]"),
        (
            "return bytes([first, second + 128]) + extra + mask + masked",
            "return [first, second + 128, *extra, *mask, *masked]",
        ),
    ),
    _encode("client-masks", "", ("second + 128", "second + 64")),
    _encode("client-masks", "", ("mask[i % 4]", "mask[(i + len(extra)) % 4]")),
]
_DECODED = [
    _decode("reserved-opcode", "fin-in-opcode", ("opcode = b0 & 15", "opcode = b0")),
    _decode("length-minimal", "length-little-endian", ("!H", "<H"), ("!Q", "<Q")),
    _decode("control-fragmented", "fin-as-number", ("(b0 >> 7) == 1", "b0 & 128")),
    _decode("client-masks", "mask-bit-in-length", ("b1 & 127", "b1")),
    _decode("client-masks", "not-unmasked", ("b ^ key[i & 3]", "b")),
    _decode("client-masks", "mask-with-first-byte", ("key[i & 3]", "key[0]")),
    _decode("local-frame-field", "takes-all", ("data[offset : offset + length]", "data[offset:]")),
    _decode("local-frame-field", "consumed-payload", ("payload, offset + length", "payload, length")),
    _decode("local-frame-field", "consumed-all", ("payload, offset + length", "payload, len(data)")),
    _decode("local-frame-field", "short-crashes", ("if len(data) < 2: return None", "")),
    _decode(
        "local-frame-field",
        "payload-cut-off",
        ("if len(data) < offset + length: return None", "if masked and len(key) < 4: return None"),
    ),
    _decode("reserved-bits", "reserved-bits", ("if rsv != 0", "if False")),
    _decode("reserved-opcode", "reserved-opcode", ("if opcode in (3, 4, 5, 6, 7) or opcode > 10", "if False")),
    _decode("control-fragmented", "control-fragmented", ("not fin: raise", "False: raise")),
    _decode("control-too-long", "control-too-long", ("length > 125: raise", "False: raise")),
    _decode("length-minimal", "length-not-minimal", ("if length < 126", "if False"), ("if length < 65536", "if False")),
    _decode("length-minimal", "", ("if length < 65536", "if length < 126")),
    _decode("length-top-bit", "length-top-bit", ("if length > 2**63 - 1", "if False")),
    _decode(
        "length-minimal", "127-as-32-bit", ("< 10", "< 6"), ("!Q", "!I"), ("2:10", "2:6"), ("offset = 10", "offset = 6")
    ),
    _decode(
        "local-frame-field",
        "payload-as-text",
        ("payload, offset + length", "payload.decode('latin-1'), offset + length"),
    ),
    _decode("local-frame-field", "three-values", ("payload, offset + length", "payload")),
    _decode("local-frame-field", "", ("payload, offset + length", "payload, data[offset + length:]")),
    _decode("client-masks", "key-in-payload", ("masked = b1 >> 7", "masked = 0")),
    _decode("local-frame-field", "refuses-to-wait", ("return None", "raise ValueError")),
]

_ASSEMBLE = """\
out = []
buffer = None
text = False
for fin, opcode, payload in frames:
    if opcode in (3, 4, 5, 6, 7) or opcode > 10: raise ValueError
    if opcode in (8, 9, 10):
        if not fin: raise ValueError
        continue
    if opcode == 0:
        if buffer is None: raise ValueError
        buffer += payload
    else:
        if buffer is not None: raise ValueError
        buffer = payload
        text = opcode == 1
    if fin:
        out.append(buffer.decode("utf-8") if text else buffer)
        buffer = None
return out"""


def _assemble(rule: str, mistake: str, *changes: tuple[str, str]) -> Solution:
    body = _ASSEMBLE
    for old, new in changes:
        assert old in body, old
        body = body.replace(old, new)
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return Solution("assemble", f"def assemble(frames):\n{lines}", rule, mistake)


_ASSEMBLED = [
    _assemble("text-is-utf8", "errors-ignored", ('"utf-8"', '"utf-8", "ignore"')),
    _assemble("text-is-utf8", "errors-replaced", ('"utf-8"', '"utf-8", errors="replace"')),
    _assemble("text-is-utf8", "latin-1", ('"utf-8"', '"latin-1"')),
    _assemble("text-is-utf8", "text-as-bytes", ("if text else", "if False else")),
    _assemble("text-is-utf8", "binary-as-utf-8", ("if text else", "if True else")),
    _assemble(
        "text-is-utf8",
        "decoded-piecewise",
        ("buffer += payload", "buffer += payload.decode() if text else payload"),
        ("buffer = payload", "buffer = payload.decode() if opcode == 1 else payload"),
        ('buffer.decode("utf-8") if text else buffer', "buffer"),
    ),
    _assemble("continuation-needs-start", "kind-of-last-frame", ("if text else", "if opcode == 1 else")),
    _assemble(
        "continuation-needs-start",
        "",
        ("raise ValueError\n        buffer +=", "buffer = b''\n        buffer +="),
    ),
    _assemble(
        "continuation-needs-start",
        "continuation-skipped",
        ("buffer is None: raise ValueError", "buffer is None: continue"),
    ),
    _assemble("messages-do-not-interleave", "message-replaced", ("if buffer is not None: raise ValueError", "pass")),
    _assemble("continuation-needs-start", "fin-inverted", ("if fin:", "if not fin:")),
    _assemble("continuation-needs-start", "fin-ignored", ("if fin:", "if True:")),
    _assemble(
        "control-fragmented", "control-kept", ("        continue", "        out.append(payload)\n        continue")
    ),
    _assemble(
        "control-fragmented", "control-ends-message", ("        continue", "        buffer = None\n        continue")
    ),
    _assemble("control-fragmented", "control-fragmented", ("if not fin: raise ValueError", "pass")),
    _assemble("reserved-opcode", "reserved-opcode", ("or opcode > 10: raise ValueError", "or opcode > 10: continue")),
    _assemble("continuation-needs-start", "empty-lost", ("out.append", "if buffer: out.append")),
    _assemble(
        "messages-do-not-interleave", "first-only", ("        buffer = None\nreturn", "        return out\nreturn")
    ),
    _assemble(
        "continuation-needs-start",
        "unfinished-given",
        ("return out", "if buffer is not None: out.append(buffer.decode() if text else buffer)\nreturn out"),
    ),
    _assemble(
        "continuation-needs-start", "", ("if buffer is None: raise ValueError", "if not buffer: raise ValueError")
    ),
]
_CLOSED = """\
if len(body) == 0: return None, ""
if len(body) < 2: raise ValueError("one byte")
(code,) = struct.unpack("!H", body[:2])
if code in (1004, 1005, 1006, 1015): raise ValueError("code")
if not 1000 <= code <= 1014 and not 3000 <= code <= 4999: raise ValueError("code")
return code, body[2:].decode("utf-8")"""


def _closing(rule: str, mistake: str, *changes: tuple[str, str]) -> Solution:
    body = _CLOSED
    for old, new in changes:
        assert old in body, old
        body = body.replace(old, new)
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return Solution("close_body", f"import struct\ndef close_body(body):\n{lines}", rule, mistake)


_CLOSING = [
    _closing("close-body-length", "code-little-endian", ("!H", "<H")),
    _closing(
        "close-body-length",
        "empty-crashes",
        ('if len(body) == 0: return None, ""', ""),
        ('if len(body) < 2: raise ValueError("one byte")', "if len(body) == 1: raise ValueError"),
        ("struct.unpack", "() if not body[1:] and body[0] else struct.unpack"),
    ),
    _closing("close-body-length", "empty-refused", ('if len(body) == 0: return None, ""', "")),
    _closing("close-code-valid", "empty-is-1005", ("return None", "return 1005")),
    _closing("close-code-valid", "empty-is-1000", ("return None", "return 1000")),
    _closing("close-body-length", "one-byte-accepted", ("len(body) == 0", "len(body) < 2")),
    _closing("close-body-length", "other-error", ('if len(body) < 2: raise ValueError("one byte")', "")),
    _closing("close-code-valid", "reserved-codes", ("(1004, 1005, 1006, 1015)", "(1004,)"), ("<= 1014", "<= 1015")),
    _closing("close-code-known", "", ("if not 1000 <= code <= 1014 and not", "if not 1000 <= code <= 2999 and not")),
    _closing("close-code-known", "", ("(1004, 1005", "(1005")),
    _closing("close-code-known", "5000-accepted", ("3000 <= code <= 4999", "3000 <= code")),
    _closing("close-code-known", "private-refused", ("<= 4999", "<= 3999")),
    _closing("close-code-known", "registered-refused", ("<= 1014", "<= 1011")),
    _closing("close-reason-utf8", "reason-as-bytes", ('.decode("utf-8")', "")),
    _closing("close-reason-utf8", "reason-errors-ignored", ('"utf-8"', '"utf-8", "ignore"')),
    _closing("close-reason-utf8", "reason-latin-1", ('"utf-8"', '"iso-8859-1"')),
    _closing("close-body-length", "reason-lost", ('body[2:].decode("utf-8")', '""')),
    _closing("close-body-length", "code-only", (", body[2:]", "  # body[2:]"), ('None, ""', "None")),
    _closing("close-body-length", "code-as-bytes", ("return code", "return body[:2]")),
]

_ANSWER = r"""
text = request.decode()
line, _, rest = text.partition("\r\n")
method, target, version = line.split()
h = {}
for each in rest.splitlines():
    if ":" in each:
        k, v = each.split(":", 1)
        h[k.lower()] = v.strip()
bad = b"HTTP/1.1 400 Bad Request\r\n\r\n"
if method != "GET": return bad
if version != "HTTP/1.1": return bad
if "host" not in h: return bad
if h.get("upgrade", "").lower() != "websocket": return bad
if "upgrade" not in h.get("connection", "").lower(): return bad
if h.get("sec-websocket-version") != "13":
    return b"HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\n\r\n"
key = h.get("sec-websocket-key", "")
try:
    if len(base64.b64decode(key)) != 16: return bad
except ValueError:
    return bad
digest = hashlib.sha1((key + GUID).encode()).digest()
accept = base64.b64encode(digest).decode()
lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
lines.append("Sec-WebSocket-Accept: " + accept)
EOL = "\r\n"
answer = EOL.join(lines) + EOL + EOL
return answer.encode()"""


def _answer(rule: str, mistake: str, *changes: tuple[str, str]) -> Solution:
    body = _ANSWER
    for old, new in changes:
        assert old in body, old
        body = body.replace(old, new)
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    head = 'import base64, hashlib\nGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"\n'
    return Solution("handshake", f"{head}def handshake(request):\n{lines}", rule, mistake)


_ANSWERED = [
    _answer("response-accept", "no-guid", ("key + GUID", "key")),
    _answer("response-accept", "guid-first", ("key + GUID", "GUID + key")),
    _answer("response-accept", "key-decoded", ("(key + GUID).encode()", "base64.b64decode(key) + GUID.encode()")),
    _answer("response-accept", "written-bytes", ("base64.b64encode(digest).decode()", "str(base64.b64encode(digest))")),
    _answer("head-ends-lines-with-crlf", "lf-only", (r'EOL = "\r\n"', r'EOL = "\n"')),
    _answer("head-is-http", "no-empty-line", ("+ EOL + EOL", "+ EOL")),
    _answer("response-status", "status-200", ("101 Switching Protocols", "200 OK")),
    _answer("response-upgrade", "no-upgrade", ('"Upgrade: websocket", ', "")),
    _answer("response-connection", "no-connection", ("Connection: Upgrade", "Connection: keep-alive")),
    _answer("response-accept", "no-accept", ("Sec-WebSocket-Accept: ", "Sec-WebSocket-Key: ")),
    _answer("response-status", "body", ("+ EOL + EOL", '+ EOL + EOL + "Welcome!"')),
    _answer("request-version", "no-check-of-version", ('h.get("sec-websocket-version") != "13"', "False")),
    _answer("request-version", "426-without-version", (r"Sec-WebSocket-Version: 13\r\n", "")),
    _answer("request-method", "no-check-of-method", ('method != "GET"', "False")),
    _answer("request-host", "no-check-of-host", ('"host" not in h', "False")),
    _answer(
        "request-connection",
        "no-check-of-connection",
        ('"upgrade" not in h.get("connection", "")', '"" not in h.get("connection", "")'),
    ),
    _answer(
        "request-connection",
        "connection-as-whole",
        ('"upgrade" not in h.get("connection", "").lower()', 'h.get("connection", "").lower() != "upgrade"'),
    ),
    _answer("request-upgrade", "upgrade-with-case", ('h.get("upgrade", "").lower()', 'h.get("upgrade", "")')),
    _answer(
        "request-key",
        "no-check-of-key",
        ("!= 16: return bad", "< 0: return bad"),
        ("    return bad\ndigest", "    pass\ndigest"),
    ),
    _answer("request-key", "names-with-case", ("h[k.lower()] = v.strip()", "h[k] = v.strip()")),
    _answer(
        "response-subprotocol", "own-subprotocol", ("EOL =", 'lines.append("Sec-WebSocket-Protocol: mine"); EOL =')
    ),
    _answer(
        "response-status",
        "text",
        ("answer.encode()", "answer"),
        ("return bad", "return bad.decode()"),
        ("    return b", "    return "),
    ),
]


def _server(rule: str, mistake: str, *changes: tuple[str, str]) -> Solution:
    source = SERVER
    for old, new in changes:
        assert old in source, old
        source = source.replace(old, new)
    return Solution("server", source, rule, mistake)


_SERVERS = [
    _server("response-accept", "breaks-response-accept", ("key + GUID", "key")),
    _server("response-status", "no-answer", (r"{accept}\r\n\r\n", r"{accept}\r\n")),
    _server("client-masks", "ended", ("return True", "writer.close()")),
    _server(
        "server-does-not-mask", "breaks-server-does-not-mask", ("opcode, size])", "opcode, 0x80 | size]) + bytes(4)")
    ),
    _server("text-is-utf8", "breaks-text-is-utf8", ("byte ^ key[i % 4]", "byte")),
    _server("length-minimal", "no-echo", ("size < 126", "size < 127")),
    _server("length-minimal", "no-echo", ('else 8), "big"', 'else 8), "little"')),
    _server("length-minimal", "raises", ("elif size < 65536", "elif size < 65537")),
    _server("text-is-utf8", "breaks-text-is-utf8", ("send(writer, kind, b", "send(writer, 1, b")),
    _server("client-masks", "other-message", ("parts = []\n        await", "pass\n        await")),
    _server("client-masks", "ended", ("while True:", "for _ in range(1):")),
    _server("control-fragmented", "no-pong", ("send(writer, 10, payload)", "pass")),
    _server("control-fragmented", "no-pong", ("send(writer, 10,", "send(writer, 9,")),
    _server("continuation-needs-start", "other-message", ("if first & 0x80:", "if True:")),
    _server("continuation-needs-start", "breaks-continuation-needs-start", ("kind = opcode or kind", "kind = opcode")),
    _server("length-minimal", "ended", ("await reader.readexactly(2)", "await reader.read(2)")),
    _server("close-body-length", "no-close", ("send(writer, 8, payload[:2])", "pass")),
    _server(
        "close-body-length", "other-close-code", ("send(writer, 8, payload[:2])", 'send(writer, 8, b"\\x03\\xe8")')
    ),
    _server("close-body-length", "error-leaves", ("(EOFError, ConnectionError, ValueError)", "ZeroDivisionError")),
    _server("client-masks", "stays-open", ("if first & 0x70 or not second & 0x80", "if first & 0x70")),
    _server("reserved-bits", "accepts", ("first & 0x70 or ", "")),
    _server("close-body-length", "other-close-code", ("send(writer, 8, payload[:2])", 'send(writer, 8, b"")')),
    _server("request-upgrade", "no-refusal", ("HTTP/1.1 400 Bad Request", "HTTP/1.1 200 OK")),
    _server("", "any-code", ("await writer.drain()", "import time; time.sleep(1)")),
]
_BEATS = "async def heartbeat(ws, heard):\n    while True:\n        await asyncio.sleep(20)\n        "
_FOLLOWS = "async def reconnect(connect, show):\n    "
_COROUTINES = [
    Solution("heartbeat", f"import asyncio\n{_BEATS}await ws.send('ping')", "", "sends-messages"),
    Solution("heartbeat", f"import asyncio\n{_BEATS}await ws.pong()", "", "dead-path-not-found"),
    Solution("heartbeat", f"import asyncio\n{_BEATS}await ws.ping(timeout=20)", "", "error-leaves"),
    Solution("heartbeat", f"import asyncio\n{_BEATS}await ws.ping(timeout=20)\n        return", "", "returns-early"),
    Solution("reconnect", f"{_FOLLOWS}pass\n    await connect()", "", "unsaid"),
    Solution("reconnect", f"{_FOLLOWS}ws = await connect()\n    show(int(await ws.recv()))", "", "unsaid"),
]

SOLUTIONS = [
    *(*_ACCEPT, *_UNMASK, *_ENCODE, *_DECODED, *_ASSEMBLED, *_CLOSING, *_ANSWERED),
    *(*_SERVERS, *_COROUTINES),
]
