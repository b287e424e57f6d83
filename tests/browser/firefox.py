"""A real Firefox, driven over Marionette: the protocol of its own driver, JSON with a length before it.

`Firefox` starts one without a window and with a profile of its own. Its DevTools are asked for the HAR that they would
save with "Save All As HAR".
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any

STARTING_S = 60
SCRIPT_MS = 30_000
SETTINGS = {
    "marionette.port": 0,  # any free one, which it writes into its profile
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.update.enabled": False,
    "app.normandy.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}
# the last argument of a script is what it calls with its result
SCRIPT = "const done = arguments[arguments.length - 1]; (async () => {%s})().then(done, (e) => done(`failed: ${e}`));"
OPEN_TOOLS = """
const { require } = ChromeUtils.importESModule("resource://devtools/shared/loader/Loader.sys.mjs");
const { gDevTools } = require("devtools/client/framework/devtools");
const window = Services.wm.getMostRecentWindow("navigator:browser");
window.tools = await gDevTools.showToolboxForTab(window.gBrowser.selectedTab, { toolId: "netmonitor" });
"""
GET_HAR = """
const { tools } = Services.wm.getMostRecentWindow("navigator:browser");
return JSON.stringify(await (await tools.getNetMonitorAPI()).getHar());
"""


def find_firefox() -> str | None:
    """The Firefox of this machine."""
    return next((found for name in ("firefox", "firefox-esr") if (found := shutil.which(name))), None)


class Firefox:
    """A running Firefox with one tab; use it with `with`."""

    def __init__(self, program: str, folder: Path) -> None:
        profile = folder / "profile"
        profile.mkdir()
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in SETTINGS.items()]
        (profile / "user.js").write_text("\n".join(lines), "utf-8")
        flags = ["--headless", "--marionette", "--remote-allow-system-access", "--no-remote", "--profile", str(profile)]
        with (folder / "said.txt").open("wb") as said:
            self._process = subprocess.Popen(
                [program, *flags], stdout=said, stderr=said, env={**os.environ, "HOME": str(folder)}
            )
        self._asked = 0
        try:
            self._sock = socket.create_connection(("127.0.0.1", self._port(profile)), timeout=STARTING_S)
            self._stream = self._sock.makefile("rb")
            self._take()  # its greeting
            self._ask("WebDriver:NewSession")
            self._ask("WebDriver:SetTimeouts", script=SCRIPT_MS)
        except BaseException:
            self._process.kill()
            self._stop()
            raise

    def __enter__(self) -> Firefox:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with contextlib.suppress(OSError, ValueError):  # it may be gone before it answers
            self._ask("Marionette:Quit", flags=["eForceQuit"])
        self._sock.close()
        self._stop()

    def open(self, url: str) -> None:
        """Open a page, with the network panel of DevTools beside it."""
        self._ask("WebDriver:Navigate", url=url)
        self._run("chrome", OPEN_TOOLS)

    def evaluate(self, script: str, *arguments: object) -> Any:
        """Run the body of a coroutine function in the page; `arguments` are there."""
        return self._run("content", script, *arguments)

    def har(self) -> dict[str, Any]:
        """What DevTools export now; empty before the first request."""
        return json.loads(self._run("chrome", GET_HAR) or "null") or {}

    def _run(self, where: str, script: str, *arguments: object) -> Any:
        self._ask("Marionette:SetContext", value=where)
        result = self._ask("WebDriver:ExecuteAsyncScript", script=SCRIPT % script, args=arguments)["value"]
        assert not str(result).startswith("failed: "), result
        return result

    def _port(self, profile: Path) -> int:
        """The port that Firefox wrote into its profile once it listens."""
        file, until = profile / "MarionetteActivePort", time.monotonic() + STARTING_S
        while time.monotonic() < until and self._process.poll() is None:
            if file.exists() and (text := file.read_text()):
                return int(text)
            time.sleep(0.05)
        raise AssertionError("Firefox did not start to listen.")

    def _ask(self, command: str, **parameters: object) -> Any:
        self._asked += 1
        data = json.dumps([0, self._asked, command, parameters]).encode()
        self._sock.sendall(b"%d:%s" % (len(data), data))
        _, number, error, result = self._take()
        assert (number, error) == (self._asked, None)
        return result

    def _take(self) -> Any:
        size = b""
        while (byte := self._stream.read(1)) not in (b":", b""):
            size += byte
        return json.loads(self._stream.read(int(size)))

    def _stop(self) -> None:
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(20)
