"""The core in the browser's Python: the built wheel's protocol and explain layers run under Node's Pyodide.

Nothing but the wheel and h11 is unpacked there, so an import that Pyodide has not got fails here. It needs node; npm
fetches Pyodide once into the user's cache.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from importlib.metadata import files
from pathlib import Path

import pytest

PYODIDE = "314.0.7"
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not on this machine: Pyodide not tried")

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


@pytest.fixture(scope="module")
def pyodide() -> Path:
    """The folder of Pyodide, fetched by npm if it is not in the cache yet."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "wslab" / f"pyodide-{PYODIDE}"
    folder = cache / "node_modules" / "pyodide"
    if not (folder / "pyodide.mjs").is_file():
        cache.mkdir(parents=True, exist_ok=True)
        command = [
            "npm",
            "install",
            "--no-save",
            "--no-audit",
            "--no-fund",
            "--prefix",
            str(cache),
            f"pyodide@{PYODIDE}",
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def h11(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed h11 as an archive: pure Python, so it is the same everywhere."""
    archive = tmp_path_factory.mktemp("h11") / "h11.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for file in files("h11") or ():
            if file.suffix == ".py":
                zipped.write(file.locate(), file.as_posix())
    return archive


def run(pyodide: Path, script: str, folder: Path, *archives: Path) -> subprocess.CompletedProcess[str]:
    """Run a script in Pyodide with these archives unpacked."""
    (folder / "script.py").write_text(f"import sys\nbefore = set(sys.modules)\n{script}")
    tool = Path(__file__).with_name("pyodide.mjs")
    command = ["node", str(tool), str(pyodide), str(folder / "script.py"), *map(str, archives)]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)


@needs_node
def test_protocol_and_explain_of_the_wheel_run_in_pyodide(
    pyodide: Path, h11: Path, wheel: Path, tmp_path: Path
) -> None:
    done = run(pyodide, SCRIPT, tmp_path, wheel, h11)
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
def test_an_import_that_pyodide_has_not_got_fails(pyodide: Path, h11: Path, wheel: Path, tmp_path: Path) -> None:
    spoiled = tmp_path / wheel.name
    shutil.copy(wheel, spoiled)
    with zipfile.ZipFile(spoiled, "a") as zipped:
        zipped.writestr("wslab/explain/sneaked.py", "import ipywidgets\n")
    done = run(pyodide, SCRIPT, tmp_path, spoiled, h11)
    assert done.returncode != 0
    assert "ModuleNotFoundError: No module named 'ipywidgets'" in done.stderr
