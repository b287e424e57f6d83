"""Bytes taken apart, for the terminal: each part under its name, and the receiver's verdict behind the last.

A part is a table of its fields; where there is a width to draw in, a frame is also drawn in bits, as the RFC does.
`dissect` and `conformance` draw with it. The fields, the words and the verdict are those of `wslab.explain`; here they
get their colours and columns.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from wslab.cli.terminal.colours import field_style, kind_style
from wslab.explain import Anatomy, Field, Part, Verdict, verdict
from wslab.protocol import Deflate, HandshakeRequest
from wslab.widgets.frame_text import Run, frame_lines


def judge(
    whole: Anatomy, *, alone: bool, deflate: Deflate | None = None, request: HandshakeRequest | None = None
) -> Verdict:
    """The receiver's verdict on all of it."""
    return verdict(whole.data, whole.role, whole_stream=not alone, deflate=deflate, request=request)


def as_tables(whole: Anatomy, found: Verdict, *, dark: bool = True, width: int = 0) -> Iterator[RenderableType]:
    """Each part as a table under its name, and the verdict behind the last.

    A frame is drawn in bits above its table where `width`, the columns of the terminal, has room for it.
    """
    for part in whole.parts:
        style = kind_style(part.kind, dark=dark)
        first, last = part.start // 8, part.end // 8 - 1
        yield Text.assemble((f" {part.kind.mark} {part.name} ", style), f" bytes {first} to {last}")
        yield from (_figure_line(line, dark=dark) for line in frame_lines(whole, part, width))
        yield _table(part, style)
        if part.missing:
            yield Text(f"  {_missing(part)}", "bold")
        yield Text()
    yield _closing(whole, found)


def _missing(part: Part) -> str:
    count = f"{'At least ' * part.at_least}{part.missing:,}"
    if part.missing == 1:
        return f"{count} more byte belongs to it and is missing."
    return f"{count} more bytes belong to it and are missing."


def _figure_line(runs: list[Run], *, dark: bool) -> Text:
    line = Text()
    for text, field in runs:
        wrong = "bold red" if field is not None and field.rule is not None else ""
        line.append(text, wrong or ("" if field is None else field_style(field.name, dark=dark)))
    return line


def _table(part: Part, style: str) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("  byte.bit", justify="right")
    for heading in ("bits", "field", "value", "meaning", "section"):
        table.add_column(heading, justify="right" if heading == "bits" else "left", overflow="fold")
    for field in part.fields:
        place = f"{field.start // 8}.{field.start % 8}"
        name = Text(field.name, "bold red" if field.rule else style.removesuffix(" reverse"))
        table.add_row(place, str(field.size), name, Text(field.value), _meaning(field), field.reference)
    return table


def _meaning(field: Field) -> Text:
    if field.rule is None:
        return Text(field.meaning)
    return Text(f"× breaks: {field.rule.text} ({field.rule.reference})", "bold red")


def _closing(whole: Anatomy, found: Verdict) -> Text:
    if whole.error is None:
        return Text(found.sentence, "bold")
    return Text.assemble((found.sentence, "bold red"), f"\n{found.fix}")
