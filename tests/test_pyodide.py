"""The core in the browser's Python: the built wheel's protocol and explain layers run under Node's Pyodide.

Nothing but the wheel and h11 is unpacked there, so an import that Pyodide has not got fails here. That scenarios play
there is held by `scenarios/test_everywhere.py`.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

from tests.pyodide import needs_node, run

SCRIPT = """
import importlib, json, pkgutil, sys
import wslab, wslab.explain, wslab.protocol
from wslab.protocol import Frame, FrameParser, ProtocolError, Role, accept_key, apply_mask

for layer in (wslab.protocol, wslab.explain):
    for module in pkgutil.walk_packages(layer.__path__, layer.__name__ + "."):
        importlib.import_module(module.name)

hello = bytes.fromhex("818537fa213d7f9f4d5158")
[frame] = FrameParser(Role.SERVER).feed(hello)
try:
    FrameParser(Role.SERVER).feed(bytes.fromhex("810548656c6c6f"))
except ProtocolError as error:
    refused = int(error.close_code)
json.dumps({
    "platform": sys.platform,
    "payload": bytes(frame.payload).decode(),
    "again": frame.serialize() == hello,
    "masked": apply_mask(b"Hello", bytes.fromhex("37fa213d")).hex(),
    "accept": accept_key("dGhlIHNhbXBsZSBub25jZQ=="),
    "refused": refused,
    "fields": [field.name for field in wslab.explain.anatomy(hello, Role.SERVER).fields],
    "sockets": [name for name in ("_socket", "asyncio", "websockets") if name in sys.modules and name not in before],
})
"""


@needs_node
def test_protocol_and_explain_of_the_wheel_run_in_pyodide(h11: Path, wheel: Path, tmp_path: Path) -> None:
    done = run(SCRIPT, tmp_path, wheel, h11)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    fields = told.pop("fields")
    assert told == {
        "platform": "emscripten",
        "payload": "Hello",
        "again": True,
        "masked": "7f9f4d5158",
        "accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        "refused": 1002,
        "sockets": [],
    }
    assert fields, "the anatomy names no field"


@needs_node
def test_an_import_that_pyodide_has_not_got_fails(h11: Path, wheel: Path, tmp_path: Path) -> None:
    spoiled = tmp_path / wheel.name
    shutil.copy(wheel, spoiled)
    with zipfile.ZipFile(spoiled, "a") as zipped:
        zipped.writestr("wslab/explain/sneaked.py", "import ipywidgets\n")
    done = run(SCRIPT, tmp_path, spoiled, h11)
    assert done.returncode != 0
    assert "ModuleNotFoundError: No module named 'ipywidgets'" in done.stderr
