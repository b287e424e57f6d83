"""The code that plays a run again: run in a fresh directory, it gives the same tape."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from wslab.protocol import Frame, Opcode
from wslab.scenarios.interventions import as_code, cut, delay, drop, edit, flip
from wslab.scenarios.player import Call, PlayedTape, play
from wslab.scenarios.reproduction import command, file_name, pytest_code, script

ROOT = Path(__file__).parent.parent.parent
RUNS: Mapping[str, Call] = {
    "as it is": Call("cut"),
    "another seed": Call("herd", seed=3, parameters={"clients": 10}),
    "fixed, with a parameter": Call("half-open", fixed=True, parameters={"timeout": 3.0}),
    "dropped": Call("clean-close", do={6: drop}),
    "two changes": Call("clean-close", do={3: delay(0.5), 6: cut}),
    "text": Call("clean-close", do={3: edit('I\'m "gone"\n')}),
    "close": Call("clean-close", do={5: edit(Frame.close(1001, "bye"))}),
    "a wrong frame": Call("clean-close", do={3: edit(Frame(0xB, b"\x00\xff", fin=False, rsv2=True)), 1: flip(2)}),
    "bytes": Call("clean-close", do={3: edit(b"\x81\x05Hello")}),
}


def run(folder: Path, *words: str) -> str:
    """Run Python in a folder where nothing of ours is."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_script_gives_the_same_tape(tmp_path: Path) -> None:
    code = [re.sub(r"print\(.*\)\n", "", script(call)) + "print(tape.digest())\n" for call in RUNS.values()]
    (tmp_path / "all.py").write_text("\n".join(code))
    digests = run(tmp_path, "all.py").split()
    assert digests == [call.play().digest() for call in RUNS.values()]


def test_a_script_prints_what_happened_and_why(tmp_path: Path) -> None:
    (tmp_path / "story.py").write_text(script(RUNS["dropped"]))
    told = run(tmp_path, "story.py")
    assert str(RUNS["dropped"].play()) in told
    assert "What happened: " in told


def test_every_test_passes_on_its_own_run(tmp_path: Path) -> None:
    for number, call in enumerate(RUNS.values()):
        (tmp_path / f"test_{number}.py").write_text(pytest_code(call.play()))
    assert f"{len(RUNS)} passed" in run(tmp_path, "-m", "pytest", "-q")


def test_a_test_fails_on_another_run(tmp_path: Path) -> None:
    code = (
        pytest_code(RUNS["dropped"].play()).replace("{6: drop}", "{6: delay(1)}").replace("import drop", "import delay")
    )
    (tmp_path / "test_other.py").write_text(code)
    with pytest.raises(AssertionError, match="CLOSED 1006"):
        run(tmp_path, "-m", "pytest", "-q")


@pytest.mark.parametrize("call", RUNS.values(), ids=RUNS)
def test_the_code_is_tidy(call: Call) -> None:
    for code in (script(call), pytest_code(call.play())):
        compile(code, "code", "exec")
        assert max(map(len, code.splitlines())) <= 120
        names = re.findall(r"from wslab import (.*)", code)[0].split(", ")
        assert all(re.search(rf"\b{name}[(.]|: {name}\b", code) for name in names)


def test_a_side_that_is_not_ours_believes_nothing() -> None:
    assert "assert last.server is None" in pytest_code(play("killed"))


def test_a_run_in_real_time_has_no_digest() -> None:
    tape = PlayedTape.of(play("cut").scenario, play("cut").run, play("cut"), Call("cut", clock="real"))
    assert "digest" not in pytest_code(tape)
    assert command(tape.call) is None


def test_the_command_says_the_same() -> None:
    call = Call("half-open", 3, do={3: delay(0.5), 6: drop}, fixed=True, parameters={"timeout": 3.0})
    assert command(call) == "wslab play half-open --set=timeout=3.0 --fixed --seed=3 --do=3=delay:0.5 --do=6=drop"
    assert command(RUNS["text"]) == "wslab play clean-close '--do=3=edit:I'\"'\"'m \"gone\"\n'"
    assert command(RUNS["bytes"]) is None


def test_files_are_named_after_what_is_played() -> None:
    assert [file_name(RUNS[name]) for name in ("as it is", "two changes")] == [
        "cut",
        "clean-close-step-3-delay-step-6-cut",
    ]
    assert file_name(RUNS["fixed, with a parameter"]) == "half-open-fixed"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (Frame.text("hi", mask=b"abcd"), 'Frame.text("hi")'),
        (Frame.close(1001, "bye"), 'Frame.close(1001, "bye")'),
        (Frame(Opcode.CLOSE, b"\x03\xee"), "Frame(8, b'\\x03\\xee')"),
        (Frame(Opcode.TEXT, b"\xff", fin=False), "Frame(1, b'\\xff', fin=False)"),
        (Frame(3, b"", rsv1=True), "Frame(3, b'', rsv1=True)"),
    ],
)
def test_a_frame_is_written_by_its_constructor(frame: Frame, code: str) -> None:
    assert as_code(frame) == code
    assert eval(code, {"Frame": Frame}).serialize() == frame.replace(mask=None).serialize()


def test_secrets_of_a_head_become_asterisks_in_the_code() -> None:
    head = "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer abcdefgh\r\n\r\n"
    call = Call("clean-close", do={1: edit(head), 3: drop, 4: edit(head.encode()), 5: edit(Frame.text(head))})
    shown = call.redacted()
    assert "abcdefgh" not in str(shown.do[1]) + str(shown.do[4])
    assert "Bearer ********" in str(shown.do[1])
    assert shown.do[3] is drop or shown.do[3] == drop
