"""`wslab` alone: start JupyterLab on the course.

The course is copied first, and the copy is opened: running a notebook writes outputs into it, and the next `git pull`
of a checkout must not meet them. In a checkout the copies stand beside its `notebooks/`, in `wslab-notebooks/`, which
git ignores; installed from a wheel, in a folder of that name where the command runs. A file that the learner changed is
never overwritten; a file as the last copy left it is brought up to date; a file that was removed comes back. A manifest
of digests beside the copies (`.wslab.json`) distinguishes the three. Running a notebook does not change it: its digest
leaves the outputs out. `--notebooks notebooks` opens the course itself, for those who write it.

JupyterLab runs in this process, on 127.0.0.1, with its news, its update check and its extension catalogue off, so that
nothing here asks another machine for anything.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import secrets
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wslab.cli.errors import CliError
from wslab.cli.terminal.output import write_line
from wslab.extras import EXTRAS, MissingExtra
from wslab.tape.files import replacing

PACKAGE = Path(__file__).parent.parent
# in a workspace of its own: the learner's other JupyterLab tabs stay theirs
PAGE = "/lab/workspaces/wslab/tree/00_start.ipynb"
MANIFEST = ".wslab.json"
COPIES = "wslab-notebooks"
LARGEST = 64 * 1024 * 1024
"""Bytes that a file of the course may have; a larger one in the learner's folder is the learner's."""

_NOT_OURS = "not a file of the course"
TEXT_BROWSERS = {"www-browser", "links", "elinks", "lynx", "w3m"}


@dataclass
class Copied:
    """What a copy of the course did, as file names relative to the folder."""

    new: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


def launch(notebooks: Path | None = None, port: int | None = None, browser: bool = True) -> None:
    """Open the course in JupyterLab and serve it until Ctrl-C.

    Args:
        notebooks: The learner's folder of copies; None is `wslab-notebooks`, beside the checkout's own or here.
        port: The port on 127.0.0.1 to try first; None is JupyterLab's own, 8888. If it is in use, another one is taken.
        browser: Whether to open a browser; without one at hand the address is printed either way.

    Raises:
        CliError: JupyterLab is not installed, or the folder cannot be written.
    """
    if EXTRAS["lab"].missing:
        sentence = MissingExtra("The course", EXTRAS["lab"])
        raise CliError(f"{sentence} (wslab --help lists what runs without it)")
    folder = course_folder(notebooks)
    _serve(folder, port, browser and has_browser())


def course_folder(notebooks: Path | None = None) -> Path:
    """Return the folder to open, with the course copied into it where that is needed."""
    source = course_source()
    target = (notebooks or _beside(source)).absolute()
    if target.resolve() == source.resolve():
        return source
    try:
        copied = copy_course(source, target)
    except OSError as error:
        raise CliError(f"The notebooks cannot be copied to {target}: {error.strerror or error}.") from error
    _report(copied, target)
    return target


def _beside(source: Path) -> Path:
    """Where the copies are: beside the notebooks of a checkout, else where the command runs."""
    return (source.parent if source.parent != PACKAGE else Path()) / COPIES


def course_source() -> Path:
    """Return the course as it was installed: the checkout's `notebooks/`, or the wheel's own."""
    checkout = PACKAGE.parent / "notebooks"
    if (PACKAGE.parent / "pyproject.toml").is_file() and checkout.is_dir():
        return checkout
    return PACKAGE / "notebooks"


def copy_course(source: Path, target: Path) -> Copied:
    """Copy the course from `source` to `target`, keeping every file there that the learner changed."""
    target.mkdir(parents=True, exist_ok=True)
    left, copied = _read_manifest(target), Copied()
    for name in _files(source):
        data, place = (source / name).read_bytes(), target / name
        ours, here = _digest(data), _digest_of(place)
        if here not in (None, ours, left.get(name)):
            copied.kept.append(name)
            continue
        if here != ours:
            (copied.new if here is None else copied.updated).append(name)
            _write(place, data)
        left[name] = ours
    _write(target / MANIFEST, json.dumps(left, indent=1, sort_keys=True).encode())
    return copied


def has_browser() -> bool:
    """Whether a browser with a window is at hand; one that would run in this terminal does not count."""
    import webbrowser

    try:
        found = webbrowser.get()
    except webbrowser.Error:
        return False
    return getattr(found, "name", "") not in TEXT_BROWSERS


def can_open_files() -> bool:
    """Whether the browser can read Jupyter's redirect file, which keeps the token out of the list of processes.

    A browser in a snap cannot, nor one on the other side of WSL or of `$BROWSER`; these are given the address itself.
    """
    apart = "BROWSER" in os.environ or "microsoft" in platform.release().lower()
    return not apart and not any(Path("/snap/bin", name).exists() for name in ("firefox", "chromium"))


def _files(source: Path) -> Iterator[str]:
    """The names of the course's files, also those in folders; hidden ones are left out."""
    for path in sorted(source.rglob("*")):
        name = path.relative_to(source)
        if path.is_file() and not any(part.startswith((".", "__pycache__")) for part in name.parts):
            yield name.as_posix()


def _read_manifest(target: Path) -> dict[str, str]:
    """The digests of the last copy. Without a manifest that can be read, every file there is the learner's."""
    try:
        left = json.loads(_contents(target / MANIFEST) or b"")
    except (ValueError, RecursionError):
        return {}
    return left if isinstance(left, dict) else {}


def _contents(place: Path) -> bytes | None:
    """The content of a file of the learner's; None for what is not a file (a FIFO would never end), or a large one."""
    if not place.is_file() or place.stat().st_size > LARGEST:
        return None
    with place.open("rb") as file:
        return file.read(LARGEST)


def _digest_of(place: Path) -> str | None:
    """The digest of what is there, None where nothing is. What is not a file, or a large one, is the learner's."""
    if not place.exists():
        return None
    data = _contents(place)
    return _NOT_OURS if data is None else _digest(data)


def _digest(data: bytes) -> str:
    """The digest of what the author wrote: a notebook's cells without their outputs, any other file whole."""
    try:
        written = json.dumps([(cell["cell_type"], "".join(cell["source"])) for cell in json.loads(data)["cells"]])
    except (ValueError, LookupError, TypeError, RecursionError):
        return hashlib.sha256(data).hexdigest()
    return hashlib.sha256(written.encode()).hexdigest()


def _write(place: Path, data: bytes) -> None:
    """Write the whole file or nothing: an interrupted copy leaves the old file."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with replacing(place, follow_links=False, shared=True) as file:
        file.write(data)


def _report(copied: Copied, target: Path) -> None:
    if copied.new:
        write_line(f"Copied to {target}: {', '.join(copied.new)}.")
    if copied.updated:
        write_line(f"Brought up to date: {', '.join(copied.updated)}.")
    if copied.kept:
        write_line(f"Kept as you changed them: {', '.join(copied.kept)}. Rename one to get the course's own beside it.")


def _serve(folder: Path, port: int | None, browser: bool) -> None:
    """Run JupyterLab on `folder` until Ctrl-C or a signal to end."""
    from jupyterlab.labapp import LabApp

    os.environ["JUPYTER_CONFIG_PATH"] = _config_path()
    token = secrets.token_hex(24)
    server: Any = LabApp.initialize_server(argv=[], config=_config(folder, port, browser, token))
    # Jupyter asks first, or without a terminal leaves its kernels behind; here Ctrl-C ends both at once
    signal.signal(signal.SIGINT, lambda *_: server.stop(from_signal=True))
    # queued behind the server's own first task, which is to listen
    server.io_loop.add_callback(_announce, server.port, port, token)
    server.start()


def _announce(port: int, wanted: int | None, token: str) -> None:
    """Say where the lab is, now that it answers there."""
    if wanted not in (None, port):
        write_line(f"Port {wanted} is in use, so the lab is on {port}.")
    write_line(f"The lab is at http://127.0.0.1:{port}{PAGE}?token={token}\nCtrl-C ends it.")
    sys.stdout.flush()


def _config_path() -> str:
    """Put our settings (no question about news, no check for updates) before the learner's own configuration."""
    return os.pathsep.join(filter(None, [str(PACKAGE / "jupyter"), os.environ.get("JUPYTER_CONFIG_PATH")]))


def _config(folder: Path, port: int | None, browser: bool, token: str) -> Any:
    """Configure the server: loopback only, our token, few messages, nothing fetched from outside."""
    import zmq
    from jupyterlab.handlers.announcements import NeverCheckForUpdate
    from traitlets.config import Config

    config = Config()
    config.ServerApp.update(
        {
            "ip": "127.0.0.1",
            "root_dir": str(folder),
            "open_browser": browser,
            "use_redirect_file": can_open_files(),
            "allow_root": hasattr(os, "geteuid") and os.geteuid() == 0,
            "log_level": "ERROR",
        }
    )
    if port is not None:
        config.ServerApp.port = port
    config.IdentityProvider.token = token
    config.KernelManager.transport_encryption = "auto" if zmq.has("curve") else "disabled"
    config.LabApp.update(
        {
            "default_url": PAGE,
            "news_url": None,
            "check_for_updates_class": NeverCheckForUpdate,
            "extension_manager": "readonly",
            "log_level": "ERROR",
        }
    )
    return config
