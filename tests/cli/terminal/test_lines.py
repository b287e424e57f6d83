"""How an entry looks as a line of the terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from wslab.cli.terminal.facts import injected, is_link_fault, tcp_signal
from wslab.cli.terminal.lines import MOST_SHOWN, EntryPrinter
from wslab.lab import Lab, Tape, echo
from wslab.lab.faults.manual import Insert
from wslab.protocol import Deflate, Frame


async def lines_of(*messages: str | bytes, width: int = 100, deflate: bool = False, whole: bool = False) -> list[str]:
    async with Lab(timeout=5.0) as lab:
        agreed = Deflate() if deflate else None
        client = await lab.connect(await lab.serve(echo, deflate=Deflate()), deflate=agreed)
        for message in messages:
            await client.send(message)
            await client.recv()
        await client.ping(b"hey")
        await client.close(4000, "done")
        console = Console(width=width, force_terminal=True, color_system=None, highlight=False)
        lines = EntryPrinter(lab.tape, console, dark=True, whole=whole)
        return [str(lines.line(entry)) for entry in lab.tape]


async def test_a_line_tells_time_direction_kind_size_and_manner() -> None:
    lines = await lines_of("Hello", b"\x01\x02")
    assert any("#1  → T text         5 B  masked    Hello" in line for line in lines)
    assert any("#1  ← T text         5 B            Hello" in line for line in lines)
    assert any("→ B binary       2 B  masked    01 02" in line for line in lines)
    assert any("ms after the Ping" in line for line in lines)
    assert any("C Close" in line and "4000 private use" in line and "“done”" in line for line in lines)


async def test_a_compressed_frame_shows_its_plain_text_and_both_sizes() -> None:
    lines = await lines_of("hello " * 50, deflate=True, width=140)
    assert any("deflate" in line and "300 B plain" in line and "hello hello" in line for line in lines)


@pytest.mark.parametrize("width", [60, 80, 100, 200])
async def test_a_frame_takes_one_line_however_narrow_the_terminal(width: int) -> None:
    lines = await lines_of("x" * 100_000, bytes(5000), width=width)
    assert all(len(line) <= max(width, 70) for line in lines if " T " in line or " B " in line)
    assert all("…" in line for line in lines if "100,000 B" in line)


async def test_a_whole_payload_is_bounded_still() -> None:
    lines = await lines_of("x" * 1_000_000, whole=True)
    assert max(map(len, lines)) < MOST_SHOWN + 200


async def test_what_a_peer_sends_commands_no_terminal() -> None:
    lines = await lines_of("\x1b[2J\x07\u202e\r\n")
    assert all(line.isprintable() for line in lines)
    assert any("\\x1b[2J\\x07\\u202e" in line for line in lines)


# --- what is new, and what happened -------------------------------------------------------------


async def injected_tape() -> Tape:
    """A connection to whose client a Ping was injected, and which a FIN ended."""
    async with Lab(timeout=2.0) as lab:
        link = await lab.link(await lab.serve(echo), Insert())
        client = await lab.connect(link)
        link.inject(Frame.ping(b"you?"), to="client")
        await client.send("Hello")
        assert await client.recv() == "Hello"
        await client.close()
        return lab.tape


async def test_an_injected_frame_is_found_with_its_receiver() -> None:
    tape = await injected_tape()
    (found,) = (injected(entry) for entry in tape if injected(entry) is not None)
    assert found == ("client", Frame.ping(b"you?"))
    assert [entry.kind for entry in tape if is_link_fault(entry)] == ["fault"]


async def test_the_end_of_tcp_has_its_signal() -> None:
    signals = {tcp_signal(entry) for entry in await injected_tape()}
    assert signals == {None, "FIN"}


async def test_a_printer_gives_each_entry_once_printed_or_not() -> None:
    tape = await injected_tape()
    printer = EntryPrinter(tape, Console(file=io.StringIO()), dark=True)
    assert [repr(entry) for entry in printer.take_new()] == [repr(entry) for entry in tape]
    assert list(printer.print_new()) == []


async def test_a_burst_is_counted_behind_its_first_lines() -> None:
    tape = await injected_tape()
    shown = io.StringIO()
    EntryPrinter(tape, Console(file=shown), dark=True, most_lines=3).print_new()
    lines = shown.getvalue().splitlines()
    assert len(lines) == 4
    assert lines[3].strip() == f"… and {len(tape) - 3} more"
