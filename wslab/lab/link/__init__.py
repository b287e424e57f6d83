"""Links: relays in which something can be wrong.

- `link`: what a user holds
- `relay`: the listener, and the connections that go through it
- `relayed`: one of these connections: two TCP connections, a pipeline each way
"""
