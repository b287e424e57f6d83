"""The command `wslab slides`: it writes the notebooks of the course as slides, one page each."""

from __future__ import annotations

from pathlib import Path

import click

from wslab.cli.handout.pages import meant, write_pages
from wslab.cli.launch import course_source
from wslab.cli.slides.deck import as_deck
from wslab.cli.terminal.output import write_line
from wslab.extras import need


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.argument("names", nargs=-1, metavar="[NOTEBOOK]...")
@click.option("--run", is_flag=True, help="Run each notebook before, so that its results are on the slides.")
def slides(folder: Path, names: tuple[str, ...], run: bool) -> None:
    """Write the notebooks as slides: a page each, which shows one slide at a time and loads nothing.

    The pages are written to FOLDER, as NAME.slides.html. Right, Space and Page Down go on, Left and Page Up back; n
    shows the notes, which are the solutions. A NOTEBOOK is a name or its beginning, such as 04; without one there are
    all.
    """
    need("lab", "wslab slides")
    source = course_source()
    chosen = meant(names, sorted(path.stem for path in source.glob("*.ipynb")))
    pages = ((f"{name}.slides.html", as_deck(source / f"{name}.ipynb", run=run)) for name in chosen)
    write_line(f"{write_pages(folder, pages)}: open one in a browser; the right arrow goes on.")
