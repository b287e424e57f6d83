"""One end of a WebSocket connection over TCP, made of parts with one job each.

- `endpoint`: `Endpoint`, what a user holds: send, receive, ping, close.
- `protocol`: `EndpointProtocol`, what asyncio calls: TCP stands, bytes arrived, TCP is over.
- `state`: `EndpointState`, the one state that all parts share.
- `opening_handshake`: from the request to the answer, as client and as server (§4).
- `closing_handshake`: Close frames, then the end of TCP, each wait with a limit (§7).
- `inbox`: messages that wait to be received. `outbox`: bytes on their way to TCP.
- `pings`: Pings that wait for their Pongs. `keepalive`: Pings at regular times.
- `tcp`: one TCP connection. `intervention`: a changed way out of an endpoint.
- `recorder`: what an endpoint writes on the tape.
"""
