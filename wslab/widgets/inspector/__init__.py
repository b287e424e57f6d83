"""A frame in bits, fields, bytes and verdicts (§5.2).

state      the bytes, and what each action makes of them
picture    HTML and text
widget     `FrameInspector`
"""
