"""After Shift+Enter a view is in sight from its first line on, though JupyterLab scrolls to the cell after it."""

from __future__ import annotations

import pytest

from tests.browser.conftest import ROOT, Notebook, OpenNotebook

pytestmark = pytest.mark.browser

ACTIVE = """() => [...document.querySelectorAll('.jp-Notebook .jp-Cell')]
  .findIndex((cell) => cell.classList.contains('jp-mod-active'))"""
RAN = """(cell) => {
  const panel = jupyterapp.shell.currentWidget.content;
  const { model } = panel.widgets[cell];
  return panel.activeCellIndex > cell && (model.type !== 'code' || model.executionState === 'idle');
}"""
# how far the first view of a cell is from the upper and the lower edge of the notebook, once it stood for 30 frames,
# and how much is in sight of what stands below the next cell (0 where the notebook is at its upper end)
STEADY = """(cell) => new Promise((resolve) => {
  const view = jupyterapp.shell.currentWidget.content.widgets[cell].node.querySelector('[data-wslab]');
  if (!view) return resolve(null);
  const box = (el) => el.getBoundingClientRect();
  const outer = view.closest('.jp-WindowedPanel-outer');
  const top = () => box(view).top - box(outer).top;
  let [last, same] = [NaN, 0];
  const look = () => {
    same = top() === last && view.offsetHeight ? same + 1 : 0;
    last = top();
    const below = Math.round(box(outer).bottom - box(view).bottom);
    const next = view.closest('.jp-Cell').nextElementSibling;
    const beyond = next && outer.scrollTop ? Math.max(0, Math.round(box(outer).bottom - box(next).bottom)) : 0;
    if (same < 30) requestAnimationFrame(look); else resolve([view.dataset.wslab, Math.round(last), below, beyond]);
  };
  look();
})"""


@pytest.mark.parametrize("name", ["00_start", "01_handshake", "03_masking"])
def test_a_view_that_was_run_is_in_sight(open_notebook: OpenNotebook, name: str) -> None:
    notebook = open_notebook(ROOT / "notebooks" / f"{name}.ipynb", run=False)
    notebook.page.set_viewport_size({"width": 1300, "height": 820})
    places = [place for cell in range(20) if (place := _run_on(notebook, cell))]
    assert len(places) >= 4
    # one that is higher than the screen begins at its upper edge, where a browser may round by a pixel
    assert [place for place in places if place[1] < 0 or (place[2] < 0 and place[1] > 1)] == []
    # below the cell that answers a question stands the reason
    assert [place for place in places if place[0] == "Predict" and place[3] > 1] == []


def test_the_learner_can_scroll_away_at_once(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(["print('above\\n' * 60)", "import wslab; wslab.FrameInspector('8100')", "1"], run=False)
    notebook.page.set_viewport_size({"width": 1300, "height": 820})
    _run_on(notebook, 0)
    place = _run_on(notebook, 1)
    assert place
    notebook.page.mouse.move(600, 400)
    notebook.page.mouse.wheel(0, place[1] + 200)
    assert notebook.page.evaluate(STEADY, 1)[1] < 0


def _run_on(notebook: Notebook, cell: int) -> tuple[str, int, int, int] | None:
    assert notebook.page.evaluate(ACTIVE) == cell
    notebook.page.keyboard.press("Shift+Enter")
    notebook.page.wait_for_function(RAN, arg=cell)
    place: tuple[str, int, int, int] | None = notebook.page.evaluate(STEADY, cell)
    return place
