"""The path in the terminal: a line for each stage, and the first case that is not right, to be understood at a glance.

    × 3 masks       Unmask, and refuse what is not masked            1 of 5 cases

    masks / rfc-key: “Hello”, masked with the key of §5.7
    Another payload came in place of the text of 5 bytes.

    sent      81 85 37 fa 21 3d 7f 9f 4d 51 58
              text “Hello”, masked
    expected  81 05 48 65 6c 6c 6f
              text “Hello”
    came      81 05 7f 9f 4d 51 58
                    ^^ byte 2, bit 2: 7f, expected 48

What came is data of somebody's program: nothing in it reaches the terminal unescaped. Of long bytes the part around the
first wrong one is shown.

Left out: the findings and their words (`wslab.conformance.path`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.status import Status
from rich.table import Table
from rich.text import Text

from wslab.conformance.path.case import Case, Failure, Stage
from wslab.conformance.path.exchange import Seen
from wslab.conformance.path.judging import Finding
from wslab.conformance.path.progress import is_passed
from wslab.conformance.path.run import DEATH, Result, StageResult
from wslab.conformance.path.stages.catalogue import STAGES
from wslab.explain import counted
from wslab.explain.preview import preview
from wslab.protocol import Frame, FrameError, FrameParser, Offset, Role
from wslab.protocol.handshake.head import escaped

MOST_ANNOUNCED = (1 << 63) - 1
"""Bytes that a legal header can announce (§5.2): what it says is told, however much it is."""

MOST_FRAMES = 4
"""Frames of what was sent, or came, that are told in words."""

MOST_DISSECTED = 14
"""Bytes of what came for which the command that takes them apart is shown: it fits a line."""

MOST_LINES = 10
"""Lines of a head, and of a program's output, that are shown."""

_INDENT = 10  # columns of the names on the left
_AROUND = 4  # bytes shown before the first wrong one, where it is far inside


@dataclass(frozen=True, slots=True)
class Wording:
    """How one asks for more: hints, the other stages, what comes after them, a scenario, the bits of some bytes."""

    hints: str
    rest: str
    grade: str
    play: str
    dissect: str


COMMAND = Wording(
    hints="--hint tells more",
    rest="without --stage the path goes on",
    grade="Now let Autobahn grade it: wslab conformance URL",
    play="wslab play {}",
    dissect="wslab dissect --role client {}",
)
CALL = Wording(
    hints="hints=True tells more",
    rest="without names of stages the path goes on",
    grade="The same for a program in any language: wslab build -- ./my_server {port}",
    play='play("{}")',
    dissect='FrameInspector(bytes.fromhex("{}"), role="client")',
)
"""The words of `wslab build`, and of `wslab.build`."""


class Screen:
    """Shows a run as it goes. `before` is what the progress file has, `hints` shows the bigger hints."""

    def __init__(self, console: Console, *, hints: bool, before: Mapping[str, Any], wording: Wording = COMMAND) -> None:
        self._wording = wording
        self._console = console
        self._hints = hints
        self._before = before
        self._status: Status | None = None

    def begin(self, stage: Stage) -> None:
        """A stage begins."""
        self.stop()
        if self._console.is_terminal:
            self._status = self._console.status(f"{stage.name} …")
            self._status.start()

    def show(self, result: StageResult) -> None:
        """A stage is over."""
        self.stop()
        self._console.print(stage_line(result))
        if result.failed is not None:
            self._print(failure(result, self._width, self._wording, hints=self._hints))
        elif not result.declined:
            self._print(_notes(result))

    def stop(self) -> None:
        """Take away what turns while a stage runs."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def end(self, results: Sequence[StageResult]) -> None:
        """The run is over."""
        self._console.print(summary(results, self._before, self._wording), soft_wrap=True)

    @property
    def _width(self) -> int:
        return min(self._console.width, 120)

    def _print(self, lines: Iterator[Text | Table]) -> None:
        for line in lines:
            self._console.print(line)


# --- lines ----------------------------------------------------------------------------


def stage_line(result: StageResult) -> Text:
    """A stage with its verdict."""
    stage, failed = result.stage, result.failed
    if failed is None:
        end = "declined" if result.declined else _cases(len(stage.cases))
        return _line("✓", "bold green", stage, end)
    return _line("×", "bold red", stage, f"case {len(result.results)} of {len(stage.cases)}")


def _line(mark: str, style: str, stage: Stage, end: str) -> Text:
    number = list(STAGES).index(stage.name) + 1
    return Text.assemble((f"{mark} ", style), f"{number:>2} ", (f"{stage.name:<12}", "bold"), f"{stage.title:<45}", end)


def _cases(count: int) -> str:
    return f"{count} case{'' if count == 1 else 's'}"


def _notes(result: StageResult) -> Iterator[Text | Table]:
    """Remarks on what is right and could be better, each once with its cases."""
    cases: dict[str, list[str]] = {}
    for case, note in result.notes:
        cases.setdefault(note, []).append(case.name)
    for note, names in cases.items():
        yield _row("", Text(f"{', '.join(names)}: {note}.", "dim"))


def summary(results: Sequence[StageResult], before: Mapping[str, Any], wording: Wording) -> Text:
    """How far it is, and what to do next."""
    now = {each.stage.name: each.passed for each in results}
    passed = [name for name in STAGES if now.get(name, is_passed(before, name))]
    count = f"{len(passed)} of {len(STAGES)} stages have passed"
    failed = next((each.stage for each in results if not each.passed), None)
    if failed is not None:
        return Text(f"\n{count}. Next: {failed.name}.", "bold")
    if len(passed) == len(STAGES):
        return Text(f"\nAll {len(STAGES)} stages have passed. {wording.grade}.", "bold green")
    left = next(name for name in STAGES if name not in passed)
    return Text(f"\n{count}. Next: {left}; {wording.rest}.", "bold")


# --- what is not right ----------------------------------------------------------------


def failure(result: StageResult, width: int, wording: Wording, *, hints: bool) -> Iterator[Text | Table]:
    """The case of a stage that is not right: what passed, the first wrong byte, the rule, the hints."""
    failed, stage = result.failed, result.stage
    assert failed is not None
    case, finding = failed.case, failed.finding
    yield Text.assemble("\n", (f"{stage.name} / {case.name}: ", "bold"), f"{case.title}")
    yield Text(escaped(finding.problem), "bold red")
    yield Text()
    yield from _said(failed)
    if failed.seen is not None:
        yield from _bytes(case, failed.seen, finding, width)
    yield from _lesson(finding)
    own = case.hint or finding.hint
    yield _row("hint", Text(own or stage.hint))
    if hints:
        yield _row("more", Text(f"For the whole stage: {stage.more}" if own else stage.more))
    yield _row("asked", Text(stage.aim, "dim"))
    yield _row("help", _help(stage, failed, wording, hints=hints))


def _help(stage: Stage, failed: Result, wording: Wording, *, hints: bool) -> Text:
    """What else one can do: the bigger hint, the scenario, and what came bit by bit."""
    told = Text("" if hints else f"{wording.hints}; ")
    told.append(wording.play.format(stage.scenario), "bold").append(" is the scenario of this stage")
    came = failed.finding.came
    if failed.seen is not None and failed.seen.sent and 0 < len(came) <= MOST_DISSECTED:
        told.append(";\n").append(wording.dissect.format(came.hex()), "bold").append(" names each bit")
    return told


def _lesson(finding: Finding) -> Iterator[Text | Table]:
    lesson = finding.lesson
    if lesson is None:
        return
    name = f"{lesson.rule.id}: " if lesson.rule else ""
    yield _row("rule", Text.assemble((name, "dim"), lesson.heading))
    yield _row("why", Text(lesson.why))


def _said(failed: Result) -> Iterator[Text | Table]:
    """The last lines of a program that ended, or serves nobody any more."""
    lines = [escaped(line) for line in failed.said.splitlines() if line.strip()]
    if lines:
        yield _row("it said", Text("\n".join(lines[-MOST_LINES:])))


def _bytes(case: Case, seen: Seen, finding: Finding, width: int) -> Iterator[Text | Table]:
    if not seen.sent:
        yield from _heads(seen, finding, width)
        return
    room = (width - _INDENT - 4) // 3
    at = finding.wrong.byte if finding.wrong else 0
    begin = max(0, at - _AROUND) if at >= room else 0
    yield _row("sent", _hex(seen.sent, 0, room) + Text(f"\n{_sent(case, seen)}", "dim"))
    yield _row("expected", _expected(finding, begin, room))
    came = _hex(finding.came, begin, room, finding.wrong)
    if finding.came:
        yield _row("came", came + _pointer(finding, begin) + Text(f"\n{_told(finding.came)}", "dim"))
    elif finding.lesson is not DEATH:
        yield _row("came", Text("nothing"))


def _expected(finding: Finding, begin: int, room: int) -> Text:
    if not finding.expected:
        return Text(finding.wanted)
    return _hex(finding.expected, begin, room) + Text(f"\n{_told(finding.expected)}", "dim")


def _hex(data: bytes, begin: int, room: int, wrong: Offset | None = None) -> Text:
    """One line of bytes from `begin` on; the wrong one stands out."""
    shown = Text("… " if begin else "")
    for at, byte in enumerate(data[begin : begin + room], begin):
        shown.append(f"{byte:02x}", "bold red" if wrong is not None and at == wrong.byte else "").append(" ")
    return shown.append("…" if len(data) > begin + room else "")


def _pointer(finding: Finding, begin: int) -> Text:
    """A mark below the first wrong byte, and what is wrong with it."""
    wrong = finding.wrong
    if wrong is None:
        return Text()
    column = (2 if begin else 0) + 3 * (wrong.byte - begin)
    words = _wrong_words(finding, wrong)
    # on the left of the mark where there is no room on its right
    line = f"{' ' * column}^^ {words}" if column < 36 else f"{words:>{column - 1}} ^^"
    return Text(f"\n{line}", "bold red")


def _wrong_words(finding: Finding, wrong: Offset) -> str:
    came, expected = finding.came, finding.expected
    if wrong.byte >= len(came):
        want = f", expected {expected[wrong.byte]:02x}" if wrong.byte < len(expected) else ""
        return f"byte {wrong.byte} did not come{want}"
    if expected and wrong.byte >= len(expected):
        return f"byte {wrong.byte} is one too many"
    want = f", expected {expected[wrong.byte]:02x}" if expected else ""
    return f"{wrong}: {came[wrong.byte]:02x}{want}"


def _sent(case: Case, seen: Seen) -> str:
    """The frames of a case in words, before they were compressed."""
    squeezed = ", compressed" if case.compressed else ""
    told = [_own_words(each) + squeezed for each in case.sent[:MOST_FRAMES]]
    more = len(case.sent) - len(told)
    told += [f"{more:,} more"] if more > 0 else []
    told += [_header(case.sent[0])] if len(case.sent) == 1 and not case.compressed else []
    told += ["a Ping behind it"] if isinstance(case.want, Failure) else []
    return escaped(" · ".join(filter(None, told)))


def _header(sent: Frame | bytes) -> str:
    """The rest of a frame's header in words; empty for what is not a frame."""
    if isinstance(sent, bytes):
        return ""
    size = f"length {len(sent.payload):,}"
    return size if sent.mask is None else f"{size} · key {sent.mask.hex(' ')}"


def _own_words(sent: Frame | bytes) -> str:
    if isinstance(sent, bytes):
        return _raw_words(sent)
    rsv = "".join(f", RSV{number} 1" for number in (1, 2, 3) if getattr(sent, f"rsv{number}"))
    fin = ", FIN 0" if sent.opcode & 8 and not sent.fin else ""
    return f"{preview(sent)}{rsv}{fin}{', not masked' if sent.mask is None else ''}"


def _raw_words(data: bytes) -> str:
    """Bytes that are no whole frame: what their header announces, if it is legal."""
    parser = FrameParser(Role.SERVER, max_payload=MOST_ANNOUNCED)
    with contextlib.suppress(FrameError):
        parser.feed(data)
    return counted(len(data), "byte") if parser.unfinished is None else _unfinished(parser)


def _told(data: bytes) -> str:
    """The server's frames in words: the first ones, and how many more there are."""
    parser = FrameParser(Role.CLIENT, max_payload=MOST_ANNOUNCED, rsv1=True)
    try:
        frames, broken = parser.feed(data), False
    except FrameError as error:
        frames, broken = error.frames, True
    told = [_words(frame) for frame in frames[:MOST_FRAMES]]
    more = len(frames) - len(told)
    told += [f"{more:,} more"] if more > 0 else []
    told += ["then a wrong frame" if told else "a wrong frame"] if broken else []
    told += [_unfinished(parser)] if parser.inside_frame and not broken else []
    return escaped(" · ".join(told))


def _words(frame: Frame) -> str:
    squeezed = ", compressed" if frame.rsv1 else ""
    shown = frame.replace(opcode=2) if frame.rsv1 and frame.opcode == 1 else frame
    return f"{preview(shown)}{squeezed}{', masked' if frame.mask is not None else ''}"


def _unfinished(parser: FrameParser) -> str:
    unfinished = parser.unfinished
    if unfinished is None:
        return "a header that is not whole"
    length, missing = unfinished.header.length, unfinished.missing
    return f"a header that announces {length:,} bytes, " + (
        "and nothing behind it" if missing == length else f"of which {missing:,} did not come"
    )


# --- heads ----------------------------------------------------------------------------


def _heads(seen: Seen, finding: Finding, width: int) -> Iterator[Text | Table]:
    """The request, and the answer with a mark at its first wrong byte."""
    yield _row("sent", Text("\n".join(_lines(seen.request, width)) or "nothing"))
    yield _row("expected", Text(finding.wanted))
    if finding.came:
        yield _row("came", _marked_head(finding, width))
    elif finding.lesson is not DEATH:
        yield _row("came", Text("nothing"))


def _marked_head(finding: Finding, width: int) -> Text:
    shown, at = Text(), 0
    lines = finding.came.removesuffix(b"\r\n\r\n").split(b"\r\n")
    for number, line in enumerate(lines[:MOST_LINES]):
        words = _lines(line, width)[0] if line else ""
        here = finding.wrong is not None and at <= finding.wrong.byte <= at + len(line) + 1
        shown.append("\n" if number else "").append(words, "bold red" if here else "")
        if here and finding.wrong is not None:
            column = min(finding.wrong.byte - at, width - _INDENT - 12)
            shown.append(f"\n{' ' * column}^ byte {finding.wrong.byte}", "bold red")
        at += len(line) + 2
    return shown


def _lines(head: bytes, width: int) -> list[str]:
    """The lines of a head, each as wide as there is room."""
    room = width - _INDENT - 2
    lines = [escaped(line) for line in head.decode("latin-1").split("\r\n")[:MOST_LINES]]
    cut = [line if len(line) <= room else f"{line[: room - 1]}…" for line in lines]
    while len(cut) > 1 and not cut[-1]:
        cut.pop()
    return cut


# --- the list -------------------------------------------------------------------------


def list_stages(console: Console, progress: Mapping[str, Any], only: Stage | None) -> None:
    """The stages with what each asks; those that have passed are ticked."""
    for stage in STAGES.values() if only is None else [only]:
        mark, style = ("✓", "bold green") if is_passed(progress, stage.name) else ("·", "dim")
        console.print(_line(mark, style, stage, _cases(len(stage.cases))))
        if only is not None:
            console.print(_row("asked", Text(stage.aim)))
            console.print(_row("cases", Text("\n".join(f"{case.name}: {case.title}" for case in stage.cases))))
            console.print(_row("hint", Text(stage.hint)))
            console.print(_row("scenario", Text(f"wslab play {stage.scenario}")))
    if only is None:
        console.print("\nWhat a stage asks: wslab build --list --stage NAME.", soft_wrap=True)


def _row(name: str, content: Text) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=0)
    table.add_column(width=_INDENT, style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(name, content)
    return table
