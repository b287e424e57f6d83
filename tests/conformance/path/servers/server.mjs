// A whole WebSocket server in JavaScript, as a learner may have it at the end of the path: only what Node.js brings.
//
//     node server.mjs PORT

import { createHash } from "node:crypto";
import { createServer } from "node:net";
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const MAX_HEAD = 16 * 1024;
const MAX_MESSAGE = 2 * 1024 * 1024;
const CONTINUATION = 0x0, TEXT = 0x1, BINARY = 0x2, CLOSE = 0x8, PING = 0x9, PONG = 0xa;
const OPCODES = new Set([CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG]);
const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);
const strict = new TextDecoder("utf-8", { fatal: true });

class Failure extends Error {
  constructor(code, reason) {
    super(reason);
    this.code = code;
  }
}

// --- the opening handshake ---

function parseRequest(head) {
  const [first, ...lines] = head.split("\r\n");
  const headers = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon < 1) return null;
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { first, headers };
}

function answer(request) {
  const refuse = (status, ...more) => ({
    open: false,
    head: [`HTTP/1.1 ${status}`, ...more, "Content-Length: 0", "Connection: close", "", ""].join("\r\n"),
  });
  if (!request || !/^GET \S+ HTTP\/1\.1$/.test(request.first)) return refuse("400 Bad Request");
  const { headers } = request;
  const tokens = (headers.connection ?? "").toLowerCase().split(",").map((token) => token.trim());
  if (headers.upgrade?.toLowerCase() !== "websocket" || !tokens.includes("upgrade")) return refuse("400 Bad Request");
  if (headers["sec-websocket-version"] !== "13") {
    return refuse("426 Upgrade Required", "Upgrade: websocket", "Sec-WebSocket-Version: 13");
  }
  const key = headers["sec-websocket-key"];
  if (!key) return refuse("400 Bad Request");
  const accept = createHash("sha1").update(key + GUID).digest("base64");
  const lines = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${accept}`,
  ];
  // without windows that go on, each message stands alone, and zlib's simplest calls are enough
  const offers = (headers["sec-websocket-extensions"] ?? "").split(",").map((offer) => offer.trim());
  const deflate = offers.includes("permessage-deflate");
  if (deflate) {
    lines.push(
      "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover",
    );
  }
  return { open: true, deflate, head: [...lines, "", ""].join("\r\n") };
}

// --- frames ---

function writeFrame(opcode, payload, rsv1 = false) {
  const size = payload.length;
  const header = Buffer.alloc(size < 126 ? 2 : size < 65536 ? 4 : 10);
  header[0] = 0x80 | (rsv1 ? 0x40 : 0) | opcode;
  if (size < 126) header[1] = size;
  else if (size < 65536) {
    header[1] = 126;
    header.writeUInt16BE(size, 2);
  } else {
    header[1] = 127;
    header.writeBigUInt64BE(BigInt(size), 2);
  }
  return Buffer.concat([header, payload]);
}

// The first frame of a buffer and how many bytes it takes; null while it is not whole.
function readFrame(buffer, deflate) {
  if (buffer.length < 2) return null;
  const fin = (buffer[0] & 0x80) !== 0;
  const rsv1 = (buffer[0] & 0x40) !== 0;
  const opcode = buffer[0] & 0x0f;
  if (buffer[0] & 0x30 || (rsv1 && !(deflate && (opcode === TEXT || opcode === BINARY)))) {
    throw new Failure(1002, "reserved bit");
  }
  if (!OPCODES.has(opcode)) throw new Failure(1002, "reserved opcode");
  if (!(buffer[1] & 0x80)) throw new Failure(1002, "not masked");
  let length = buffer[1] & 0x7f;
  let at = 2;
  if (opcode >= CLOSE && (length > 125 || !fin)) throw new Failure(1002, "control frame");
  if (length === 126) {
    if (buffer.length < 4) return null;
    length = buffer.readUInt16BE(2);
    at = 4;
  } else if (length === 127) {
    if (buffer.length < 10) return null;
    const long = buffer.readBigUInt64BE(2);
    if (long > BigInt(MAX_MESSAGE)) throw new Failure(1009, "too big");
    length = Number(long);
    at = 10;
  }
  if (length > MAX_MESSAGE) throw new Failure(1009, "too big");
  if (buffer.length < at + 4 + length) return null;
  const key = buffer.subarray(at, at + 4);
  const payload = Buffer.from(buffer.subarray(at + 4, at + 4 + length));
  for (let i = 0; i < length; i++) payload[i] ^= key[i % 4];
  return { fin, rsv1, opcode, payload, size: at + 4 + length };
}

// --- a connection ---

class Connection {
  constructor(socket, deflate) {
    this.socket = socket;
    this.deflate = deflate;
    this.message = null;
    this.ended = false;
  }

  take({ fin, rsv1, opcode, payload }) {
    if (opcode === PING) this.send(PONG, payload);
    else if (opcode === CLOSE) this.answerClose(payload);
    else if (opcode !== PONG) this.takeData(fin, rsv1, opcode, payload);
  }

  takeData(fin, rsv1, opcode, payload) {
    if ((opcode === CONTINUATION) !== (this.message !== null)) throw new Failure(1002, "fragments out of order");
    this.message ??= { opcode, rsv1, parts: [], size: 0 };
    this.message.parts.push(payload);
    this.message.size += payload.length;
    if (this.message.size > MAX_MESSAGE) throw new Failure(1009, "too big");
    if (!fin) return;
    const { opcode: kind, rsv1: compressed, parts } = this.message;
    this.message = null;
    const whole = Buffer.concat(parts);
    this.echo(kind, compressed ? this.inflate(whole) : whole);
  }

  inflate(data) {
    const options = { maxOutputLength: MAX_MESSAGE, finishFlush: constants.Z_SYNC_FLUSH };
    try {
      return inflateRawSync(Buffer.concat([data, TAIL]), options);
    } catch (error) {
      throw error.code === "ERR_BUFFER_TOO_LARGE" ? new Failure(1009, "too big") : new Failure(1007, "not deflate");
    }
  }

  echo(opcode, message) {
    if (opcode === TEXT) this.checkText(message, "not UTF-8");
    if (!this.deflate) return this.send(opcode, message);
    const data = deflateRawSync(message, { finishFlush: constants.Z_SYNC_FLUSH });
    this.send(opcode, data.subarray(0, data.length - TAIL.length), true);
  }

  checkText(bytes, reason) {
    try {
      strict.decode(bytes);
    } catch {
      throw new Failure(1007, reason);
    }
  }

  answerClose(body) {
    if (body.length === 1) throw new Failure(1002, "half a code");
    if (body.length > 1) {
      const code = body.readUInt16BE(0);
      const known = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
      if (!known) throw new Failure(1002, "close code");
      this.checkText(body.subarray(2), "reason");
    }
    this.send(CLOSE, body.subarray(0, 2));
    this.end();
  }

  fail(failure) {
    const code = Buffer.alloc(2);
    code.writeUInt16BE(failure.code);
    this.send(CLOSE, Buffer.concat([code, Buffer.from(failure.message)]));
    this.end();
  }

  send(opcode, payload, rsv1 = false) {
    this.socket.write(writeFrame(opcode, payload, rsv1));
  }

  end() {
    this.ended = true;
    this.socket.end();
  }
}

function serve(socket) {
  let buffer = Buffer.alloc(0);
  let connection = null;

  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => {
    if (connection?.ended || socket.writableEnded) return;
    buffer = Buffer.concat([buffer, chunk]);
    try {
      if (connection === null) open();
      while (connection !== null && !connection.ended) {
        const frame = readFrame(buffer, connection.deflate);
        if (frame === null) break;
        buffer = buffer.subarray(frame.size);
        connection.take(frame);
      }
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      connection.fail(error);
    }
  });

  function open() {
    const end = buffer.indexOf("\r\n\r\n");
    if (end < 0 && buffer.length <= MAX_HEAD) return;
    const { open: agreed, deflate, head } = answer(end < 0 ? null : parseRequest(buffer.toString("latin1", 0, end)));
    socket.write(head);
    if (!agreed) socket.end();
    else connection = new Connection(socket, deflate);
    buffer = buffer.subarray(end < 0 ? buffer.length : end + 4);
  }
}

createServer({ allowHalfOpen: false }, serve).listen(Number(process.argv[2]), "127.0.0.1");
