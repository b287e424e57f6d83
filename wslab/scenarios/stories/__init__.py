"""The scenarios, one module a group.

- `endings`: with a Close, with which code, without one, or without either side noticing.
- `keepalive`: connections that are dead and look alive, and those that are alive and look dead.
- `handshakes`: openings that are refused, stripped, swallowed, misread, or granted without a look.
- `messages`: fragments, text, sizes and speeds.
- `fleets`: many clients that come back, and what is lost or done twice on the way.
- `services`: several servers, and protocols on top of WebSocket.

Importing a module puts its scenarios into the catalogue. `load` imports all, in the order of the course.
"""

import importlib

MODULES = ("endings", "keepalive", "handshakes", "messages", "fleets", "services")
"""Every module here, in the order of the course."""


def load() -> None:
    """Import every module of scenarios."""
    for module in MODULES:
        importlib.import_module(f"{__name__}.{module}")
