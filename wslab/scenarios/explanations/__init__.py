"""What explains the scenarios of `stories`, one module a group; each constant is the explanation of one scenario.

They are apart from the stories because they are long: a story stays a screen, and its explanation can be read and
checked by itself against the RFCs. A short one may as well stand in its story.
"""
