"""What learners plausibly write in the exercises on testing, and that the check names the mistake."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from wslab import CheckResult, Lab, Opcode, Tape, check_ending, check_fault, check_test
from wslab.course.testing import clients, endings, faults, survival

Client = Callable[[str, list[Any]], Coroutine[Any, Any, None]]


def said(result: CheckResult) -> str:
    """The verdict, and the hint."""
    return f"{result.sentence} {result.hint}"


def test_the_solutions_pass() -> None:
    given: dict[str, Any] = {"Opcode": Opcode, "asyncio": asyncio}
    for solution in (faults.SOLUTION, endings.SOLUTION, survival.SOLUTION):
        exec(solution, given)
    assert check_fault(given["fault"])
    assert check_ending(given["ends_well"])
    assert check_test(given["survives"])


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        ("rechunk", "the server with the bug gets all three messages"),
        ("rate:bytes_per_second=100", "chunks of 5, 4, 5, 4"),
        ("cut", "the right server fails, too: it gets []"),
        ("fin:at_frame=2", "it gets ['one'] of"),
        ("loss:probability=0.5", "of 5 seeds, by chance"),
        ("coalesc:0.1", "did you mean 'coalesce'?"),
        ("coalesce", "coalesce needs seconds"),
        (0.1, "this is a float, and the check wants the name of a fault as text"),
    ],
)
def test_a_fault(mine: object, says: str) -> None:
    result = check_fault(mine)
    assert result.ok is False
    assert says in said(result)
    assert result.solution


def texts(tape: Tape) -> list[bytes | None]:
    return [text.plain for text in tape.frames(Opcode.TEXT, "client")]


def codes(tape: Tape) -> list[int | None]:
    return [belief.code for belief in (tape[-1].client, tape[-1].server) if belief is not None]


def has_bye(tape: Tape) -> None:
    assert b"bye" in texts(tape)
    assert codes(tape) == [1000, 1000]


def one_side(tape: Tape) -> None:
    assert texts(tape) == [b"bye"]
    assert tape.frames(Opcode.CLOSE)[0].sender == "client"
    assert codes(tape)[1] == 1000


def whoever_closes(tape: Tape) -> None:
    assert texts(tape) == [b"bye"]
    assert codes(tape) == [1000, 1000]


def of_a_text(tape: Tape) -> None:
    assert [text.plain for text in tape.frames(Opcode.TEXT, "client")] == ["bye"]  # type: ignore[comparison-overlap]


def of_each_text(tape: Tape) -> None:
    sent = [(text.plain, text.sender) for text in tape.frames(Opcode.TEXT, "client")]
    assert sent == [("bye", "client")]  # type: ignore[comparison-overlap]


def of_both_sides(tape: Tape) -> None:
    assert [text.plain for text in tape.frames(Opcode.TEXT)] == [b"bye"]
    one_side(tape)
    assert codes(tape) == [1000, 1000]


def as_it_travelled(tape: Tape) -> None:
    assert [text.frame.payload for text in tape.frames(Opcode.TEXT, "client") if text.frame] == [b"bye"]
    one_side(tape)
    assert codes(tape) == [1000, 1000]


def in_a_second(tape: Tape) -> None:
    one_side(tape)
    assert codes(tape) == [1000, 1000]
    assert tape[-1].time < 1


def one_condition(tape: Tape) -> bool:
    return codes(tape) == [1000, 1000]


def misspelt(tape: Tape) -> None:
    assert tape.texts  # type: ignore[attr-defined]


def endless(tape: Tape) -> None:
    while tape:
        pass


async def a_coroutine(tape: Tape) -> None:
    one_side(tape)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (has_bye, "The client sends bye twice, and your function lets it pass"),
        (one_side, "the client believes 1006 and the server 1000, and your function lets it pass"),
        (whoever_closes, "The server closes first, with 1000, and your function lets it pass"),
        (of_a_text, '`plain` is bytes, and no bytes are equal to a text: compare with `b"bye"`'),
        (of_each_text, '`plain` is bytes, and no bytes are equal to a text: compare with `b"bye"`'),
        (of_both_sides, "The server sends texts, too, which is right, and your assertion fails"),
        (as_it_travelled, "The messages are compressed, which is right"),
        (in_a_second, "An hour and a Ping go by, over a slow path, which is right"),
        (one_condition, "Write `assert` in front of the condition"),
        (misspelt, "AttributeError"),
        (endless, "was stopped"),
        (a_coroutine, "Write `def` instead of `async def`"),
    ],
)
def test_assertions(mine: object, says: str) -> None:
    result = check_ending(mine)
    assert result.ok is False
    assert says in said(result)
    assert all(result.helps[number][1] for number in range(3))


class Story:
    """A learner's test, one step left out or done in another way."""

    def __init__(
        self,
        asserts: Callable[[list[Any], list[Any]], bool],
        *,
        dials: bool = True,
        falls_silent: bool = True,
        heals: bool = True,
        past_the_link: bool = False,
        after: float = 60.0,
    ) -> None:
        self.asserts, self.dials, self.falls_silent, self.heals = asserts, dials, falls_silent, heals
        self.past_the_link, self.after = past_the_link, after

    async def survives(self, lab: Lab, client: Client) -> None:
        """What the check is given."""
        connections: list[Any] = []

        async def news(ws: Any) -> None:
            connections.append(ws)
            await ws.send(f"news {len(connections)}")
            await ws.wait_closed()

        server, heard = await lab.serve(news), list[Any]()
        link = await lab.link(server)
        url = server.url if self.past_the_link else link.url
        task = asyncio.create_task(client(url, heard)) if self.dials else None
        await asyncio.sleep(10)
        if self.falls_silent:
            link.silence()
        await asyncio.sleep(60)
        if self.heals:
            link.faults = ()
        await asyncio.sleep(self.after)
        if task is not None:
            task.cancel()
        assert self.asserts(heard, connections)


@pytest.mark.parametrize(
    ("story", "says"),
    [
        (Story(lambda _heard, _: True), "passes with a client that never asks"),
        (Story(lambda heard, _: bool(heard), falls_silent=False), "Nothing befell its connection"),
        (Story(lambda heard, _: bool(heard), past_the_link=True), "let it dial `link.url`"),
        (Story(lambda heard, _: not heard, dials=False), "Nobody ever dialled"),
        (Story(lambda heard, _: bool(heard), dials=False), "fails with a client that is right"),
        (Story(lambda heard, _: "news 2" in heard, heals=False), "make the path whole with `link.faults = ()`"),
        (Story(lambda heard, _: "news 2" in heard, falls_silent=False), "`link.silence()` makes it silent"),
        (Story(lambda _, connections: len(connections) == 7), "is its own affair"),
        (Story(lambda _, connections: len(connections) == 2), "dials again, and reads nothing there"),
        (Story(lambda heard, _: len(heard) == 2), "shows its last news once more"),
        (Story(lambda heard, _: "news 2" in heard, after=3600), "waits twenty minutes for the Pong"),
    ],
)
def test_a_test(story: Story, says: str) -> None:
    result = check_test(story.survives)
    assert result.ok is False
    assert says in said(result)
    assert all(result.helps[number][1] for number in range(3))


async def waits_for_it(lab: Lab, client: Client) -> None:
    await client("ws://127.0.0.1:9/", [])


async def forgets(lab: Lab, client: Client) -> None:
    client("ws://127.0.0.1:9/", [])  # type: ignore[unused-coroutine]


async def never_ends(lab: Lab, client: Client) -> None:
    await asyncio.Event().wait()


def no_coroutine(lab: Lab, client: Client) -> int:
    return len([lab, client])


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (waits_for_it, "has not ended after 2 hours of virtual time"),
        (forgets, "without `await`"),
        (never_ends, "start it as a task"),
        (no_coroutine, "Write `async def` instead of `def`"),
    ],
)
def test_a_test_that_does_not_run(mine: object, says: str) -> None:
    result = check_test(mine)
    assert result.ok is False
    assert says in said(result)


def test_each_mutant_is_killed_by_the_solution_for_its_own_mistake() -> None:
    given: dict[str, Any] = {"asyncio": asyncio}
    exec(survival.SOLUTION, given)
    for client in (*clients.RIGHT, *clients.WRONG):
        error = survival._played(given["survives"], client).run.error
        assert (error is None) == (client in clients.RIGHT)
        assert error is None or isinstance(error, AssertionError)
