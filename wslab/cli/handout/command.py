"""The command `wslab handout`: it writes the pages to print, one for each notebook of the course."""

from __future__ import annotations

from pathlib import Path

import click

from wslab.cli.errors import CliError
from wslab.cli.handout.outline import outlines
from wslab.cli.handout.page import as_page
from wslab.cli.launch import course_source
from wslab.cli.recording import write_errors
from wslab.cli.terminal.output import write_line
from wslab.explain.words import counted
from wslab.tape.files import replacing


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.argument("names", nargs=-1, metavar="[NOTEBOOK]...")
def handout(folder: Path, names: tuple[str, ...]) -> None:
    """Write a page to print for each notebook: goals, questions, claims, what to remember.

    The pages are written to FOLDER, as NAME.html, from the notebooks themselves. Each is one sheet of paper, has no
    answers and loads nothing. A NOTEBOOK is a name or its beginning, such as 04; without one there are all.
    """
    course = outlines(course_source())
    for name in names:
        if not any(each.name.startswith(name) for each in course):
            raise CliError(f"There is no notebook {name!r}; there are {', '.join(each.name for each in course)}.")
    chosen = [each for each in course if not names or each.name.startswith(names)]
    with write_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for outline in chosen:
        path = folder / f"{outline.name}.html"
        with write_errors(path), replacing(path, shared=True) as file:
            file.write(as_page(outline).encode())
    write_line(f"Wrote {counted(len(chosen), 'page')} to {folder}: open one in a browser, and print it.")
