// A client of npm's `ws`: each line of JSON is a talk to have, and is answered by a line with its report.
const { WebSocket } = require(process.argv[1]);
const dial = (url) => new WebSocket(url, { perMessageDeflate: false });
require("readline").createInterface({ input: process.stdin }).on("line", async (line) => {
  console.log(JSON.stringify(await play(dial, JSON.parse(line))));
});
