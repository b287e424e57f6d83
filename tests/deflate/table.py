"""Every combination of the four parameters, played with each peer in both roles, and the table of README.md.

One game: the client offers, the server answers, the client judges the answer, and then three messages go each way, of
which the later ones refer to the earlier where the window is kept. `play` returns what was agreed on, as the answer
says it, or a `PeerError` that says who refused what.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product

from wslab.protocol import Deflate, HandshakeRequest, HandshakeResponse, ProtocolError, Role, parse_extensions
from wslab.protocol.deflate import Deflater, Inflater, agreed_by, choose

from .peers import PEERS, Parameters, Peer, PeerError

_KEY = "dGhlIHNhbXBsZSBub25jZQ=="
_RANDOM = random.Random(7692)
NOISE = _RANDOM.randbytes(40_000)
MESSAGES = (NOISE[:600], NOISE + NOISE[:600], NOISE[-600:] + b"a" * 5000, b"")

OFFERS = [
    Parameters(*each) for each in product((False, True), (False, True), (None, 8, 9, 12, 15), (None, True, 8, 9, 15))
]
"""What a peer offers as a client."""

WISHES = [
    Parameters(*each) for each in product((False, True), (False, True), (None, 8, 9, 12, 15), (None, 8, 9, 12, 15))
]
"""What we offer to a peer, where None is 15; and what a peer wishes as a server."""


def as_client(peer: type[Peer], parameters: Parameters) -> str:
    """The peer offers these, and our server answers."""
    theirs = peer(Role.CLIENT, parameters)
    choice = choose(parse_extensions(theirs.offer()), Deflate())
    assert choice is not None, "each of these offers is legal"
    agreed, answer = choice
    theirs.finish(str(answer))
    _talk(theirs, agreed, Role.SERVER)
    return _shown(str(answer))


def as_server(peer: type[Peer], parameters: Parameters) -> str:
    """We offer these, and the peer's server answers, which wishes nothing itself."""
    wanted = Deflate(*parameters[:2], parameters.server_max_window_bits or 15, parameters.client_max_window_bits or 15)
    return _judge(peer(Role.SERVER, Parameters()), wanted)


def wishing(peer: type[Peer], parameters: Parameters) -> str:
    """We offer nothing but compression, and the peer's server wishes these."""
    return _judge(peer(Role.SERVER, parameters), Deflate())


def _judge(theirs: Peer, wanted: Deflate) -> str:
    offer = wanted.offer()
    answer = theirs.answer(str(offer))
    if not answer:
        raise PeerError("declines")
    request = HandshakeRequest.build("x", key=_KEY, extensions=[offer])
    response = HandshakeResponse.accept(request, extensions=parse_extensions(answer))
    try:
        response.check(request)
    except ProtocolError as error:
        raise PeerError(f"answers what we refuse: {error.rule.id}") from None
    _talk(theirs, agreed_by(response.extensions[0], offer), Role.CLIENT)
    return _shown(answer)


def _talk(theirs: Peer, agreed: Deflate, our_role: Role) -> None:
    deflater, inflater = Deflater(agreed, our_role), Inflater(agreed, our_role)
    for message in MESSAGES:
        if theirs.inflate(deflater.deflate(message)) != message:
            raise PeerError("reads another message than we sent")
        if b"".join(inflater.inflate(theirs.compress(message), 1 << 20, last=True)) != message:
            raise PeerError("sends what we read as another message")


GAMES = {"as_client": (as_client, OFFERS), "as_server": (as_server, WISHES), "wishing": (wishing, WISHES)}
TITLES = {
    "as_client": "The peer is the client and offers these; we answer",
    "as_server": "The peer is the server and wishes nothing; we offer these",
    "wishing": "The peer is the server and wishes these; we offer compression alone",
}


def outcome(game: str, name: str, parameters: Parameters) -> str:
    """What one combination leads to, in a few words: what was agreed on, or who refused."""
    try:
        return GAMES[game][0](PEERS[name], parameters)
    except PeerError as error:
        return f"**{error}**"


def table() -> Iterator[str]:
    """The table for people, in Markdown, line by line."""
    for game, (_, combinations) in GAMES.items():
        yield f"\n### {TITLES[game]}\n"
        yield f"| {' | '.join((*_HEADINGS, *PEERS))} |"
        yield f"|{' --- |' * (len(_HEADINGS) + len(PEERS))}"
        for parameters in combinations:
            cells = (*map(_cell, parameters), *(outcome(game, name, parameters) for name in PEERS))
            yield f"| {' | '.join(cells)} |"


_HEADINGS = ("server forgets", "client forgets", "server's bits", "client's bits")
_SHORT = {
    "server_no_context_takeover": "S forgets",
    "client_no_context_takeover": "C forgets",
    "server_max_window_bits": "S",
    "client_max_window_bits": "C",
}


def _cell(value: bool | int | None) -> str:
    return "" if value is None or value is False else "yes" if value is True else str(value)


def _shown(answer: str) -> str:
    (extension,) = parse_extensions(answer)
    words = [_SHORT[name] + (f" {value}" if value else "") for name, value in extension.parameters]
    return ", ".join(sorted(words)) or "yes"
