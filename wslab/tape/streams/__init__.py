"""Parts of a stream that is read from a recording: what comes before its frames, and what both streams mean together.

- `piece`: some bytes of a direction that belong together.
- `preamble`: what comes before HTTP: SOCKS, the PROXY protocol.
- `http`: heads and bodies, one behind the other, up to the first frame.
- `pending`: a head or a frame that has begun and is not whole.
- `gaps`: what a capture lacks, in words.
- `fields`: the fields of facts, as they come out of JSON.
- `history`: both directions of a connection, and the judgement of its heads.
"""
