"""How long a view lives: as long as somebody can see it or has it.

ipywidgets keeps each widget for ever, in its registry and through its comm, and with it all that the widget holds. So a
cell that is run again would leave a widget each time, and a `LinkPanel` six sockets. In a kernel, what ipywidgets keeps
of a view is therefore weak (`loosen`). A view lives while one of these holds it:

- Python: a variable, a list, a box of ipywidgets that it is in.
- A cell that shows it, until this cell is run again (`Cells`). The front end says with what it runs which cell that is.
  Where it does not, as in nbclient, a view that was shown is kept, as ipywidgets does. There is no page either, which
  would keep the picture up to date: so at the end of each cell every view that has changed is shown again in its place.

A box of ipywidgets with a view in it is kept in the same way: at the end of the cell that made it, what ipywidgets
keeps of the box and of all that is in it becomes weak, and that cell holds it.

IPython keeps in `Out` what each cell returned. When a cell is run again, what its earlier run returned goes from there,
where it is a view, a tape, a lab or a part of one: nobody sees it any longer, and it holds memory and sockets. What is
in a variable stays, as all does that other cells returned. IPython's own frames hold the old ones in circles, which
Python's collector would find late; so it looks once after such a run.

Left out: other widgets. Sliders, and boxes without a view, are kept by ipywidgets until they are closed, and so is what
they hold.
"""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Callable, Iterator
from typing import Any

from wslab.kernel import kernel_shell, present_cell

__all__ = ["CELLS", "MOST_SHOWN", "Cells", "loosen", "weakly"]

MOST_SHOWN = 500
"""Views that one run of a cell keeps alive by showing them, or all cells together that have no id; the oldest go."""

_OURS = {
    ("wslab.widgets.view", "View"),
    ("wslab.course.report", "CheckResult"),
    ("wslab.tape.tape", "Tape"),
    ("wslab.lab.lab", "Lab"),
    ("wslab.lab.server", "Server"),
    ("wslab.lab.link.link", "Link"),
    ("wslab.lab.endpoint.endpoint", "Endpoint"),
}  # by name, for nothing of it is loaded before it is used


class weakly:  # noqa: N801  it stands for a function
    """A method that may be called for as long as its object lives, and does not keep it alive."""

    def __init__(self, method: Callable[..., Any]) -> None:
        self._method = weakref.WeakMethod(method)

    def __call__(self, *given: Any) -> Any:
        """What the method gives; None where its object is gone."""
        method = self._method()
        return None if method is None else method(*given)

    def __eq__(self, other: object) -> bool:
        return self._method() == (other._method() if isinstance(other, weakly) else other)

    def __hash__(self) -> int:
        return hash(self._method)


def loosen(widget: Any) -> None:
    """In a kernel: let ipywidgets hold this widget weakly, so that it closes when nobody else has it.

    A page that is loaded again still gets its state, for it stays in the registry.
    """
    if widget.comm is None or kernel_shell() is None:
        return
    from ipywidgets.widgets import widget as module

    registry = module._instances
    if registry.get(widget.model_id) is widget:
        registry[widget.model_id] = weakref.proxy(widget)
        weakref.finalize(widget, registry.pop, widget.model_id, None)
        widget.comm.on_msg(weakly(widget._handle_msg))


def _box_with_view(widget: Any) -> bool:
    """Whether it is a box of ipywidgets, at whatever depth, with a view of ours in it."""
    children = getattr(widget, "children", ())
    return isinstance(children, tuple) and any(_is_ours(child) or _box_with_view(child) for child in children)


def _new_boxes() -> Iterator[Any]:
    """The boxes with a view in them that ipywidgets still holds."""
    module = sys.modules.get("ipywidgets.widgets.widget")
    known = [] if module is None else list(module._instances.values())
    return (
        each for each in known if type(each) is not weakref.ProxyType and not _is_ours(each) and _box_with_view(each)
    )


def _widgets_in(widget: Any, found: dict[int, Any]) -> dict[int, Any]:
    """A widget and all that its traits hold, by their ids: what is in it, layouts and styles."""
    if hasattr(widget, "model_id") and id(widget) not in found:
        found[id(widget)] = widget
        for value in widget.trait_values().values():
            for each in value if isinstance(value, (list, tuple)) else (value,):
                _widgets_in(each, found)
    return found


class _Showing:
    """What IPython calls to show a box: the cell that does so keeps the box."""

    def __init__(self, box: Any) -> None:
        self._box = weakref.ref(box)

    def __call__(self, **how: Any) -> Any:
        box = self._box()
        if box is None:
            return None
        CELLS.show(box)
        return type(box)._repr_mimebundle_(box, **how)


_BOXES: weakref.WeakSet[Any] = weakref.WeakSet()
"""The boxes that are kept as views are."""


def _adopt(box: Any) -> None:
    """Keep a box as a view is kept."""
    for widget in _widgets_in(box, {}).values():
        if not _is_ours(widget):
            loosen(widget)
    box._repr_mimebundle_ = _Showing(box)
    _BOXES.add(box)


class _Run:
    """One run of a cell: its number in `Out` once it is over, and the views that it shows."""

    def __init__(self) -> None:
        self.number: int | None = None
        self.replaces = False  # something of ours that an earlier run left
        self.views: dict[Any, None] = {}

    def show(self, view: Any) -> None:
        self.views[view] = None
        while len(self.views) > MOST_SHOWN:
            del self.views[next(iter(self.views))]


class Cells:
    """The latest run of each cell, and what it shows."""

    def __init__(self) -> None:
        self._runs: dict[str | None, _Run] = {}

    def join(self, shell: Any) -> None:
        """Hear of each cell from now on; the present one has begun already."""
        if kernel_shell() is not shell:
            return
        shell.events.register("pre_run_cell", self.begin)
        shell.events.register("post_run_cell", self.end)
        self._present(shell)

    def _present(self, shell: Any) -> _Run:
        return self._runs.setdefault(present_cell(shell), _Run())

    def begin(self, info: Any) -> None:
        """A cell is about to run: let go of what its earlier run showed and returned."""
        shell, cell = kernel_shell(), getattr(info, "cell_id", None)
        if shell is None or cell is None:
            return
        earlier, run = self._runs.get(cell), _Run()
        self._runs[cell] = run
        if earlier is not None:
            run.replaces = _forget(shell, earlier.number) or bool(earlier.views)

    def end(self, result: Any) -> None:
        """A cell was run; None where it was cancelled."""
        cell = getattr(getattr(result, "info", None), "cell_id", None)
        run = self._runs.get(cell)
        if run is not None:
            run.number = result.execution_count
            for box in _new_boxes() if cell is not None else ():
                _adopt(box)
                run.show(box)
            if run.replaces:
                gc.collect()
        if cell is None and run is not None:
            for view in list(run.views):
                view.show_again()

    def knows_the_present(self) -> bool:
        """Whether the front end says which cell runs now; also where there is no kernel."""
        shell = kernel_shell()
        return shell is None or present_cell(shell) is not None

    def show(self, view: Any) -> None:
        """The cell that runs now shows this view, and keeps it alive until it is run again."""
        shell = kernel_shell()
        if shell is not None:
            self._present(shell).show(view)


CELLS = Cells()
"""The cells of this kernel."""


def _forget(shell: Any, number: int | None) -> bool:
    """Take what a run returned out of IPython's history, where it is ours; whether it was."""
    value = shell.user_ns.get("_oh", {}).get(number)
    if not _is_ours(value):
        return False
    del shell.user_ns["_oh"][number]
    # from IPython 9 on, the HTML of each result, too
    getattr(shell.history_manager, "outputs", {}).pop(number, None)
    for name in (f"_{number}", "_", "__", "___"):
        for names in (shell.user_ns, shell.user_ns_hidden):
            if names.get(name) is value:
                del names[name]
        if getattr(shell.displayhook, name, None) is value:
            setattr(shell.displayhook, name, None)
    if getattr(shell.last_execution_result, "result", None) is value:
        shell.last_execution_result = None
    return True


def _is_ours(value: object) -> bool:
    """Whether it is, or has in it, something of ours that lives or is large."""
    if isinstance(value, (tuple, list)):
        return any(map(_is_ours, value))
    if any((each.__module__, each.__qualname__) in _OURS for each in type(value).__mro__):
        return True
    return any(box is value for box in _BOXES)
