"""The states of a connection as a map, lit by a tape's steps (§4.1, §7.1.3, §7.1.4).

state      geometry, and what the steps of a tape light up
picture    SVG, HTML and text
widget     `StateMap`
"""
