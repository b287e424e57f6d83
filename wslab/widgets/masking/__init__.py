"""Masking, byte by byte, in bits (§5.3).

state      payload, key and step
picture    HTML and text
widget     `MaskingStepper`
"""
