"""A JupyterLite site with the notebooks, that asks no other server for anything.

How it works: JupyterLite and its Pyodide kernel are installed in an environment of their own. Pyodide is npm's. All
that the kernel and the notebooks import are wheels beside Pyodide, with a lock file of our own that has their digests:
with a wrong digest the kernel says no more than that there is no such module. MarkupSafe has no pure wheel in the
registry, and makes one where there is no C compiler.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.npm import npm_package

ROOT = Path(__file__).parents[2]
TOOLS = ("jupyterlite-core==0.8.6", "jupyterlite-pyodide-kernel==0.8.6", "jupyter-server")
PYODIDE = "pyodide@314.0.6"  # what that kernel asks for
RUNTIME = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
KERNEL = ("ipython", "jedi", "micropip", "packaging", "typing-extensions")  # at the versions of npm's lock file
OURS = (
    *("comm", "ipywidgets", "anywidget", "jupyterlab-widgets", "psygnal", "htpy", "h11", "websockets"),
    *("click", "rich", "markdown-it-py", "mdurl"),
)
SHIPPED = ("ipykernel-6", "piplite-", "pyodide_kernel-", "widgetsnbextension-4")  # by the kernel's own package
PURE = ("--only-binary", ":all:", "--python-version", "3.14", "--platform", "any", "--implementation", "py")
DEPENDS = {
    # as `wslab[notebook]`, without trustme: there is no TLS in a browser's Python
    "wslab": ["h11", "htpy", "websockets", "rich", "click", "nest-asyncio2", "anywidget", "ipywidgets"],
    "rich": ["markdown-it-py", "pygments"],
    "markdown-it-py": ["mdurl"],
    "ipywidgets": ["ipython", "traitlets", "comm", "jupyterlab-widgets", "widgetsnbextension"],
    "anywidget": ["ipywidgets", "psygnal", "typing-extensions"],
    "htpy": ["markupsafe"],
    "pyodide-kernel": ["ipykernel", "piplite", "ipython", "comm", "jedi"],
}
SETTINGS = {
    "disablePyPIFallback": True,
    "loadPyodideOptions": {
        "packages": ["micropip", "piplite", "ipykernel", "comm", "pyodide-kernel", "jedi", "ipython"]
    },
}

Lock = dict[str, dict[str, Any]]


def build(folder: Path) -> Path:
    """Build the site below `folder`, and give its own folder."""
    python = _environment(folder / "env")
    pyodide = _pyodide()
    runtime = folder / "lite" / "static" / "pyodide"
    runtime.mkdir(parents=True)
    for name in RUNTIME:
        shutil.copy(pyodide / name, runtime)
    lock = json.loads((pyodide / "pyodide-lock.json").read_text())
    known = {_normal(name): entry for name, entry in lock["packages"].items()}
    _wheels(python, runtime, known)
    packages = {entry["name"]: entry for entry in (_locked(wheel, known) for wheel in runtime.glob("*.whl"))}
    (runtime / "pyodide-lock.json").write_text(json.dumps({"info": lock["info"], "packages": packages}))
    return _site(python, folder)


def _environment(folder: Path) -> Path:
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    _run(python, "-m", "pip", "install", "-q", *TOOLS, *map(_as_here, ("anywidget", "ipywidgets")))
    return python


def _pyodide() -> Path:
    folder = npm_package(PYODIDE)
    assert folder is not None, "npm could not install Pyodide"
    return folder / "node_modules" / "pyodide"


def _wheels(python: Path, to: Path, known: Lock) -> None:
    """All wheels that are needed, into one folder."""
    kernel = [f"{name}=={known[name]['version']}" for name in _closure(KERNEL, known)]
    wanted = [*kernel, *map(_as_here, (*OURS, "nest-asyncio2"))]
    _run(python, "-m", "pip", "download", "-q", "--no-deps", *PURE, "--abi", "none", "-d", to, *wanted)
    _run(python, "-m", "pip", "wheel", "-q", "--no-deps", "--no-binary", ":all:", "-w", to, "markupsafe", CC="false")
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", to, ROOT)
    extension = "share/jupyter/labextensions/@jupyterlite/pyodide-kernel-extension/static/pypi"
    for wheel in (python.parents[1] / extension).glob("*.whl"):
        if wheel.name.startswith(SHIPPED):
            shutil.copy(wheel, to)


def _closure(names: Iterable[str], known: Lock) -> list[str]:
    """These packages and all that they depend on."""
    found: dict[str, None] = {}
    open_ = list(names)
    while open_:
        name = _normal(open_.pop())
        if name not in found:
            found[name] = None
            open_ += known[name]["depends"]
    return list(found)


def _locked(wheel: Path, known: Lock) -> dict[str, Any]:
    """What the lock file says of a wheel."""
    name, number = _normal(wheel.name.split("-")[0]), wheel.name.split("-")[1]
    return {
        "name": name,
        "version": number,
        "file_name": wheel.name,
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "imports": _modules(wheel),
        "depends": DEPENDS.get(name) or [_normal(each) for each in known.get(name, {}).get("depends", [])],
        "install_dir": "site",
        "package_type": "package",
        "unvendored_tests": False,
    }


def _modules(wheel: Path) -> list[str]:
    """What can be imported from a wheel."""
    with zipfile.ZipFile(wheel) as zipped:
        paths = [Path(name) for name in zipped.namelist() if name.endswith(".py")]
    tops = {path.parts[0].removesuffix(".py") for path in paths}
    return sorted(top for top in tops if top.isidentifier())


def _site(python: Path, folder: Path) -> Path:
    settings = {"@jupyterlite/pyodide-kernel-extension:kernel": SETTINGS}
    data = {"exposeAppInBrowser": True, "litePluginSettings": settings}
    text = json.dumps({"jupyter-lite-schema-version": 0, "jupyter-config-data": data})
    (folder / "lite" / "jupyter-lite.json").write_text(text)
    places: list[str | Path] = [
        "--lite-dir",
        folder / "lite",
        "--contents",
        ROOT / "notebooks",
        "--output-dir",
        folder / "site",
    ]
    small = ["--no-sourcemaps", "--apps", "lab", "--no-unused-shared-packages"]
    bin_first = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    _run(python.parent / "jupyter", "lite", "build", *places, *small, PATH=bin_first)
    return folder / "site"


def _as_here(name: str) -> str:
    return f"{name}=={version(name)}"


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _run(*command: str | Path, **environment: str) -> None:
    outside: Sequence[str] = ("PYTHONPATH",)  # this checkout is none of that environment's business
    inherited = {name: value for name, value in os.environ.items() if name not in outside}
    done = subprocess.run(
        command, env=inherited | environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
