"""wslab: a laboratory for the WebSocket protocol, for Jupyter and the terminal."""

from __future__ import annotations

__version__ = "0.1.0"
