"""Moving through the pages of a run by key, on the terminal's alternate screen.

Only the pages in sight are drawn, and each once, so a key is answered at once however long the run is. The latest page
is at the bottom, and those before it are above. prompt_toolkit reads the keys, draws what has changed, notices a new
size, and gives the terminal back whatever happens.

What it leaves out: what a page shows (`view`).
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

from prompt_toolkit import Application
from prompt_toolkit.formatted_text import ANSI, StyleAndTextTuples, to_formatted_text
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout import FormattedTextControl, HSplit, Layout, Window
from prompt_toolkit.output import ColorDepth
from rich.console import Console

from wslab.cli.play.view import PlayView

_MOVES: Mapping[int, tuple[str, ...]] = MappingProxyType(
    {
        1: ("right", "down", "enter", "c-j", " ", "n", "j"),
        -1: ("left", "up", "backspace", "b", "p", "k"),
        10: ("pagedown",),
        -10: ("pageup",),
        -(1 << 60): ("home", "g"),
        1 << 60: ("end", "G"),
    }
)
_ALL = ("a", "A")
_QUIT = ("q", "Q", "escape", "c-c", "c-d")
_HELP = "→ on  ← back  q quit  a all  PgDn 10 on  End"
_DEPTHS = {"standard": ColorDepth.DEPTH_4_BIT, "256": ColorDepth.DEPTH_8_BIT, "truecolor": ColorDepth.DEPTH_24_BIT}


class Pager:
    """A run on the screen, at page `at`."""

    def __init__(self, view: PlayView, console: Console) -> None:
        self.at = 0
        self._view = view
        self._console = console
        self._width = 0
        self._drawn: dict[int, list[StyleAndTextTuples]] = {}

    def run(self) -> bool:
        """Show pages until a key leaves; whether that was the key for all of them at once."""
        shown = HSplit(
            [
                Window(FormattedTextControl(self._picture), always_hide_cursor=True),
                Window(FormattedTextControl(self._bar), height=1, style="reverse"),
            ]
        )
        depth = _DEPTHS.get(self._console.color_system or "", ColorDepth.DEPTH_1_BIT)
        self._app: Application[bool] = Application(
            Layout(shown), key_bindings=self._keys(), full_screen=True, color_depth=depth
        )
        self._app.ttimeoutlen = 0.1  # seconds after which Escape is Escape, and no arrow begins with it
        return self._app.run(pre_run=self._handle_sigterm)

    # --- keys -------------------------------------------------------------------------

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()
        for steps, names in _MOVES.items():
            for name in names:
                keys.add(name)(partial(self._move, steps))
        for name in (*_ALL, *_QUIT):
            keys.add(name, eager=True)(partial(self._leave, name in _ALL))
        keys.add("c-z")(lambda event: event.app.suspend_to_background())
        return keys

    def _move(self, steps: int, _event: KeyPressEvent) -> None:
        self.at = min(max(self.at + steps, 0), self._view.last)

    def _leave(self, wants_all: bool, _event: KeyPressEvent | None = None) -> None:
        if not self._app.is_done:
            self._app.exit(result=wants_all)

    def _handle_sigterm(self) -> None:
        """Give the terminal back before a SIGTERM ends the process."""
        with contextlib.suppress(NotImplementedError):  # Windows has none
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._leave, False)

    # --- the picture --------------------------------------------------------------------

    def _picture(self) -> StyleAndTextTuples:
        size = self._app.output.get_size()
        lines = self.lines(self.at, size.columns, size.rows - 1)
        return [part for line in lines for part in (*line, ("", "\n"))]

    def lines(self, at: int, columns: int, rows: int) -> list[StyleAndTextTuples]:
        """A page and those before it, as much as there is room for."""
        lines: list[StyleAndTextTuples] = []
        for number in range(at, -1, -1):
            lines[:0] = self._page(number, columns)
            if len(lines) >= rows:
                break
        return lines[-rows:]

    def _page(self, number: int, width: int) -> list[StyleAndTextTuples]:
        if width != self._width:
            self._width, self._drawn = width, {}
        if number not in self._drawn:
            with self._console.capture() as drawn:
                self._console.print(self._view.page(number), width=width)
            self._drawn[number] = [to_formatted_text(ANSI(line)) for line in drawn.get().splitlines()]
        return self._drawn[number]

    def _bar(self) -> str:
        """The page, and the keys."""
        steps = self._view.steps
        where = "The question" if self.at == 0 else f"Step {self.at - 1}" if self.at <= steps else "The end"
        return f" {where} (0 to {steps - 1})   {_HELP}"
