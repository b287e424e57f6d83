"""At most three questions, each of which tells causes apart that a message alone does not.

A `Choice` speaks for or against causes: `weighs` has for each a weight (above 0 speaks for it) and the reason in one
sentence. A question is asked where its choices speak about two or more of the causes that are still likely.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["MOST_QUESTIONS", "QUESTIONS", "Choice", "Question", "Weight"]

MOST_QUESTIONS = 3

Weight = tuple[float, str]
"""How much something speaks for (above 0) or against a cause, and why."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to a question."""

    name: str
    text: str
    weighs: Mapping[str, Weight]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and the answers that there are."""

    name: str
    text: str
    choices: tuple[Choice, ...]

    def choice(self, name: str) -> Choice:
        """The choice of this name. Raises ValueError, with all names, for another one."""
        found = next((each for each in self.choices if each.name == name), None)
        if found is None:
            raise ValueError(
                f"{self.name} is one of {', '.join(each.name for each in self.choices)}; this is {name!r}."
            )
        return found

    def tells_apart(self, causes: Sequence[str]) -> int:
        """About how many of these causes an answer would say something."""
        return len({cause for each in self.choices for cause in each.weighs}.intersection(causes))


_BUSY = "A timer for silence cannot run out while bytes go over the connection."
_QUIET = "A timer for silence needs silence."
_SAME = "A timer ends every connection after the same time."
_VARIES = "A timer would end every connection after the same time."
_ALL = "What all lose in one moment is at the server, or in front of it."
_ONE = "What one user loses is on that user's way."

_OPENING = (
    *("handshake-refused", "upgrade-stripped", "browser-says-no", "tls-name-mismatch", "handshake-unanswered"),
    *("inspecting-proxy", "nothing-listens"),
)
_LATER = (
    *("cut", "idle-proxy", "age-limit", "network-change", "blocked-loop", "half-open", "wake-up"),
    *("clean-close-by-server", "rolling-deploy", "close-code", "other-server", "background-tab"),
)
_ENDS = (-3.0, "It ends a connection that is open.")
_KEEPS = (1.0, "It keeps a connection from opening.")

QUESTIONS: tuple[Question, ...] = (
    Question(
        "open",
        "Was the connection open before it failed?",
        (
            Choice("no", "No, it never opened.", dict.fromkeys(_LATER, _ENDS) | dict.fromkeys(_OPENING, _KEEPS)),
            Choice("yes", "Yes, messages went to and fro.", dict.fromkeys(_OPENING, (-3.0, _KEEPS[1]))),
            Choice("unknown", "I do not know.", {}),
        ),
    ),
    Question(
        "when",
        "When does it end?",
        (
            Choice(
                "quiet",
                "After the same time without a message.",
                {
                    "idle-proxy": (2.0, _SAME),
                    "slow-keepalive": (1.0, _SAME),
                    "age-limit": (-1.0, "An age counts, whether anything is said or not."),
                    "cut": (-0.5, _VARIES),
                    "killed": (-1.0, _VARIES),
                    "network-change": (-1.0, _VARIES),
                },
            ),
            Choice(
                "age",
                "At the same age, however busy it is.",
                {
                    "age-limit": (2.0, _SAME),
                    "token-expires": (0.5, "A token has a lifetime, too."),
                    "idle-proxy": (-2.0, _BUSY),
                    "slow-keepalive": (-2.0, _BUSY),
                    "cut": (-0.5, _VARIES),
                    "killed": (-1.0, _VARIES),
                    "network-change": (-1.0, _VARIES),
                },
            ),
            Choice(
                "busy",
                "In the middle of work.",
                {
                    "idle-proxy": (-2.0, _QUIET),
                    "slow-keepalive": (-2.0, _QUIET),
                    "pong-behind-upload": (1.0, "A Pong waits behind what is being sent."),
                    "blocked-loop": (1.0, "Work on the event loop stops everything else."),
                    "killed": (0.5, "A process is killed at any time."),
                    "hasty-reset": (0.5, "A reset takes what was not yet sent."),
                },
            ),
            Choice(
                "move",
                "When the user moves, or the machine sleeps.",
                {
                    "network-change": (2.0, "Another network is another address, and TCP does not move."),
                    "wake-up": (1.5, "A machine that sleeps answers nothing."),
                    "tunnel": (1.0, "The network is away for a while."),
                    "background-tab": (0.5, "A hidden page is slowed down."),
                    "idle-proxy": (-0.5, _VARIES),
                    "age-limit": (-1.0, _VARIES),
                },
            ),
            Choice("unknown", "I do not know, or at any time.", {}),
        ),
    ),
    Question(
        "who",
        "Who loses the connection?",
        (
            Choice(
                "all",
                "All at once.",
                {
                    "killed": (1.5, _ALL),
                    "rolling-deploy": (1.5, _ALL),
                    "herd": (1.0, _ALL),
                    "blocked-loop": (0.5, _ALL),
                    "clean-close-by-server": (0.5, _ALL),
                    "network-change": (-2.0, _ALL),
                    "background-tab": (-1.0, _ALL),
                    "wake-up": (-1.0, _ALL),
                    "inspecting-proxy": (-1.0, _ALL),
                },
            ),
            Choice(
                "some",
                "Some, each at its own time.",
                {
                    "network-change": (0.5, _ONE),
                    "idle-proxy": (0.5, "Each connection has a timer of its own."),
                    "age-limit": (0.5, "Each connection has an age of its own."),
                    "background-tab": (0.5, _ONE),
                    "killed": (-1.0, "A process that dies takes all its connections with it."),
                    "rolling-deploy": (-1.0, "A server that stops takes all its connections with it."),
                    "herd": (-1.0, "A herd comes at one moment."),
                },
            ),
            Choice(
                "place",
                "Those in one office or network.",
                {
                    "inspecting-proxy": (2.0, "An office's proxy is on the way of that office only."),
                    "censor": (1.0, "What reads along is on the way of that network only."),
                    "upgrade-stripped": (0.5, "A proxy of that network may not know Upgrade."),
                    "idle-proxy": (0.5, "A firewall of that network may have a timer."),
                    "killed": (-2.0, "The server serves others well."),
                    "handshake-refused": (-0.5, "The server takes others in."),
                },
            ),
            Choice("unknown", "I do not know.", {}),
        ),
    ),
)
"""All questions, the one to ask first in front."""
