"""The notebooks in a JupyterLite site in Chromium; `python -m tests.jupyterlite` builds it and runs each cell.

That takes some five minutes, so it is apart from `python -m tests`; `tests/test_pyodide.py` is the quick test. `site`
builds the site from the Python and npm registries alone, `drive` runs the notebooks there.
"""
