"""The index of the course: `python -m tests.notebooks.index` writes `notebooks/index.ipynb` and `notebooks/map.svg`.

All of it is made of the notebooks themselves: the titles, the times, what one can do after each, what each needs. Only
the three paths are written down here, and a path names its notebooks by their beginnings, so that one that does not
exist yet is left out. Tests hold that the files are up to date, and that a path has what each notebook needs before it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from textwrap import wrap

from tests.notebooks.course import FOLDER, METADATA
from wslab.cli.handout.outline import Outline, outlines
from wslab.explain.markdown import markdown_row

INDEX, MAP = FOLDER / "index.ipynb", FOLDER / "map.svg"


@dataclass(frozen=True)
class Path:
    """A way through the course: steps are beginnings of notebooks' names, or a pause in minutes with its words."""

    title: str
    opening: str
    steps: tuple[str | tuple[int, str], ...]


WORKSHOP = Path(
    "Ninety minutes: a workshop",
    "For people who use WebSockets and have never seen a frame. They predict, run, and discuss what surprised them.",
    (
        (5, "Everybody opens the lab. Who has seen code 1006, and what did it mean?"),
        "00",
        "02",
        (5, "A pause."),
        "04",
        (5, "In pairs: one of the two scenarios at its end, and a sentence for all on what each side knew."),
    ),
)
DAY = Path(
    "One day",
    "For a team that builds or runs something with WebSockets. Who is quicker goes on with the exercises.",
    (
        "00",
        "01",
        "02",
        (15, "A pause."),
        "03",
        "04",
        (60, "Lunch."),
        "06",
        "05",
        (15, "A pause."),
        "09",
        "10",
        (20, "Each names one thing to change in the team's own code, and how the lab would show that it helped."),
    ),
)
DROPS = Path(
    "My connection drops",
    "For somebody with a problem now. `wslab diagnose 'closed with 1006'`, with your own message or log, names the "
    "likely causes at once; `wslab tap` stands between your client and your server and shows the rest. Then, in this "
    "order, with [0 · Start here](00_start.ipynb) and [2 · Frames and opcodes](02_frames.ipynb) before them if you "
    "have never seen a frame. Of the first one read only what looks like your case; the others explain its words:",
    ("doctor", "04", "05", "06"),
)


def of(path: Path, course: Sequence[Outline]) -> list[Outline | tuple[int, str]]:
    """The steps of a path that there are."""
    found: list[Outline | tuple[int, str]] = []
    for step in path.steps:
        found += [step] if isinstance(step, tuple) else [each for each in course if each.name.startswith(step)][:1]
    return found


def cells(course: Sequence[Outline]) -> Iterator[str]:
    """The cells of the index, as Markdown."""
    first = next(each for each in course if each.name == "00_start")
    total = sum(each.minutes for each in course)
    yield (
        "# The course at a glance\n\n"
        f"Begin with [{first.title}]({first.name}.ipynb): {first.time}. This page shows what else there is, what each "
        f"notebook needs, how long it takes, and three paths. All {len(course)} notebooks take {hours(total)}; each "
        "works by itself once you have what it needs. Its solutions are a notebook of their own, in `solutions`; "
        "a link behind each check leads there. Everything runs on this machine, also without a network."
    )
    yield "\n".join(
        [
            "## The map\n",
            "![A map: each notebook in a box with its time, lines from what it needs; the table below says the same]"
            "(map.svg)\n",
            markdown_row(("notebook", "time", "needs", "after it you can")),
            markdown_row(["---"] * 4),
            *(markdown_row(row(each, course)) for each in course),
        ]
    )
    for path in (WORKSHOP, DAY, DROPS):
        yield "\n".join([f"## {path.title}\n", f"{path.opening}\n", *plan(of(path, course))])
    yield (
        "## If you teach\n\n"
        "[For teachers](TEACHING.md): what to prepare, a sheet of paper for each notebook (`wslab handout`), slides, "
        "and how a class hands in its work (`wslab.report`) and you look at it (`wslab grade`)."
    )


def row(outline: Outline, course: Sequence[Outline]) -> tuple[str, str, str, str]:
    known = numbers(course)
    needs = ", ".join(f"[{known[name]}]({name}.ipynb)" for name in outline.needs if name in known)
    return f"[{outline.title}]({outline.name}.ipynb)", f"{outline.minutes}&nbsp;min", needs, outline.goals


def numbers(course: Sequence[Outline]) -> dict[str, str]:
    """The number of each notebook, or its title where it has none, by its name."""
    return {each.name: each.title.split(" · ")[0] for each in course}


def plan(steps: Sequence[Outline | tuple[int, str]]) -> Iterator[str]:
    """A table of a path: when each step begins, counted from the beginning."""
    yield markdown_row(("at", "minutes", "what"))
    yield markdown_row(["---"] * 3)
    at = 0
    for step in steps:
        length, what = step if isinstance(step, tuple) else (step.minutes, f"[{step.title}]({step.name}.ipynb)")
        yield markdown_row((f"{at // 60}:{at % 60:02}", str(length), what))
        at += length
    yield markdown_row((f"{at // 60}:{at % 60:02}", "", "The end."))


def hours(total: int) -> str:
    """Minutes in words, to half an hour."""
    whole, half = divmod(round(total / 30), 2)
    return f"some {whole} and a half hours" if half else f"some {whole} hours"


def index() -> str:
    """The notebook, as JSON."""
    made = [
        {
            "cell_type": "markdown",
            "id": f"index-{number:02}",
            "metadata": {},
            "source": source.splitlines(keepends=True),
        }
        for number, source in enumerate(cells(outlines(FOLDER)))
    ]
    data = {"cells": made, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


# --- the map

WIDTH, HEIGHT, APART, BELOW, EDGE = 95, 82, 18, 8, 1
"""Of a box, and between two. All five columns take 549 px, for which a page of 700 px has room: no letter shrinks."""
LETTERS = 11
"""In a line of a title, which has three lines at most."""

STYLE = """
text{font:12px system-ui,sans-serif;fill:#1a1a1a} .low{fill:#555} .end{text-anchor:end} .big{font-weight:bold}
rect{fill:#f4f6fa;stroke:#5b6b8c} path{fill:none;stroke:#7c89a6;stroke-width:1.4}
@media (prefers-color-scheme:dark){
text{fill:#eee} .low{fill:#b5bccb} rect{fill:#20252f;stroke:#8a99bb} path{stroke:#76839f}}
"""


def depth(name: str, needs: dict[str, tuple[str, ...]]) -> int:
    """How many notebooks stand before one, on the longest way."""
    return max((depth(each, needs) + 1 for each in needs[name] if each in needs), default=0)


def direct(name: str, needs: dict[str, tuple[str, ...]]) -> list[str]:
    """What a notebook needs and does not get by another one that it needs."""

    def before(each: str) -> set[str]:
        return {far for near in needs.get(each, ()) for far in {near, *before(near)}}

    known = [each for each in needs[name] if each in needs]
    return [each for each in known if not any(each in before(other) for other in known)]


def drawn() -> str:
    """The map as SVG: a column for each depth, a box for each notebook."""
    course = outlines(FOLDER)
    needs = {each.name: each.needs for each in course}
    columns: dict[int, list[Outline]] = {}
    for each in course:
        columns.setdefault(depth(each.name, needs), []).append(each)
    most = max(map(len, columns.values()))
    places = {
        each.name: (EDGE + at * (WIDTH + APART), EDGE + int((n + (most - len(column)) / 2) * (HEIGHT + BELOW)))
        for at, column in columns.items()
        for n, each in enumerate(column)
    }
    wide, high = 2 * EDGE + len(columns) * (WIDTH + APART) - APART, 2 * EDGE + most * (HEIGHT + BELOW) - BELOW
    lines = [line(places[one], places[each.name]) for each in course for one in direct(each.name, needs)]
    boxes = [box(each, *places[each.name], numbers(course)) for each in course]
    size = f'viewBox="0 0 {wide} {high}" width="{wide}" height="{high}"'
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
    title = "<title>The notebooks of the course, and what each needs</title>"
    return "\n".join([opening, title, f"<style>{STYLE}</style>", *lines, *boxes, "</svg>"]) + "\n"


def line(one: tuple[int, int], two: tuple[int, int]) -> str:
    x, y, far, low = one[0] + WIDTH, one[1] + HEIGHT // 2, two[0], two[1] + HEIGHT // 2
    return f'<path d="M{x} {y}C{x + APART // 2} {y} {far - APART // 2} {low} {far} {low}"/>'


def box(outline: Outline, x: int, y: int, numbers: Mapping[str, str]) -> str:
    number, _, title = outline.title.rpartition(" · ")
    words = wrap(title.partition(":")[0], LETTERS, break_long_words=False)
    after = ", ".join(numbers[name] for name in outline.needs if name in numbers)
    texts = [("big", x + 7, y + 17, number), ("low end", x + WIDTH - 7, y + 17, f"{outline.minutes} min")]
    texts += [("", x + 7, y + 33 + 14 * n, each) for n, each in enumerate(words)]
    texts += [("low", x + 7, y + HEIGHT - 7, after and f"after {after}")]
    said = [f'<text class="{look}" x="{at}" y="{low}">{escape(text)}</text>' for look, at, low, text in texts if text]
    return f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="6"/>' + "".join(said)


if __name__ == "__main__":
    INDEX.write_text(index(), "utf-8")
    MAP.write_text(drawn(), "utf-8")
