"""Where connections live: the only layer with sockets, time and tasks.

- `lab`: `Lab`, what the user holds: it serves, connects, links, and has the tape.
- `server`: a listener, and a handler for each connection.
- `endpoint/`: one end of a connection, what a handler and a client hold.
- `link/`: a relay between client and server in which faults act.
- `replay/`: a recorded connection played again, as a peer for a program.
- `faults/`: what can be wrong with a link, one fault, one class.
- `foundation`: which clock and network a lab stands on; in a browser's Python, which has no sockets, TCP in memory.
- `context`: what the parts of one lab share.
- `clock/`, `network/`: time and TCP, real or virtual.
- `limits`, `errors`, `ending`: sizes and waits, the errors, how a connection ended.

What happens is recorded first, on the tape; words are made when they are asked for.
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
