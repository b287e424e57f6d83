"""`wslab misbehave`: break one rule of the protocol on purpose, and judge the peer.

command       the command: which rule, which side, exit code
conversation  the bytes to and from a peer, as a server or as a client
violations    which bytes break which rule, as pure data
legal         heads that are legal and unusual, tried at a server
verdict       what the peer's reaction is worth
"""
