"""`View`, the base of every widget, and the page that it becomes where no widget can live.

How it works:

- A view is a pure function from a small state to HTML. A widget holds the state, and `draw` gives its *regions*: HTML
  by name (usually header, picture, caption, controls, inputs, details; `error` is the base's). The front end
  (`static/wslab.js`, one module for all) puts the regions that changed into the page.
- A user's action is a message `{"do": name, "arg": text, "value": text}`. It calls the method `do_<name>(arg, value)`,
  and the widget is drawn again. What raises is shown in the region `error`, in words.
- Steps are rendered ahead and the page steps by itself: `step` and `selected` are traits that the page sets and Python
  sees; a change of them alone draws nothing (unless `redraws_on` names them). So is `big`, for a projector.
- The same HTML with the same module is `html()` and `save(path)`; `text()` is the same in words, `image()` a picture
  that needs no style sheet. A notebook keeps all three (`page.kept`), and shows them where no model lives: opened
  again, exported, on GitHub. Who keeps them up to date: the page, when a notebook is saved (`wslab.js`), and without a
  page, the kernel after each cell (`life`).
- A view closes when nobody has it or sees it any longer (`life`). So what a view gives its own methods to must hold
  them weakly; `observe` and `on_msg` see to it.

The contract with the page, by attribute:

    data-from, data-to     shown only while from <= step <= to                       (components.during)
    data-at="4", "4-7"     is-past, is-now or is-next by the step                    (components.at)
    data-caption           the sentence of the step that is shown; the live line repeats it
    data-glide="name"      the element that is-now slides here from where it was
    data-link="a b"        elements that share a word light up together, by hover and by focus
    data-select="a"        choosing it sets `selected` to "a"; elements with data-link "a" are is-selected
    data-show="a b"        shown only while `selected` is one of these (empty: while nothing is selected)
    data-roving            one stop of the Tab key; arrow keys, Home and End move between its buttons and [data-item]
    data-do, data-arg      sends the action: a button when pressed, a field when changed
    data-enter="name"      Enter in this field presses the element with this data-key
    data-hotkey="x"        this key presses it, wherever the focus is in the view but in a field
    data-opens="name"      unfolds the details with this data-key, and goes there
    data-copy="text"       copies the text
    data-key="name"        keeps focus, caret, scroll and openness when its region is drawn again
    data-goto="4"          choosing it goes to step 4, and so does the focus of the keyboard
    data-seek="f"          a button, and the key F: goes to the next of data-steps, which are of one data-name
    data-speed             a button, and the keys + and -: how fast it plays
    data-words             what each place of a slider is, parted by tabs; the output beside it shows the present one
    data-stop="4"          4 is a step; where any element has this, the numbers between are none
    data-stays             an open <details> that the Escape key leaves open
    data-follow            a scrolling box that keeps the element that is-now in sight
    data-mark              is-now, but in sight only where there is room for the rest, too
    data-asks              a question: what stands below the cell that answers it begins out of sight
    data-page              the page says where it is (`do_page`), and opens WebSockets of its own when it is asked to
    data-aside             what is-now in here is kept in sight by this box alone, not by one around it

Left out: what any particular widget shows.
"""

from __future__ import annotations

import difflib
import logging
import secrets
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import traitlets
from htpy import Node
from ipywidgets import Widget

from wslab.explain.redaction import notice
from wslab.extras import MissingExtra
from wslab.protocol.errors import LocalProtocolError, ProtocolError
from wslab.tape.files import replacing, write_errors
from wslab.widgets import components
from wslab.widgets.life import CELLS, loosen, weakly
from wslab.widgets.page import encodable, html_of, is_long, kept, page, script, standing, still, still_reach, style

logger = logging.getLogger("wslab")

__all__ = ["View", "in_words"]


class View(anywidget.AnyWidget):
    """A widget whose picture Python renders. Subclasses set `title`, give `draw` and `text`, and add `do_…` methods."""

    title: ClassVar[str] = "View"
    redraws_on: ClassVar[tuple[str, ...]] = ()
    """Traits whose change draws the view again."""
    reach: ClassVar[int] = 100
    """Steps that are rendered on each side of the present one, when there are too many to render all."""

    _acting = False
    _esm = script()
    _css = style()
    _title = traitlets.Unicode().tag(sync=True)
    _name = traitlets.Unicode().tag(sync=True)
    _id = traitlets.Unicode().tag(sync=True)
    _words = traitlets.Unicode().tag(sync=True)
    _image = traitlets.Unicode().tag(sync=True)
    regions = traitlets.Dict(value_trait=traitlets.Unicode(), key_trait=traitlets.Unicode()).tag(sync=True)
    step = traitlets.Int(0, help="The step that is shown, from 0.").tag(sync=True)
    selected = traitlets.Unicode("", help="What is chosen in the picture, by name.").tag(sync=True)
    big = traitlets.Bool(False, help="Larger type and strokes, for a projector; the key B switches.").tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        _check_names(type(self), traits)
        self._problem: str | None = None
        self._ready = False
        self._published: tuple[object, ...] = ()
        self._has_own_layout = not isinstance(traits.get("layout"), Widget)
        super().__init__(**traits, _title=self.title, _name=type(self).__name__, _id=secrets.token_hex(8))
        self._ready = True
        self.step = self.nearest(self.step)
        self._rendered = range(0)
        self.on_msg(weakly(self._receive))
        if self.redraws_on:  # traitlets takes an empty list for "all"
            self.observe(self._on_change, names=list(self.redraws_on))
        self.observe(self._on_step, names=["step"])
        self.redraw()

    # its life

    def open(self) -> None:
        """Open the model in the page; the view's own layout goes when the view does."""
        super().open()
        loosen(self)
        if self._has_own_layout:
            loosen(self.layout)

    def observe(self, handler: Any, names: Any = traitlets.All, type: Any = "change") -> None:  # noqa: A002
        """As in traitlets; a method of the view itself does not keep it alive."""
        own = getattr(handler, "__self__", None) is self
        super().observe(weakly(handler) if own else handler, names, type)

    # what a subclass gives

    def draw(self, steps: range) -> Mapping[str, Node]:
        """The regions for the present state, with these steps rendered ahead."""
        raise NotImplementedError

    def text(self) -> str:
        """The same as plain text."""
        raise NotImplementedError

    def image(self) -> Node:
        """The picture at the present step as SVG without styles (`widgets.image`); None where words say it all."""
        return None

    @property
    def last(self) -> int:
        """The last step; 0 for a view that has none."""
        return 0

    @property
    def count(self) -> int:
        """How many steps there are."""
        return self.last + 1

    def nearest(self, step: int) -> int:
        """The step that is shown when this one is asked for."""
        return min(max(0, step), self.last)

    def window(self, middle: int, reach: int) -> range:
        """The steps to render around `middle`: `reach` before it and behind it, or all if they are not too many."""
        if self.last <= 2 * reach:
            return range(self.last + 1)
        return range(max(0, middle - reach), min(self.last, middle + reach) + 1)

    # drawing

    def redraw(self, middle: int | None = None) -> None:
        """Draw the present state again; unchanged regions stay as they are in the page.

        Of many steps those around `middle` are rendered, by default around the present one. While an action of the page
        is done, nothing is drawn: its end draws once.
        """
        if self._acting:
            return
        self._rendered = self.window(self.step if middle is None else middle, self.reach)
        self.regions = {name: html_of(node) for name, node in self._nodes(self._rendered).items()}
        if middle is None:  # else the state is as it was
            self._keep()

    def _keep(self) -> None:
        """The words and the image that a notebook gets when it is saved."""
        self._words, self._image = encodable(self.text()), html_of(self.image())

    def _nodes(self, steps: range) -> dict[str, Node]:
        return {"error": self._error_box(), **self.draw(steps)}

    def _error_box(self) -> Node:
        return components.error_box(self._problem) if self._problem else None

    def show_problem(self, problem: BaseException | str | None) -> None:
        """Show the present state and what went wrong, in words; None puts it away."""
        self._problem = problem if isinstance(problem, str) or problem is None else in_words(problem)
        try:
            self.redraw()
        except Exception as failed:  # the picture cannot be drawn either: the error says so
            self.regions = {**self.regions, "error": html_of(components.error_box(in_words(failed)))}

    # what comes from the page

    def _receive(self, _widget: View, content: Any, _buffers: Any) -> None:
        try:
            self.act(str(content.get("do", "")), str(content.get("arg", "")), str(content.get("value", "")))
        except Exception as problem:  # an error of a user's own observer has to be seen in the view too
            self.show_problem(problem)
        finally:
            self.send({"done": True})

    def act(self, name: str, arg: str = "", value: str = "") -> None:
        """Do what the page asks for: call `do_<name>(arg, value)`, then draw."""
        if name == "window":  # the page may be some steps ahead by now: only what is rendered follows, not `step`
            return self.redraw(int(arg))
        action = self.action(name)
        if action is None:
            raise ValueError(f"{type(self).__name__} has no action {name!r}.")
        self._problem = None
        self._acting = True
        try:
            action(arg, value)
        finally:
            self._acting = False
        return self.redraw()

    def action(self, name: str) -> Callable[[str, str], object] | None:
        """What an action of the page calls, with `arg` and `value`: `do_<name>`; None where there is none."""
        return getattr(self, f"do_{name}", None)

    def do_dismiss(self, arg: str, value: str) -> None:
        """Put the error away."""

    def do_save(self, arg: str, value: str) -> None:
        """Give the standalone page to the browser as a file."""
        self.send({"save": {"name": f"{type(self).__name__}.html", "text": self.html()}})

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take traits from the page; an observer that raises shows its error in the view."""
        given = {name: encodable(value) if isinstance(value, str) else value for name, value in sync_data.items()}
        try:
            super().set_state(given)
        except Exception as problem:
            self.show_problem(problem)

    def _on_change(self, _change: Any) -> None:
        if self._ready:
            self.redraw()

    def _on_step(self, _change: Any) -> None:
        if self.step in self._rendered:
            self._keep()
        else:
            self.redraw()

    @traitlets.validate("step")
    def _within(self, proposal: Any) -> int:
        return self.nearest(proposal["value"]) if self._ready else int(proposal["value"])

    # where no widget can live

    def fragment(self) -> Node:
        """The still view as a part of a page."""
        return standing(self.still())

    def still(self) -> Node:
        """The still view without style and script."""
        return still(self._name, self.title, self._still(), step=self.step, selected=self.selected, big=self.big)

    def _still(self) -> dict[str, Node]:
        return self._nodes(self.window(self.step, still_reach(self.count, self.reach)))

    @property
    def is_long(self) -> bool:
        """Whether there are so many steps that a still view has only those around the present one."""
        return is_long(self.count, self.reach)

    def html(self) -> str:
        """A page that stands alone, steps by itself and loads nothing."""
        return page(f"{self.title} · wslab", self.fragment())

    def save(self, path: str | Path) -> Path:
        """Write `html()` to a file, whole or not at all, and return its path.

        Where it shows secrets of a recording as asterisks, a warning of the logger `wslab` says how many. Raises
        `OSError` where that cannot be done, with one sentence that says why; a file that is there stays then.
        """
        with write_errors(path), replacing(path) as file:
            file.write(self.html().encode())
        if count := self.count_secrets():
            logger.warning("%s", notice(count, path, "a Timeline with secrets=True"))
        return Path(path)

    def count_secrets(self) -> int:
        """How many secrets of a recording it shows as asterisks."""
        return 0

    def _repr_html_(self) -> str:
        traits = {name: getattr(self, name) for name in ("_title", "_name", "_id", "step", "selected", "big")}
        regions = {name: html_of(node) for name, node in self._still().items()}
        return html_of(kept({**traits, "regions": regions}, self.text(), self.image()))

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        CELLS.show(self)
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if bundle is not None else ({}, {})
        return {**data, "text/html": self._repr_html_(), "text/plain": encodable(self.text())}, metadata

    def _ipython_display_(self) -> None:
        """Where nobody says which cell this is, show the view in a place that has a name, for `show_again`."""
        if CELLS.knows_the_present():
            raise NotImplementedError  # IPython then asks for the bundle
        self._publish()

    def show_again(self) -> None:
        """Put the present picture where the view was shown by `_ipython_display_`, if it has changed since."""
        if self._published and self._published != self._picture():
            self._publish(update=True)

    def _publish(self, *, update: bool = False) -> None:
        data, metadata = self._repr_mimebundle_()
        self._published = self._picture()
        display = import_module("IPython.display").display
        display(data, metadata=metadata, raw=True, display_id=self._id, update=update)

    def _picture(self) -> tuple[object, ...]:
        return self.regions, self.step, self.selected, self.big

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        first = next(filter(None, self.text().splitlines()), "")
        return f"<{type(self).__name__}: {first}>"


def in_words(problem: BaseException) -> str:
    """An error as one sentence: ours and ValueErrors as they are, others with their name."""
    if isinstance(problem, (ProtocolError, LocalProtocolError, ValueError, MissingExtra, traitlets.TraitError)):
        return str(problem)
    return f"{type(problem).__name__}: {problem}"


def _check_names(cls: type[View], given: Mapping[str, Any]) -> None:
    known = [name for name in cls.class_trait_names() if not name.startswith("_")]
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise TypeError(f"{cls.__name__}() has no argument {name!r}.{hint}")
