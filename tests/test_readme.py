"""What the README claims, run: its commands, its example, its links. CI's command is the README's, letter by letter."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.cli.process import Tool, wslab

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
RUN = "python3 -m venv .venv && .venv/bin/pip install -e '.[lab]' && .venv/bin/wslab"
TEST = "python3 -m venv .venv && .venv/bin/pip install -e '.[lab,test]' && .venv/bin/python -m tests"


def blocks(language: str, text: str = README) -> list[str]:
    """The code blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def commands(*, with_peer: bool) -> list[str]:
    """The commands of `wslab`: those that talk to a peer until it is enough, or those that end by themselves."""
    lines = [line for block in blocks("bash") for line in block.splitlines() if line.startswith(".venv/bin/wslab")]
    found = [line.split("#")[0].strip() for line in lines]
    return [each for each in found if (each.split()[1] in ("serve", "tap", "connect", "misbehave")) is with_peer]


def test_the_first_screen_has_the_two_commands() -> None:
    first_screen = "\n".join(README.splitlines()[:30])
    assert [block.strip() for block in blocks("bash", first_screen)] == [RUN, TEST]


def test_ci_calls_exactly_the_test_command(root: Path) -> None:
    lines = (root / ".ci" / "run").read_text().splitlines()
    commands = [line for line in lines if line and not line.startswith("#")]
    assert commands == ["set -euo pipefail", 'cd "$(dirname "$0")/.."', TEST]
    assert os.access(root / ".ci" / "run", os.X_OK)


@pytest.mark.parametrize("command", commands(with_peer=False))
def test_a_command_of_the_readme_works(command: str, tmp_path: Path) -> None:
    here = command.replace(".venv/bin/wslab", f"{sys.executable} -m wslab")
    done = subprocess.run(["bash", "-c", here], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout
    assert all((tmp_path / name).stat().st_size > 100 for name in re.findall(r"--save (\S+)", command))


@pytest.mark.parametrize("command", commands(with_peer=True))
async def test_a_command_of_the_readme_that_talks_to_a_peer_works(command: str) -> None:
    """As written, but for the ports: those are free ones here."""
    async with serve(their_echo, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        words = re.sub(r"ws://127\.0\.0\.1:\d+", f"ws://127.0.0.1:{port}", command)
        async with wslab(*re.sub(r"--(port|listen) \d+", r"--\1 0", words).split()[1:]) as tool:
            if " connect " in command:
                await talk_as_a_person(tool)  # it ends with its input
            else:
                await tool.until("Ctrl-C ends it")
                await talk_as_a_client(tool)
                tool.process.send_signal(signal.SIGINT)
            assert await tool.end() == 0, tool.said


async def their_echo(connection: ServerConnection) -> None:
    async for message in connection:
        await connection.send(message)


async def talk_as_a_person(tool: Tool) -> None:
    await tool.type("Hello")
    await tool.until("← T text         5 B            Hello")
    tool.end_input()
    await tool.until("Meaning    A normal end")


async def talk_as_a_client(tool: Tool) -> None:
    """Until the tool has shown what passed between it and an ordinary client."""
    address = re.search(r"ws://\S+(?=\n)", tool.said)
    assert address
    async with connect(address[0], compression=None) as client:
        with suppress(ConnectionClosed):
            await client.send("Hello")
            await client.recv()
    await tool.until("✓ right" if "breaks" in tool.said else "Hello")


def examples() -> list[tuple[str, tuple[str, ...]]]:
    """Each example, and what it prints, in this order."""
    prints = [
        ("Hello\n", "that was all"),
        ("3456 Pings kept it open\n", "The first difference is step 4 (fate).", "The client resets the TCP connection"),
    ]
    return list(zip(blocks("python"), prints, strict=True))


@pytest.mark.parametrize(("example", "prints"), examples(), ids=["real clock", "virtual clock"])
def test_an_example_of_the_readme_runs(example: str, prints: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "workshop.py").write_text(example)
    command = [sys.executable, "-W", "error", "workshop.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(prints[0])
    places = [done.stdout.index(words) for words in prints]
    assert places == sorted(places)


def test_the_two_minutes_that_the_readme_takes() -> None:
    """Code and the table of the course, which has a row for each notebook, are looked at, not read."""
    prose = re.sub(r"^```.*?^```|^\|.*?\n", "", README, flags=re.MULTILINE | re.DOTALL)
    assert len(prose.split()) < 660


@pytest.mark.parametrize(
    "document",
    [
        *("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/README.md"),
        *("wslab/scenarios/SCENARIOS.md", "wslab/lab/FAULTS.md", "wslab/protocol/RULES.md"),
        "wslab/lab/LIBRARIES.md",
    ],
)
def test_every_local_link_leads_somewhere(document: str, root: Path) -> None:
    text = (root / document).read_text()
    targets = re.findall(r"\]\(([^)#\s]+)", text) + re.findall(r'(?:src|srcset)="([^"]+)"', text)
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not ((root / document).parent / target).exists()] == []


@pytest.mark.parametrize("page", ["wslab/scenarios/SCENARIOS.md", "wslab/lab/FAULTS.md", "wslab/protocol/RULES.md"])
def test_the_readme_links_each_reference_page(page: str, root: Path) -> None:
    assert f"]({page})" in README
    assert (root / page).is_file()


def test_every_path_that_the_readme_names_exists(root: Path) -> None:
    named = re.findall(r"`(wslab/[\w./]+)`", README)
    assert named
    assert [path for path in named if not (root / path).exists()] == []


def test_the_course_table_names_every_notebook(root: Path) -> None:
    named = re.findall(r"^\| \[`(\w+)`\]", README, flags=re.MULTILINE)
    assert named == sorted(path.stem for path in (root / "notebooks").glob("[0-9]*.ipynb"))
