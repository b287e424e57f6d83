"""`python -m wslab` is the `wslab` command."""

from __future__ import annotations

from wslab.cli.main import main

if __name__ == "__main__":
    main(prog_name="wslab")
