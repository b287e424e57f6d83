"""`wslab play`: a scenario in the terminal, one step after the other.

command  the command and its options
play     the meaning of the options, and the output as text, JSON or a file
view     how a run looks: the question, each step, the explanation
pager    moving through a run by key
"""
