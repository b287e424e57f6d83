"""A tape as a sequence diagram, with what each side believes.

state      the entries of one connection, and where each arrow lies
picture    HTML and text
widget     `Timeline`
"""
