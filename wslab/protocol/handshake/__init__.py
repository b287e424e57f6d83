"""The opening handshake (§4): both heads, and every check of them.

- `head`: the HTTP head, found in the stream, cut into lines, judged as HTTP.
- `checks`: what a check is, and how a table of them is run.
- `base`: what request and response share.
- `request`: the client's half, and what a server holds against it.
- `response`: the server's half, and what a client holds against it.
- `onlooker`: the same checks for one who is neither side.
"""
