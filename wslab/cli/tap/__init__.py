"""`wslab tap`: a link between any client and any server, in the terminal.

command  the command and its options
tap      what is shown of the link, and what is kept
typed    the commands that a person types: ping, close, pause, drop, fault, cut
summary  how each connection went, in sentences
"""
