"""Taking a run home: its code, its tape, and a page that steps without a kernel.

menu       what the learner presses
files      a run as a file, by the suffix of its name
pages      the page with all runs
"""
