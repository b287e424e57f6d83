"""What the commands do: open the course, take bytes apart, play a story, stand between two real peers, grade one.

Rules of this layer: it belongs to the command line. What travels is the lab's and the protocol's business; here it is
shown, and a person's words are turned into calls. A tool ends with everything saved, however it ends.
"""
