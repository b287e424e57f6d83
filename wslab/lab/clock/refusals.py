"""`RefusingLoop`: an event loop that refuses each of asyncio's methods in one sentence that names the call.

How it works: the methods are read from `asyncio.AbstractEventLoop`, so those that a later Python adds are refused, too.
`event_loop` overrides those that are about time, callbacks and tasks; what is left belongs to the real world.
`network/lent` adds what is about TCP.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, NoReturn

_REAL = "a virtual clock has no system's sockets, threads, processes or signals, since their time is real: leave it out"
_OWN = (
    "a virtual clock makes its own tasks and logs what nobody caught, so that each run repeats: leave task factories "
    "and exception handlers out"
)
_SOCKET = (
    "a virtual clock has TCP in memory and no sockets of the system: let the library connect by loop.create_connection "
    "and listen by loop.create_server"
)
_WHY_NOT = {
    **dict.fromkeys(
        ("set_task_factory", "get_task_factory", "set_exception_handler", "get_exception_handler"),
        _OWN,
    ),
    **dict.fromkeys(("add_reader", "remove_reader", "add_writer", "remove_writer"), _SOCKET),
    **dict.fromkeys(("sock_recv", "sock_recv_into", "sock_sendall", "sock_accept", "connect_accepted_socket"), _SOCKET),
}


def _refusal(name: str) -> Callable[..., NoReturn]:
    """A method that says why a virtual loop has none of this name."""

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise NotImplementedError(f"loop.{name}: {_WHY_NOT.get(name, _REAL)}, or use Lab(clock='real').")

    return refuse


RefusingLoop: Any = type(
    "RefusingLoop",
    (asyncio.AbstractEventLoop,),
    {name: _refusal(name) for name, method in vars(asyncio.AbstractEventLoop).items() if callable(method)},
)
