"""What a recording of another tool does not keep, in words.

A `ForeignSource` names its format and, behind a colon, more: of a hex dump the form that it was read as, of a HAR what
is special about this connection, as names between commas (`har:no-messages,no-times`).

What it leaves out: which bytes are damaged (`Missing`, and `tape.warnings`).
"""

from __future__ import annotations

from collections.abc import Mapping

from wslab.tape.records import Fact, ForeignSource

NO_MESSAGES = "no-messages"
ELSEWHERE = "messages-elsewhere"
NO_OPENING = "no-opening"
NO_TIMES = "no-times"
OWN_CLOCK = "own-clock"
NEWER_HTTP = "newer-http"

FORMATS: Mapping[str, str] = {
    "har": (
        "This connection comes from a HAR, which keeps messages, not bytes: fragments, masking keys, compression, and "
        "as a rule Ping, Pong and Close are not in it. Each message is shown as one frame, the client's masked with "
        "zeros."
    ),
    "hexdump": "This comes from a hex dump, which has no times: only the order is known.",
}
"""What a format does not keep."""

SPECIAL: Mapping[str, str] = {
    NO_MESSAGES: (
        "Its messages were not recorded: the HAR has no list of them. That is not silence; whether any were sent is "
        "not known. Firefox, Safari and Charles write no messages; Chrome does, if its network panel was open before "
        "the page connected."
    ),
    ELSEWHERE: "Its messages are in a file of their own beside the HAR, and that file is not there.",
    NO_OPENING: (
        "Its opening handshake is left out: the HAR has no answer to it, or a refusal, behind which no messages come."
    ),
    NO_TIMES: "Times of its messages were not recorded, or are none: of those only the order is known.",
    OWN_CLOCK: (
        "The times of its messages come from a clock of their own: the distances between them are right, and when the "
        "first was sent is a guess."
    ),
    NEWER_HTTP: (
        "Its opening went over HTTP/2 or HTTP/3: a CONNECT with `:protocol`, without key and hash, that a 2xx accepts "
        "(RFC 8441 §5, RFC 9220). It is shown as HTTP/1.1 would say the same: as a GET with Upgrade, and the 2xx as a "
        "101."
    ),
}
"""What is special about one connection of a HAR."""

_LABELS: Mapping[str, str] = {"har": "a HAR", "hexdump": "a hex dump"}


def source_words(source: str) -> str:
    """What is to be known of a recording from this source."""
    name, _, more = source.partition(":")
    words = FORMATS.get(name, f"This comes from the format {source}, which does not keep all.")
    if name == "har":
        return " ".join([words, *(SPECIAL[each] for each in more.split(",") if each in SPECIAL)])
    if source == "hexdump:raw":
        return "These were the bytes of one direction themselves, which have no times: only the order is known."
    return f"{words} It was read as {more}." if more else words


def source_label(source: str) -> str:
    """The source in a few words."""
    name, _, more = source.partition(":")
    without = " without messages" if {NO_MESSAGES, ELSEWHERE} & set(more.split(",")) else ""
    return f"from {_LABELS.get(name, source)}{without}"


def omits_headers(fact: Fact | None) -> bool:
    """Whether this is the source of a recording that may lack headers that were sent."""
    return isinstance(fact, ForeignSource) and fact.format.partition(":")[0] == "har"
