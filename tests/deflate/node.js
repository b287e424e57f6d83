// permessage-deflate of npm's `ws`, without sockets: each line of JSON is a call, and is answered by a line.
const { join } = require("path");
const library = join(process.argv[1], "node_modules", "ws", "lib");
const PerMessageDeflate = require(join(library, "permessage-deflate"));
const { parse, format } = require(join(library, "extension"));
const NAME = PerMessageDeflate.extensionName;
let deflate;
const bytes = (work, data) =>
  new Promise((resolve, reject) =>
    deflate[work](Buffer.from(data, "hex"), true, (error, out) => (error ? reject(error) : resolve(out.toString("hex"))))
  );
const calls = {
  make: (options) => { deflate = new PerMessageDeflate({ ...options, threshold: 0, maxPayload: 1 << 24 }); },
  offer: () => format({ [NAME]: deflate.offer() }),
  accept: (header) => format({ [NAME]: deflate.accept(parse(header)[NAME]) }),
  compress: (data) => bytes("compress", data),
  decompress: (data) => bytes("decompress", data),
};
require("readline").createInterface({ input: process.stdin }).on("line", async (line) => {
  const [name, value] = JSON.parse(line);
  try {
    console.log(JSON.stringify({ value: (await calls[name](value)) ?? null }));
  } catch (error) {
    console.log(JSON.stringify({ error: error.message }));
  }
});
