"""The scenarios, one module a group.

- `endings`: with a Close, with which code, without one, or without either side noticing.
- `keepalive`: connections that are dead and look alive, and those that are alive and look dead.
- `heartbeats`: heartbeats on three levels, and Pongs that a program holds up itself.
- `handshakes`: openings that are refused, stripped, swallowed, misread, or granted without a look.
- `access`: logins that expire or leak, and what a browser refuses.
- `messages`: fragments, text, sizes and speeds.
- `texts`: encodings, and what stays in order.
- `fleets`: many clients that come back, and what is lost or done twice on the way.
- `operations`: inspecting proxies, deploys, limits of age, memory.
- `services`: several servers, and protocols on top of WebSocket.
- `rooms`: one message to many, and a list that changes while it is fetched.
- `browsers`: hidden tabs, machines that wake up, HTTP/2.
- `programs`: mistakes in the code around a connection.
- `uses`: what people build, each as a small program with its figure (a folder).

Importing a module puts its scenarios into the catalogue. `load` imports all, in the order of the course.
"""

import importlib

MODULES = (
    "endings",
    "keepalive",
    "heartbeats",
    "handshakes",
    "access",
    "messages",
    "texts",
    "fleets",
    "operations",
    "services",
    "rooms",
    "browsers",
    "programs",
    "uses.news",
    "uses.together",
)
"""Every module here, in the order of the course."""


def load() -> None:
    """Import every module of scenarios."""
    for module in MODULES:
        importlib.import_module(f"{__name__}.{module}")
