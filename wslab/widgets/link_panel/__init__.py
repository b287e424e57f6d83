"""A panel for a link: what is wrong with it, what can be, and what waits at its gate.

state        what the panel shows
picture      HTML and text
widget       `LinkPanel`
wires        the drawing: client, two wires with their faults, server
fault_form   the form that puts a fault together
"""
