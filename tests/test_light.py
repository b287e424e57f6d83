"""`pip install wslab` without Jupyter: how large it is, and each tool, run in an environment with the core alone.

pytest comes in once that is counted.
"""

from __future__ import annotations

import asyncio
import json
import re
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.process import Tool
from tests.cli.screen import Terminal, in_terminal
from tests.light import Light, made
from wslab.extras import EXTRAS
from wslab.scenarios import SCENARIOS

MOST_PACKAGES, MOST_BYTES = 15, 35_000_000
SAVED = ("tape.jsonl", "tape.pcapng", "tape.har", "tape.html", "tape.md")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@dataclass(frozen=True)
class Figures:
    """What an installation comes to."""

    packages: list[str]
    size: int


@pytest.fixture(scope="module")
def light(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Light:
    """The core alone."""
    return made(wheel, tmp_path_factory.mktemp("light"))


@pytest.fixture(scope="module", autouse=True)
def figures(light: Light) -> Figures:
    """What was there before any test added to it."""
    return Figures(light.packages, light.size)


def test_it_is_small(figures: Figures) -> None:
    print(told := f"{len(figures.packages)} packages, {figures.size / 1e6:.1f} MB: {', '.join(figures.packages)}")
    assert len(figures.packages) <= MOST_PACKAGES, told
    assert figures.size <= MOST_BYTES, told


def test_scenarios_play_are_saved_in_every_format_and_loaded(light: Light) -> None:
    for name in SAVED:
        assert "half-open" in light.said("wslab", "play", "half-open", "--save", name)
        assert (light.work / name).stat().st_size > 500
    assert "data-wslab-static" in (light.work / "tape.html").read_text("utf-8")
    code = "import wslab\n" + "\n".join(f"print(len(wslab.load({name!r}).frames()))" for name in SAVED[:3])
    counts = light.said("python", "-c", code).split()
    assert len(counts) == 3
    assert all(int(each) > 0 for each in counts)


EVERY_SCENARIO = """
import json, wslab
tried = {}
for each in wslab.scenarios():
    try:
        wslab.play(each.name)
        each.fix and wslab.play(each.name, fixed=True)
    except ImportError as error:
        tried[each.name] = str(error)
    else:
        tried[each.name] = ""
print(json.dumps(tried))
"""


def test_every_scenario_plays_but_the_one_that_makes_certificates(light: Light) -> None:
    tried = json.loads(light.said("python", "-c", EVERY_SCENARIO))
    assert list(tried) == list(SCENARIOS)
    sentence = "The scenario tls-name-mismatch needs trustme, which is not installed: pip install 'wslab[tls]'"
    assert {name: said for name, said in tried.items() if said} == {"tls-name-mismatch": sentence}
    done = light.run("wslab", "play", "tls-name-mismatch")
    assert (done.returncode, done.stderr) == (2, f"wslab: {sentence}\n")
    assert sentence in " ".join(light.said("wslab", "play").split())


WIDGETS = """
import json, sys, wslab, wslab.widgets
from wslab import *
told = {}
for name in wslab.widgets.__all__:
    try:
        getattr(wslab, name)()
    except ImportError as error:
        told[name] = str(error)
bundle = wslab._bundle(wslab.play("half-open"))[0]
print(json.dumps([told, list(bundle), "data-wslab-kept" in bundle["text/html"], "anywidget" in sys.modules]))
"""


def test_what_needs_an_extra_says_which_in_one_sentence(light: Light) -> None:
    told, bundle, shown, loaded = json.loads(light.said("python", "-c", WIDGETS))
    ends = "needs anywidget and ipywidgets, which are not installed: pip install 'wslab[notebook]'"
    assert len(told) == 12
    assert told == {name: f"wslab.{name} {ends}" for name in told}
    assert (bundle, shown, loaded) == (["text/html"], True, False)
    done = light.run("wslab")
    assert done.returncode == 2
    assert done.stderr.startswith(
        "wslab: The course needs jupyterlab and hypothesis, which are not installed: pip install 'wslab[lab]'"
    )


def test_doctor_names_each_extra_and_finds_the_core_whole(light: Light) -> None:
    said = light.said("wslab", "doctor")
    assert said.splitlines()[-1].strip() == "All that the lab needs is here."
    lines = [line for line in said.splitlines() if line.startswith("–")]
    for extra in EXTRAS.values():
        assert any(extra.purpose in line and line.rstrip().endswith(extra.command) for line in lines), said


def test_dissect_and_diagnose(light: Light) -> None:
    assert "Hello" in light.said("wslab", "dissect", "818537fa213d7f9f4d5158")
    assert "wslab play" in light.said("wslab", "diagnose", "closed with 1006")
    assert "Usage" in light.said("wslab", "--help")


async def test_serve_tap_connect_replay_and_misbehave(light: Light) -> None:
    recording = str(light.work / "talk.jsonl")
    async with light.start("serve", "echo") as server:
        url = await address(server, r"ws://[0-9.]+:\d+")
        async with light.start("tap", url, "--save", recording) as tap:
            await talk(light, await address(tap, r"Point your client at (\S+)"))
            tap.process.send_signal(signal.SIGINT)
            assert await tap.end() == 0, tap.said
        async with light.start("replay", recording, url, "--as", "client", "--fast") as replay:
            assert await replay.end() == 0, replay.said
        async with light.start("misbehave", "text-is-utf8", "--client", url) as misbehave:
            assert await misbehave.end() == 0, misbehave.said
        server.process.send_signal(signal.SIGINT)
        assert await server.end() == 0, server.said


async def address(tool: Tool, pattern: str) -> str:
    """What a command prints as its address."""
    await tool.until("Ctrl-C")
    found = re.search(pattern, tool.said)
    assert found, tool.said
    return found[found.re.groups]


async def talk(light: Light, url: str) -> None:
    """A person who says hello."""
    async with light.start("connect", url) as client:
        await client.type("hello")
        await client.until("hello")
        client.end_input()
        assert await client.end() == 0, client.said


async def test_in_a_terminal_lines_are_plain_and_the_extra_that_edits_them_is_named(light: Light) -> None:
    def talk_and_leave(terminal: Terminal) -> None:
        terminal.until("open")
        terminal.press(b"hello\n")
        terminal.until("← T text")
        terminal.press(b"\x04")

    async with light.start("serve", "echo") as server:
        url = await address(server, r"ws://[0-9.]+:\d+")
        code, said = await asyncio.to_thread(
            in_terminal, ["connect", url], talk_and_leave, python=str(light.python), PYTHONPATH=""
        )
    assert (code, "pip install 'wslab[terminal]'" in said) == (0, True), said


def test_in_a_terminal_a_scenario_is_shown_whole_and_the_extra_for_its_keys_is_named(light: Light) -> None:
    code, said = in_terminal(["play", "half-open"], lambda terminal: None, python=str(light.python), PYTHONPATH="")
    assert code == 0, said
    assert "Going through the steps by key needs prompt-toolkit" in said


WITH_PLUGIN = """
import asyncio

from wslab import echo


async def test_an_hour(wslab_virtual, wslab_server, wslab_link):
    link = await wslab_link((await wslab_server(echo)).url, "mobile")
    ws = await wslab_virtual.connect(link)
    await asyncio.sleep(3600)
    await ws.send("hello")
    assert await ws.recv() == "hello"
"""


def test_the_plugin_of_pytest(light: Light) -> None:
    light.install("pytest")
    (light.work / "test_hour.py").write_text(WITH_PLUGIN)
    assert "1 passed" in light.said("python", "-m", "pytest", "-q", "test_hour.py")
