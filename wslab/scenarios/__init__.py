"""Named stories: ways in which a connection goes, each a function of one screen.

Rules of this layer: a scenario is a coroutine function of a fresh `Lab` that does what its first
sentence says, and nothing else: no printing, no drawing, no randomness but the lab's. It ends at its most telling
moment; `play` runs it and returns the tape up to there. What it teaches stands beside it as data: a question to ask
before, and an explanation with its sections for after.

What it leaves out: time in one's hand, faults beyond cut and silence, and running again with one thing changed.
"""

from .catalogue import SCENARIOS, Scenario, UnknownScenario, play

__all__ = ["SCENARIOS", "Scenario", "UnknownScenario", "play"]
