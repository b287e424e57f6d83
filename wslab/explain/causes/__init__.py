"""Why bytes are no legal frames, where that can be said: the rule stays, and the cure is another one.

- `cause`: what is told of a cause.
- `foreign`: bytes of something else where a frame should be, each kind by its first bytes.
- `framing`: where the count of bytes was lost, found by trying what would fit.
- `search`: the cause of a violation in a stream.
"""
