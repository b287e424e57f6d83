// npm's `ws` as a receiver, on real sockets of loopback in this one process. Each line of JSON on stdin is a call,
// {number, role, key, deflate, pieces, limit}; its answer is a line with that number. It ends when stdin does.
//
// When has it read all? `bytesRead` says so; then its receiver, a stream, must have nothing left to do; then the event
// loop turns a few times. Only then comes a FIN, so that a Close that it owes is out before, and it never takes the
// end of TCP for its reason.
const crypto = require("crypto");
const net = require("net");
const random = crypto.randomBytes;
let key = null; // ws asks for 16 random bytes for its Sec-WebSocket-Key, and for nothing else of that size
crypto.randomBytes = (size, ...more) => (size === 16 && key ? key : random(size, ...more));
const TURNS = 4;
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

let ws;
try {
  ws = require(process.argv[1]);
} catch (error) {
  say({ missing: String(error.message).split("\n")[0] });
  process.exit(0);
}

const text = (data) => data.toString("hex");

// what an application hears of a WebSocket
const follow = (socket, told) => {
  told.ws = socket;
  socket.on("message", (data, binary) => told.heard.push([binary ? "binary" : "text", text(data)]));
  socket.on("ping", (data) => told.heard.push(["ping", text(data)]));
  socket.on("pong", (data) => told.heard.push(["pong", text(data)]));
  socket.on("error", (error) => { told.error ??= error.message; });
  socket.on("close", (code, reason) => {
    told.closed = true;
    if (!told.error && code !== 1006) told.heard.push(["close", text(Buffer.from(`${code} ${reason}`.trim()))]);
  });
};

// calls `then` once it has read `size` bytes and has nothing left to do, or is over, or time is up
const settle = (told, size, then) => {
  const turn = (left) => {
    if (told.late || told.peer?.destroyed) return then();
    const idle = told.peer && told.peer.bytesRead >= size && !(told.ws?._receiver?.writableLength && !told.error);
    return idle && left === 0 ? then() : setImmediate(turn, idle ? left - 1 : TURNS);
  };
  turn(TURNS);
};

// `raw` is our end of the connection, `told.peer` the socket that ws reads
const finish = (call, told, raw) => {
  if (told.done) return;
  told.done = true;
  clearTimeout(told.timer);
  raw.destroy();
  told.ws?.terminate();
  told.server?.close();
  say({ number: call.number, heard: told.heard, sent: text(Buffer.concat(told.sent)), error: told.error, open: told.open, late: told.late });
};

const watch = (call, told, raw) => {
  told.timer = setTimeout(() => { told.late = true; }, call.limit);
  raw.on("error", () => {});
  raw.on("data", (data) => told.sent.push(data));
  raw.on("close", () => told.ended?.());
};

// all is read: end TCP where it decided anything, and wait until both its socket and its events are through
const conclude = (call, told, raw) => {
  const decided = told.open || told.error || told.sent.length > (call.role === "client" ? 1 : 0) || told.peer?.destroyed;
  if (!decided || told.late) return finish(call, told, raw);
  told.ended = () => setImmediate(() => finish(call, told, raw));
  if (raw.destroyed) return told.ended();
  raw.end();
  setTimeout(() => finish(call, told, raw), call.limit).unref();
};

const server = new ws.WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: true });
const coming = new Map(); // what is told of each connection, by the port of our end: either end may open first
const at = (port) => coming.get(port) ?? coming.set(port, { heard: [], sent: [] }).get(port);
server._server.on("connection", (socket) => { at(socket.remotePort).peer = socket; });
server.on("connection", (socket, request) => {
  const told = at(request.socket.remotePort);
  told.open = `${request.url} at ${request.headers.host || "no host"}`;
  follow(socket, told);
});

const asServer = (call) => {
  const [head, ...frames] = call.pieces.map((piece) => Buffer.from(piece, "hex"));
  const raw = net.connect(server.address().port, "127.0.0.1", () => {
    const port = raw.localPort;
    const told = at(port);
    watch(call, told, raw);
    raw.on("close", () => coming.delete(port));
    raw.write(head);
    settle(told, head.length, () => {
      if (!told.open) return conclude(call, told, raw);
      const rest = Buffer.concat(frames);
      raw.write(rest);
      settle(told, head.length + rest.length, () => conclude(call, told, raw));
    });
  });
};

const asClient = (call) => {
  const told = { heard: [], sent: [] };
  const all = Buffer.concat(call.pieces.map((piece) => Buffer.from(piece, "hex")));
  told.server = net.createServer((raw) => {
    watch(call, told, raw);
    let request = "";
    const onHead = (data) => {
      request += data.toString("latin1");
      if (!request.includes("\r\n\r\n")) return;
      raw.off("data", onHead);
      told.sent.length = 1;
      raw.write(all);
      settle(told, all.length, () => conclude(call, told, raw));
    };
    raw.on("data", onHead);
  });
  told.server.listen(0, "127.0.0.1", () => {
    key = Buffer.from(call.key, "base64");
    const socket = new ws.WebSocket(`ws://127.0.0.1:${told.server.address().port}${call.target}`, {
      perMessageDeflate: call.deflate,
      createConnection: (options) => (told.peer = net.connect({ host: options.host, port: options.port })),
    });
    key = null;
    socket.on("open", () => { told.open = true; });
    follow(socket, told);
  });
};

server.on("listening", () => {
  const { version } = require(`${process.argv[1]}/package.json`);
  say({ version, node: process.version });
  const lines = require("readline").createInterface({ input: process.stdin });
  lines.on("line", (line) => {
    const call = JSON.parse(line);
    (call.role === "server" ? asServer : asClient)(call);
  });
  lines.on("close", () => process.exit(0));
});
