// npm's `ws` in both roles. Each line of JSON is a call with a number; its answers are lines with that number.
const { WebSocket, WebSocketServer } = require(process.argv[1]);
const servers = {};
const say = (number, what) => console.log(JSON.stringify([number, what]));
const follow = (number, ws) => {
  const heard = [];
  ws.on("message", (data) => { heard.push(data.toString()); if (data.toString() === "bye") ws.close(); });
  ws.on("error", () => {});
  ws.on("close", (code) => say(number, { heard, code }));
};
const dial = ({ number, dial, protocols, deflate }) =>
  follow(number, new WebSocket(dial, protocols, { perMessageDeflate: deflate }));
const serve = ({ number }) => {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: true });
  servers[number] = server;
  server.on("listening", () => say(number, server.address().port));
  server.on("connection", (ws) => follow(number, ws));
};
const stop = ({ stop }) => { servers[stop].clients.forEach((ws) => ws.terminate()); servers[stop].close(); };
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const call = JSON.parse(line);
  ("stop" in call ? stop : "serve" in call ? serve : dial)(call);
});
