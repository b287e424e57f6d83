"""The answers to the questions of the scenarios, one module a group.

Each is true of the run with default parameters. A wrong answer is one that somebody may well believe; its reason says
what happens instead, and names the section where one says so.
"""
