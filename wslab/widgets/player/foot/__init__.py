"""What stands at the foot of the player beside the explanation.

lines      what the fix changes in the code
peers      what real peers do where they differ
values     other values for the parameters
step       the present step: its sentence, its way, its bytes
states     both sides in their states, and what is under way between them
story      the line of the scenario's code that did the step
"""
