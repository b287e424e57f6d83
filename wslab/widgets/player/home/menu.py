"""The menu "Take it home": the code of the run to copy, and the files that it can be saved as.

Copying works without Python, so it does in the exported page; a file is made by Python.

Left out: the code (`scenarios.reproduction`), and the files (`files`).
"""

from __future__ import annotations

import htpy as h
from htpy import Node

from wslab.scenarios.reproduction import command, pytest_code, script
from wslab.widgets import components
from wslab.widgets.player.state import PlayerState

__all__ = ["menu"]

FILES = (
    ("Save the recording", "jsonl", "wslab reads it back"),
    ("Save for Wireshark", "pcapng", "tshark, too"),
    ("Save as a page", "html", "steps without a kernel"),
)
"""What can be saved: the words, the suffix, and what it is for."""


def menu(state: PlayerState) -> Node:
    """The button, and what it unfolds."""
    return h.details(".wsl-home", data_key="home")[
        h.summary(".wsl-button", data_key="home-button")["Take it home"],
        h.div(".wsl-homelist")[
            _code(state),
            (_row(components.do_button(words, "take", suffix), f".{suffix}: {use}") for words, suffix, use in FILES),
            bool(state.taken) and h.p(".wsl-note", role="status")[f"Saved {state.taken}."],
        ],
    ]


def _code(state: PlayerState) -> Node:
    """What is copied: the script, the test, and the command where there is one."""
    played = state.played
    line, code, checks = command(played.call), script(played.call), pytest_code(played, state.timeline.connection)
    return [
        _row(components.copy_button("Copy the script", code), f"Python, {_lines(code)}"),
        _row(components.copy_button("Copy the test", checks), f"for pytest, {_lines(checks)}"),
        line is not None and _row(components.copy_button("Copy the command", line), "for a terminal"),
    ]


def _row(button: Node, about: str) -> Node:
    return h.div(".wsl-homerow")[button, h.span(".wsl-note")[about]]


def _lines(code: str) -> str:
    return f"{code.count(chr(10))} lines"
