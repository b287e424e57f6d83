"""Why a connection ended, in three lines for a person."""

from __future__ import annotations

import pytest

from wslab.cli.close_advice import ADVICE, explain_end, is_final
from wslab.lab import ConnectionClosed, Endpoint, Lab


@pytest.mark.parametrize("code", sorted(ADVICE))
def test_each_code_has_its_advice_in_a_sentence(code: int) -> None:
    assert ADVICE[code].endswith(".")
    assert is_final(code) == (code in (1000, 1002, 1003, 1007, 1008, 1009, 1010, 3000, 3003))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (3001, "a framework or an application"),
        (3000, "log in"),
        (3003, "may not do"),
        (4001, "of this application"),
        (1011, "its log"),
    ],
)
async def test_an_end_is_explained_in_three_lines(code: int, words: str) -> None:
    async def handler(connection: Endpoint) -> None:
        await connection.close(code, "why")

    async with Lab(timeout=2.0) as lab:
        client = await lab.connect(await lab.serve(handler))
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
    first, second, third = explain_end(closed.value.ending)
    assert (first.split()[0], second.split()[0], third.split()[0]) == ("WebSocket", "TCP", "Meaning")
    assert words in third
