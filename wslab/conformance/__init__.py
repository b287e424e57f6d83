"""Grading anybody's WebSocket endpoint by Autobahn's test suite, and saying what each failure teaches.

cases      the numbers of the suite's cases, and those that have no verdict
results    what the suite says of a case, in words and bytes
lessons    from what the suite saw to a rule, a section, and the way to fix it
report     a run: its cases with their grades, and what there is to fix
grading    from a result of the suite to a case of the report
client     starting a client under test
runner     `grade_server` and `grade_client`
words      the sentences that the terminal and the page share
page       the report as a page that stands alone, with style.css
errors     `NotGraded`
raw        any bytes to and from a peer
program    a person's program as a process of ours
path/      the path: a way through the protocol for a server that somebody writes
"""
