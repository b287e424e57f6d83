"""Tapes in files: our own format, and those that others read and write.

Rules of this package: what comes from a file is data from elsewhere: it runs nothing, it is checked before it is
believed, and it takes no more memory than a tape may. A file that cannot be read is told in one sentence, an
`UnreadableFile`; what a format does not keep, or a file did not have, is told by `tape.warnings` or by a note on the
tape. A file is written whole or not at all.

`jsonlines` keeps all; `pcapng` writes and reads packets, with `capture` (a tape as packets), `packets` (their headers)
and `reassembly` (packets as a tape); `har` is what browsers write; `hexdump` only reads; `narration` only writes.

What it leaves out: pages, which need widgets, and so `wslab.export`, which writes any format (`widgets.export`).

No library for packets is used: of those that read and write pcapng, scapy is alive and under GPL-2.0, dpkt and
python-pcapng fit and had their last release in 2022.
"""

from wslab.formats.detect import load
from wslab.tape.files import UnreadableFile

__all__ = ["UnreadableFile", "load"]
