"""The rules as a page for people: `python -m wslab.explain.rules_page > wslab/protocol/RULES.md`.

Every word of it comes from `wslab.protocol.rules`: a table a group, one row a rule, with its smallest example, and at
the end the MUSTs that no rule judges. A test compares the file with the table.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from wslab.explain.hextext import short_hex
from wslab.explain.markdown import markdown_row
from wslab.protocol.rules import GROUPS, RULES, UNJUDGED, Rule, cite

_COLUMNS = ("rule", "who", "section", "says", "why", "to fix it", "ends with", "smallest example")


def table() -> str:
    """Every rule as Markdown, the whole text of `RULES.md`."""
    return "\n".join(_table_lines()) + "\n"


def _table_lines() -> Iterator[str]:
    yield "# The rules"
    yield f"\n{len(RULES)} rules, made by `python -m wslab.explain.rules_page > wslab/protocol/RULES.md`."
    yield "The code in the column *ends with* is the close code or the HTTP status that answers a violation."
    for title, rules in GROUPS.items():
        yield f"\n## {title}\n"
        yield from (markdown_row(_COLUMNS), markdown_row(["---"] * len(_COLUMNS)))
        yield from (markdown_row(_cells(rule)) for rule in rules)
    yield "\n## What no rule judges\n"
    yield "MUSTs that one endpoint cannot see the other break for certain, or does not fail it for.\n"
    yield from (markdown_row(("section", "says", "why it is left")), markdown_row(["---"] * 3))
    yield from (markdown_row((cite(each.section), each.text, each.why)) for each in UNJUDGED)


def _cells(rule: Rule) -> Iterator[str]:
    yield f"`{rule.id}`"
    yield rule.role.value if rule.role else "both"
    yield f"[{rule.reference}]({rule.link})"
    yield from (rule.text, rule.why, rule.fix)
    yield str(int(rule.close_code)) if rule.close_code else str(rule.http_status or "nothing is sent")
    yield _shown(rule) if rule.example else ""


def _shown(rule: Rule) -> str:
    """The example, with its first wrong bit."""
    data, place = rule.example, f"{rule.wrong}"
    if rule.http_status is None or data[0] < 0x20:
        return f"`{short_hex(data)}`, {place}"
    assert rule.wrong is not None
    line = data[: rule.wrong.byte].count(b"\n")
    text = data.split(b"\n")[line].decode("latin-1").strip() or "the empty line"
    return f"`{text}`, {place}"


if __name__ == "__main__":
    sys.stdout.write(table())
