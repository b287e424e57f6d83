"""Captures after public reports: around which headers, in which condition, and where such a one was reported.

The kinds are those of `tests/data/cases`, by their numbers. Every capture is written here, and none holds text of a
report. A source is an issue or a pull request of GitHub.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tests.formats.pcap.conditions import SWITCHED, UPGRADE, Talk
from tests.formats.pcap.files import Packet, cut
from tests.formats.pcap.wrapped import (
    ETHERNET,
    ether,
    geneve,
    gre,
    ipnet,
    ipv4,
    ipv6,
    nflog,
    pktap,
    pppoe,
    six,
    sll,
    sll2,
    typed,
    tzsp,
    vlan,
    vn_tag,
    vxlan,
)
from tests.tape.tapes import KEY
from wslab.formats.pcap.tcpip import ACK, FIN, PSH, RST, SYN
from wslab.protocol import Frame

PORT = 20_000
HELLO, ECHO = Frame.text("Hello", mask=KEY).serialize(), Frame.text("Hello, too").serialize()
BYE, BYE_TOO = Frame.close(1000, mask=KEY).serialize(), Frame.close(1000).serialize()
FOUR = ["client text", "server text", "client close", "server close"]
"""The frames of a conversation that is whole."""

Packets = list[bytes]


def conversation(talk: Talk) -> None:
    """Two texts and two Closes, behind a handshake."""
    talk.shake()
    talk.exchange(UPGRADE, SWITCHED)
    frames(talk)


def frames(talk: Talk) -> None:
    """The frames, and the end of TCP."""
    talk.exchange(HELLO, ECHO)
    talk.exchange(BYE, BYE_TOO)
    talk.finish()


def packets(write: Callable[[Talk], None] = conversation) -> Packets:
    """What goes over the wire."""
    talk = Talk(PORT)
    write(talk)
    return talk.packets


# --- kind 11: headers around the packets -----------------------------------------------------------


def around(link: int, wrap: Callable[[bytes], bytes]) -> Callable[[Packets], list[Packet]]:
    """Every packet behind these headers."""
    return lambda whole: [Packet(link, wrap(data)) for data in whole]


def on_ethernet(wrap: Callable[[bytes], bytes], kind: bytes | None = None) -> Callable[[Packets], list[Packet]]:
    """Every packet behind these headers, in Ethernet."""
    return around(ETHERNET, lambda data: ether(wrap(data), kind))


def _seen_by_any(whole: Packets) -> list[Packet]:
    """Of `tcpdump -i any` on a node: each packet on the pod's interface, on the bridge, and in its tunnel."""
    ways: list[Callable[[bytes], bytes]] = [lambda data: data, lambda data: data, lambda data: ipv4(data, 4)]
    return [Packet(276, sll2(b"\x08\x00", wrap(data))) for data in whole for wrap in ways]


def _seen_by_router(whole: Packets) -> list[Packet]:
    """On the interface of PPP, then in PPPoE on that of Ethernet."""
    session = [(Packet(113, sll(b"\x08\x00", data)), Packet(113, sll(b"\x88\x64", pppoe(data)))) for data in whole]
    return [packet for both in session for packet in both]


def _several_links(whole: Packets) -> list[Packet]:
    """Of `-i any` on macOS: interfaces of several link types in one file."""
    links = (
        Packet(0, struct.pack("<I", 2)),
        Packet(ETHERNET, ether(b"", b"\x08\x00")[:14]),
        Packet(258, pktap(ETHERNET, ether(b"", b"\x08\x00")[:14])),
    )
    return [Packet(links[at % 3].link, links[at % 3].data + data) for at, data in enumerate(whole)]


def _trailer(data: bytes) -> bytes:
    """Behind addresses of zeros, with the name of an app behind the packet."""
    return (
        bytes(12) + b"\x08\x00" + data + struct.pack(">II", 0x01072021, 10_123) + b"example".ljust(20, b"\0") + b"sum0"
    )


def _mirrored_3(data: bytes) -> bytes:
    """ERSPAN of type III, without what may stand behind its header."""
    return gre(ether(vn_tag(data), b"\x89\x26"), 0x22EB, 0x1000, bytes(4) + struct.pack(">HHIHH", 2 << 12, 7, 0, 0, 0))


def _ip_of_gateway(data: bytes) -> bytes:
    """Geneve with the three options of a load balancer of AWS."""
    return geneve(data, 0x800, b"".join(struct.pack(">HBB", 0x108, kind, 1) + bytes(4) for kind in (1, 2, 3)))


def _geneve_on_six(data: bytes) -> bytes:
    inner = struct.pack(">BBHI", 1, 0, 0x6558, 100 << 8) + b"\x01\x29\x00\x00" + ether(data)
    return ipv6(struct.pack(">HHHH", 6081, 6081, 8 + len(inner), 0) + inner, 17)


HEADERS: Sequence[tuple[str, str, Callable[[Packets], list[Packet]]]] = (
    ("appneta/tcpreplay#727", "SLL2, of `tcpdump -i any`", around(276, lambda data: sll2(typed(data)[:2], data))),
    ("libpnet/libpnet#510", "SLL, of an older `tcpdump -i any`", around(113, lambda data: sll(typed(data)[:2], data))),
    ("projectcalico/calico#8953", "`-i any` on a node of Kubernetes: each packet three times", _seen_by_any),
    ("GyulyVGC/sniffnet#422", "PPPoE in SLL, of a router", _seen_by_router),
    ("emanuele-f/PCAPdroid#125", "Android: Ethernet that was made up, and a trailer", around(ETHERNET, _trailer)),
    ("the-tcpdump-group/libpcap#1259", "macOS: several link types in one pcapng", _several_links),
    ("dotpcap/sharppcap#17", "Windows: NULL, IPv6", around(0, lambda data: struct.pack("<I", 24) + six(data))),
    ("google/gopacket#849", "NULL with an EtherType", around(0, lambda data: bytes(2) + b"\x08\x00" + data)),
    ("warmcat/libwebsockets#1709", "Solaris: IPNET", around(226, ipnet)),
    ("phaag/nfdump#366", "NFLOG", around(239, nflog)),
    ("arkime/arkime#536", "PPPoE", on_ethernet(pppoe, b"\x88\x64")),
    ("zeek/zeek#1012", "QinQ with 88a8", on_ethernet(lambda data: b"\x00\x05\x81\x00" + vlan(data), b"\x88\xa8")),
    ("kaitoy/pcap4j#149", "QinQ with 9100", on_ethernet(lambda data: b"\x00\x05\x81\x00" + vlan(data), b"\x91\x00")),
    ("zeek/zeek#4286", "VN-Tag in a VLAN", on_ethernet(lambda data: b"\x00\x07\x89\x26" + vn_tag(data), b"\x81\x00")),
    ("voiceip/oreka#97", "VXLAN, mirrored by AWS", on_ethernet(lambda data: vxlan(ether(data)))),
    ("cilium/cilium#37634", "VXLAN at port 8472", on_ethernet(lambda data: vxlan(ether(data), 8472))),
    ("haproxy/haproxy#1503", "Geneve of AWS, with options and IP", on_ethernet(_ip_of_gateway)),
    ("oxidecomputer/overwatch#14", "Geneve over IPv6, with an option", on_ethernet(_geneve_on_six)),
    (
        "the-tcpdump-group/tcpdump#1040",
        "ERSPAN, type II",
        on_ethernet(lambda data: gre(ether(data), 0x88BE, 0x1000, bytes(4) + struct.pack(">HHI", 1 << 12, 7, 0))),
    ),
    ("OISF/suricata#4466", "ERSPAN, type I", on_ethernet(lambda data: gre(ether(data), 0x88BE))),
    ("sipcapture/heplify#120", "ERSPAN, type III, VN-Tag", on_ethernet(_mirrored_3)),
    ("arkime/arkime#1917", "TZSP of a router", on_ethernet(tzsp)),
    ("thefloweringash/tzsp2pcap#4", "TZSP that says it is to be sent", on_ethernet(lambda data: tzsp(data, 1))),
)
"""Kind 11: source, what it is, and how the packets of a conversation become those of the capture."""


# --- kind 11: packets that are cut, large, twice, in another order ----------------------------------


def _offloaded(whole: Packets) -> list[Packet]:
    """The card cuts the segments: in a packet as captured, the length in IP is 0, and the sums are not there."""
    return [
        Packet(101, data[:2] + bytes(2) + data[4:10] + bytes(2) + data[12:36] + bytes(2) + data[38:]) for data in whole
    ]


def _syn_ack_first(whole: Packets) -> list[Packet]:
    return [Packet(101, data) for data in (whole[1], whole[0], *whole[2:])]


def _twice(whole: Packets) -> list[Packet]:
    return [Packet(101, data) for data in whole for _ in range(2)]


def _request_in_syn(talk: Talk) -> None:
    """TCP Fast Open (RFC 7413)."""
    talk.add(UPGRADE, up=True, flags=SYN)
    talk.add(b"", up=False, flags=SYN | ACK)
    talk.add(SWITCHED, up=False)
    frames(talk)


def _switched_twice(talk: Talk) -> None:
    """The 101 is sent again, and its first frame with it."""
    talk.shake()
    at = talk.position(up=False)
    talk.exchange(UPGRADE, SWITCHED)
    talk.add(SWITCHED + ECHO, up=False, at=at)
    talk.add(HELLO, up=True)
    talk.add(ECHO, up=False)
    talk.exchange(BYE, BYE_TOO)


def _switched_with_frame(talk: Talk) -> None:
    talk.shake()
    talk.exchange(UPGRADE, SWITCHED + ECHO)
    talk.add(HELLO, up=True)
    talk.exchange(BYE, BYE_TOO)


def _probed(talk: Talk) -> None:
    """Keepalive of Windows, whose byte is none of the stream."""
    talk.shake()
    talk.exchange(UPGRADE, SWITCHED)
    for _ in range(3):
        talk.add(b"\0", up=True, flags=ACK, at=talk.position(up=True) - 1)
        talk.add(b"", up=False, flags=ACK)
    frames(talk)


def _aborted(talk: Talk) -> None:
    """Behind the 101, the client ends TCP at once, and the server's frame meets a reset."""
    talk.shake()
    talk.exchange(UPGRADE, SWITCHED)
    talk.add(b"", up=True, flags=FIN | ACK)
    talk.add(ECHO, up=False)
    talk.add(b"", up=True, flags=RST)


def _large(talk: Talk) -> None:
    """One segment, larger than any MTU, has several frames and a part of the next."""
    talk.shake()
    talk.exchange(UPGRADE, SWITCHED)
    data = (Frame.binary(bytes(20_000), mask=KEY).serialize()) * 3
    talk.add(data[:50_000], up=True)
    talk.add(data[50_000:], up=True)
    talk.exchange(BYE, BYE_TOO)


def plain(whole: Packets) -> list[Packet]:
    """Packets that begin with IP."""
    return [Packet(101, data) for data in whole]


SEGMENTS: Sequence[tuple[str, str, Callable[[Talk], None], Callable[[Packets], list[Packet]], list[str]]] = (
    ("kbandla/dpkt#127", "TSO: a length of 0 in IP, no sums", conversation, _offloaded, FOUR),
    ("the-tcpdump-group/tcpdump#389", "segments larger than the MTU", _large, plain, ["client binary"] * 3 + FOUR[2:]),
    ("adulau/ssldump#22", "a mirror port: SYN behind its answer", conversation, _syn_ack_first, FOUR),
    ("kubernetes/kubernetes#25793", "every packet twice, of a bridge", conversation, _twice, FOUR),
    ("dmachard/DNS-collector#233", "the request in the SYN", _request_in_syn, plain, FOUR),
    ("caido/caido#2151", "a frame in the segment of the 101", _switched_with_frame, plain, FOUR),
    ("docker/for-linux#104", "the 101 sent again, with a frame behind it", _switched_twice, plain, FOUR),
    ("seladb/PcapPlusPlus#1594", "keepalive with a byte", _probed, plain, FOUR),
    ("nginx-proxy/nginx-proxy#1331", "given up behind the 101", _aborted, plain, ["server text"]),
)
"""Kind 11: source, what it is, the conversation, its packets as captured, and the frames that are there."""

SNAPPED: Sequence[tuple[str, int]] = (
    ("travelping/docker-pcap#15", 68),
    ("the-tcpdump-group/tcpdump#460", 96),
    ("openshift/release#62968", 120),
    ("mozillazg/ptcpdump#77", 1500),
)
"""Kind 11: source, and the snap length."""


def snapped(size: int) -> list[Packet]:
    """A conversation of which so many bytes of each packet were kept; its message has 4,000 bytes."""
    talk = Talk(PORT)
    talk.shake()
    talk.exchange(UPGRADE, SWITCHED)
    talk.exchange(Frame.text("a" * 4000, mask=KEY).serialize(), ECHO)
    talk.exchange(BYE, BYE_TOO)
    return [cut(Packet(ETHERNET, ether(data)), size) for data in talk.packets]


# --- kind 10: the capture begins in mid-stream ------------------------------------------------------


def _idle(talk: Talk, byte: bytes = b"") -> None:
    """What is seen first of a silent connection is keepalive."""
    for up in (False, True):
        talk.add(byte, up=up, flags=ACK, at=talk.position(up=up) - 1)
        talk.add(b"", up=not up, flags=ACK)
    frames(talk)


def _long_frames(talk: Talk) -> None:
    """Frames that several segments share, and the capture begins in the second of them."""
    data = Frame.text("long " * 700, mask=KEY).serialize() + HELLO * 3 + BYE
    for at in range(1000, len(data), 1000):
        talk.add(data[at : at + 1000], up=True)
    talk.exchange(b"", ECHO + BYE_TOO)


def _rotated(talk: Talk) -> None:
    """The second file of `tcpdump -G`: nothing but the frames, for the server speaks first."""
    talk.add(ECHO, up=False)
    frames(talk)


MIDDLES: Sequence[tuple[str, str, Callable[[Talk], None], list[str]]] = (
    ("http-party/node-http-proxy#237", "keepalive is seen first", _idle, FOUR),
    ("seladb/PcapPlusPlus#1594", "keepalive with a byte is seen first", lambda talk: _idle(talk, b"\0"), FOUR),
    (
        "websockets/ws#1038",
        "frames that several segments share",
        _long_frames,
        ["client text"] * 3 + ["client close", "server text", "server close"],
    ),
    ("kubeshark/kubeshark#1624", "a long-living connection", frames, FOUR),
    ("simsong/tcpflow#73", "the next file of a capture that goes on", _rotated, ["server text", *FOUR]),
)
"""Kind 10: source, what it is, what is captured, and the frames that are there."""


# --- kind 9: what stands before the upgrade ---------------------------------------------------------

PROXIED = b"PROXY TCP4 198.51.100.7 10.0.0.2 5555 80\r\n"
PROXIED_BINARY = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c" + bytes((198, 51, 100, 7, 10, 0, 0, 2, 0x15, 0xB3, 0, 80))
_ASKED = b"GET /page HTTP/1.1\r\nHost: a\r\n\r\n"
_POSTED = b"POST /log HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\n" + b"a" * 30
_CONNECT = b"CONNECT a.example:80 HTTP/1.1\r\nHost: a.example:80\r\n\r\n"
_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
_LOGIN = b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n"
_PROXY_LOGIN = b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n"
_TUNNEL = b"HTTP/1.1 200 Connection established\r\n\r\n"

BEFORE: Sequence[tuple[str, str, Sequence[tuple[bool, bytes]], list[str]]] = (
    (
        "cesanta/mongoose#750",
        "NTLM: two refusals on the connection",
        [(True, UPGRADE), (False, _LOGIN), (True, UPGRADE), (False, _LOGIN), (True, UPGRADE), (False, SWITCHED)],
        ["401", "401", "101"],
    ),
    (
        "ghedipunk/PHP-Websockets#46",
        "a request in several segments",
        [*((True, UPGRADE[at : at + 30]) for at in range(0, len(UPGRADE), 30)), (False, SWITCHED)],
        ["101"],
    ),
    (
        "greim/hoxy#67",
        "CONNECT",
        [(True, _CONNECT), (False, _TUNNEL), (True, UPGRADE), (False, SWITCHED)],
        ["200", "101"],
    ),
    (
        "monkeyWie/proxyee#264",
        "CONNECT that must log in",
        [
            (True, _CONNECT),
            (False, _PROXY_LOGIN),
            (True, _CONNECT),
            (False, _TUNNEL),
            (True, UPGRADE),
            (False, SWITCHED),
        ],
        ["407", "200", "101"],
    ),
    (
        "curl/curl#21663",
        "a request to a proxy, without CONNECT",
        [(True, UPGRADE.replace(b"GET /", b"GET ws://127.0.0.1:9001/", 1)), (False, SWITCHED)],
        ["101"],
    ),
    ("vernemq/vernemq#1703", "the PROXY protocol", [(True, PROXIED + UPGRADE), (False, SWITCHED)], ["101"]),
    (
        "heroku/ranch_proxy_protocol#16",
        "the PROXY protocol in a segment of its own",
        [(True, PROXIED), (True, UPGRADE), (False, SWITCHED)],
        ["101"],
    ),
    (
        "mitmproxy/mitmproxy#8377",
        "the PROXY protocol in binary",
        [(True, PROXIED_BINARY + UPGRADE), (False, SWITCHED)],
        ["101"],
    ),
    (
        "pingcap/tiproxy#270",
        "the PROXY protocol in binary, in a segment of its own",
        [(True, PROXIED_BINARY), (True, UPGRADE), (False, SWITCHED)],
        ["101"],
    ),
    (
        "oven-sh/bun#43376",
        "two requests in one segment",
        [(True, _ASKED + UPGRADE), (False, _OK + SWITCHED)],
        ["200", "101"],
    ),
    (
        "oven-sh/bun#38128",
        "the end of a body and the request in one segment",
        [(True, _POSTED[:-9]), (True, _POSTED[-9:] + UPGRADE[:40]), (True, UPGRADE[40:]), (False, _OK + SWITCHED)],
        ["200", "101"],
    ),
)
"""Kind 9: source, what it is, what the client (True) and the server send, and the status of each answer."""


# --- kind 8: behind a Close -------------------------------------------------------------------------

CLOSED: Sequence[tuple[str, str, bool, bytes, list[str]]] = (
    ("dhbaird/easywsclient#21", "a Close with two NULs behind it", False, b"\x88\x00\x00\x00", ["server continuation"]),
    ("http4s/http4s#2022", "messages of a server that has closed", False, BYE_TOO + ECHO * 2, ["server text"] * 2),
    ("snapview/tokio-tungstenite#67", "a client sends behind its Close", True, BYE + HELLO, ["client text"]),
    (
        "ninjasource/Ninja.WebSockets#13",
        "the answer to a request that came late",
        False,
        BYE_TOO + ECHO,
        ["server text"],
    ),
    ("Spinoco/fs2-http#13", "Pings of a server that has closed", False, BYE_TOO + Frame.ping(b"").serialize(), []),
    ("faye/faye-websocket-node#41", "a second Close, which is no data frame", False, BYE_TOO * 2, []),
)
"""Kind 8: source, what it is, whether the client sends it, the bytes, and the frames that may not stand there."""


class Hands(NamedTuple):
    """Kind 3: a handshake somebody watched, the rules that it breaks with who does, and words of the story."""

    source: str
    request: bytes
    answer: bytes
    rules: list[tuple[str, str]]
    words: str


def _head(data: bytes, old: bytes, new: bytes) -> bytes:
    assert old in data
    return data.replace(old, new, 1)


_ACCEPT = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
_ACCEPT_LINE = b"Sec-WebSocket-Accept: " + _ACCEPT + b"\r\n"
_REFUSED = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"

HANDSHAKES = (
    Hands(
        "facebook/proxygen#483",
        UPGRADE,
        _head(SWITCHED, _ACCEPT, b"i3nI98Wx41+xdf2LZ91PdtmsuZ8="),
        [("response-accept", "server")],
        "The client must fail the connection (§4.1)",
    ),
    Hands(
        "swoole/swoole-src#195",  # the digest in hex, in Base64
        UPGRADE,
        _head(SWITCHED, _ACCEPT, b"YjM3YTRmMmNjMDYyNGYxNjkwZjY0NjA2Y2YzODU5NDViMmJlYzRlYQ=="),
        [("response-accept", "server")],
        "The client must fail the connection (§4.1)",
    ),
    Hands(
        "faye/faye-websocket-ruby#37",
        UPGRADE,
        _head(SWITCHED, _ACCEPT_LINE, b""),
        [("response-accept", "server")],
        "found no Sec-WebSocket-Accept header",
    ),
    Hands(
        "oven-sh/bun#29685",
        UPGRADE,
        _head(SWITCHED, b"\r\n\r\n", b"\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"),
        [("response-extensions", "server")],
        "The client must fail the connection (§4.1)",
    ),
    Hands(
        "lighttpd/lighttpd1.4#123",  # a proxy makes up a key of 17 bytes
        _head(UPGRADE, b"dGhlIHNhbXBsZSBub25jZQ==", b"MDAwMDAwMDAwMDAwMDAwMAo="),
        _REFUSED,
        [("request-key", "client")],
        "It has a reason: the request breaks request-key",
    ),
    Hands(
        "TecFancy/dsh-auth-gate#50",  # a proxy drops what is for one hop, of the answer
        UPGRADE,
        _head(SWITCHED, b"Upgrade: websocket\r\n", b""),
        [("response-upgrade", "server")],
        "The client must fail the connection (§4.1)",
    ),
    Hands(
        "websockets/wscat#42",  # a firewall drops it of the request
        _head(_head(UPGRADE, b"Upgrade: websocket\r\n", b""), b"Connection: Upgrade", b"Connection: keep-alive"),
        _REFUSED,
        [("request-upgrade", "client")],
        "Upgrade",
    ),
)


def watched(hands: Hands) -> list[Packet]:
    """The capture of a handshake, with a frame of each side where there is a 101."""
    talk = Talk(PORT)
    talk.shake()
    talk.exchange(hands.request, hands.answer)
    if b" 101 " in hands.answer[:16]:
        talk.exchange(HELLO, ECHO)
    talk.add(b"", up=False, flags=FIN | PSH | ACK)
    return plain(talk.packets)
