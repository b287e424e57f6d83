"""`wslab conformance`.

command   the command: grade, write the files, exit code
terminal  the progress and the report in the terminal
"""
