"""What `pip install wslab` leaves out: the extras, what each is for, and the sentence that says how to get one.

The core is small, so that a CI installs it in seconds: the lab, the command and the plugin of pytest need no Jupyter.
What needs more asks `need` before it imports that. So a package that is missing shows as one sentence with the command
that installs it, and never as an error from the inside.

Left out: extras for those who work on wslab itself (`test`, `benchmarks`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from types import MappingProxyType

__all__ = ["EXTRAS", "Extra", "MissingExtra", "need"]


@dataclass(frozen=True, slots=True)
class Extra:
    """An extra of pyproject.toml: its name, the packages that it adds by itself, and what these are for."""

    name: str
    packages: tuple[str, ...]
    purpose: str

    @property
    def command(self) -> str:
        """What installs it; the quotes are for shells that read brackets."""
        return f"pip install 'wslab[{self.name}]'"

    @property
    def missing(self) -> list[str]:
        """The packages of it that are not here."""
        return [each for each in self.packages if find_spec(each.replace("-", "_")) is None]


EXTRAS: Mapping[str, Extra] = MappingProxyType(
    {
        each.name: each
        for each in (
            Extra("notebook", ("anywidget", "ipywidgets"), "the widgets, in a Jupyter of your own"),
            Extra("lab", ("jupyterlab", "hypothesis"), "the course, in JupyterLab"),
            Extra("terminal", ("prompt-toolkit",), "a line that you can edit in connect and tap, and play by key"),
            Extra("tls", ("trustme",), "the certificates of the scenario tls-name-mismatch"),
            Extra("hub", ("jupyter-server-proxy",), "BrowserPeer behind JupyterHub and Binder"),
            Extra("peers", ("wsproto",), "one more peer that BreakIt asks"),
            Extra("conformance", ("kosoku",), "the 517 cases of wslab conformance"),
        )
    }
)
"""Each extra by its name."""


class MissingExtra(ImportError):
    """Something needs an extra that is not installed; the text is one sentence with the command that installs it."""

    def __init__(self, what: str, extra: Extra) -> None:
        missing = extra.missing or list(extra.packages)
        are = "is" if len(missing) == 1 else "are"
        super().__init__(f"{what} needs {' and '.join(missing)}, which {are} not installed: {extra.command}")


def need(extra: str, what: str) -> None:
    """Raise `MissingExtra` where a package of an extra is not here; `what` needs it, and begins the sentence."""
    if EXTRAS[extra].missing:
        raise MissingExtra(what, EXTRAS[extra])
