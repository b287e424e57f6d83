// Runs Python in Node's Pyodide: node pyodide.mjs PYODIDE_FOLDER SCRIPT.py ARCHIVE...
// Each archive is unpacked where Python imports from; the script's last value is printed.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, script, ...archives] = process.argv.slice(2);
try {
  const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`));
  const pyodide = await loadPyodide({ indexURL: folder });
  for (const archive of archives) {
    pyodide.unpackArchive(new Uint8Array(readFileSync(archive)), "zip", { extractDir: "/site" });
  }
  pyodide.runPython("import sys; sys.path.insert(0, '/site')");
  const value = await pyodide.runPythonAsync(readFileSync(script, "utf8"));
  process.stdout.write(`${value}\n`, () => process.exit()); // at once: timers that are still set would keep Node alive
} catch (error) {
  console.error(error.message); // Python's traceback, without the loader's own source
  process.exitCode = 1;
}
