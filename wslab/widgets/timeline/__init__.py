"""A tape as a sequence diagram, with what each side believes.

state      the entries of one connection, the step, the filter, what each side believes
words      the words on a tag, and times
heights    at which height each departure, arrival and belief stands
ribbons    what each side believes, along its lifeline
tags       where the tag of each arrow stands
layout     all of these together: the picture as geometry
folds      Pings that were answered, as one line
forks      what can be changed at a step of a scenario, and what was
header     title, tools, filter
drawer     the present step in words and bytes
picture    HTML
text       the same as plain text
widget     `Timeline`
"""
