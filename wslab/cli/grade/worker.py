"""The process that runs a learner's definitions against the checks of the course.

It is started with the name of a file of jobs, as JSON: a list of objects with `setup`, `mine` and `check`, each of them
Python. The file beside it whose name ends in `.verdicts` gets an empty line as soon as the process can begin, and one
line of JSON for each job, as soon as the check is done. Who started the process ends it when no line comes in time.

What is run is code that somebody handed in. So before the first of it runs, the process gives up what it has no use
for: the variables of the environment, its output, the folder where it began. It limits its memory and what it may
write. It refuses to start programs, to write or remove files and to use the network. This keeps mistakes from doing
harm. It is no sandbox: who wants to break out of Python can. That is why there is `wslab grade --no-run`.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import CodeType
from typing import Any

from wslab.course import CheckResult
from wslab.course.answers import explain_error

__all__ = ["main", "refused"]

MOST_MEMORY = 4 * 1024**3
"""Bytes of address space that the process may have; a Python with the lab takes a tenth of it."""

MOST_WRITTEN = 4 * 1024**2
"""Bytes that a file of it may have, its verdicts included."""

MOST_WORDS = 300
"""Characters of a sentence, or a name, that are kept of a verdict."""

_REFUSED = (
    *("subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.startfile", "os.kill"),
    *("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.chown"),
    *("shutil.", "socket.connect", "socket.bind", "socket.send", "socket.getaddrinfo", "socket.gethostby", "ctypes."),
    *("webbrowser.", "urllib.", "pty.", "signal.pthread_kill"),
)
"""Beginnings of the events of `sys.audit` that a check has no use for."""

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def main(path: Path) -> None:
    """Run the jobs of a file."""
    jobs = json.loads(path.read_text("utf-8"))
    room = path.with_suffix(".room")  # goes with the folder of the file, which is not ours to remove
    room.mkdir()
    os.chdir(room)
    with path.with_suffix(".verdicts").open("a", encoding="utf-8", buffering=1) as file:
        with (
            Path(os.devnull).open("w", encoding="utf-8") as nowhere,
            contextlib.redirect_stdout(nowhere),
            contextlib.redirect_stderr(nowhere),
        ):
            _confine()
            file.write("\n")
            for job in jobs:
                file.write(json.dumps(_verdict(job)) + "\n")
        # what the learner's code left behind, such as a thread, holds up nobody
        file.flush()
        os._exit(0)


def refused(event: str, given: tuple[Any, ...]) -> bool:
    """Whether an event of `sys.audit` is one that the process refuses; reading a file is none."""
    if event == "open":
        _, mode, flags = given
        return bool(set(mode or "") & set("wax+")) or bool(isinstance(flags, int) and flags & _WRITING)
    return event.startswith(_REFUSED)


def _confine() -> None:
    """Give up what a check has no use for."""
    os.environ.clear()
    with contextlib.suppress(ImportError, ValueError, OSError):  # there are no such limits on Windows
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_WRITTEN, MOST_WRITTEN))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.addaudithook(_refuse)


def _refuse(event: str, given: tuple[Any, ...]) -> None:
    if refused(event, given):
        raise PermissionError(f"wslab grade runs no {event}")


def _verdict(job: Mapping[str, str]) -> dict[str, str]:
    """What the check says of one job, as data."""
    names: dict[str, Any] = {"__name__": "exercise"}
    _run(job["setup"], "course.py", names)
    try:
        _run(job["mine"], "exercise.py", names)
    except BaseException as error:  # SystemExit, too
        return _as_data(explain_error(main, error))
    try:
        _run(job["check"], "check.py", names)
    except BaseException as error:
        return _as_data(explain_error(main, error))
    return _as_data(names.get(_RESULT))


_RESULT = "result of the check"  # no name that a cell can have


def _run(source: str, name: str, names: dict[str, Any]) -> None:
    """Run code as a cell runs, with `await`; the value of its last line is kept among the names."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    _finish(compile(tree, name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names)
    if isinstance(last, ast.Expr):
        code = compile(ast.Expression(last.value), name, "eval", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        names[_RESULT] = _finish(code, names)


def _finish(code: CodeType, names: dict[str, Any]) -> Any:
    value = eval(code, names)  # noqa: S307  that is what this process is for
    return asyncio.run(_awaited(value)) if asyncio.iscoroutine(value) else value


async def _awaited(value: Any) -> Any:
    return await value


def _as_data(result: object) -> dict[str, str]:
    if not isinstance(result, CheckResult):
        return {"result": "not run", "sentence": "its check gave no result", "rule": "", "mistake": ""}
    names = ("sentence", "rule", "mistake")
    return {"result": result.kind} | {name: getattr(result, name)[:MOST_WORDS] for name in names}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
