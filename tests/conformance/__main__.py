"""`python -m tests --conformance [CASE ...]`: the lab's server and client by all cases of Autobahn's test suite.

Both roles run as in life: real TCP, each endpoint in a process of its own, `wslab serve` with no tape and the client
of `client.py`. It prints the table of README.md, and what is told of each case that is not ok.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from wslab.conformance import as_tables_of, progress
from wslab.course.conformance import Grade, Report, grade_client, grade_server
from wslab.course.conformance_cases import GROUPS

ROOT = Path(__file__).parent.parent.parent
PARALLEL = 2
CLIENT = (sys.executable, "-m", "tests.conformance.client", "{url}")
COLUMNS: tuple[Grade, ...] = ("ok", "non-strict", "informational", "failed")


def main(cases: Sequence[str]) -> int:
    """Grade both, tell all, and give 1 if anything is not as it should be."""
    console = Console(highlight=False)
    with serving() as url, progress(console) as told:
        server = asyncio.run(grade_server(url, cases=cases, parallel=PARALLEL, told=told))
    with progress(console) as told:
        client = asyncio.run(grade_client(CLIENT, cases=cases, parallel=PARALLEL, told=told))
    for report in (server, client):
        console.print(*as_tables_of(report), sep="\n")
    print(f"\n{table(server, client)}")
    return 0 if all(report.passed and not report.of("non-strict") for report in (server, client)) else 1


@contextmanager
def serving(*module: str) -> Iterator[str]:
    """A server in a process of its own that prints its address, the lab's echo by default; the address."""
    command = [sys.executable, "-m", *(module or ("wslab", "serve", "--quiet"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"ws://\S+", process.stdout.readline())
            assert found is not None, f"{command} said no address"
            yield found[0]
        finally:
            process.kill()


def table(server: Report, client: Report) -> str:
    """Both by group, for README.md."""
    head = [
        "group",
        "what it is about",
        "cases",
        *(f"{role}: {grade}" for role in ("server", "client") for grade in COLUMNS),
    ]
    rows = [[group, GROUPS[group], *numbers(server, client, group)] for group in server.groups]
    rows.append(["", "**all**", *numbers(server, client, None)])
    lines = [f"| {' | '.join(row)} |" for row in (head, ["---", "---", *["---:"] * 9], *rows)]
    return "\n".join(lines)


def numbers(server: Report, client: Report, group: str | None) -> list[str]:
    """How many cases of a group got which grade, for both."""
    counts = [report.counts(group) for report in (server, client)]
    return [str(counts[0].total()), *(str(each[grade]) for each in counts for grade in COLUMNS)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
