"""`python -m tests.jupyterlite [notebooks]`: a table of what becomes of each notebook in a JupyterLite site."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.jupyterlite.drive import HEADER, run_notebooks
from tests.jupyterlite.site import build
from tests.notebooks.course import NOTEBOOKS


def main(names: Sequence[str]) -> int:
    """Build the site, run the notebooks and print; 1 where a cell raised, was not run, or asked for another server."""
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        site = build(Path(folder))
        print(HEADER, flush=True)
        for run in run_notebooks(site, names or NOTEBOOKS):
            print(run, *run.problems, sep="\n  ", flush=True)
            failed |= bool(run.problems)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
