"""The table of opcodes, with a real frame of each (§5.2).

state      the chosen opcode and its frame
picture    HTML and text
widget     `OpcodeTable`
"""
