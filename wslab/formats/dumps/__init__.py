"""Bytes as people write them: one reader for `wslab dissect` and `wslab.load`.

`form`      what a form is, and what reading gives
`rows`      dumps with offsets: xxd, hexdump, od, Wireshark, tcpdump, curl, Format-Hex
`cells`     how the bytes of such a row are written
`literals`  literals of programming languages, and what debuggers print
`plain`     hex, decimals, bits and Base64 without anything around them
`logs`      lines with times and arrows, socat, `curl -v`
`packets`   the headers of whole packets, stripped
`table`     all forms in one table
`reader`    chooses among them

Each form says whether a text is of its form and gives the bytes, or refuses with the reason. The reader tries all, and
prefers the one whose bytes are whole legal frames. It says what it took the text for, and which other form fits.

What it leaves out: text whose bytes are lost, such as the dots of `curl --trace-ascii`; it says how to get them.
"""
