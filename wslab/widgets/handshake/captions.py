"""The sentence of each step of the handshake, and the outcome in words.

Left out: the picture (`picture`).
"""

from __future__ import annotations

from http import HTTPStatus

import htpy as h
from htpy import Node

from wslab.protocol.codes import Role
from wslab.protocol.handshake.checks import Check
from wslab.widgets import components
from wslab.widgets.handshake.exchange import Exchange, accept_stages
from wslab.widgets.handshake.state import HandshakeState

__all__ = ["caption", "outcome_text", "refusal", "topic"]

# a line may be broken on purpose: these say what each is for, which is true then, too
_WORDS = {
    "line": ("A client asks over HTTP, as every browser does; Host says which site it means.", "4.1"),
    "upgrade": ("Upgrade and Connection ask to leave HTTP and to speak WebSocket from then on.", "4.1"),
    "key": (
        "The key should be 16 fresh random bytes in Base64, and the version 13; then come the client's wishes.",
        "4.1",
    ),
    "guid": (
        "The server takes the key as it came and puts the GUID behind it, as only a WebSocket server does.",
        "4.2.2",
    ),
    "base64": ("The 20 bytes become 28 characters that fit in a header line.", "4.2.2"),
    "accept": (
        "This value is to prove that the server read this very key. The server has agreed, and believes OPEN.",
        "4.2.2",
    ),
}

LONGEST = 120
"""Characters of a value that a sentence shows; the middle of a longer one is left out."""


def caption(state: HandshakeState, step: int) -> Node:
    """The sentence of a step."""
    if step == 0:
        return "TCP is connected, and no byte has been sent. The client writes first."
    name = state.steps[step - 1]
    if name in ("server", "client", "compare"):
        return _checked(state, name)
    if name == "end":
        return _outcome(state.exchange)
    return [_written(state, name), _broken_here(state, step)]


def _written(state: HandshakeState, name: str) -> Node:
    if name == "sha1":
        joined = accept_stages(state.exchange.key_read)[1][1]
        return [f"SHA-1 makes 20 bytes of the {len(joined)} characters. ", components.section("4.2.2")]
    if name == "status":
        return _status(state.exchange)
    words, section = _WORDS[name]
    return [words, " ", components.section(section)]


def _status(exchange: Exchange) -> Node:
    if exchange.refusal is None:
        return ["101 says that the server agrees, and leaves HTTP behind. ", components.section("4.2.2")]
    phrase = HTTPStatus(exchange.status).phrase
    return [f"The server answers {exchange.status} {phrase}, with its reason in the body. "]


def _broken_here(state: HandshakeState, step: int) -> Node:
    """A remark where one of the lines of this step was broken on purpose."""
    fault = state.exchange.fault
    sides = ((Role.CLIENT, state.request_lines), (Role.SERVER, state.response_lines))
    changed = [line for side, shown in sides for line in shown if line.change and state.step_of(side, line) == step]
    is_broken = fault is not None and changed and not state.exchange.is_harmless
    return h.b[f" Broken on purpose: {fault.words}."] if fault and is_broken else None


# ---- the checks


def _checked(state: HandshakeState, name: str) -> Node:
    decision = state.exchange.decision
    if decision is not None and state.when(name) == state.decided:
        return _failed(decision)
    if name == "compare":
        return [h.b["The two are equal."], " The client computed its own from its own key. ", components.section("4.1")]
    side = Role(name)
    own = [check for check, step in state.checks(side) if step == state.when(name)]
    if side is Role.SERVER:
        return [f"The server makes {len(own)} checks: all pass. ", components.section("4.2.1")]
    return [f"The client checks the answer: {len(own)} pass, and the accept value is left. ", components.section("4.1")]


def _failed(check: Check) -> Node:
    """The rule that must hold, what was found, and where."""
    rule = check.rule
    return [
        [h.b(".wsl-no")[f"× {topic(check)}"], ": ", _ticked(rule.text), ". "],
        ["Found ", _ticked(check.found), f" at byte {check.offset.byte}, expected ", _ticked(check.expected), ". "],
        components.section(rule.section),
    ]


def topic(check: Check) -> str:
    """What a check is about, in a word or two: its rule's name without the side."""
    name = check.rule.id.removeprefix("request-").removeprefix("response-")
    return _TOPICS.get(name, name).replace("-", " ").replace("http", "HTTP")


_TOPICS = {"head-ends-lines-with-crlf": "line ends", "head-is-http": "head", "head-not-tls": "no TLS"}


def _ticked(words: str) -> Node:
    """Words in which `backticks` mark what is literal."""
    head, tail, out = components.cut_middle(words, LONGEST)
    parts = (f"{head}…{tail}" if out else words).split("`")
    return [h.code[part] if place % 2 else part for place, part in enumerate(parts)]


# ---- the outcome


def _outcome(exchange: Exchange) -> Node:
    """How it ends: who refuses, why there is such a rule, and how to fix it."""
    if exchange.decision is None:
        return _agreed(exchange)
    rule = exchange.decision.rule
    return [
        [h.b(".wsl-no", aria_hidden="true")["× "], h.b[_who_refuses(exchange)]],
        [f" {rule.why[0].upper()}{rule.why[1:]}. ", components.section(rule.section)],
        [h.b[" To fix it, "], _ticked(rule.fix), "."],
    ]


def _agreed(exchange: Exchange) -> Node:
    words = outcome_text(exchange)
    if not exchange.fault:
        words = "Both sides are OPEN: every check has passed, and frames come next."
    return [h.b(".wsl-yes", aria_hidden="true")["✓ "], h.b[words]]


def refusal(exchange: Exchange) -> str:
    """Who refuses, and how, without a full stop."""
    if exchange.by is Role.SERVER:
        return f"The server refuses with {exchange.status} {HTTPStatus(exchange.status).phrase}"
    if exchange.decision is not None and exchange.decision.rule.id == "response-status":
        # §4.1: with another status "the client handles the response per HTTP [RFC2616] procedures"
        return "The client takes the answer as HTTP"
    return "The client fails the connection"


def _who_refuses(exchange: Exchange) -> str:
    """The same with what follows, as a sentence."""
    if exchange.by is Role.SERVER:
        return f"{refusal(exchange)}, and closes TCP."
    return f"{refusal(exchange)}: it closes TCP and sends no frame. Until that reaches the server, it believes OPEN."


def outcome_text(exchange: Exchange) -> str:
    """The outcome as plain text."""
    decision = exchange.decision
    if decision is None:
        return f"{_why_accepted(exchange)}Both sides are OPEN."
    return f"{_who_refuses(exchange)} {decision.error()}"


def _why_accepted(exchange: Exchange) -> str:
    """Why what is broken refuses nothing."""
    fault = exchange.fault
    if fault is None:
        return ""
    if exchange.is_harmless:
        return f"Accepted: with these values “{fault.words}” is no mistake. "
    return f"Accepted anyway: {fault.words} breaks no rule that is checked. "
