"""`wslab play`: by key in a real terminal, at once in a pipe, as JSON, kept in files; and what it says to a slip."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from tests.cli.process import ROOT_ENV
from tests.cli.screen import Terminal, in_terminal
from wslab.cli.main import main
from wslab.cli.play.pager import Pager
from wslab.cli.play.view import PlayView
from wslab.formats.detect import load
from wslab.lab import Tape
from wslab.scenarios import SCENARIOS, drop, play


def run(*arguments: str, width: int = 100) -> Result:
    return CliRunner().invoke(main, ["play", *arguments], env={"COLUMNS": str(width)})


def shown(*arguments: str) -> str:
    """What it says, on lines without end."""
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


def objects(*arguments: str) -> list[dict[str, Any]]:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


# --- the list -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [[], ["--list"], ["half-open", "--list"]])
def test_without_a_name_it_lists_all_and_says_how_to_go_on(arguments: list[str]) -> None:
    said = run(*arguments).stdout
    assert all(re.search(rf"^{name}\s", said, flags=re.MULTILINE) for name in SCENARIOS)
    assert "wslab play NAME" in said


def test_the_list_as_json_has_all_that_a_program_needs_to_choose() -> None:
    listed = objects()
    assert [each["scenario"] for each in listed] == list(SCENARIOS)
    assert listed[2]["parameters"] == {"ping_interval": None, "timeout": 10.0}
    assert all(each["question"].endswith("?") and each["sentence"] and each["group"] for each in listed)


# --- told at once ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_is_told_with_its_question_before_and_its_explanation_behind(name: str) -> None:
    scenario, said = SCENARIOS[name], shown(name)
    order = [scenario.question, *[f"{title} {text}" for title, text in play(name).explanation.parts], scenario.fixed]
    places = [said.index(" ".join(words.split())) for words in order]
    assert places == sorted(places)
    assert places[0] < said.index(" step ") < said.index("In the end") < places[1]


def test_the_explanation_is_that_of_the_parameters_and_a_change_of_a_step_is_said() -> None:
    said = shown("cut", "--set", "how=fin")
    assert str(play("cut", how="fin").explanation).split("\n")[0].partition(": ")[2] in said
    assert "This explains the run without --do" not in said
    assert "This explains the run without --do" in shown("cut", "--do", "3=drop")


@pytest.mark.parametrize(
    ("name", "arguments", "first"),
    [
        ("cut", ("--fixed",), SCENARIOS["cut"].fixed),
        ("handshake-refused", ("--fixed",), SCENARIOS["handshake-refused"].fixed),
        ("close-without-code", ("--set", "code=1000"), SCENARIOS["close-without-code"].fixed),
        ("close-without-code", ("--set", "code=1011"), "With the default values:"),
        ("idle-proxy", ("--set", "quiet=10"), "With the default values:"),
        ("idle-proxy", ("--set", "quiet=10", "--fixed"), "With the default values:"),
    ],
    ids=str,
)
def test_the_sentence_of_the_default_is_marked_above_another_run_and_its_question_left_out(
    name: str, arguments: tuple[str, ...], first: str
) -> None:
    said, (about, *_) = shown(name, *arguments), objects(name, *arguments)
    for head in (said[: said.index(" step ")], f"{about['sentence']} {about['question']}"):
        assert f"With the default values: {SCENARIOS[name].sentence}" in head
        assert "What do client and server believe in the end?" in head
        assert SCENARIOS[name].question not in head
        assert head.index(first) <= head.index("With the default values:")


def test_a_parameter_with_its_default_changes_no_word_of_the_head() -> None:
    assert shown("cut", "--set", "how=rst") == shown("cut")


def test_fixed_is_refused_in_one_sentence_where_there_is_no_fixed_variant() -> None:
    result = run("clean-close", "--fixed")
    assert result.exit_code == 2
    assert "clean-close has no fixed variant: play it as it is." in result.output


def test_what_the_fixed_variant_does_is_not_said_of_a_run_with_another_value() -> None:
    command = "(wslab play half-open-server --fixed)"
    assert command not in shown("half-open-server", "--fixed", "--all")
    assert command in shown("half-open-server", "--fixed", "--all", "--set", "ping_interval=90")
    assert "--fixed)" not in shown("clean-close-by-server", "--all", "--set", "code=1001")


def test_all_and_a_pipe_tell_the_same() -> None:
    assert run("cut", "--all").stdout == run("cut").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["half-open", "--fixed"], "half-open Endings fixed"),
        (["half-open", "--fixed"], "the server believes CLOSED 1006"),
        (["half-open", "--set", "timeout=3"], "timeout = 3.0"),
        (["half-open", "--set", "ping-interval=20"], "ping_interval = 20.0"),
        (["half-open", "--set", "ping_interval=none"], "ping_interval = None"),
        (["herd", "--set", "clients=1_0"], "clients = 10 "),
        (["partition", "--set", "numbered=yes"], "numbered = True"),
        (["cut", "--set", "how=fin"], "FIN to both sides"),
        (["tls-name-mismatch", "--set", "name=other.example"], "is for other.example, not for localhost"),
        (["idle-proxy", "--set", "idle=0.001"], "The story ends here."),
        (["lossy-path", "--seed", "7"], "lossy-path"),
        (["lossy-path", "--seed", "7"], "seed 7"),
        (["clean-close", "--do", "3=drop"], "step 3: drop"),
        (["clean-close", "--do", "3=drop"], "“that is all”. It is lost on the way."),
        (["clean-close", "--do", "3=cut"], "RST to both sides"),
        (["clean-close", "--do", "3=flip:0"], "is flipped"),
        (["clean-close", "--do", "3=edit:grüße: = a"], "“grüße: = a”"),
        (["clean-close", "--do", "3=delay:3"], "Arrives after 3.00"),
        (["clean-close", "--do", "3=delay:3s"], "Arrives after 3.00"),
        (["clean-close", "--do", "3=edit:changed", "--do", "5=drop"], "“changed”. It is lost on the way."),
        (["clean-close", "--do", "3=flip:1", "--diff"], "The first difference is step 4"),
        (["clean-close", "--do", "3=flip:1", "--diff"], "Here is the run as it is, there the one with the change."),
        (["half-open", "--do", "6=drop", "--diff"], "Nothing is different"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else each[:20],
)
def test_each_option_does_what_it_says(arguments: list[str], words: str) -> None:
    assert words in shown(*arguments)


# --- JSON -----------------------------------------------------------------------------------------------


def test_json_is_the_scenario_its_steps_and_what_explains_them() -> None:
    about, *steps, why = objects("half-open", "--set", "timeout=3", "--seed", "4", "--fixed")
    tape = play("half-open", seed=4, fixed=True, timeout=3.0)
    assert (about["scenario"], about["seed"], about["fixed"]) == ("half-open", 4, True)
    assert about["parameters"] == {"ping_interval": 20.0, "timeout": 3.0}
    assert [(each["step"], each["hex"], each["sentence"], each["fate"]) for each in steps] == [
        (entry.number, entry.data.hex(), entry.sentence, entry.fate) for entry in tape
    ]
    assert steps[-1]["client"]["state"] == "CLOSED"
    assert set(why) == {"explanation", "fixed", "changed"}
    assert why["explanation"] == asdict(tape.explanation)


def test_the_same_words_give_the_same_bytes_and_another_seed_gives_others() -> None:
    assert objects("half-open") == objects("half-open")
    assert objects("half-open")[1:] != objects("half-open", "--seed", "1")[1:]


def test_what_do_made_different_is_json_too() -> None:
    (forked,) = objects("clean-close", "--do", "3=flip:1", "--diff")
    assert forked["step"] == 4
    assert "kind" in forked["what"]
    (same,) = objects("half-open", "--do", "6=drop", "--diff")
    assert (same["step"], same["what"]) == (None, [])


# --- files ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("suffix", "first", "has"),
    [
        (".jsonl", b'{"wslab', b""),
        (".pcapng", b"\x0a\x0d\x0d\x0a", b"Upgrade: websocket"),
        (".har", b"{", b"_webSocketMessages"),
        (".html", b"<!doctype html>", b"The link goes silent"),
        (".md", b"# What happened", b"CLOSED 1006"),
    ],
)
def test_it_is_kept_in_the_format_that_the_name_says(tmp_path: Path, suffix: str, first: bytes, has: bytes) -> None:
    path = tmp_path / f"tape{suffix}"
    result = run("half-open", "--save", str(path))
    assert (result.exit_code, result.stderr) == (0, f"The recording is in {path}.\n")
    data = path.read_bytes()
    assert data.startswith(first)
    assert has in data


def test_what_was_kept_is_the_story_with_its_changes(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    assert run("clean-close", "--do", "3=drop", "--save", str(path), "--json").exit_code == 0
    kept = load(path)
    assert isinstance(kept, Tape)
    assert kept.diff(play("clean-close", do={3: drop}), times=True, keys=True) is None


# --- slips ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["halfopen"], "did you mean 'half-open'? `wslab play` alone lists them."),
        (["zzz"], "There is no scenario 'zzz': there are clean-close, cut"),
        (["half-open", "--set", "timeout"], "'timeout' sets nothing: write --set name=value."),
        (["half-open", "--set", "timout=3"], "did you mean 'timeout'?"),
        (["clean-close", "--set", "a=3"], "it has none"),
        (["half-open", "--set", "timeout=-1"], "timeout is a finite number, 0 or more; this is -1.0."),
        (["half-open", "--set", "timeout=inf"], "this is inf."),
        (["half-open", "--set", "timeout=nan"], "this is nan."),
        (["half-open", "--set", "timeout=soon"], "timeout is a number; this is 'soon'."),
        (["half-open", "--set", "timeout="], "timeout is a number; this is ''."),
        (["half-open", "--set", "ping_interval=0"], "a number of seconds above 0, or None for none"),
        (["half-open", "--set", "timeout=1", "--set", "timeout=2"], "--set timeout=... is given twice"),
        (["cut", "--set", "how=hard"], "how is one of 'rst', 'fin', 'close'; this is 'hard'."),
        (["partition", "--set", "numbered=maybe"], "numbered is True or False; this is 'maybe'."),
        (["herd", "--set", "clients=9"], "clients is 10 to 10,000; this is 9."),
        (["close-without-code", "--set", "code=0"], "A Close frame should carry 1000 to 1003"),
        (["half-open", "--do", "5=drop"], "steps 1, 2, 3, 4, 6, 7 can be changed."),
        (["half-open", "--do", "99=drop"], "There is no step 99: this run has the steps 0 to 8."),
        (["half-open", "--do", "-1=drop"], "There is no step -1"),
        (["half-open", "--do", "x=drop"], "--do x=drop cannot be. Write STEP=drop"),
        (["half-open", "--do", "6"], "--do 6 means nothing. Write STEP=drop"),
        (["half-open", "--do", "6=explode"], "--do 6=explode means nothing."),
        (["half-open", "--do", "6=drop:3"], "--do 6=drop:3 means nothing."),
        (["half-open", "--do", "6=flip:x"], "--do 6=flip:x cannot be. Write"),
        (["half-open", "--do", "6=flip:-1"], "Bits are counted from 0, the first; this is -1."),
        (["half-open", "--do", "6=flip:72"], "Step 6 has 72 bits, the first is 0: there is no bit 72."),
        (["half-open", "--do", "6=delay:-3"], "A delay is a number of seconds, 0 or more"),
        (["half-open", "--do", "6=delay:soon"], "--do 6=delay:soon cannot be. Write"),
        (["half-open", "--do", "6=drop", "--do", "6=cut"], "--do 6=... is given twice: keep one of them."),
        (["tls-name-mismatch", "--do", "0=drop"], "Only a run on the virtual clock can be repeated exactly"),
        (["half-open", "--diff"], "give a --do, such as --do 5=drop."),
        (["half-open", "--seed", "-1"], "-1 is not in the range x>=0"),
        (["half-open", "--save", "x.pcap"], "Did you mean .pcapng?"),
        (["half-open", "--save", "nothing"], "the name has no suffix of a format"),
        (["half-open", "--save", "/no/such/folder/x.har"], "cannot be written: No such file or directory."),
        (["--fixed"], "Which scenario? Write wslab play NAME"),
        (["--save", "x.har"], "Which scenario?"),
        (["half-open", "cut"], "unexpected extra argument"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_a_slip_is_told_in_one_sentence_and_nothing_is_played(arguments: list[str], words: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1


# --- pipes and odd terminals ------------------------------------------------------------------------------


def shell(command: str, **env: str) -> subprocess.CompletedProcess[str]:
    here = command.replace("wslab", f"{sys.executable} -W error -m wslab", 1)
    return subprocess.run(
        ["bash", "-c", here], env={**ROOT_ENV, **env}, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("how", ["", "--json"])
def test_a_pipe_that_wants_no_more_ends_it_without_a_word(how: str) -> None:
    done = shell(f"wslab play herd {how} | head -n 2")
    assert (done.returncode, done.stderr) == (0, "")
    assert "herd" in done.stdout


def test_colour_that_is_forced_on_a_pipe_asks_for_no_keys() -> None:
    done = shell("wslab play half-open < /dev/null", FORCE_COLOR="1")
    assert "\x1b[1;7m CONNECTING " in done.stdout
    assert "In the end" in done.stdout


def test_a_terminal_that_can_do_nothing_is_told_everything_at_once() -> None:
    code, said = in_terminal(["play", "cut"], lambda terminal: None, TERM="dumb")
    assert code == 0
    assert "In the end" in said


# --- by key -----------------------------------------------------------------------------------------------


def stepping(act: Callable[[Terminal], None], *arguments: str, **terminal: Any) -> tuple[int, str]:
    """Step through half-open, unless something else is asked for, from its question on."""

    def begin(terminal: Terminal) -> None:
        terminal.until_seen("The question")
        act(terminal)

    return in_terminal(["play", *(arguments or ["half-open"])], begin, **terminal)


def rows(seen: str) -> list[int]:
    """The steps whose number is on the screen."""
    return [int(each) for each in re.findall(r"^ +(\d+) [ ╎]", seen, flags=re.MULTILINE)]


def test_a_key_goes_on_or_back_and_the_question_comes_first() -> None:
    def act(terminal: Terminal) -> None:
        assert SCENARIOS["half-open"].question.split()[-1] in terminal.seen
        assert "opens a TCP connection" not in terminal.seen
        for step, key in enumerate([b"\r", b" ", b"n", b"j", b"\x1b[C", b"\x1b[B", b"\n"]):
            terminal.press(key)
            assert rows(terminal.until_seen(f"Step {step} (0 to 8)")) == list(range(step + 1))
        for step, key in zip((5, 4, 3, 2, 1, 0), [b"\x1b[D", b"\x1b[A", b"b", b"p", b"k", b"\x7f"], strict=True):
            terminal.press(key)
            assert rows(terminal.until_seen(f"Step {step} (0 to 8)")) == list(range(step + 1))
        terminal.press(b"\x1b[Dq")

    assert stepping(act)[0] == 0


def test_it_stops_at_both_ends_and_pages_and_jumps() -> None:
    def act(terminal: Terminal) -> None:
        terminal.press(b"\x1b[D\x1b[C")
        terminal.until_seen("Step 0")
        terminal.press(b"\x1b[F\x1b[C\x1b[C")
        assert "wslab play herd --fixed" in terminal.until_seen("The end")
        terminal.press(b"\x1b[5~")
        terminal.until_seen("Step 1314 ")
        terminal.press(b"\x1b[6~")
        terminal.until_seen("The end")
        terminal.press(b"\x1b[H")
        terminal.until_seen("The question")
        terminal.press(b"q")

    assert stepping(act, "herd")[0] == 0


@pytest.mark.parametrize("key", [b"q", b"Q", b"\x1b", b"\x03", b"\x04"], ids=["q", "Q", "Esc", "Ctrl-C", "Ctrl-D"])
def test_a_key_leaves_and_the_terminal_is_as_it_was(key: bytes) -> None:
    raw: list[Terminal] = []

    def act(terminal: Terminal) -> None:
        raw.append(terminal)
        terminal.press(key)

    code, _ = stepping(act)
    assert code == 0
    assert "Traceback" not in raw[0].raw
    assert raw[0].raw.rindex("\x1b[?1049l") > raw[0].raw.rindex("\x1b[?1049h")


def test_all_at_once_is_told_on_the_ordinary_screen() -> None:
    code, said = stepping(lambda terminal: terminal.press(b"a"))
    assert code == 0
    assert said.index("In the end") < said.index("Fixed")


def test_a_new_size_is_drawn_anew_at_once() -> None:
    def act(terminal: Terminal) -> None:
        terminal.press(b"\x1b[F")
        terminal.until_seen("The end")
        assert "client   " not in terminal.seen
        terminal.resize(60, 55)
        terminal.until_seen("  8  10.005 s  The client resets")
        terminal.resize(100, 80)
        terminal.until_seen("step  client")
        assert "Step" not in terminal.seen
        terminal.press(b"q")

    assert stepping(act, lines=20)[0] == 0


@pytest.mark.parametrize(("columns", "lines"), [(60, 24), (80, 24), (120, 50), (40, 8)])
def test_the_latest_step_is_whole_on_every_screen(columns: int, lines: int) -> None:
    def act(terminal: Terminal) -> None:
        terminal.press(b"\x1b[C" * 8)
        seen = " ".join(terminal.until_seen("Step 7").split())
        assert "believes" in seen
        assert re.search(r"It .*is .*lost .*on .*the way\.", seen)
        assert terminal.seen.splitlines()[-1].startswith(" Step 7 (0 to 8)")
        terminal.press(b"q")

    assert stepping(act, columns=columns, lines=lines)[0] == 0


def test_no_color_leaves_marks_lines_and_weight() -> None:
    def act(terminal: Terminal) -> None:
        terminal.press(b"\x1b[F")
        terminal.until_seen("The end")
        styles = [each for row in terminal.screen.buffer.values() for each in row.values()]
        assert {each.fg for each in styles} == {"default"}
        assert any(each.bold for each in styles)
        assert any(each.reverse for each in styles)
        terminal.press(b"q")

    assert stepping(act, NO_COLOR="1")[0] == 0


@pytest.mark.parametrize(("paper", "colour"), [("15;0", "4fabe4"), ("0;15", "0069a6")])
def test_colours_suit_the_paper(paper: str, colour: str) -> None:
    def act(terminal: Terminal) -> None:
        terminal.press(b"\x1b[C" * 5)
        terminal.until_seen("Step 4")
        assert colour in {each.fg for row in terminal.screen.buffer.values() for each in row.values()}
        terminal.press(b"q")

    assert stepping(act, COLORFGBG=paper, COLORTERM="truecolor")[0] == 0


def test_a_sigterm_gives_the_terminal_back_first() -> None:
    raw: list[Terminal] = []

    def act(terminal: Terminal) -> None:
        raw.append(terminal)
        os.kill(terminal.pid, signal.SIGTERM)

    assert stepping(act)[0] == 0
    assert "\x1b[?1049l" in raw[0].raw


def test_a_long_story_answers_a_key_at_once() -> None:
    drawn: list[int] = []

    class Counting(PlayView):
        def page(self, number: int) -> Any:
            drawn.append(number)
            return super().page(number)

    tape = play("herd")
    assert len(tape) > 1000
    stepper = Pager(Counting(SCENARIOS["herd"], {}, tape, dark=True), Console(force_terminal=True))
    assert len(stepper.lines(1000, columns=80, rows=40)) == 40
    assert len(drawn) < 20
    stepper.lines(1001, columns=80, rows=40)
    assert drawn[-1] == 1001
    assert len(drawn) == len(set(drawn))
