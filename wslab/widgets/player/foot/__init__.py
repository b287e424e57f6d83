"""What stands at the foot of the player beside the explanation.

lines      what the fix changes in the code
peers      what real peers do where they differ
"""
