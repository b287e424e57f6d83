from __future__ import annotations
import os, time
import pytest
from tests.browser.conftest import Notebook, OpenNotebook
from tests.notebooks.course import FOLDER, NOTEBOOKS
pytestmark = pytest.mark.browser
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", os.environ.get("NBS"," ".join(NOTEBOOKS)).split())
def test_shots(open_notebook: OpenNotebook, name: str) -> None:
    t=time.time()
    theme=os.environ.get("THEME","light"); width=int(os.environ.get("W","1100"))
    n = open_notebook(FOLDER / f"{name}.ipynb", theme=theme, width=width)
    n.page.locator("[data-wslab]").first.wait_for(state="visible",timeout=60000); print("first widget", time.time()-t)
    n.settle()
    n.page.set_viewport_size({"width": width, "height": int(os.environ.get("H","9000"))})
    time.sleep(2)
    n.page.screenshot(path=f"/tmp/w/nb_{name}_{theme}_{width}.png")
