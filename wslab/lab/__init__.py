"""Where connections live: endpoints over TCP, real or virtual, links that can be cut, and the tape of it all.

Rules of this layer: it is the only one with sockets, time and tasks, and all three come from one module,
`world`. What happens is recorded first (`tape`) and told after.
"""

from wslab.lab.clock.event_loop import Deadlock
from wslab.lab.clock.runner import run
from wslab.lab.endpoint.endpoint import Endpoint
from wslab.lab.errors import ConnectionClosed, HandshakeRefused, PortInUse
from wslab.lab.link.link import Link
from wslab.tape.entry import Belief, Entry
from wslab.tape.tape import Tape

from .lab import Lab
from .server import Server, echo

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
