"""`wslab dissect`: what it takes, what it tells, and how it ends."""

from __future__ import annotations

import json
import re
import tracemalloc
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from wslab.cli.dissect import dissect, json_chunks, take_apart
from wslab.cli.main import main
from wslab.protocol import Frame, FrameParser, ProtocolError, Role

HELLO = "818537fa213d7f9f4d5158"
HEAD = b"GET /chat HTTP/1.1\r\nHost: example.com\r\n\r\n"


def run(*arguments: str, stdin: bytes = b"") -> Result:
    """Run `wslab dissect` on a wide screen."""
    return CliRunner().invoke(main, ["dissect", *arguments], input=stdin, env={"COLUMNS": "160"})


def as_data(*arguments: str, stdin: bytes = b"") -> dict[str, object]:
    """What `--json` tells."""
    found: dict[str, object] = json.loads(run("--json", *arguments, stdin=stdin).stdout)
    return found


@pytest.mark.parametrize("hex_text", [HELLO, HELLO.upper(), "81 85 37fa213d\n7f:9f,4d 51-58", "0x81 0x85 " + HELLO[4:]])
def test_hex_as_people_write_it_is_one_masked_text_frame(hex_text: str) -> None:
    result = run(hex_text)
    assert result.exit_code == 0
    assert [line for line in result.stdout.splitlines() if "Masking-key" in line and "37 fa 21 3d" in line]
    assert "The server accepts it: the text message “Hello”." in result.stdout


@pytest.mark.parametrize("data", [bytes.fromhex(HELLO), HELLO.encode(), b" 81 85\n" + HELLO[4:].encode() + b"\n"])
def test_a_file_and_standard_input_hold_bytes_or_hex(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "frame").write_bytes(data)
    found = [run(str(tmp_path / "frame")).stdout, run("-", stdin=data).stdout, run(HELLO).stdout]
    assert len({each.partition("\n")[2] for each in found}) == 1
    assert {each.partition(",")[0] for each in found} <= {"Read as hex", "Taken as the bytes themselves"}


@pytest.mark.parametrize("first", b"0123456789abcdefABCDEFx\\ \t\n\r\v\f,:;_-")
@pytest.mark.parametrize("role", list(Role))
def test_no_legal_frame_begins_with_what_is_taken_for_hex(first: int, role: Role) -> None:
    with pytest.raises(ProtocolError):
        FrameParser(role).feed(bytes([first, 0x80 if role is Role.SERVER else 0, 0, 0, 0, 0]))


def test_every_field_shows_its_section() -> None:
    lines = run(HELLO).stdout.splitlines()
    fields = [line for line in lines if re.match(r" +\d+\.\d ", line)]
    assert [line.split()[2] for line in fields[:5]] == ["FIN", "RSV1", "RSV2", "RSV3", "opcode"]
    assert all("§5." in line for line in fields)


def test_several_frames_are_told_in_a_row() -> None:
    row = Frame.text("a").serialize() + Frame.ping(b"b").serialize() + Frame.close(1000, "bye").serialize()
    parts = as_data(row.hex())["parts"]
    assert isinstance(parts, list)
    assert [part["kind"] for part in parts] == ["text", "ping", "close"]
    assert [part["fields"][0]["bit"] for part in parts] == [0, 24, 48]


def test_an_end_that_is_missing_counts_behind_any_number_of_frames() -> None:
    assert run("8100" * 600, "--role", "client").exit_code == 0
    assert run("8100" * 600 + "81", "--role", "client").exit_code == 1


def test_the_receivers_role_decides_whether_masking_is_right() -> None:
    as_client, as_server = run("8100", "--role", "client"), run("8100", "--role", "server")
    assert (as_client.exit_code, as_server.exit_code) == (0, 1)
    assert "The server fails the connection with 1002" in as_server.stdout
    assert "Set the MASK bit" in as_server.stdout


def test_a_continuation_from_the_middle_is_legal_alone_and_not_as_a_beginning() -> None:
    assert run("8000").exit_code == 1
    assert run("8000", "--alone").exit_code == 0


@pytest.mark.parametrize("length", range(1, 11))
def test_a_cut_frame_is_told_at_every_length(length: int) -> None:
    result = run(HELLO[: 2 * length])
    assert result.exit_code == 1
    assert re.search(
        r"1 more byte belongs to it and is missing|\d more bytes belong to it and are missing", result.stdout
    )


def test_the_first_rule_that_breaks_is_told_when_that_is_in_the_head() -> None:
    result = run("-", stdin=HEAD + b"\x81\x00")
    assert "refuses the handshake with 400: the Upgrade header must name `websocket` (§4.1)" in result.stdout
    assert "must mask" not in result.stdout.splitlines()[-2]
    assert as_data("-", stdin=HEAD)["rule"] == "request-upgrade"


def test_json_tells_rule_close_code_and_the_field_that_breaks_it() -> None:
    found = as_data("c100", "--role", "client")
    parts = found["parts"]
    assert (found["legal"], found["rule"], found["close_code"]) == (False, "reserved-bits", 1002)
    assert isinstance(parts, list)
    assert [field["name"] for field in parts[0]["fields"] if field["breaks"]] == ["RSV1"]


def test_a_payload_cannot_command_the_terminal() -> None:
    result = run(Frame.text("\x1b[2J[red]x[/red]\x07").serialize().hex())
    assert "\x1b[2J" not in result.stdout
    assert "\x07" not in result.stdout
    assert "[red]x[/red]" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["818"], "odd number"),
        (["no such thing"], "neither a file nor bytes"),
        (["/no/such/file.bin"], "neither a file nor bytes"),
        ([""], "HEX is empty"),
        (["zz" * 4000], "neither a file nor bytes"),
        (["-"], "empty"),
        ([], "Missing argument"),
        (["8100", "--role", "proxy"], "'proxy' is not one of"),
        (["8100", "8100"], "unexpected extra argument"),
        (["8100", "--colour"], "No such option"),
    ],
)
def test_wrong_input_is_one_line_and_exit_code_2(arguments: list[str], words: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_folder_is_not_taken_for_a_file(tmp_path: Path) -> None:
    assert "neither a file nor bytes" in run(str(tmp_path)).stderr


def test_more_than_a_mebibyte_is_refused(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"\x00" * ((1 << 20) + 1))
    result = run(str(tmp_path / "big"))
    assert (result.exit_code, "more than 1,048,576 bytes" in result.stderr) == (2, True)


def test_a_compressed_message_is_read_when_asked_to() -> None:
    data = "c1 07 f2 48 cd c9 c9 07 00"
    assert run(data).exit_code == 1
    result = run("--deflate", data)
    assert result.exit_code == 0
    assert "UTF-8 text, compressed to 7 bytes, inflates to 5 bytes" in result.stdout
    assert "The client accepts it: the text message “Hello”." in result.stdout
    assert json.loads(run("--deflate", "--json", data).stdout)["parts"][0]["inflated"] == b"Hello".hex()


def test_of_very_many_frames_only_the_first_are_drawn_and_the_verdict_is_on_all() -> None:
    """16 KiB of zeros took 49 s."""
    result = run("--alone", "-", stdin=b"\x81\x00" * 8192)
    assert result.exit_code == 0
    assert result.stdout.count("Payload len  ") == 500
    assert "15,384 bytes behind the first 500 frames: judged, but not taken apart" in result.stdout
    assert "accepts all 8192 frames" in result.stdout


def test_of_a_head_with_very_many_lines_only_the_first_fields_are_drawn() -> None:
    result = run("-", stdin=HEAD[:-2] + b"a: b\r\n" * 2000 + b"\r\n")
    assert result.stdout.count("Header name") < 400
    assert "More of the head" in result.stdout


def test_json_of_many_frames_is_made_part_by_part() -> None:
    whole, found = take_apart(b"\x80\x00" * 10_000, None)
    tracemalloc.start()
    try:
        size = sum(len(chunk) for chunk in json_chunks(whole, found))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size > 500_000
    assert most < size / 4


# --- the figure ---------------------------------------------------------------------------------

TOP_32 = "     +-+-+-+-+-------+-+-------------+-------------------------------+"
TOP_16 = "     +-+-+-+-+-------+-+-------------+"


@pytest.mark.parametrize(("columns", "top"), [("120", TOP_32), ("70", TOP_32), ("69", TOP_16), ("40", TOP_16)])
def test_a_frame_is_drawn_in_bits_as_wide_as_the_terminal_allows(columns: str, top: str) -> None:
    lines = CliRunner().invoke(main, ["dissect", HELLO], env={"COLUMNS": columns}).stdout.splitlines()
    assert top in [line.rstrip() for line in lines]


def test_in_a_pipe_there_is_no_colour_and_each_byte_of_the_figure_is_there() -> None:
    shown = run(HELLO).stdout
    assert "\x1b" not in shown
    assert "7f ^ 37 = 48 H" in shown


@pytest.mark.parametrize(("extra", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_the_tints_of_fields_are_colours_unless_no_colour_is_asked_for(extra: dict[str, str], coloured: bool) -> None:
    env = {"TERM": "xterm-256color", "FORCE_COLOR": "1", "NO_COLOR": "", "COLUMNS": "100", **extra}
    shown = CliRunner().invoke(main, ["dissect", HELLO], env=env).stdout
    assert ("48;5;" in shown) is coloured


def test_the_figure_needs_no_sign_that_ascii_has_not() -> None:
    result = CliRunner(charset="ascii").invoke(main, ["dissect", HELLO], env={"COLUMNS": "100"})
    figure = [line for line in result.stdout.splitlines() if line.strip()[:1] in ("|", "+")]
    assert figure
    assert all(line.isascii() for line in figure)


SOCKS = {
    "SOCKS5": b"\x05\x01\x00\x05\x01\x00\x03\x09localhost\x00\x50",
    "SOCKS4": b"\x04\x01\x00\x50\x7f\x00\x00\x01user\x00",
    "SOCKS4 with a name": b"\x04\x01\x00\x50\x00\x00\x00\x01user\x00a.example\x00",
    "PROXY": b"PROXY TCP4 10.0.0.1 10.0.0.2 1234 80\r\n",
}


@pytest.mark.parametrize("name", SOCKS)
def test_what_a_client_says_to_a_proxy_is_stripped_and_told(name: str, tmp_path: Path) -> None:
    head = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    head += b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    (tmp_path / "bytes").write_bytes(SOCKS[name] + head + bytes.fromhex("818537fa213d7f9f4d5158"))
    result = CliRunner().invoke(dissect, [str(tmp_path / "bytes")], env={"COLUMNS": "300"})
    assert f"({name.split()[0]}), before any HTTP" in result.output
    assert f"Stripped: {len(SOCKS[name])} bytes." in result.output
    assert "The server accepts the request." in result.output


def test_socks_alone_is_named_and_no_frame() -> None:
    result = CliRunner().invoke(dissect, ["050100"])
    assert "offers its ways to log in to a proxy (SOCKS5)" in str(result.exception)
