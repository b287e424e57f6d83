"""Which cell of a notebook runs, as the front end says it.

JupyterLab sends the id of a cell with each run of it. Other front ends may not, and outside a kernel nobody does; then
there is no id. Nothing is imported for it: where a kernel runs, IPython is loaded already.
"""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["kernel_shell", "present_cell"]


def kernel_shell() -> Any:
    """The shell of this kernel; None where there is none, or one that does not say what it runs."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell if hasattr(shell, "get_parent") and hasattr(shell, "events") else None


def present_cell(shell: Any) -> str | None:
    """The id of the cell that runs in this shell, or that began the task which runs; None where nobody says it."""
    cell = (shell.get_parent() or {}).get("metadata", {}).get("cellId")
    return None if cell is None else str(cell)
