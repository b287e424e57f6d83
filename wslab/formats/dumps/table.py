r"""Every form, in the order in which they are tried. A form is one line: its name, its title, and how it is read.

To add one: a line here, and a writer of it in `tests/formats/dumps/written.py`, which every test of the forms uses.
"""

from __future__ import annotations

import re
from functools import partial

from wslab.formats.dumps import cells, literals, logs, plain
from wslab.formats.dumps.cells import Cells
from wslab.formats.dumps.form import Form
from wslab.formats.dumps.rows import read_rows

_H = "[0-9a-fA-F]"


def _row(id_: str, title: str, first: str, kind: Cells) -> Form:
    return Form(id_, title, partial(read_rows, first=re.compile(first), cells=kind))


def _literal(id_: str, title: str, begin: str, close: str, inside: object) -> Form:
    literal = literals.Literal(re.compile(begin), re.compile(close), inside)  # type: ignore[arg-type]
    return Form(id_, title, partial(literals.read_literals, literal=literal))


_NAME = r"(?:[\w:<>&*\[\] \t.$]{1,300}=\s*)?"
_END = r"[ \t]*\)*;?"

ROWS = (
    _row("tcpdump", "`tcpdump -X`", rf"\s+0x{_H}{{4}}:", cells.HEX),
    _row("gdb", "gdb's `x/xb`", rf"0x{_H}{{6,16}}(?: <[^>]*>)?:\s+0x", cells.PREFIXED_HEX),
    _row("xxd-b", "`xxd -b`", rf"{_H}{{8}}: [01]{{8}}(?: |$)", cells.BITS),
    _row("xxd", "xxd", rf"{_H}{{8}}: +{_H}{{2}}", cells.HEX),
    _row("xxd-e", "`xxd -e`", rf"{_H}{{8}}: +{_H}{{2}}", cells.XXD_E),
    _row("curl-trace", "`curl --trace`", rf"{_H}{{4,8}}: {_H}{{2}} ", cells.SINGLE_HEX),
    _row("hexdump-C", "`hexdump -C`", rf"\s*{_H}{{8}}  {_H}{{2}} .*\|", cells.SINGLE_HEX),
    _row("format-hex", "Format-Hex", rf"(?:{_H}{{8}}|{_H}{{16}}) {{3}}{_H}{{2}} ", cells.SINGLE_HEX),
    _row("esp-hexdump", "`ESP_LOG_BUFFER_HEXDUMP`", rf"\s*0x{_H}{{8}}\s+{_H}{{2}} ", cells.SINGLE_HEX),
    _row("od-A-x", "`od -A x -t x1z`", rf"{_H}{{6}} +{_H}{{2}}(?: |$)", cells.SINGLE_HEX),
    _row("od-t-x1", "`od -t x1`", rf"\d{{7}} +{_H}{{2}}(?: |$)", cells.SINGLE_HEX),
    _row("wireshark", "Wireshark's offset and hex", rf"\s*{_H}{{4}}\s+{_H}{{2}}(?: |$)", cells.SINGLE_HEX),
    _row("follow", "Wireshark's follow dump", rf"\s*{_H}{{8}}  {_H}{{2}}(?: |$)", cells.SINGLE_HEX),
    _row("hexdump", "hexdump or `od -x`, its words swapped back", rf"{_H}{{7}} +{_H}{{4}}(?: |$)", cells.HEX_WORDS),
    _row("hexdump-be", "words with the first byte first", rf"{_H}{{7}} +{_H}{{4}}(?: |$)", cells.HEX),
    _row("od-t-x4", "`od -t x4`, its words swapped back", rf"{_H}{{7}} +{_H}{{8}}(?: |$)", cells.HEX_LONGS),
    _row("od-t-x8", "`od -t x8`, its words swapped back", rf"{_H}{{7}} +{_H}{{16}}(?: |$)", cells.HEX_QUADS),
    _row("od", "od, its octal words swapped back", rf"{_H}{{7}} +[01][0-7]{{5}}(?: |$)", cells.OCTAL_WORDS),
    _row("hexdump-d", "`hexdump -d`, its words swapped back", rf"{_H}{{7}} +\d{{5}}(?: |$)", cells.DECIMAL_WORDS),
    _row("od-b", "`od -b` or `hexdump -b`", rf"{_H}{{7}} +[0-3][0-7]{{2}}(?: |$)", cells.OCTAL),
    _row("od-t-u1", "`od -t u1`", rf"{_H}{{7}} +\d{{1,3}}(?: |$)", cells.DECIMAL),
    _row("od-t-d1", "`od -t d1`", rf"{_H}{{7}} +-?\d{{1,3}}(?: |$)", cells.SIGNED),
    _row("od-c", "`od -c` or `hexdump -c`", rf"{_H}{{7}} (?:\\| |[0-3])", cells.CHARACTERS),
)
_STRING = r"(?:[^\"\\]|\\.)*"
LITERALS = (
    _literal("node-buffer", "a Buffer of Node", r"<(?:Buffer|SlowBuffer) ", ">", literals.hex_inside),
    _literal(
        "python",
        "bytes of Python or Rust",
        rf"{_NAME}(?:bytearray\()?[bB]'",
        r"'" + _END,
        literals.escapes,
    ),
    _literal(
        "python-2",
        "bytes of Python or Rust",
        rf"{_NAME}(?:bytearray\()?&?[bB]\"",
        r"\"" + _END,
        literals.escapes,
    ),
    _literal(
        "fromhex",
        "hex in a call",
        rf"{_NAME}(?:bytes\.fromhex\(|Buffer\.from\(|hex!\(|unhexlify\(|pack\(?\s*[\"']H\*[\"'],\s*|[xX](?='))[\"'](?={_H}{{2}})",
        r"[\"'](?:,\s*[\"']hex[\"'])?" + _END,
        literals.hex_inside,
    ),
    _literal(
        "from-base64",
        "Base64 in a call",
        rf"{_NAME}(?:Buffer\.from\(|atob\(|b64decode\(|base64_decode\()b?[\"']",
        r"[\"'](?:,\s*[\"']base64[\"'])?" + _END,
        literals.base64_inside,
    ),
    _literal(
        "strace",
        "a call that strace shows",
        r"(?:\[pid +\d+\] |\d+ +)?(?:\d\d:\d\d:\d\d(?:\.\d+)? )?"
        r"(?P<call>write|send|sendto|read|recv|recvfrom)\(\d+(?:<[^>\n]*>)?, \"",
        r"\"(?:\.\.\.)?,[^\n]*",
        literals.escapes,
    ),
    _literal(
        "printf",
        "printf or echo",
        r"(?:printf|echo) +(?:-[ne]+ +|%b +|-- +)*['\"]|(?<=\s)[\"']",
        r"['\"](?:[ \t]*\|[^\n]*)?",
        literals.escapes,
    ),
    _literal("shell", "a string of the shell", r"\$'", r"'", literals.escapes),
    _literal(
        "wireshark-c",
        "arrays of C from Wireshark",
        r"(?:static )?(?:const )?(?:unsigned )?char peer(?P<call>\d+)_\d+\s*\[\d*\]\s*=\s*\{",
        r"\};?",
        literals.numbers,
    ),
    _literal("go", "a slice of Go", rf"{_NAME}(?:\w+ *:= *)?\[\](?:byte|uint8)\{{", r"\}", literals.numbers),
    _literal(
        "java",
        "an array of Java, Kotlin or C#",
        rf"{_NAME}(?:new +s?[bB]yte *\[\d*\] *\{{|byteArrayOf\()",
        r"[})];?",
        literals.numbers,
    ),
    _literal("rust", "an array of Rust", rf"{_NAME}(?:vec!|&(?:mut )?)\s*\[", r"\];?", literals.numbers),
    _literal(
        "uint8array",
        "a typed array of JavaScript",
        rf"{_NAME}(?:new +)?(?:Uint8Array|Int8Array|ArrayBuffer)(?:\(\d+\) ?|\()?(?:\(?\[|\{{)",
        r"[\]}]" + _END,
        literals.numbers,
    ),
    _literal("elixir", "a binary of Elixir or Erlang", rf"{_NAME}<<", ">>", literals.numbers),
    _literal("pack", "pack of Perl, PHP or Ruby", rf"{_NAME}pack\(?\s*[\"']C\*[\"'],", r"\);?|;|$", literals.numbers),
    _literal(
        "json-buffer",
        "a Buffer in JSON",
        r"\{\s*\"type\"\s*:\s*\"Buffer\"\s*,\s*\"data\"\s*:\s*\[",
        r"\]\s*\}",
        literals.numbers,
    ),
    _literal(
        "list",
        "a list of numbers",
        rf"{_NAME}(?:bytes|bytearray|Buffer\.from|Array|ByteString)?(?:\(\d*\)? ?)?\[",
        r"\]" + _END,
        literals.numbers,
    ),
    _literal(
        "c-array",
        "an array of C",
        rf"{_NAME}\{{",
        r"\};?(?:\s*(?:unsigned|const|size_t|static)[^;{]{1,300}= *\d+;)?",
        literals.numbers,
    ),
    _literal("c-string", "a string with escapes", rf"{_NAME}\"", r"\"" + _END, literals.escapes),
    _literal("quoted", "a string with escapes", rf"{_NAME}'", r"'" + _END, literals.escapes),
    _literal("lua", "a string with decimal escapes", rf"{_NAME}[\"']", r"[\"']", literals.decimal_escapes),
)
_INSIDE = tuple(
    literals.Literal(re.compile(begin), re.compile(close), inside)
    for begin, close, inside in (
        (r"<(?:Buffer|SlowBuffer) ", ">", literals.hex_inside),
        (r"(?<!<)<<(?=\d)", ">>", literals.numbers),
        (r"<<<(?=\\x)", ">>>", literals.escapes),
        (r"\"data\"\s*:\s*\[(?=\s*\d)", r"\]", literals.numbers),
        (rf"(?:Buffer\.from|fromhex|unhexlify)\([\"'](?={_H}{{2}})", r"[\"']", literals.hex_inside),
        (rf"\[(?:size=\d+ )?hex=(?={_H}{{2}})", r"\]", literals.hex_inside),
        (rf"bytes = 0x(?={_H}{{2}})", r"(?=[}}\s])", literals.hex_inside),
        (rf"<(?=(?:{_H}{{8}} )*{_H}{{2,8}}>)", ">", literals.hex_inside),
        (rf"(?<!{_H})(?<!{_H}:)(?=(?:{_H}{{2}}:){{6}})", rf"(?<=:{_H}{{2}})(?![\w:])", literals.hex_inside),
        (r"\b[bB]'(?=\\x)", r"'", literals.escapes),
    )
)
PLAIN = (
    Form("hex", "hex", plain.read_hex),
    Form("bits", "bits", plain.read_bits, weak=True),
    Form("decimals", "decimal numbers", plain.read_decimals, weak=True),
    Form("short-hex", "hex without leading zeros", plain.read_short_hex, weak=True),
    Form("base64", "Base64", plain.read_base64, weak=True),
)
LOGS = (
    Form("socat", "`socat -x`", logs.read_socat),
    Form("curl-v", "`curl -v`", logs.read_curl_v),
    Form("netty", "a table of Netty's LoggingHandler", logs.read_netty),
    Form("websocketpp", "the log of WebSocket++", logs.read_websocketpp),
    Form("follow-raw", "raw hex of a followed stream", logs.read_followed),
    Form("yaml", "YAML of a followed stream", logs.read_yaml),
)
INSIDE = Form("inside", "a literal inside of other words", partial(literals.read_inside, chosen=_INSIDE), weak=True)
FORMS = (*LOGS, *ROWS, *PLAIN, *LITERALS, INSIDE)
