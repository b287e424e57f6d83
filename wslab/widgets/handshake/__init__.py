"""The opening handshake, line by line and check by check (§4).

state      the exchange and its moments
picture    HTML and text
widget     `HandshakeStepper`
breaks     what can be broken
exchange   one handshake as real bytes, and who refuses it
"""
