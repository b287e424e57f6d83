"""The rules as a page for people: `python -m wslab.explain.rules_page > wslab/protocol/RULES.md`.

All that it says of a rule comes from `wslab.protocol.rules`, and of peers from `wslab.protocol.peers`: a table a group,
one row a rule, with its smallest example, and at the end the MUSTs that no rule judges. A test compares the file with
the table.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator

from wslab.explain.hextext import short_hex
from wslab.explain.markdown import markdown_row
from wslab.protocol.codes import Role
from wslab.protocol.peers import ACCEPTS, DECLINES, ENDS_TCP, NOTES, VERSIONS, WAITS, Answer
from wslab.protocol.rules import GROUPS, RULES, UNJUDGED, Force, Rule, cite

__all__ = ["FORCES", "answer_words", "done_by", "peers_words", "table"]

_COLUMNS = ("rule", "who", "force", "section", "text", "why", "to fix it", "ends with", "peers", "smallest example")

FORCES = {
    Force.MUST: "MUST",
    Force.SHOULD: "SHOULD",
    Force.DEFINED: "defined",
    Force.LIMIT: "our limit",
    Force.STRICT: "our strictness",
}
"""What a force is called."""

_LEGEND = f"""
- *force*: **MUST** and **SHOULD** are the RFC's own words (for `head-is-http` those of §4.1). **defined**: the section
  defines the form, and asks nothing of a receiver that gets another. **our limit**: the RFC lets a receiver have one.
  **our strictness**: the section leaves it open, or speaks to the sender alone, and wslab refuses; others need not.
- *ends with*: the close code or the HTTP status with which wslab answers, and the section that names it for this
  violation. Where none is named, the number is ours, chosen from the list of §7.4.1 or from HTTP's. A client answers a
  wrong response with nothing, and ends TCP (§4.1, §7.1.7).
- *peers*: what common peers do where they differ from wslab, as `python -m tests.peers` measured it:
  {", ".join(f"{name} {version}" for name, version in VERSIONS.items())}, each with its default options and compression
  on, but for the offers that some rules about an answer need. Where only one of its roles differs, a peer is named with
  the role in which it receives. Chromium is a client only. A rule is tried with its smallest example; what stands in
  brackets says with which that was, where others are of another kind, and what one of those showed.
"""


def table() -> str:
    """Every rule as Markdown, the whole text of `RULES.md`."""
    return "\n".join(_table_lines()) + "\n"


def _table_lines() -> Iterator[str]:
    yield "# The rules"
    yield f"\n{len(RULES)} rules, made by `python -m wslab.explain.rules_page > wslab/protocol/RULES.md`."
    yield _LEGEND.rstrip("\n")
    for title, rules in GROUPS.items():
        yield f"\n## {title}\n"
        yield from (markdown_row(_COLUMNS), markdown_row(["---"] * len(_COLUMNS)))
        yield from (markdown_row(_cells(rule)) for rule in rules)
    yield "\n## What no rule judges\n"
    yield "MUSTs that an endpoint cannot see broken for certain, or for which wslab fails no peer.\n"
    yield from (markdown_row(("section", "text", "why it is left")), markdown_row(["---"] * 3))
    yield from (markdown_row((cite(each.section), each.text, each.why)) for each in UNJUDGED)


def _cells(rule: Rule) -> Iterator[str]:
    yield f"`{rule.id}`"
    yield rule.role.value if rule.role else "both"
    yield FORCES[rule.force]
    yield f"[{rule.reference}]({rule.link})"
    yield from (rule.text, rule.why, rule.fix)
    yield answer_words(rule)
    yield _measured(rule)
    yield _shown(rule) if rule.example else ""


def _measured(rule: Rule) -> str:
    """The cell of the peers, with what its one example does not show."""
    if not rule.example:  # about a limit or a choice of the receiver: no peer was tried with it
        return "" if rule.is_local else "not measured"
    note = f"({NOTES[rule.id]})" if rule.id in NOTES else ""
    return " ".join(filter(None, (peers_words(rule), note)))


def answer_words(rule: Rule) -> str:
    """What a violation ends with, and who says so: `1002 (§5.1)`, `1002 (ours)`, `TCP ends`."""
    if rule.is_local:
        return "nothing is sent"
    number = int(rule.close_code or rule.http_status or 0)
    if number:
        return f"{number} ({cite(rule.names_answer) if rule.names_answer else 'ours'})"
    return "TCP ends" if rule.role is Role.SERVER else "TCP ends; an offer is declined"  # RFC 7692 §7


def peers_words(rule: Rule) -> str:
    """What peers do where they differ from us: `accepted by websockets, ws`; a role is named where only one differs."""
    roles: defaultdict[tuple[str, Answer], list[Role]] = defaultdict(list)
    for role in Role:
        for peer, answer in rule.peers(role).items():
            roles[peer, answer].append(role)
    return done_by((_named(peer, each, rule), answer) for (peer, answer), each in roles.items())


def done_by(answers: Iterable[tuple[str, Answer]]) -> str:
    """What peers do, each answer once: `accepted by websockets, ws; 1009 by aiohttp`."""
    names: defaultdict[Answer, list[str]] = defaultdict(list)
    for peer, answer in answers:
        names[answer].append(peer)
    return "; ".join(f"{_ANSWERS.get(answer, answer)} by {', '.join(named)}" for answer, named in names.items())


_ANSWERS: dict[Answer, str] = {
    ACCEPTS: "accepted",
    DECLINES: "declined",
    ENDS_TCP: "TCP ended without an answer",
    WAITS: "not answered for three seconds",
}


def _named(peer: str, roles: list[Role], rule: Rule) -> str:
    """A peer, with its role where the rule binds both sides and only one of its roles differs."""
    if rule.role is not None or len(roles) == 2 or peer == "Chromium":
        return peer
    return f"{peer} as a {roles[0]}"


def _shown(rule: Rule) -> str:
    """The example, with its first wrong bit."""
    data, place = rule.example, f"{rule.wrong}"
    if not rule.in_head or data[0] < 0x20:
        return f"`{short_hex(data)}`, {place}"
    assert rule.wrong is not None
    line = data[: rule.wrong.byte].count(b"\n")
    text = data.split(b"\n")[line].decode("latin-1").strip() or "the empty line"
    return f"`{text}`, {place}"


if __name__ == "__main__":
    sys.stdout.write(table())
