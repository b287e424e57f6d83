// A server of npm's `ws`: says its port, then a line for each connection that begins, each message, each end.
const { WebSocketServer } = require(process.argv[1]);
const { PING_ME, GO_WRONG, HANG_UP, DROP_DEAD, PONG_LIMIT, MAX_MESSAGE } = JSON.parse(process.argv[2]);
const say = (what) => console.log(JSON.stringify(what));
const pong = (ws) =>
  new Promise((resolve) => {
    ws.once("pong", () => resolve("pong"));
    setTimeout(() => resolve("no pong"), PONG_LIMIT * 1000);
    ws.ping();
  });
const answers = {
  [PING_ME]: async (ws) => ws.send(await pong(ws)),
  [GO_WRONG]: (ws) => ws.close(1011, "went wrong"),
  [HANG_UP]: (ws) => ws._socket.destroy(),
  [DROP_DEAD]: (ws) => ws._socket.resetAndDestroy(),
};
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false, maxPayload: MAX_MESSAGE });
server.on("listening", () => say(server.address().port));
server.on("connection", (ws, request) => {
  const report = { opened: true, heard: [], code: null, reason: "", end: "" };
  say([request.url, report]);
  ws.on("message", (data) => {
    const text = data.toString();
    report.heard.push(text);
    say([request.url, report]);
    text in answers ? answers[text](ws) : ws.send(text);
  });
  ws.on("error", () => {});
  ws._socket.once("error", () => { report.end = "RST"; });
  ws.on("close", (code, reason) => say([request.url, { ...report, code, reason: reason.toString() }]));
});
