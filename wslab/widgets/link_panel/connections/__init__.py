"""The connections of a link as a table, and what is sent on the chosen one by hand.

rows       a row for each connection, and how full its buffers were
levels     the small picture of a buffer over time: its geometry, and its SVG
table      the rows as HTML and as text
by_hand    what is sent by hand: which frame it is, and from which end
hand_row   the fields and buttons for it
"""
