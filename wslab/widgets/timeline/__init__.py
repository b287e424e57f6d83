"""A tape as a sequence diagram, with what each side believes.

state      the entries of one connection, the step, what each side believes
layout     where each arrow and its label lie
picture    HTML and text
widget     `Timeline`
"""
