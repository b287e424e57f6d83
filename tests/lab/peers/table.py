"""Every fault and every preset, and what it must do to two real programs: what both report, and what the tap tells.

Rules of this module: what is expected goes by the fault, not by the program. Where a program does otherwise, `others`
says which, in which role, what it does, and the section that decides. A preset whose times are too long for a test runs
`small`er: all its times are multiplied by that, and its rates divided; else it is the preset itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import NamedTuple

from wslab.lab.faults.base import Fault
from wslab.lab.faults.names import check, faults_named

from .talk import DROP_DEAD, GO_WRONG, HANG_UP, MAX_MESSAGE, PING_ME, Steps

LONG = "ä" * 1000
TALK: Steps = (  # several at once, so that their order can be seen
    *(("send", "grüße"), ("send", LONG), ("send", "three"), ("hear",), ("hear",), ("hear",)),
    *(("send", PING_ME), ("hear",), ("close", 1000, "done")),
)
TURNS: Steps = (("send", "grüße"), ("hear",), ("send", LONG), ("hear",), ("end",))
OPEN: Steps = (("end",),)
REST: Steps = (("send", "one"), ("hear",), ("end",))
LATER: Steps = (("send", "one"), ("hear",), ("sleep", 0.4), ("send", "there?"), ("hear",), ("end",))
BYE: Steps = (("send", "one"), ("hear",), ("sleep", 0.4), ("close", 1000, "bye"))


def ask(text: str) -> Steps:
    """One message that comes back, and one that asks for more."""
    return (("send", "one"), ("hear",), ("send", text), ("hear",), ("end",))


class Other(NamedTuple):
    """A program that does otherwise than the rest, so that another code is told in this role, or sent (`says`)."""

    program: str
    role: str
    code: int
    why: str


@dataclass(frozen=True, kw_only=True)
class Case:
    """A fault, what the client does meanwhile, and what must be true in the end.

    `client` and `server` are the codes that the programs tell their applications; None: that one still takes the
    connection to be open, or never had one. `heard` and `served` are the messages that came to each, in order. `says`
    is who sent Close first, and with which code; `sees` how TCP ends for the client and the server, where they tell
    (None: not looked at); `tcp` who ended TCP first (None: either), and how; `lost` the frames
    and heads that the tape calls lost. `tells` is what the tap says in the end. A client that `gives_up` waits in
    vain until `limit`, and leaves TCP; one that `leaves` does so as a step; a page can do neither.
    """

    name: str
    fault: str = ""
    small: float = 1.0
    steps: Steps
    client: int | None
    server: int | None
    heard: tuple[str, ...] = ()
    served: tuple[str, ...] = ()
    says: tuple[str, int] | None = None
    sees: tuple[str | None, str | None] = (None, None)
    tcp: tuple[str | None, str] | None = None
    lost: tuple[tuple[str, str], ...] = ()
    tells: tuple[str, ...] = ()
    opened: bool = True
    is_over: bool = True
    limit: float = 5.0
    gives_up: bool = False
    leaves: bool = False
    others: tuple[Other, ...] = ()

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults themselves."""
        found = faults_named(self.fault) if self.fault else ()
        smaller = tuple(_smaller(fault, self.small) for fault in found)
        check(smaller)
        return smaller

    def between(self, *programs: str) -> Case:
        """The same as it must be with these programs."""
        other = {each.role: each.code for each in self.others if each.program in programs}
        return replace(
            self,
            client=other.get("client", self.client),
            server=other.get("server", self.server),
            says=self.says and (self.says[0], other.get("says", self.says[1])),
            others=(),
        )

    def in_a_page(self) -> Case:
        """The same where the client is a page: one that waits in vain cannot leave TCP."""
        if not self.gives_up:
            return self
        return replace(self, server=None, tcp=None, tells=(STILL_OPEN, *self.tells[1:]), is_over=False)


_TIMES = ("seconds", "jitter", "retransmit_after", "after")


def _smaller(fault: Fault, small: float) -> Fault:
    values = {each.name: getattr(fault, each.name) for each in fields(fault)}
    new = {name: values[name] * small for name in _TIMES if name in values}
    if "bytes_per_second" in values:
        new["bytes_per_second"] = values["bytes_per_second"] / small
    return replace(fault, **new)


# --- what several cases have in common --------------------------------------------------------------------

BOTH_FIN = ("FIN", "FIN")
BOTH_RST = ("RST", "RST")
NO_CLOSE = "No Close frame passed: both programs will report 1006 (§7.1.5)."
CUT_RST = "In between: The link is cut: RST to both sides."
CUT_FIN = "In between: The link ends TCP: FIN to both sides."
SILENT = "In between: The link goes silent: it swallows what both sides send, and tells neither of them."
STILL_OPEN = "It is still open, for one side at least"
NEVER = "The opening handshake was never done: no WebSocket connection began."

AIOHTTP_OWN = "aiohttp tells the code that it sent; §7.1.5: that of the first Close received, 1006 where none was"
AIOHTTP_1000 = "aiohttp answers every Close with 1000, and its peer tells that; §5.5.1: typically the same code"
CHROMIUM_TEXT = "Chromium calls text that is no UTF-8 an error of the protocol; §8.1 and §7.4.1: 1007"
AIOHTTP_MASK = "aiohttp never looks at MASK, and reads the frame as if it had no key; §5.1: 1002"


def passes(name: str, fault: str | None = None, *, pong: str = "pong", small: float = 1.0) -> Case:
    """Nothing is lost, and the client closes when all is said."""
    return Case(
        name=name,
        fault=name if fault is None else fault,
        small=small,
        steps=TALK,
        client=1000,
        server=1000,
        heard=("grüße", LONG, "three", pong),
        served=("grüße", LONG, "three", PING_ME),
        says=("client", 1000),
        tcp=(None, "FIN"),
        lost=() if pong == "pong" else (("client", "pong"),),
        tells=("normal closure",),
    )


REST_DIES = Case(
    name="", steps=REST, client=1006, server=1006, heard=("one",), served=("one",), tells=(NO_CLOSE,), limit=2.0
)
SILENCE = replace(
    REST_DIES,
    steps=LATER,
    client=None,
    server=None,
    tcp=("client", "FIN"),
    lost=(("client", "text"),),
    tells=(STILL_OPEN,),
    is_over=False,
    limit=0.45,
    gives_up=True,
)
"""The client waits in vain and leaves; the server never learns of it."""

REFUSED = Case(name="", steps=OPEN, client=None, server=None, opened=False, limit=2.0, tells=(NEVER,))


def breaks(name: str, fault: str, code: int, tells: str, *others: Other) -> Case:
    """The server finds a rule broken, and fails the connection (§7.1.7)."""
    return Case(
        name=name,
        fault=fault,
        steps=TURNS,
        client=code,
        server=1006,  # §7.1.5: it got no Close before it sent its own
        says=("server", code),
        tcp=(None, "FIN"),
        tells=(tells,),
        others=others,
    )


def breaks_back(name: str, fault: str, code: int, tells: str, *others: Other) -> Case:
    """The client finds a rule broken."""
    mirrored = breaks(name, fault, code, tells, Other("aiohttp", "client", code, AIOHTTP_OWN), *others)
    return replace(mirrored, client=1006, server=code, served=("grüße",), says=("client", code))


# --- the table ----------------------------------------------------------------------------------------------

FAULTS = (
    passes("delay", "delay:0.01,jitter=0.005"),
    passes("rate", "rate:50000"),
    passes("loss", "loss:0.3,retransmit_after=0.03"),
    passes("outage", "outage:0.15"),
    replace(
        SILENCE,
        name="silent from the first",
        fault="half-open",
        steps=OPEN,
        opened=False,
        heard=(),
        served=(),
        lost=(("client", "http"),),
        tells=(NEVER, SILENT),
        is_over=True,
        limit=0.3,
        gives_up=False,
    ),
    replace(SILENCE, name="silent later", fault="half-open:after=0.3", tells=(STILL_OPEN, SILENT)),
    replace(
        SILENCE,
        name="closed into the silence",
        fault="half-open:after=0.3",
        steps=BYE,
        lost=(("client", "close"),),
        says=("client", 1000),
        tells=(STILL_OPEN, SILENT),
    ),
    replace(
        SILENCE,
        name="the client's bytes vanish",
        fault="half-open:after=0.3,of=client",
        tells=(STILL_OPEN, "In between: The link goes silent one way: it swallows what the client sends"),
    ),
    replace(
        SILENCE,
        name="the server's bytes vanish",
        sees=(None, "FIN"),
        fault="half-open:after=0.3,of=server",
        server=1006,  # the FIN of the client that gave up reaches it
        served=("one", "there?"),
        lost=(("server", "text"),),
        tells=(NO_CLOSE, "In between: The link goes silent one way: it swallows what the server sends"),
        is_over=True,
    ),
    replace(REST_DIES, name="cut with RST", sees=BOTH_RST, fault="cut:after=0.1", tells=(NO_CLOSE, CUT_RST)),
    replace(REST_DIES, name="FIN", sees=BOTH_FIN, fault="fin:after=0.1", tells=(NO_CLOSE, CUT_FIN)),
    replace(
        REFUSED, name="cut in the head", fault="cut:at_byte=20", lost=(("client", "http"),), tells=(NEVER, CUT_RST)
    ),
    replace(
        REST_DIES,
        name="cut at a frame",
        sees=BOTH_RST,
        fault="cut:at_frame=2",
        steps=TURNS,
        heard=("grüße",),
        served=("grüße",),
        lost=(("client", "text"),),
        tells=(NO_CLOSE, CUT_RST),
    ),
    replace(
        REST_DIES,
        name="FIN in a frame",
        sees=BOTH_FIN,
        fault="fin:at_frame=2,into=9",
        steps=TURNS,
        heard=("grüße",),
        served=("grüße",),
        lost=(("client", "text"),),
        tells=(NO_CLOSE, CUT_FIN),
    ),
    replace(
        REST_DIES,
        name="cut at a word",
        sees=BOTH_RST,
        fault="cut:seen=two,of=server",
        steps=ask("two"),
        served=("one", "two"),
        lost=(("server", "text"),),
        tells=(NO_CLOSE, CUT_RST),
    ),
    replace(
        REST_DIES,
        name="idle, FIN",
        sees=BOTH_FIN,
        fault="idle:0.2",
        tells=("saw no byte for 0.2 s", CUT_FIN),
    ),
    replace(REST_DIES, name="idle, RST", sees=BOTH_RST, fault="idle:0.2,how=rst", tells=(NO_CLOSE, "0.2 s", CUT_RST)),
    replace(
        SILENCE,
        name="idle, forgotten",
        sees=("RST", None),
        fault="idle:0.2,how=forget",
        client=1006,
        tcp=None,
        tells=(STILL_OPEN, "knows no such connection any more, and answers the client with RST"),
        limit=2.0,
        gives_up=False,
    ),
    replace(
        SILENCE,
        name="idle, silent",
        fault="idle:0.2,how=silent",
        tells=(STILL_OPEN, "forgets the connection without telling anybody", SILENT),
    ),
    replace(
        REST_DIES,
        name="too old",
        sees=BOTH_FIN,
        fault="max-age:0.2",
        tells=("live longer than 0.2 s", CUT_FIN),
    ),
    replace(REST_DIES, name="too old, RST", sees=BOTH_RST, fault="max-age:0.2,how=rst", tells=(NO_CLOSE, CUT_RST)),
    passes("rechunk"),
    passes("split in the head", "split:20"),
    passes("split in a frame", "split:250"),
    passes("coalesce", "coalesce:0.01"),
    breaks("bit of the opcode", "flip:at_frame=1,into=0,bit=5", 1002, "Bit 5 of byte 0 of frame 1 of the client"),
    breaks(
        "bit of the mask",
        "flip:at_frame=1,into=1,bit=0",
        1002,
        "Bit 0 of byte 1 of frame 1",
        Other("aiohttp", "client", 1007, AIOHTTP_MASK),
        Other("aiohttp", "says", 1007, AIOHTTP_MASK),
    ),
    breaks("bit of the payload", "flip:at_frame=1,into=9,bit=0", 1007, "is flipped on the way"),
    breaks_back("bit of the answer", "flip:at_frame=1,into=0,bit=5,of=server", 1002, "frame 1 of the server"),
    breaks(
        "truncate-text",
        "truncate-text:1",
        1007,
        "Frame 1 of the client is shortened on the way, and ends inside a character.",
    ),
    breaks_back(
        "text of the server",
        "truncate-text:1,of=server",
        1007,
        "Frame 1 of the server is shortened on the way",
        *(Other("Chromium", what, 1002, CHROMIUM_TEXT) for what in ("says", "server")),
    ),
    replace(
        REFUSED,
        name="no Upgrade",
        fault="header:Upgrade,of=client",
        tcp=(None, "FIN"),
        tells=(NEVER, "takes the header Upgrade out of the request"),
    ),
    replace(
        REFUSED,
        name="another Accept",
        sees=(None, "FIN"),
        fault="header:Sec-WebSocket-Accept,x,of=server",
        server=1006,
        tcp=("client", "FIN"),
        tells=("makes the header Sec-WebSocket-Accept of the response 'x'", "see whether it took the server's answer"),
    ),
    passes("swallow-pongs", pong="no pong"),
    passes("delay-pongs", "delay-pongs:0.05"),
    passes("gate"),
)
"""Each fault of `NAMES`."""

PRESETS = (
    passes("mobile", small=0.05),
    passes("satellite", small=0.03),
    passes("train_tunnel", small=1 / 60),
    passes("laptop_lid", small=1 / 36_000),
    replace(SILENCE, name="wifi_to_mobile", fault="wifi_to_mobile", small=0.02, tells=(STILL_OPEN, SILENT)),
    replace(
        REST_DIES,
        name="nginx_60s",
        sees=BOTH_FIN,
        fault="nginx_60s",
        small=1 / 300,
        tells=("no byte for 0.2 s", CUT_FIN),
    ),
    replace(
        SILENCE,
        name="nat_5min",
        fault="nat_5min",
        small=0.2 / 300,
        tells=(STILL_OPEN, "forgets the connection without telling anybody"),
    ),
    replace(
        SILENCE,
        name="cloud_350s",
        sees=("RST", None),
        fault="cloud_350s",
        small=0.2 / 350,
        client=1006,
        tcp=None,
        tells=(STILL_OPEN, "and answers the client with RST"),
        limit=2.0,
        gives_up=False,
    ),
    replace(
        REST_DIES,
        name="two_hours_at_most",
        sees=BOTH_FIN,
        fault="two_hours_at_most",
        small=0.2 / 7200,
        tells=(NO_CLOSE, CUT_FIN),
    ),
    replace(
        REFUSED,
        name="corporate_proxy",
        fault="corporate_proxy",
        tcp=(None, "FIN"),
        tells=(NEVER, "takes the header Upgrade out of the request", "makes the header Connection of the request"),
    ),
    replace(
        REST_DIES,
        name="censor_rst",
        sees=BOTH_RST,
        fault="censor_rst",
        steps=ask("this is forbidden"),
        served=("one", "this is forbidden"),
        lost=(("server", "text"),),
        tells=(NO_CLOSE, CUT_RST),
    ),
    passes("slow_reader", small=0.05),
    passes("byte_by_byte"),
    passes("glue", small=0.2),
    passes("pongs_lost", pong="no pong"),
)
"""Each preset."""

ENDINGS = (
    passes("clean close", ""),
    Case(
        name="1011",
        steps=ask(GO_WRONG),
        client=1011,
        server=1011,
        heard=("one",),
        served=("one", GO_WRONG),
        says=("server", 1011),
        tcp=(None, "FIN"),
        tells=("The side that closed met an error of its own",),
        others=(Other("aiohttp", "server", 1000, AIOHTTP_1000),),
    ),
    Case(
        name="1009",
        steps=ask("x" * 2 * MAX_MESSAGE),
        client=1009,
        server=1006,
        heard=("one",),
        served=("one",),
        says=("server", 1009),
        tcp=(None, "FIN"),
        tells=("A message was larger than the limit of the side that closed",),
    ),
    replace(
        REST_DIES,
        name="the server hangs up",
        sees=("FIN", None),
        steps=ask(HANG_UP),
        served=("one", HANG_UP),
        tcp=("server", "FIN"),
        tells=(NO_CLOSE, "The server ended TCP first (FIN)."),
    ),
    replace(
        REST_DIES,
        name="the server drops dead",
        sees=("RST", None),
        steps=ask(DROP_DEAD),
        served=("one", DROP_DEAD),
        tcp=("server", "RST"),
        tells=(NO_CLOSE, "The server ended TCP first (RST)."),
    ),
    replace(
        REST_DIES,
        name="the client hangs up",
        sees=(None, "FIN"),
        steps=(("send", "one"), ("hear",), ("fin",)),
        tcp=("client", "FIN"),
        tells=(NO_CLOSE, "The client ended TCP first (FIN)."),
        leaves=True,
    ),
    replace(
        REST_DIES,
        name="the client drops dead",
        sees=(None, "RST"),
        steps=(("send", "one"), ("hear",), ("rst",)),
        tcp=("client", "RST"),
        tells=(NO_CLOSE, "The client ended TCP first (RST)."),
        leaves=True,
    ),
)
"""Ends that the two programs make between themselves, with nothing wrong on the way."""

CASES = (*FAULTS, *PRESETS, *ENDINGS)
BY_NAME: Mapping[str, Case] = MappingProxyType({case.name: case for case in CASES})
