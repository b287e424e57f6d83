"""The handshake stepper as HTML and as text.

The picture goes round: the client writes its request (upper left), the server checks it (upper right), the accept
value is computed (middle), the server answers (lower right), the client checks the answer (lower left). Each line,
check and stage is a step with a sentence. What is broken is marked where it was written and where it was found.

Left out: the bytes and their checks (`exchange`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from http import HTTPStatus

import htpy as h
from htpy import Node

from wslab.explain.narration import narrate_error
from wslab.explain.words import HEADERS
from wslab.protocol.codes import Role
from wslab.protocol.handshake.checks import Check
from wslab.widgets import components
from wslab.widgets.handshake.breaks import BREAKS
from wslab.widgets.handshake.exchange import Exchange, Line, accept_stages
from wslab.widgets.handshake.state import STAGES, HandshakeState

__all__ = ["real_cell", "regions", "text"]

HELP = (
    "The client asks over HTTP to speak WebSocket, and the server proves that it read the request. "
    "Step through every line and every check with the buttons, the slider or the arrow keys. "
    "Break one thing at either side and see who refuses it, by which rule, and how to fix it."
)
LONGEST = 320
"""Characters of a line that are shown; the middle of a longer one is left out."""


def regions(state: HandshakeState) -> dict[str, Node]:
    """All regions of the view."""
    sentences = [_caption(state, n) for n in range(state.last + 1)]
    return {
        "header": _header(state),
        "switches": _switches(state),
        "picture": _picture(state),
        "caption": components.captions(state.step, sentences),
        "controls": [components.stepper(state.step, state.last, pace=900), _stages(state)],
        "inputs": _inputs(state),
    }


def _header(state: HandshakeState) -> Node:
    exchange = state.exchange
    return components.header(
        "Opening handshake",
        HELP,
        components.copy_button("Copy the story as text", text(state), picture="copy"),
        components.do_button("Save as a page", "save", picture="save"),
        about=h.span[f"{len(exchange.request)} bytes ask, {len(exchange.response)} answer ", components.section("4")],
    )


def _switches(state: HandshakeState) -> Node:
    options = (
        h.optgroup(label=f"{words}:")[
            (h.option(value=each.id, selected=each.id == state.exchange.broken)[each.words] for each in of_side)
        ]
        for words, of_side in _GROUPS
    )
    nothing = h.option(value="", selected=not state.exchange.broken)["nothing: all is well"]
    chooser = h.select(".wsl-input", data_do="break", data_arg="", data_key="break")[nothing, options]
    return h.div(".wsl-fields")[
        components.field("Break one thing", chooser),
        state.exchange.broken and components.do_button("Fix it", "break"),
        state.exchange.broken and _result(state.exchange),
    ]


def _result(exchange: Exchange) -> Node:
    """The outcome of the break, beside its switch."""
    refused = exchange.by is not None
    words = _refusal(exchange) if refused else "Accepted anyway"
    sign = h.b(aria_hidden="true")["× " if refused else "✓ "]
    return h.p(class_=f"wsl-hresult {'wsl-no' if refused else 'wsl-yes'}")[sign, words]


_GROUPS = tuple(
    (words, [each for each in BREAKS.values() if each.side is side])
    for words, side in (("Mistakes of the client", Role.CLIENT), ("Mistakes of the server", Role.SERVER))
)


def _stages(state: HandshakeState) -> Node:
    here = [stage for stage in STAGES if any(name == stage for name, _ in state.moments)]
    buttons = (_stage_button(state, stage) for stage in here)
    return h.div(".wsl-hstages", role="group", aria_label="Go to a stage", data_roving="row")[buttons]


def _stage_button(state: HandshakeState, stage: str) -> Node:
    first, last = state.span(stage)
    now = components.at(state.step, first, last, classes="wsl-button wsl-hstage")
    return h.button(now, type="button", data_goto=last, data_key=f"stage-{stage}")[STAGES[stage]]


# ---- the picture


def _picture(state: HandshakeState) -> Node:
    exchange = state.exchange
    return h.div(".wsl-hs", role="group", tabindex="0", aria_label=_summary(state), data_key="picture")[
        _column(state, Role.CLIENT),
        h.div(".wsl-hwire", aria_hidden="true")["wire"],
        _column(state, Role.SERVER),
        _head_card(state, "request", state.request_lines, exchange.request),
        _arrow(state, "request"),
        _check_card(state, "server", exchange.server_checks),
        exchange.refusal is None and _accept_card(state),
        _check_card(state, "client", exchange.client_checks),
        _arrow(state, "response"),
        _head_card(state, "response", state.response_lines, exchange.response),
    ]


def _summary(state: HandshakeState) -> str:
    broken = state.exchange.fault
    shown = f"with this broken: {broken.words}" if broken else "whole"
    return f"An opening handshake, {shown}. Arrow keys step through it."


def _column(state: HandshakeState, side: Role) -> Node:
    return h.div(class_=f"wsl-hcolumn is-{side}")[h.b[side.value.capitalize()], _beliefs(state, side)]


def _beliefs(state: HandshakeState, side: Role) -> Node:
    """What a side believes, step by step (§4.1, §4.2.2)."""
    exchange, end = state.exchange, state.last
    knows = end if side is Role.CLIENT else state.span("response")[1]
    refused = exchange.by is Role.SERVER or (exchange.by is Role.CLIENT and side is Role.CLIENT)
    then = "CLOSED" if refused else "OPEN"
    misled = exchange.by is Role.CLIENT and side is Role.SERVER
    return [
        h.span(components.during(state.step, 0, knows - 1))[components.pill("CONNECTING")],
        h.span(components.during(state.step, knows, end - 1))[components.pill(then)] if knows < end else None,
        h.span(components.during(state.step, end, end))[components.pill(then, true=not misled)],
    ]


def _arrow(state: HandshakeState, stage: str) -> Node:
    whole = components.at(state.step, state.span(stage)[1], state.last, classes=f"wsl-harrow is-{stage} wsl-k-http")
    path = h.Element("path")
    drawing = path(d="M2 8h26M21 2l7 6-7 6") if stage == "request" else path(d="M30 8H4M11 2L4 8l7 6")
    return h.div(whole, aria_hidden="true")[
        h.svg(viewBox="0 0 32 16", focusable="false")[drawing], components.mark("http")
    ]


def _card(name: str, words: Node, body: Node, *tools: Node) -> Node:
    title = h.div(".wsl-hcardhead")[h.span[words], tools]
    return h.div(class_=f"wsl-hcard is-{name}")[title, body]


def _head_card(state: HandshakeState, stage: str, shown: Sequence[Line], data: bytes) -> Node:
    who = "client" if stage == "request" else "server"
    rows = (_line(state, stage, number, line) for number, line in enumerate(shown))
    copy = components.copy_button(f"Copy the {stage} as Python bytes", repr(data), picture="copy")
    return _card(stage, [h.b[f"The {who} writes"], f" {len(data)} bytes"], h.ol(".wsl-hlines")[rows], copy)


def _line(state: HandshakeState, stage: str, number: int, line: Line) -> Node:
    step = state.when(stage, number)
    now = components.at(state.step, step, classes=f"wsl-hline {line.change and f'is-{line.change}'}")
    return h.li(now, data_goto=step, data_link=_links(state, stage, line))[
        h.span(".wsl-hat")[line.offset if line.offset is not None else "–"],
        h.span[h.code(".wsl-htext")[_cut(line.text)], _line_end(line)],
        line.change and h.span(".wsl-htag")[_CHANGE[line.change]],
        _illegal(state, stage, line),
    ]


def _line_end(line: Line) -> Node:
    alone = line.end == b"\n"
    return (
        bool(line.end) and h.small(class_=f"wsl-hend {'is-alone' if alone else ''}")["LF alone" if alone else "CR LF"]
    )


_CHANGE = {"changed": "changed", "added": "added", "gone": "left out"}


def real_cell(request: bytes) -> str:
    """A cell that sends these very bytes to a server of the lab, named `server`, and prints its answer."""
    return (
        "import asyncio\n"
        "reader, writer = await asyncio.open_connection(server.host, server.port)\n"
        f"writer.write({request!r})\n"
        "print((await reader.read(65536)).decode())\n"
        "writer.close()"
    )


def _cut(text: str) -> str:
    head, tail, out = components.cut_middle(text, LONGEST)
    return f"{head} … {out} characters … {tail}" if out else text


def _illegal(state: HandshakeState, stage: str, line: Line) -> Node:
    """The mark of the line that the decision rests on, from its step on."""
    decision, by = state.exchange.decision, state.exchange.by
    writer = Role.CLIENT if stage == "request" else Role.SERVER
    if decision is None or by is None or by.peer is not writer or not line.holds(decision.offset.byte):
        return None
    return h.span(".wsl-hillegal", components.during(state.step, state.decided, state.last))[decision.rule.id]


def _links(state: HandshakeState, stage: str, line: Line) -> str:
    checks = state.exchange.server_checks if stage == "request" else state.exchange.client_checks
    return " ".join(f"{stage}-{number}" for number, check in enumerate(checks) if line.holds(check.offset.byte))


def _check_card(state: HandshakeState, stage: str, checks: Sequence[Check]) -> Node:
    of = "request" if stage == "server" else "response"
    failed = sum(not check.passed for check in checks)
    count = f"{failed} of {len(checks)} fail" if failed else f"all {len(checks)} pass"
    rows = (_check(state, stage, of, number, check) for number, check in enumerate(checks))
    summary = h.span(components.at(state.step, state.span(stage)[1], state.last, classes="wsl-hcount"))[count]
    return _card(f"{stage}-checks", [h.b[f"The {stage} checks"], " the ", of], h.ol(".wsl-hchecks")[rows], summary)


def _check(state: HandshakeState, stage: str, of: str, number: int, check: Check) -> Node:
    step = state.when(stage, number)
    decides = check is state.exchange.decision
    tone = "is-decision" if decides else "" if check.passed else "is-late"
    return h.li(
        components.at(state.step, step, classes=f"wsl-hcheck {tone}"), data_goto=step, data_link=f"{of}-{number}"
    )[
        _verdict(check.passed),
        h.span(".wsl-htopic", title=check.rule.text)[_topic(check)],
        h.code(".wsl-hfound")[_cut(check.found.replace("`", ""))],
        components.section(check.rule.section),
        decides and h.span(".wsl-hsays")[_ticked(_capital(check.rule.text)), "."],
    ]


def _topic(check: Check) -> str:
    """What a check is about, in a word or two: its rule's name without the side."""
    name = check.rule.id.removeprefix("request-").removeprefix("response-")
    return _TOPICS.get(name, name).replace("-", " ").replace("http", "HTTP")


_TOPICS = {"head-ends-lines-with-crlf": "line ends", "head-is-http": "head", "head-not-tls": "no TLS"}


def _verdict(passed: bool) -> Node:
    sign, word = ("✓", "passed") if passed else ("×", "failed")
    return h.b(class_="wsl-yes" if passed else "wsl-no", role="img", aria_label=word, title=word)[sign]


def _accept_card(state: HandshakeState) -> Node:
    key = accept_stages(state.exchange.key_read)
    rows = (_stage_row(state, number, *each) for number, each in enumerate(key))
    title: Node = [h.b["The accept value"], " both sides can compute it ", components.section("4.2.2")]
    return _card("accept", title, h.ol(".wsl-hstage-rows")[rows])


def _stage_row(state: HandshakeState, number: int, name: str, value: str, done: str) -> Node:
    step = state.when("accept", number)
    key = state.exchange.key_read
    shown: Node = h.code[value]
    if number == 1:  # the key with the GUID behind it: each in its own colour
        shown = h.code[h.span(".wsl-hkey")[key], h.span(".wsl-hguid")[value.removeprefix(key)]]
    return h.li(components.at(state.step, step, classes="wsl-hrow"), data_goto=step)[
        h.span(".wsl-hname")[name], shown, h.span(".wsl-hdone")[done]
    ]


# ---- words


def _caption(state: HandshakeState, step: int) -> Node:
    if step == 0:
        return "TCP is connected, and no byte has been sent. The client writes first."
    stage, number = state.moments[step - 1]
    if stage in ("request", "response"):
        shown = state.request_lines if stage == "request" else state.response_lines
        return _line_words(state, "client" if stage == "request" else "server", shown, number)
    if stage in ("server", "client"):
        checks = state.exchange.server_checks if stage == "server" else state.exchange.client_checks
        return _check_words(stage, checks[number], checks[number] is state.exchange.decision)
    return _accept_words(state, number) if stage == "accept" else _outcome(state)


def _line_words(state: HandshakeState, who: str, shown: Sequence[Line], number: int) -> Node:
    line, fault = shown[number], state.exchange.fault
    broken = [f" Broken on purpose: {fault.words}."] if line.change and fault else []
    if line.change == "gone":
        return [f"Here the {who} leaves out ", h.code[_cut(line.text)], ".", broken]
    meaning = _meaning(line, first=number == 0, behind=any(not each.data for each in shown[:number]))
    return [f"The {who} writes from byte {line.offset}: ", h.code[_cut(line.text) or "an empty line"], meaning, broken]


def _meaning(line: Line, *, first: bool, behind: bool) -> Node:
    if behind:
        return ", the body: a sentence for people."
    if not line.data:
        return ". The head ends here; what follows belongs to the first frame."
    name = line.text.partition(":")[0].strip().lower()
    if first or name not in HEADERS:
        return "."
    words, section = HEADERS[name]
    return [f": {words} ", components.section(section), "."]


def _check_words(who: str, check: Check, decides: bool) -> Node:
    rule = check.rule
    checks = [f"The {who} checks: ", _ticked(rule.text), " ", components.section(rule.section), "."]
    if check.passed:
        return [checks, " Found ", _ticked(check.found), ": passed."]
    then = f" {narrate_error(check.error(), who)}" if decides else " This fails too; the first failure has decided."
    found = [" Found ", _ticked(check.found), f" at byte {check.offset.byte}, expected ", _ticked(check.expected), "."]
    return [checks, found, h.b[then]]


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


def _ticked(words: str) -> Node:
    """Words in which `backticks` mark what is literal."""
    parts = _cut(words).split("`")
    return [h.code[part] if place % 2 else part for place, part in enumerate(parts)]


def _accept_words(state: HandshakeState, number: int) -> str:
    stages = [value for _, value, _ in accept_stages(state.exchange.key_read)]
    value = stages[number]
    words = (
        f"The server takes the key as it came: {value}.",
        "It puts the GUID of §1.3 behind it. A server that does not speak WebSocket would not do that.",
        f"It hashes the {len(stages[1])} characters with SHA-1: {value}.",
        f"It writes these 20 bytes in Base64: {value}. The client expects exactly this, for it can compute the same.",
    )
    return words[number]


def _outcome(state: HandshakeState) -> Node:
    """How it ends: who refuses, by which rule, with which status, and how to fix it."""
    exchange, decision = state.exchange, state.exchange.decision
    if decision is None:
        return _agreed(exchange)
    rule = decision.rule
    return [
        h.b(".wsl-no", aria_hidden="true")["× "],
        h.b[_who_refuses(exchange)],
        [" ", _ticked(_capital(rule.text)), " ", components.section(rule.section), ". "],
        ["Found ", _ticked(decision.found), f" at byte {decision.offset.byte}, "],
        ["expected ", _ticked(decision.expected), ". "],
        h.span(".wsl-hwhy")[f"Why the rule: {rule.why}. "],
        h.span(".wsl-hfix")[h.b["To fix it, "], _ticked(rule.fix), "."],
    ]


def _agreed(exchange: Exchange) -> Node:
    words = "Both sides are OPEN: every check has passed, and the next byte is a frame."
    if exchange.fault:
        words = f"Accepted anyway: {exchange.fault.words} breaks no rule that is checked. Both sides are OPEN."
    return [h.b(".wsl-yes", aria_hidden="true")["✓ "], h.b[words]]


def _refusal(exchange: Exchange) -> str:
    """Who refuses, and how, without a full stop."""
    if exchange.by is Role.SERVER:
        return f"The server refuses with {exchange.status} {HTTPStatus(exchange.status).phrase}"
    return "The client fails the connection"


def _who_refuses(exchange: Exchange) -> str:
    """The same with what follows, as a sentence."""
    if exchange.by is Role.SERVER:
        return f"{_refusal(exchange)}, and closes TCP."
    return f"{_refusal(exchange)}: it closes TCP without a word, and the server still believes OPEN."


def text(state: HandshakeState) -> str:
    """The same as plain text."""
    exchange = state.exchange
    fault = exchange.fault
    rows = ["Opening handshake (§4)" + (f", broken: {fault.words}" if fault else "")]
    rows += ["", f"The client writes {len(exchange.request)} bytes", *_line_text(state.request_lines)]
    rows += ["", "The server checks", *_check_text(exchange.server_checks)]
    if exchange.refusal is None:
        rows += ["", "The accept value (§4.2.2)"]
        rows += [f"  {name:<11} {value}" for name, value, _ in accept_stages(state.exchange.key_read)]
    rows += ["", f"The server writes {len(exchange.response)} bytes", *_line_text(state.response_lines)]
    rows += ["", "The client checks", *_check_text(exchange.client_checks)]
    return "\n".join([*rows, "", _outcome_text(exchange)])


def _line_text(shown: Sequence[Line]) -> Iterator[str]:
    for line in shown:
        tag = f"   <- {_CHANGE[line.change]}" if line.change else "   <- LF alone" if line.end == b"\n" else ""
        place = "-" if line.offset is None else str(line.offset)
        yield f"  {place:>5}  {_cut(line.text)}{tag}"


def _check_text(checks: Sequence[Check]) -> Iterator[str]:
    for check in checks:
        sign = "pass" if check.passed else "FAIL"
        yield f"  {sign}  {check.rule.text} ({check.rule.reference}): {_cut(check.found)}"


def _outcome_text(exchange: Exchange) -> str:
    decision = exchange.decision
    if decision is None:
        fault = exchange.fault
        return f"Accepted anyway: {fault.words}. Both sides are OPEN." if fault else "Both sides are OPEN."
    return f"{_who_refuses(exchange)} {decision.error()}"


# ---- the inputs


def _inputs(state: HandshakeState) -> Node:
    exchange = state.exchange
    return h.div(".wsl-fields")[
        _input(state, "key", "Key", exchange.key, 28),
        _input(state, "path", "Path", exchange.path, 16),
        _input(state, "subprotocols", "Subprotocols", exchange.subprotocols, 18),
        components.do_button("Fresh key", "fresh"),
        components.copy_button("Copy as a cell for a real server", real_cell(exchange.request)),
    ]


def _input(state: HandshakeState, name: str, label: str, value: str, size: int) -> Node:
    typed, problem = (state.typed or {}).get(name, value), (state.problems or {}).get(name)
    return components.field(
        label, components.text_input(name, typed, size=size, code=True, wrong=bool(problem)), problem=problem
    )
