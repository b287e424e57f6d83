"""The stages of the path, in order.

make        frames of a client, and the usual kinds of cases
opening     handshake
messages    echo, masks, lengths, fragments
control     ping, control, reserved
ending      close
content     utf8, limits
extension   compression
hostility   hostile
catalogue   all of them, by name
"""
