"""A recorded connection played again: the lab is one of its sides, and a program of yours is the other.

- `script`: what the recording asks of each side, and what has to come before what.
- `comparison`: what came beside what was recorded, by what is meant.
- `deviation`: where the two differ, as facts, with their sentences.
- `heads`: the recorded head, made to fit the connection that it opens now.
- `session`: one connection that is replayed.
- `replay`: what a user holds: `serve`, `connect`.
"""
