"""Tools for real peers in a terminal: a tap between two, a client to type in, an endpoint that breaks one rule.

Rules of this layer: it belongs to the command line. What travels is the lab's and the protocol's business; here it is
shown, and a person's words are turned into calls. A tool ends with everything saved, however it ends.
"""
