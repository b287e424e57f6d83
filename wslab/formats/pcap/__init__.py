"""Captures, as Wireshark and tshark read and write them.

`pcapng`    the file formats: pcapng written and read, and the older pcap read
`tcpip`     the headers of TCP segments in IP packets
`links`     what packets begin with, by their link type
`tunnels`   what may stand between that and TCP
`unwrap`    from a packet to its segment
`partial`   packets that are not whole
`write`     a tape as packets
`flows`     TCP put together again, within limits
`survey`    which connections are WebSockets
`landings`  where frames go on behind a gap
`tls`       TLS, decrypted by tshark
`read`      packets as a tape

What is read, measured beside tshark, is in `CAPTURES.md`.
"""
