"""No section is cited that there is not; whether it says so is for a reader (`python -m tests.citations`)."""

from __future__ import annotations

from collections import defaultdict

from tests.citations import SECTIONS, citations
from wslab.protocol.rules import RULES, UNJUDGED


def known() -> dict[str, set[str]]:
    return {rfc: set(sections.split()) for rfc, sections in SECTIONS.items()}


def test_every_section_that_is_cited_is_one_of_its_rfc() -> None:
    """A section without an RFC is of RFC 6455, or of an RFC that the same file names."""
    named: defaultdict[str, set[str]] = defaultdict(lambda: {"6455"})
    found = list(citations())
    for each in found:
        if each.rfc:
            named[each.place.rpartition(":")[0]].add(each.rfc)
    sections = known()
    wrong = [
        f"{each.place}: {each.rfc} §{each.section}"
        for each in found
        for rfcs in [[each.rfc] if each.rfc else sorted(named[each.place.rpartition(":")[0]])]
        if not any(each.section in sections.get(rfc, ()) for rfc in rfcs)
    ]
    assert wrong == []
    assert len(found) > 800


def test_a_rule_cites_a_section_of_the_rfc_that_it_names() -> None:
    cited = [rule.section for rule in RULES.values()] + [rule.names_answer for rule in RULES.values()]
    cited += [each.section for each in UNJUDGED]
    for section in filter(None, cited):
        document, _, number = section.rpartition(" ")
        assert number in known()[document.removeprefix("RFC ") or "6455"], section
