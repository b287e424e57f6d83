r"""Bytes written in every form in which people have them: name of the form, and a function that writes it.

The layouts are those of the programs (xxd, od and hexdump are compared with the real ones in `test_forms`). Where the
kind was found in public reports, that is said beside it; no text was copied.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator

Writer = Callable[[bytes], str]


def chunks(data: bytes, size: int = 16) -> Iterator[tuple[int, bytes]]:
    return ((at, data[at : at + size]) for at in range(0, len(data), size))


def shown(data: bytes) -> str:
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in data)


def rows(offset: str, cell: Callable[[bytes], str], tail: str = "", width: int = 0, size: int = 16) -> Writer:
    def write(data: bytes) -> str:
        lines = [
            (offset % at + cell(row).ljust(width) + tail.replace("{}", shown(row))).rstrip()
            for at, row in chunks(data, size)
        ]
        return "\n".join(lines) + "\n"

    return write


def spaced(row: bytes) -> str:
    return row.hex(" ")


def pairs(row: bytes) -> str:
    return row.hex(" ", -2) if len(row) % 2 == 0 else " ".join(row[i : i + 2].hex() for i in range(0, len(row), 2))


def halves(row: bytes) -> str:
    return f"{row[:8].hex(' ')}  {row[8:].hex(' ')}"


def little(size: int, form: str) -> Callable[[bytes], str]:
    def write(row: bytes) -> str:
        words = (row[i : i + size].ljust(size, b"\0") for i in range(0, len(row), size))
        return " ".join(form % int.from_bytes(word, "little") for word in words)

    return write


def ended(write: Writer, last: str) -> Writer:
    return lambda data: write(data) + last % len(data) + "\n"


def each(form: str, between: str, before: str = "", behind: str = "", *, signed: bool = False) -> Writer:
    def write(data: bytes) -> str:
        numbers = (byte - 256 if signed and byte > 127 else byte for byte in data)
        return before + between.join(form % number for number in numbers) + behind

    return write


def xxd_e(row: bytes) -> str:
    return " ".join(row[i : i + 4][::-1].hex() for i in range(0, len(row), 4))


_C = {0: r"\0", 7: r"\a", 8: r"\b", 9: r"\t", 10: r"\n", 11: r"\v", 12: r"\f", 13: r"\r"}


def od_c(row: bytes) -> str:
    return "".join(f"{_C.get(b) or (chr(b) if 32 <= b < 127 else f'{b:03o}'):>4}" for b in row)


def characters(offset: str) -> Writer:
    """As the programs write them: a space at the end of a row is a byte, and stays."""
    return lambda data: "".join(f"{offset % at}{od_c(row)}\n" for at, row in chunks(data))


def quoted(data: bytes, form: str, quote: str = '"') -> str:
    plain = set(range(32, 127)) - {ord(quote), 92} - set(b"0123456789abcdefABCDEF")
    return quote + "".join(chr(b) if b in plain else form % b for b in data) + quote


def trace(data: bytes) -> str:
    return f"=> Send data, {len(data)} bytes (0x{len(data):x})\n" + rows("%04x: ", spaced, " {}", 48)(data)


def node(data: bytes) -> str:
    return f"<Buffer {data.hex(' ')}>"


def yaml(data: bytes) -> str:
    lines = "".join(f"      {line}\n" for line in base64.encodebytes(data).decode().split())
    head = "peers:\n  - peer: 0\n    host: 127.0.0.1\npackets:\n  - packet: 4\n    peer: 0\n    index: 0\n"
    return f"{head}    data: !!binary |\n{lines}"


def socat(data: bytes) -> str:
    body = "\n".join(" " + row.hex(" ") for _, row in chunks(data))
    return f"> 2026/11/29 12:00:00.000123  length={len(data)} from=0 to={len(data) - 1}\n{body}\n--\n"


def socat_v(data: bytes) -> str:
    body = "\n".join(f" {row.hex(' '):<48} {shown(row)}" for _, row in chunks(data))
    return f"> 2026/11/29 12:00:00.000123  length={len(data)} from=0 to={len(data) - 1}\n{body}\n--\n"


def format_hex(data: bytes) -> str:
    head = "\r\n           00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F\r\n\r\n"
    return head + rows("%08X   ", lambda row: row.hex(" ").upper(), "  {}", 47)(data).replace("\n", "\r\n")


def netty(data: bytes) -> str:  # rsocket/rsocket-java#100
    rule, dashes = f"+--------+-{'-' * 48}+{'-' * 16}+", f"         +-{'-' * 48}+"
    head = f"{dashes}\n         |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |\n{rule}\n"
    body = "".join(f"|{at:08x}| {row.hex(' '):<47} |{shown(row):<16}|\n" for at, row in chunks(data))
    return f"[nio-1] DEBUG i.n.h.l.LoggingHandler - [id: 0x1] READ: {len(data)}B\n{head}{body}{rule}\n"


def websocketpp(data: bytes) -> str:  # zaphoyd/websocketpp#564
    begin = "[2026-11-29 12:00:00] [devel] "
    return f"{begin}p = 0 bytes transferred = {len(data)}\n{begin}Processing Bytes: {data.hex(' ').upper()} \n"


def libwebsockets(data: bytes) -> str:  # warmcat/libwebsockets#1629
    begin = "[2026/11/29 12:00:00:1234] D: "
    body = "".join(f"{begin}{at:04X}: {row.hex(' ').upper():<48}    {shown(row)}\n" for at, row in chunks(data))
    return f"{begin}\n{body}"


def strace(data: bytes) -> str:
    return f"sendto(3, {quoted(data, chr(92) + '%03o')}, {len(data)}, MSG_NOSIGNAL, NULL, 0) = {len(data)}"


WRITTEN: dict[str, Writer] = {
    "hex": bytes.hex,
    "hex, spaced": lambda data: data.hex(" "),
    "hex, colons (tshark's fields)": lambda data: data.hex(":"),
    "hex, dashes (BitConverter)": lambda data: data.hex("-").upper(),
    "hex, 0x and commas": each("0x%02x", ", "),
    r"hex, \x": each(r"\x%02x", ""),
    "xxd -p": lambda data: "\n".join(row.hex() for _, row in chunks(data, 30)) + "\n",
    "xxd": rows("%08x: ", pairs, "  {}", 39),
    "xxd -g1": rows("%08x: ", spaced, "  {}", 47),
    "xxd -c 8": rows("%08x: ", pairs, "  {}", 19, 8),
    "xxd -e": rows("%08x: ", xxd_e, "  {}", 35),
    "xxd -b": rows("%08x: ", lambda row: " ".join(f"{b:08b}" for b in row), "  {}", 53, 6),
    "xxd -i": lambda data: (
        f"unsigned char frame[] = {{\n  {each('0x%02x', ', ')(data)}\n}};\nunsigned int frame_len = {len(data)};\n"
    ),
    "hexdump -C": ended(rows("%08x  ", halves, "  |{}|", 48), "%08x"),
    "hexdump": ended(rows("%07x ", little(2, "%04x")), "%07x"),
    "hexdump -x": ended(rows("%07x    ", lambda row: little(2, "%04x")(row).replace(" ", "    ")), "%07x"),
    "hexdump -b": ended(rows("%07x ", lambda row: " ".join(f"{b:03o}" for b in row)), "%07x"),
    "hexdump -c": ended(characters("%07x"), "%07x"),
    "hexdump -d": ended(rows("%07x   ", lambda row: little(2, "%05d")(row).replace(" ", "   ")), "%07x"),
    "hexdump -o": ended(rows("%07x  ", lambda row: little(2, "%06o")(row).replace(" ", "  ")), "%07x"),
    "od": ended(rows("%07o ", little(2, "%06o")), "%07o"),
    "od -b": ended(rows("%07o ", lambda row: " ".join(f"{b:03o}" for b in row)), "%07o"),
    "od -c": ended(characters("%07o"), "%07o"),
    "od -x": ended(rows("%07o ", little(2, "%04x")), "%07o"),
    "od -t x1": ended(rows("%07o ", spaced), "%07o"),
    "od -t x4": ended(rows("%07o ", little(4, "%08x")), "%07o"),
    "od -t u1": ended(rows("%07o ", lambda row: " ".join(f"{b:3d}" for b in row)), "%07o"),
    "od -t d1": ended(rows("%07o ", lambda row: " ".join(f"{b - 256 * (b > 127):4d}" for b in row)), "%07o"),
    "od -A x -t x1z": ended(rows("%06x ", spaced, "  >{}<", 47), "%06x"),
    "od -A d -t x1": ended(rows("%07d ", spaced), "%07d"),
    "od -A n -t x1": rows(" %.0s", spaced),
    "Wireshark: offset and hex": rows("%04x  ", spaced),
    "Wireshark: offset, hex and text": rows("%04x   ", spaced, "   {}", 47),
    "Wireshark: follow, hex dump": rows("%08x  ", halves, "  {}", 48),
    "Wireshark: follow, C arrays": lambda data: (
        "char peer0_0[] = { /* Packet 4 */\n" + each("0x%02x", ", ")(data) + " };\n"
    ),
    "Wireshark: follow, YAML": yaml,
    "Wireshark: escaped string": lambda data: "\\\n".join(
        '"' + each(r"\x%02x", "")(row) + '" ' for _, row in chunks(data)
    ),
    "tshark: follow, raw": lambda data: (
        f"\n{'=' * 30}\nFollow: tcp,raw\nFilter: tcp.stream eq 0\nNode 0: a:1\nNode 1: b:2\n{data.hex()}\n{'=' * 30}\n"
    ),
    "curl --trace": trace,
    "curl --trace --trace-time": lambda data: "12:00:00.000123 " + trace(data),
    "Node: Buffer": node,
    "Node: Buffer.from": lambda data: f"Buffer.from('{data.hex()}', 'hex')",
    "Node: Buffer as JSON": lambda data: json.dumps({"type": "Buffer", "data": list(data)}),
    "Browser: Uint8Array": lambda data: f"Uint8Array({len(data)}) [{each('%d', ', ')(data)}]",
    "Python: bytes": repr,
    "Python: bytearray": lambda data: repr(bytearray(data)),
    "Python: list": lambda data: str(list(data)),
    "Python: fromhex": lambda data: f"bytes.fromhex('{data.hex()}')",
    "C: array": each("0x%02x", ", ", "uint8_t frame[] = {", "};"),
    "C: string": lambda data: quoted(data, r"\x%02x"),
    "C: octal string": lambda data: quoted(data, r"\%03o"),
    "JSON: array": lambda data: json.dumps(list(data)),
    "JSON: string": lambda data: json.dumps(data.decode("latin-1")),
    "Go: slice": each("0x%x", ", ", "[]byte{", "}"),
    "Go: %v": each("%d", " ", "[", "]"),
    "Rust: vec": each("%du8", ", ", "vec![", "]"),
    "Rust: byte string": lambda data: "b" + quoted(data, r"\x%02x"),
    "Java: new byte[]": each("%d", ", ", "new byte[] {", "}", signed=True),
    "Java: Arrays.toString": each("%d", ", ", "[", "]", signed=True),
    "Kotlin: byteArrayOf": each("%d", ", ", "byteArrayOf(", ")", signed=True),
    "Perl: string": lambda data: quoted(data, r"\x{%02x}"),
    "Perl: pack": each("%d", ", ", "pack('C*', ", ")"),
    "Elixir": each("%d", ", ", "<<", ">>"),
    "printf": lambda data: f"printf '{each(chr(92) + 'x%02x', '')(data)}'",
    "printf, octal": lambda data: f"printf '{each(chr(92) + '%03o', '')(data)}' | nc localhost 80",
    "strace": strace,
    "strace -xx": lambda data: f'write(3, "{each(chr(92) + "x%02x", "")(data)}", {len(data)}) = {len(data)}',
    "Format-Hex": format_hex,
    "decimals": each("%d", " "),
    "bits": lambda data: " ".join(f"{b:08b}" for b in data),
    "Base64": lambda data: base64.b64encode(data).decode(),
    "Base64, for URLs": lambda data: base64.urlsafe_b64encode(data).decode().rstrip("="),
    "ESP_LOG_BUFFER_HEX": lambda data: "".join(f"I (195) ws: {row.hex(' ')} \n" for _, row in chunks(data)),
    "ESP_LOG_BUFFER_HEXDUMP": lambda data: "".join(
        f"I (195) ws: 0x{0x3FFB4280 + at:08x}   {halves(row):<48}  |{shown(row)}|\n" for at, row in chunks(data)
    ),
    "Arduino: print HEX": each("%X", " "),
    "Arduino: log with arrows": lambda data: "".join(
        f"12:00:00.123 -> {row.hex(' ').upper()}\n" for _, row in chunks(data)
    ),
    "log: TX": lambda data: f"[2026-11-29 12:00:00] TX: {data.hex(' ')}\n",
    "socat -x": socat,
    "socat -v -x": socat_v,
    "Netty: LoggingHandler": netty,
    "WebSocket++": websocketpp,
    "libwebsockets: lwsl_hexdump": libwebsockets,
    "Okio: ByteString": lambda data: f"received [hex={data.hex()}]",
    "Swift: Data": lambda data: f"Optional({{length = {len(data)}, bytes = 0x{data.hex()}}})",
    "Erlang: a badmatch": lambda data: "** {{badmatch,<<" + each("%d", ",")(data) + ">>},\n [{ws,parse,1}]}",  # wsock#2
    "gdb x/xb": rows("0x7ffe0000%04x:\t", lambda row: "\t".join(f"0x{b:02x}" for b in row), size=8),
}
"""Every written form, by the name that people give it."""
