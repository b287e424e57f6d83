"""`wslab build`.

command   the command: its options, the progress file, the exit code
terminal  the stages and what is wrong, in the terminal
"""
