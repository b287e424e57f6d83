"""The command `wslab handout`: it writes the pages to print, one for each notebook of the course."""

from __future__ import annotations

from pathlib import Path

import click

from wslab.cli.handout.outline import outlines
from wslab.cli.handout.page import as_page
from wslab.cli.handout.pages import meant, write_pages
from wslab.cli.launch import course_source
from wslab.cli.terminal.output import write_line


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.argument("names", nargs=-1, metavar="[NOTEBOOK]...")
def handout(folder: Path, names: tuple[str, ...]) -> None:
    """Write a page to print for each notebook: goals, questions, claims, what to remember.

    The pages are written to FOLDER, as NAME.html, from the notebooks themselves. Each is one sheet of paper, has no
    answers and loads nothing. A NOTEBOOK is a name or its beginning, such as 04; without one there are all.
    """
    course = {each.name: each for each in outlines(course_source())}
    pages = ((f"{name}.html", as_page(course[name])) for name in meant(names, list(course)))
    write_line(f"{write_pages(folder, pages)}: open one in a browser, and print it.")
