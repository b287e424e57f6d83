"""Where connections live: endpoints over TCP, real or virtual, links that can be cut, and the tape of it all.

Rules of this layer: it is the only one with sockets, time and tasks, and all three come from one module,
`world`. What happens is recorded first (`tape`) and told after.
"""

from .closed import ConnectionClosed, HandshakeRefused, PortInUse
from .door import run
from .endpoint import Endpoint
from .entries import Belief, Entry
from .lab import Lab
from .link import Link
from .server import Server, echo
from .tape import Tape
from .virtual import Deadlock

__all__ = [
    "Belief",
    "ConnectionClosed",
    "Deadlock",
    "Endpoint",
    "Entry",
    "HandshakeRefused",
    "Lab",
    "Link",
    "PortInUse",
    "Server",
    "Tape",
    "echo",
    "run",
]
