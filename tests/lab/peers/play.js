// The steps of `talk`, taken by a WebSocket of JavaScript: a page's own, and npm's `ws`.
const play = (dial, { url, steps, limit }) =>
  new Promise((resolve) => {
    const report = { opened: false, heard: [], code: null, reason: "", end: "" };
    const ws = dial(url);
    let wake = () => {}, over = false, next = 0;
    const until = async (condition) => {
      while (!condition() && !over) await new Promise((go) => { wake = go; });
    };
    const take = {
      send: (text) => ws.send(text),
      hear: () => until(() => report.heard.length > next).then(() => { next += 1; }),
      sleep: (seconds) => new Promise((go) => setTimeout(go, seconds * 1000)),
      close: (code, reason) => { ws.close(code, reason); return until(() => false); },
      end: () => until(() => false),
      fin: () => ws._socket.destroy(),
      rst: () => ws._socket.resetAndDestroy(),
    };
    const giveUp = () => { // a page cannot leave a connection that is open
      resolve(report);
      over = true;
      if (ws.terminate) ws.terminate();
      else if (!report.opened) ws.close();
    };
    let late = setTimeout(giveUp, limit * 1000);
    const again = () => { clearTimeout(late); late = setTimeout(giveUp, limit * 1000); }; // each step has its own limit
    ws.onmessage = ({ data }) => { report.heard.push(data); wake(); };
    ws.onerror = () => {};
    ws.onopen = async () => {
      report.opened = true;
      ws._socket?.once("error", () => { report.end = "RST"; }); // a page is not told, Node.js not always
      for (const [verb, ...given] of [...steps, ["end"]]) if (!over) { again(); await take[verb](...given); }
    };
    ws.onclose = ({ code, reason }) => {
      clearTimeout(late);
      if (!over) resolve({ ...report, code: report.opened ? code : null, reason: report.opened ? reason : "" });
      over = true;
      wake();
    };
  });
