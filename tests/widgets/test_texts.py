"""What a view prints: the words of its picture, in the same order; `str`, `print`, text/plain and `repr` agree."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from tests.widgets.helpers import look
from wslab import (
    CheckReport,
    Frame,
    FrameInspector,
    HandshakeStepper,
    Lab,
    LinkPanel,
    MaskingStepper,
    OpcodeTable,
    Predict,
    StateMap,
    Timeline,
    check_bytes,
    echo,
    play,
)
from wslab.explain.kinds import KINDS
from wslab.widgets.timeline.state import SIDES
from wslab.widgets.timeline.text import half
from wslab.widgets.view import View

HELLO = Frame.text("Hello", mask=bytes.fromhex("37fa213d")).serialize()


LABS: list[Lab] = []


@pytest.fixture(autouse=True)
def _labs_end() -> Iterator[None]:
    yield
    while LABS:
        lab = LABS.pop()
        lab.run(lab.close())


def panel(fault: str) -> LinkPanel:
    """The bench of a link with this fault, and a frame that met it."""

    async def story(lab: Lab) -> LinkPanel:
        link = await lab.link(await lab.serve(echo))
        ws = await lab.connect(link)
        await ws.send("Hello")
        await ws.recv()
        link.faults = (fault,)
        await ws.send("Are you there?")
        await asyncio.sleep(0.1)
        return LinkPanel(link)

    LABS.append(Lab(clock="virtual"))
    return LABS[-1].run(story(LABS[-1]))


def answered() -> Predict:
    view = Predict("Which code?", {"1000": "It needs a Close.", "1006": "TCP ended without one."})
    view.chosen = "1000"
    view.resolve(1006)
    return view


VIEWS: dict[str, tuple[Callable[[], View], list[str]]] = {
    "inspector": (
        lambda: FrameInspector(HELLO),
        ["The server accepts it", "chosen by MASK = 1", "opcode", "Payload len", "key[0]", "Payload data"],
    ),
    "refused": (
        lambda: FrameInspector("8105", role="server"),
        ["×", "The server fails the connection with 1002", "opcode", "Payload len", "5 bytes still to come"],
    ),
    "opcodes": (
        lambda: OpcodeTable(8),
        ["continuation", "text", "binary", "Close", "Ping", "Pong", "a server accepts it", "opcode", "Masking-key"],
    ),
    "handshake": (
        lambda: HandshakeStepper(step=12),
        ["GET /chat HTTP/1.1", "Sec-WebSocket-Key", "SHA-1", "Base64", "Sec-WebSocket-Accept", "Both sides are OPEN"],
    ),
    "masking": (
        lambda: MaskingStepper("Hello", "37 fa 21 3d"),
        ["key", "wire", "Byte 4, 6f (o), and key[4 mod 4] = key[0] = 37"],
    ),
    "predict": (
        answered,
        ["Which code?", "1000", "1006", "✓ The run says: 1006", "TCP ended without one.", "≠ You said: 1000"],
    ),
    "timeline": (
        lambda: Timeline(play("half-open")),
        ["0 ms", "CONNECTING", "1 ms", "OPEN", "4 ms", "no longer true", "10 s", "CLOSED 1006", "step 8"],
    ),
    "timeline, stepped back": (
        lambda: Timeline(play("clean-close"), step=5),
        ["0 ms", "CONNECTING", "2.5 ms", "CLOSING", "CLOSED 1000", "step 5"],
    ),
    "link panel, held": (
        lambda: panel("gate:of=client"),
        ["OPEN", "held since 4 ms", "OPEN", "has not seen step 5", "Each head and frame of the client waits", "0 ms"],
    ),
    "link panel, silent": (
        lambda: panel("half-open"),
        [
            "OPEN",
            "no longer true",
            "is swallowed",
            "The next connection",
            "4 ms",
            "no longer true",
            "nothing has told it",
        ],
    ),
    "states": (lambda: StateMap(), ["States of the client"]),
    "check": (
        lambda: CheckReport(check_bytes(HELLO[:5] + b"\0", HELLO), step=1),
        ["Not quite: 5 of 11 bytes are right", "yours", "wanted", "is the first that differs", "Hint"],
    ),
}


def made(name: str) -> View:
    return VIEWS[name][0]()


def in_order(phrases: list[str], text: str) -> list[str]:
    """The phrases that are not there, or not behind the one before."""
    place, missing = 0, []
    for phrase in phrases:
        found = text.find(phrase, place)
        if found < 0:
            missing.append(phrase)
        place = max(place, found)
    return missing


@pytest.mark.parametrize("name", VIEWS)
def test_the_text_has_the_words_of_the_picture_in_its_order(name: str) -> None:
    view, phrases = made(name), VIEWS[name][1]
    assert in_order(phrases, view.text()) == []
    kept = [node for region, node in view.regions.items() if region not in ("header", "drawer")]
    shown = " ".join(look("".join(kept)).words)
    assert [phrase for phrase in phrases if " ".join(phrase.split()) not in " ".join(shown.split())] in (
        [],
        ["States of the client"],
    )


@pytest.mark.parametrize("name", ["half-open", "clean-close", "zombie-user", "cut"])
def test_a_timeline_says_each_step_and_each_belief_as_its_picture_does(name: str) -> None:
    view = Timeline(play(name))
    lines = [line.split() for line in view.text().splitlines()]
    state = view.state
    for number, mark in [(state.entries[index].number, KINDS[state.entries[index].kind].mark) for index in state.shown]:
        assert any(str(number) in line[:4] and mark in line for line in lines), number
    drawn = look("".join(view.regions.values())).text
    last = "".join(words for words in view.text().splitlines() if words.startswith(f"step {view.step}: "))
    for side in SIDES:
        believed = half(state, state.shown[-1], side)
        assert f"{side} {believed.belief}" in last
        assert f"{side} {believed.belief}" in drawn
        assert believed.why in view.text()
        assert believed.why in drawn


@pytest.mark.parametrize("name", VIEWS)
def test_str_text_plain_and_repr_agree(name: str) -> None:
    view = made(name)
    assert str(view) == view.text()
    assert view._repr_mimebundle_()[0]["text/plain"] == view.text()
    first = view.text().splitlines()[0]
    assert repr(view) == f"<{type(view).__name__}: {first}>"


@pytest.mark.parametrize("name", VIEWS)
def test_a_text_ends_no_line_in_a_space_and_has_no_tab(name: str) -> None:
    for line in made(name).text().splitlines():
        assert line == line.rstrip()
        assert line.isprintable()
