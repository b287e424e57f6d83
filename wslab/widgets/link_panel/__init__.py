"""A link to work at: what is sent, what is held on the wire, what is wrong with it, and what happened.

state        what the panel shows
reader       a link and its tape, read into that
picture      HTML and text of the whole
wire         client, wire and server; `places` is its geometry, `signs` its small drawings
fault_row    the faults' buttons and sentences; `knobs` says which faults have one
fault_form   the form for all other faults, and `draft`, its text
next_dial    what becomes of the next connection
widget       `LinkPanel`
"""
