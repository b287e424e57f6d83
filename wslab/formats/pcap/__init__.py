"""Captures, as Wireshark and tshark read and write them.

`pcapng`  the file formats: pcapng written and read, and the older pcap read
`tcpip`   the headers of TCP segments in IP packets
`write`   a tape as packets
`flows`   TCP put together again, within limits
`read`    packets as a tape
"""
