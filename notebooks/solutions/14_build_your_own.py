def unmask(payload, key):
    return bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))


# %%
def encode_frame(opcode, payload, *, fin=True, mask=None):
    size = len(payload)
    if size < 126:
        length, more = size, b""
    elif size < 65536:
        length, more = 126, size.to_bytes(2, "big")
    else:
        length, more = 127, size.to_bytes(8, "big")
    head = bytes([(0x80 if fin else 0) | opcode, (0x80 if mask else 0) | length]) + more
    return head + payload if mask is None else head + mask + unmask(payload, mask)


# %%
def decode_frame(data):
    if len(data) < 2:
        return None
    fin, opcode = bool(data[0] & 0x80), data[0] & 0x0F
    masked, length = bool(data[1] & 0x80), data[1] & 0x7F
    if data[0] & 0x70 or opcode not in (0, 1, 2, 8, 9, 10):
        raise ValueError("a reserved bit, or a reserved opcode")
    if opcode >= 8 and (not fin or length > 125):
        raise ValueError("a control frame that is fragmented, or too long")
    begin = 2
    if length > 125:
        least, begin = (126, 4) if length == 126 else (65536, 10)
        if len(data) < begin:
            return None
        length = int.from_bytes(data[2:begin], "big")
        if length < least or length >> 63:
            raise ValueError("a length in the wrong form")
    key = data[begin : begin + 4] if masked else bytes(4)
    begin += 4 if masked else 0
    if len(data) < begin + length:
        return None
    return fin, opcode, unmask(data[begin : begin + length], key), begin + length


# %%
def assemble(frames):
    messages, kind, parts = [], None, []
    for fin, opcode, payload in frames:
        if opcode not in (0, 1, 2, 8, 9, 10) or (opcode >= 8 and not fin):
            raise ValueError("a reserved opcode, or a control frame without FIN")
        if opcode >= 8:
            continue
        if (opcode == 0) != (kind is not None):
            raise ValueError("a continuation of nothing, or a message within another")
        kind = kind or opcode
        parts.append(payload)
        if fin:
            whole = b"".join(parts)
            messages.append(whole.decode() if kind == 1 else whole)
            kind, parts = None, []
    return messages


# %%
def close_body(body):
    if not body:
        return None, ""
    if len(body) == 1:
        raise ValueError("a code has two bytes")
    code = int.from_bytes(body[:2], "big")
    if not (1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999):
        raise ValueError("a code that may not be sent")
    return code, body[2:].decode()


# %%
import base64
import hashlib

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def accept_key(key):
    return base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()


# %%
def handshake(request):
    first, *lines = request.decode("latin-1").split("\r\n")
    pairs = [line.partition(":") for line in lines]
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    if headers.get("sec-websocket-version") != "13":
        names = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n"
        return b"HTTP/1.1 426 Upgrade Required\r\n" + names
    key, words = headers.get("sec-websocket-key", ""), headers.get("connection", "").lower()
    try:
        size = len(base64.b64decode(key, validate=True))
    except ValueError:
        size = 0
    is_right = first.startswith("GET ") and first.endswith(" HTTP/1.1") and "host" in headers
    is_right = is_right and headers.get("upgrade", "").lower() == "websocket" and size == 16
    if not is_right or "upgrade" not in [word.strip() for word in words.split(",")]:
        return b"HTTP/1.1 400 Bad Request\r\n\r\n"
    answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    return f"{answer}Sec-WebSocket-Accept: {accept_key(key)}\r\n\r\n".encode()
