"""Time and tasks: the only part of the lab that knows what time it is.

- `base`: `Clock`, what the rest of the lab asks of time
- `real`: `RealClock`, the machine's time on asyncio's own loop
- `virtual`: `VirtualClock`, a number that jumps from one event to the next
- `event_loop`: `VirtualLoop`, the event loop of the virtual clock
- `refusals`: what that loop has not, and why
- `chance`: what a program draws by chance repeats with a virtual clock
- `runner`: `run`, from ordinary code into a coroutine
- `alarm`: stops code that does not return
- `deadline`: `Deadline`, one timer for many waits that follow one another
- `waiter`: `Waiter`, a wait whose task goes on in the moment in which it ends
"""
