"""Tapes in the formats of others, and `load`, which opens any of them.

`detect`    what a file is, by its content
`har`       the HTTP archive of browsers and proxies, both ways
`hexdump`   hex as people keep it, only read
`markdown`  what happened in words, only written
`pcap`      captures (pcapng and pcap), both ways

What comes from a file is data from elsewhere: it runs nothing, it is checked before it is believed, and the memory that
it takes is bounded. The tape has its `max_bytes`; besides it, reading a HAR takes at most three times the file's size
(nine times with characters beyond U+FFFF) and 200 bytes for each of 2,000,000 values, a hex dump six times its size, a
JSON line three times its length, and a capture 64 MiB for what waits and some kilobytes a connection.

Each may be compressed with gzip, which unpacks while it is read, and is refused where it would unpack to more than a
hundred times its size.

A file that cannot be read is an `UnreadableFile` with one sentence. What a format does not keep is a fact on the tape;
what is damaged is named in `tape.warnings`. A file is written whole or not at all, and a private one stays private.

What it leaves out: our own format (`wslab.tape.jsonlines`), pages, which need widgets, and the choice of a format by a
file's suffix (`wslab.export`). No library for packets is used: of those that read and write pcapng, scapy is alive and
under GPL-2.0; dpkt and python-pcapng would fit and had their last release in 2022.
"""

from wslab.formats.detect import load
from wslab.tape.files import UnreadableFile

__all__ = ["UnreadableFile", "load"]
