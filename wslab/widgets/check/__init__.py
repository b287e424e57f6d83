"""The report of a check: a learner's bytes beside the right ones, and helps that wait to be asked for.

state      the result, and where the bits of the first wrong byte stand
picture    HTML
widget     CheckReport
"""
