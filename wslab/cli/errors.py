"""The one error that the command line raises for a person.

Modules below `main` raise `CliError` with a whole sentence; `main` prints it and ends with exit code 2. So only `main`,
`options` and the modules that define a command import click.
"""

from __future__ import annotations


class CliError(Exception):
    """Something that a person asked for cannot be done; the text is one sentence that says why, and what would help."""
