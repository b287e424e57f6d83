"""Facts in sentences: a table from each kind of fact to the function that says it.

A tape keeps facts and no words. When somebody asks an entry for its sentence, the fact's function is looked up here by
its class. What a fault did has a table of its own, by its act, and so have the details of beliefs. So a sentence can be
improved in one place, and no recording, digest or comparison changes.

A file may come from elsewhere: a fact with an unknown code, or without a figure, gets a plain sentence, and no error.
Each kind of fact has a label too, a few words for an arrow of the timeline, from a table of its own.

What it leaves out: what bytes say (`explain.narration`), and the label of an entry that has bytes (`text`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from wslab.explain import narrate_error, narrate_frame, size_in_words
from wslab.explain.preview import preview
from wslab.explain.words import printable
from wslab.protocol import RULES, Offset, ProtocolError, Role
from wslab.tape import records
from wslab.tape.records import TOLD, Arguments, Fact, FaultAct
from wslab.tape.streams import gaps
from wslab.tape.streams.preamble import Preamble
from wslab.tape.streams.source import source_label, source_words

NOTHING_BEGAN = "so no WebSocket began (§4.1), and a page in a browser would see 1006 or 1015 and no reason (§7.4.1)"


def sentence_of(fact: Fact, believed: str = "") -> str:
    """A fact as a sentence; `believed` is what its side believes then, `CLOSING: sent a Close`, where that is known."""
    said: str = SENTENCES[type(fact)](fact, believed)
    return said


def detail_in_words(detail: str) -> str:
    """Why a side believes what it does; a detail that is not a fact (`records.reason`) is words already."""
    if not detail.startswith("="):
        return detail
    code, _, argument = detail[1:].partition(" ")
    if code in _WITHOUT_CLOSE:
        return _WITHOUT_CLOSE[code].format(TCP_ENDS.get(argument, "ended"))
    return DETAILS[code].format(argument) if code in DETAILS else f"{code} {argument}".rstrip()


DETAILS: Mapping[str, str] = {
    "opening": "the opening handshake goes on",
    "refused": "the opening handshake failed",
    "open": "messages may travel",
    "failing": "failed the connection with {}",
    "failing-without-code": "failed the connection with no code",
    "both-closed": "both sent a Close, TCP is still to end",
    "close-sent": "sent a Close, waits for the peer's",
    "close-received": "received the peer's Close",
    "failed": "failed the connection: {}",
    "no-pong": "failed the connection: no Pong came in time",
    "closed": "closed by the {}",
}
"""The codes of `records.reason`, with the words for each; those of `_WITHOUT_CLOSE` have a key of `TCP_ENDS`."""

_WITHOUT_CLOSE = {
    "no-close": "no Close came: TCP {}",
    "unanswered": "the peer's Close came, and TCP {} before it was answered",
}

TCP_ENDS: Mapping[str, str] = {
    "FIN": "was closed by the other end (FIN)",
    "RST": "was reset (RST)",
    "ABORTED": "was reset by this side (RST)",
    "LIMIT": "was reset by this side, which had waited long enough (RST)",
    "DROPPED": "was closed by this side because its lab ended",
    "LOST": "broke",
}
"""How TCP ended, as one side saw it."""


# --- TCP and the link --------------------------------------------------------------------


_UNSENT = {
    "FIN": "A FIN reaches the {}: the other end has closed its direction of TCP.",
    "RST": "A reset (RST) reaches the {}: TCP has ended.",
}


def _tcp(fact: records.TcpEvent, _: str) -> str:
    if fact.what == "connect":
        return "The client opens a TCP connection to the server."
    if fact.unsent:
        return _UNSENT[fact.what].format(Role(fact.side).peer)
    if fact.what == "FIN":
        return f"The {fact.side} closes its direction of TCP (FIN)."
    return f"The {fact.side} resets the TCP connection (RST): data still on the way may be lost."


def _ended_inside(fact: records.EndedInside, _: str) -> str:
    whole = "the head of its handshake" if fact.in_head else "a frame"
    return f"What the {fact.side} sends ends inside {whole}: {size_in_words(fact.size)} of it came."


def _end_words(fact: records.LinkEnded) -> str:
    return "The link ends TCP" if fact.what == "FIN" else "The link is cut"


def _silence(fact: records.WentSilent, _: str) -> str:
    if fact.side == "wire":
        return "The link goes silent: it swallows what both sides send, and tells neither of them."
    return f"The link goes silent one way: it swallows what the {fact.side} sends, and tells nobody."


def _silence_ended(fact: records.SilenceEnded, _: str) -> str:
    whose = "what both sides send" if fact.side == "wire" else f"what the {fact.side} sends"
    return f"The silence of the link ends: it swallowed nothing, and passes on again {whose}."


def _injected(fact: records.Injected, _: str) -> str:
    who, frame = f"link, in place of the {fact.side},", fact.frame
    if frame is None:
        return f"The {who} sends what is no frame, {size_in_words(len(fact.data))}."
    return narrate_frame(frame, who)


def _unreachable(fact: records.Unreachable, _: str) -> str:
    why = "nobody listens there" if fact.why == "refused" else fact.why
    return f"The {_who(fact.side)} cannot reach {fact.target}: {why}."


def _who(side: str) -> str:
    return "link" if side == "wire" else side


# --- what a side does ---------------------------------------------------------------------


def _failed(fact: records.RuleFailed, _: str) -> str:
    offset = Offset(fact.byte or 0, fact.bit or 0)
    if fact.rule not in RULES:
        found = _found(fact, str(offset))
        return f"The {fact.side} fails the connection: its peer broke the rule {fact.rule}.{found}"
    error = ProtocolError(RULES[fact.rule], offset, fact.found, "")
    fix = (
        "" if error.close_code is not None else f" To fix it, {error.rule.fix}."
    )  # a head is written by hand more often
    return narrate_error(error, fact.side) + _found(fact, error.place) + fix


def _found(fact: records.RuleFailed, place: str) -> str:
    return f" Found {fact.found}{'' if fact.byte is None else f' at {place}'}."


def _timed_out(fact: records.TimedOut, believed: str) -> str:
    side, peer, seconds = fact.side, Role(fact.side).peer, f"{fact.seconds:g} s"
    if fact.waited_for == "opening":
        return f"The opening handshake was not done within {seconds}, and the {side} ends TCP."
    if fact.waited_for == "pong":
        return (
            f"No Pong answered the {side}'s Ping within {seconds} (§5.5.2): the {side} takes the {peer} for gone, even "
            "if other frames of it came, and fails the connection (§7.1.7)."
        )
    belief = f" The {side} believes that the connection is {believed}." if believed else ""
    if fact.waited_for == "write":
        why = f"the {peer} reads too slowly or not at all, or the path is slow or broken"
        return f"The {side} waited {seconds} for TCP to take what was sent, and it did not: {why}.{belief}"
    if fact.waited_for == "end":
        return f"The {side} waited {seconds} for the {peer} to end TCP, and it did not.{belief}"
    what = "the peer's Close" if fact.waited_for == "close" else fact.waited_for
    return f"The {side} waited {seconds} for {what}, and it did not come.{belief}"


def _close_failed(fact: records.CloseFailed, believed: str) -> str:
    belief = f" The {fact.side} believes that the connection is {believed}." if believed else ""
    return f"The {fact.side} was closing the connection, and TCP ended before both sides had sent a Close.{belief}"


def _raised(fact: records.Raised, _: str) -> str:
    if fact.where == "scenario":
        return f"The story ends here. {fact.error}"
    if fact.where == "on_request":
        return f"on_request raised {fact.error}. The server answers 500."
    if fact.where == "answer_close":
        defined = "§7.4.1" if fact.side == "server" else "which §7.4.1 defines for servers"
        return f"answer_close raised {fact.error}. The {fact.side} answers the Close with 1011 ({defined})."
    if fact.where == "late_handler":
        return f"The handler raised {fact.error}. No 1011 goes out: the connection was closing or over."
    return f"The handler raised {fact.error}. The server closes with 1011 (§7.4.1)."


# --- TLS --------------------------------------------------------------------------------------


def _tls(fact: records.TlsBegan, _: str) -> str:
    link = "The link speaks TLS to the server: " if fact.side == "wire" else ""
    return f"{link}{fact.version} protects this connection ({fact.cipher}): the tape shows what is inside it."


def _tls_failed(fact: records.TlsFailed, _: str) -> str:
    link = f"The link cannot reach {fact.address}: " if fact.side == "wire" else ""
    problem = TLS_PROBLEMS.get(fact.why, TLS_PROBLEMS["terms"])
    return f"{link}{problem(fact)}: {NOTHING_BEGAN}."


def _wrong_name(fact: records.TlsFailed) -> str:
    *most, last = fact.names or ("",)
    listed = f"{', '.join(most)} and {last}" if most else last
    has = f"is for {listed}, not" if last else "is not"
    return f"The certificate of {fact.address} {has} for {fact.name}, the name that was asked for"


def _no_issuer(fact: records.TlsFailed) -> str:
    return (
        f"The certificate of {fact.address} is signed by no authority that this client trusts "
        f"({fact.message}; a context in `tls=` can trust more)"
    )


TLS_PROBLEMS: Mapping[str, Callable[[records.TlsFailed], str]] = {
    "name": _wrong_name,
    "issuer": _no_issuer,
    "early": lambda fact: f"The certificate of {fact.address} is not valid yet",
    "expired": lambda fact: f"The certificate of {fact.address} has expired",
    "mistrusted": lambda fact: f"The certificate of {fact.address} is not trusted ({fact.message})",
    "closed": lambda fact: f"{fact.address} closed TCP inside the TLS handshake",
    "no-tls": lambda fact: f"{fact.address} does not speak TLS, and ws:// may be what it wants ({fact.message})",
    "terms": lambda fact: f"{fact.address} and this client could not agree on TLS parameters ({fact.message})",
}
"""Why a TLS handshake failed."""


# --- faults ---------------------------------------------------------------------------------


def _fault(fact: FaultAct, _: str) -> str:
    try:
        return ACTS[fact.act](fact.side, fact.arguments)
    except (KeyError, TypeError, ValueError):  # from elsewhere, or of another version
        return f"The fault {fact.fault or fact.act} acts on {_whose(fact.side)}."


def _whose(side: str) -> str:
    return "the connection" if side == "wire" else f"what the {side} sends"


def _head(side: str) -> str:
    return "request" if side == "client" else "response"


def _bit(side: str, figures: Any) -> str:
    where = (
        f"byte {figures['byte']} of frame {figures['frame']}"
        if figures["frame"]
        else f"byte {figures['byte']} of the head"
    )
    return f"Bit {figures['bit']} of {where} of the {side} is flipped on the way."


_WHY_WHOLE = {
    "compressed": "it is compressed, and this fault does not inflate it",
    "ascii": "it has no whole character of more than one byte",
    "illegal": "it is no legal frame to begin with",
}


def _not_truncated(side: str, figures: Any) -> str:
    return f"Frame {figures['frame']} of the {side} passes unchanged: {_WHY_WHOLE[figures['why']]}."


def _idle(_: str, figures: Any) -> str:
    how = figures["how"]
    silently = how in ("forget", "silent")
    end = "forgets the connection without telling anybody" if silently else f"ends TCP with {how.upper()} to both sides"
    return f"The intermediary saw no byte for {figures['seconds']:g} s, and {end}."


ACTS: Mapping[str, Callable[[str, Arguments], str]] = {
    "header-removed": lambda side, figures: (
        f"An intermediary takes the header {figures['name']} out of the {_head(side)}."
    ),
    "header-set": lambda side, figures: (
        f"An intermediary makes the header {figures['name']} of the {_head(side)} {figures['value']!r}."
    ),
    "bit-flipped": _bit,
    "text-truncated": lambda side, figures: (
        f"Frame {figures['frame']} of the {side} is shortened on the way, and ends inside a character."
    ),
    "not-truncated": _not_truncated,
    "too-large": lambda side, figures: (
        f"Frame {figures['frame']} of the {side} is larger than {figures['room']:,} bytes, and passes the fault unseen."
    ),
    "edited": lambda side, figures: f"A frame of the {side} is changed by hand on the way.",
    "bytes-replaced": lambda side, figures: f"The {side}'s bytes are changed on the way.",
    "stream-bit-flipped": lambda side, figures: (
        f"Bit {figures['bit']} of byte {figures['byte']} of what the {side} sent is flipped."
    ),
    "too-old": lambda side, figures: f"The intermediary lets no connection live longer than {figures['seconds']:g} s.",
    "idle": _idle,
    "forgotten": lambda side, figures: (
        f"The intermediary knows no such connection any more, and answers the {side} with RST."
    ),
    TOLD: lambda side, figures: str(figures["text"]),
}
"""What each act of a fault is in words, from the side whose bytes it touched and from its figures."""


# --- what a file does not have -------------------------------------------------------------


SENTENCES: Mapping[type, Callable[[Any, str], str]] = {
    records.TcpEvent: _tcp,
    records.TcpLost: lambda fact, _: f"The {fact.side} loses its TCP connection: {fact.why}.",
    records.EndedInside: _ended_inside,
    records.WentSilent: _silence,
    records.SilenceEnded: _silence_ended,
    records.LinkEnded: lambda fact, _: f"{_end_words(fact)}: {fact.what} to both sides.",
    records.Noted: lambda fact, _: fact.text or "A note without words.",
    records.Injected: _injected,
    records.RuleFailed: _failed,
    records.FaultAct: _fault,
    records.TimedOut: _timed_out,
    records.CloseFailed: _close_failed,
    records.TlsBegan: _tls,
    records.TlsFailed: _tls_failed,
    records.Unreachable: _unreachable,
    records.Raised: _raised,
    records.ProcessDied: lambda fact, _: (
        f"The {fact.side}'s process is dead: it believes nothing any more, and its system ends TCP."
    ),
    records.PortTakenOver: lambda fact, _: (
        f"The server at port {fact.port} is closed: the same program asked for its port again."
    ),
    records.Missing: lambda fact, _: gaps.missing_in_words(fact),
    records.FramesFound: lambda fact, _: gaps.found_in_words(fact),
    gaps.MissingBehind: lambda fact, _: fact.words,
    gaps.Torn: lambda fact, _: fact.words,
    records.ForeignSource: lambda fact, _: source_words(fact.format),
    records.Reported: lambda fact, _: f"The tool that recorded it reports: {printable(fact.text)}",
    Preamble: lambda fact, _: fact.words,
}
"""Each kind of fact with the function that says it."""


# --- facts in a few words ------------------------------------------------------------------

LONGEST = 60
"""Characters of a label: what fits on an arrow of the timeline."""


def label_of(fact: Fact) -> str:
    """A fact in a few words, for a view with no room for its sentence; at most `LONGEST` characters."""
    return _shortened(LABELS[type(fact)](fact))


def _shortened(text: str) -> str:
    """Text cut at the end of a word, with an ellipsis where something is missing."""
    text = printable(text.removesuffix("."))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 2].rpartition(' ')[0] or text[: LONGEST - 2]} …"


def _injected_label(fact: records.Injected) -> str:
    return f"injected {size_in_words(len(fact.data)) if fact.frame is None else preview(fact.frame)}"


def _failed_label(fact: records.RuleFailed) -> str:
    return "fails the connection" if fact.close_code is None else f"fails with {fact.close_code}"


def _fault_label(fact: FaultAct) -> str:
    try:
        return ACT_LABELS[fact.act](fact.arguments)
    except (KeyError, TypeError, ValueError):  # from elsewhere, or of another version
        return fact.fault or fact.act


def _timed_out_label(fact: records.TimedOut) -> str:
    return f"{AWAITED_LABELS.get(fact.waited_for, fact.waited_for)} within {fact.seconds:g} s"


def _unreachable_label(fact: records.Unreachable) -> str:
    return f"{fact.target} refuses" if fact.why == "refused" else f"{fact.target}: {fact.why}"


AWAITED_LABELS: Mapping[str, str] = {
    "opening": "no opening handshake",
    "pong": "no Pong",
    "close": "no Close",
    "end": "no end of TCP",
    "write": "too little taken by TCP",
}

TLS_LABELS: Mapping[str, str] = {
    "name": "certificate for another name",
    "issuer": "certificate of an unknown issuer",
    "early": "certificate not valid yet",
    "expired": "certificate expired",
    "mistrusted": "certificate not trusted",
    "closed": "closed inside the TLS handshake",
    "no-tls": "no TLS there",
}

ACT_LABELS: Mapping[str, Callable[[Arguments], str]] = {
    "header-removed": lambda figures: f"header {figures['name']} removed",
    "header-set": lambda figures: f"header {figures['name']} set to {figures['value']!r}",
    "bit-flipped": lambda figures: f"bit {figures['bit']} of byte {figures['byte']} flipped",
    "text-truncated": lambda figures: f"frame {figures['frame']} truncated",
    "not-truncated": lambda figures: f"frame {figures['frame']} not truncated",
    "too-large": lambda figures: f"frame {figures['frame']} passes unseen: too large",
    "edited": lambda figures: "frame edited by hand",
    "bytes-replaced": lambda figures: "bytes replaced",
    "stream-bit-flipped": lambda figures: f"bit {figures['bit']} of byte {figures['byte']} flipped",
    "too-old": lambda figures: f"older than {figures['seconds']:g} s",
    "idle": lambda figures: f"idle for {figures['seconds']:g} s",
    "forgotten": lambda figures: "unknown connection",
    TOLD: lambda figures: str(figures["text"]),
}

LABELS: Mapping[type, Callable[[Any], str]] = {
    records.TcpEvent: lambda fact: "TCP connects" if fact.what == "connect" else fact.what,
    records.TcpLost: lambda fact: "TCP lost",
    records.EndedInside: lambda fact: f"ends inside a {'head' if fact.in_head else 'frame'}",
    records.WentSilent: lambda fact: f"The link goes silent{'' if fact.side == 'wire' else ' one way'}",
    records.SilenceEnded: lambda fact: f"The silence ends{'' if fact.side == 'wire' else ' one way'}",
    records.LinkEnded: lambda fact: _end_words(fact),
    records.Noted: lambda fact: fact.text or "a note",
    records.Injected: _injected_label,
    records.RuleFailed: _failed_label,
    records.FaultAct: _fault_label,
    records.TimedOut: _timed_out_label,
    records.CloseFailed: lambda fact: "TCP ended before both Closes",
    records.TlsBegan: lambda fact: f"{fact.version}{' to the server' if fact.side == 'wire' else ''}",
    records.TlsFailed: lambda fact: f"TLS failed: {TLS_LABELS.get(fact.why, 'no agreement')}",
    records.Unreachable: _unreachable_label,
    records.Raised: lambda fact: "the story ends" if fact.where == "scenario" else f"{fact.where} raised {fact.error}",
    records.ProcessDied: lambda fact: "process is dead",
    records.PortTakenOver: lambda fact: f"port {fact.port} taken over",
    records.Missing: lambda fact: f"{size_in_words(fact.size)} missing",
    records.FramesFound: lambda fact: "frames found" if fact.frames else "no frames found",
    gaps.MissingBehind: lambda fact: f"{size_in_words(fact.size)} missing",
    gaps.Torn: lambda fact: gaps.TORN_LABELS[fact.what],
    records.ForeignSource: lambda fact: source_label(fact.format),
    records.Reported: lambda fact: f"reported: {printable(fact.text)}",
    Preamble: lambda fact: f"{fact.protocol}: {fact.target or fact.step}",
}
"""Each kind of fact with its label. A note is shown in its own words, cut where there is no room."""
