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
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from rich.console import Console

from wslab.cli.conformance.terminal import as_tables_of, progress
from wslab.conformance.cases import GROUPS, choose, order
from wslab.conformance.report import GRADES, Report
from wslab.conformance.runner import OnCase, grade_client, grade_server

ROOT = Path(__file__).parent.parent.parent
PARALLEL = 2
CLIENT = (sys.executable, "-m", "tests.conformance.client", "{url}")
TAKEOVER = ("13.2.*", "13.5.*", "13.6.*")
"""Cases that the suite's server runs only with a client that offers to forget the window: it is started to do so."""


def main(cases: Sequence[str]) -> int:
    """Grade both, tell all, and give 1 if anything is not as it should be."""
    console = Console(highlight=False)
    with serving() as url, progress(console) as on_case:
        server = asyncio.run(grade_server(url, cases=cases, parallel=PARALLEL, on_case=on_case))
    with progress(console) as on_case:
        client = asyncio.run(grade_our_client(choose(cases), on_case))
    for report in (server, client):
        console.print(*as_tables_of(report), sep="\n")
    print(f"\n{table(server, client)}")
    return 0 if all(is_strict(report) for report in (server, client)) else 1


def is_strict(report: Report) -> bool:
    """Whether every case is ok, or has no verdict."""
    return report.passed and not report.of("non-strict", "unimplemented")


async def grade_our_client(cases: Sequence[str], on_case: OnCase) -> Report:
    """The client, in two runs where its offer has to be another one."""
    special = [case for case in cases if any(fnmatchcase(case, pattern) for pattern in TAKEOVER)]
    usual = [case for case in cases if case not in special]
    runs = [(CLIENT, usual), ((*CLIENT, "--no-takeover"), special)]
    reports = [await grade_client(run, cases=some, parallel=PARALLEL, on_case=on_case) for run, some in runs if some]
    every = sorted((case for report in reports for case in report.cases), key=lambda case: order(case.id))
    return replace(reports[0], cases=tuple(every), seconds=sum(report.seconds for report in reports))


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
    rows = [[group, GROUPS[group], *cells(server, client, group)] for group in server.groups]
    rows.append(["", "**all**", *cells(server, client, None)])
    head = [["group", "what it is about", "cases", "server", "client"], ["---", "---", "---:", "---", "---"]]
    return "\n".join(f"| {' | '.join(row)} |" for row in (*head, *rows))


def cells(server: Report, client: Report, group: str | None) -> list[str]:
    """How many cases a group has, and which grades they got in each role."""
    counts = [report.counts(group) for report in (server, client)]
    words = (", ".join(f"{each[grade]} {grade}" for grade in GRADES if each[grade]) for each in counts)
    return [str(counts[0].total()), *words]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
