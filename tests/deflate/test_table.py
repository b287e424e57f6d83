"""Every combination of the four parameters works with every peer, unless the peer cannot do a window of 8 bits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .peers import PEERS, Parameters, Ws
from .table import GAMES, outcome, table


@pytest.fixture(autouse=True, scope="module")
def node() -> Iterator[None]:
    yield
    Ws.stop()


def refuses_eight_bits(game: str, name: str, parameters: Parameters) -> bool:
    """Whether the peer would have to compress with a window of 8 bits, which zlib cannot, and so refuses.

    `ws` compresses with 9 and hopes, as we do; `wsproto` refuses 8 also for the window that it only reads.
    """
    server, client = parameters.server_max_window_bits == 8, parameters.client_max_window_bits == 8
    return {"ws": False, "wsproto": server or client, "websockets": client if game == "as_client" else server}[name]


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize("game", GAMES)
def test_every_combination_works_unless_the_peer_cannot_do_8_bits(game: str, name: str) -> None:
    for parameters in GAMES[game][1]:
        told = outcome(game, name, parameters)
        refused = told.startswith("**cannot be made") or told == "**declines**"
        assert (told.startswith("**"), refused) == (refuses_eight_bits(game, name, parameters),) * 2, (parameters, told)


def test_the_readme_has_the_table_of_the_command() -> None:
    readme = (Path(__file__).parent / "README.md").read_text(encoding="utf-8")
    assert readme.endswith("\n".join(table()) + "\n"), "python -m tests.deflate"
