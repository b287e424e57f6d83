"""A legal exchange to break, one byte at a time: a guess, then what real peers make of it.

state      the exchange, the change, the guess, the score
picture    HTML and text; parts: `sent` (what is sent, byte by byte), `ask` (the question and the verdicts)
widget     `BreakIt`
"""
