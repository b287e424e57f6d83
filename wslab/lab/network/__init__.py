"""TCP, real or in memory, and what stands right beside it: addresses, ports and TLS.

- `base`: `Network`, what the rest of the lab asks of TCP
- `sockets`: `SocketNetwork`, TCP of this machine
- `memory`: `MemoryNetwork`, TCP in memory; it explains how that works
- `memory_transport`: `MemoryTransport`, one end of a connection in memory
- `memory_server`, `memory_socket`, `memory_tls`: a server, a socket and TLS for programs that ask for one
- `lent`: the calls by which any asyncio program asks its loop for TCP, answered in memory
- `address`: an IP address and a port, and whether that is this machine
- `uri`: where a `ws://` or `wss://` URL leads
- `ports`: who listens at a port
- `tls`: what a client asks of TLS, and why a TLS handshake failed
"""
