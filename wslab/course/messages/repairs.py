"""A check of a function that repairs mojibake: UTF-8 that a program took for Windows-1252 or Mac Roman.

The way back is the way that the text went, in reverse: encode as it was read, decode as it was meant. Which of the two
encodings it was shows by trying, since other bytes are hardly ever UTF-8. Text that was right must stay as it is.

Left out: text of which bytes were lost, which nothing repairs.
"""

from __future__ import annotations

from wslab.course.messages.cases import Case, Mistake, judge
from wslab.course.networks.trial import Task
from wslab.course.report import CheckResult

__all__ = ["check_repaired"]

TASK = Task(
    (str,),
    "a text",
    "Go back the way the text came: text.encode(as it was read).decode('utf-8').",
    "Try cp1252, then mac_roman. After a UnicodeError go on with the next; where it was neither, the text was right.",
    """def repaired(text):
    for name in ("cp1252", "mac_roman"):
        try:
            return text.encode(name).decode("utf-8")
        except UnicodeError:
            continue
    return text""",
)

CASES = (
    Case("GrÃ¼ÃŸe", "Grüße", "The bytes of “Grüße” were read as Windows-1252: one byte, one character."),
    Case(
        "Gr√º√üe", "Grüße", "This one was read as Mac Roman. √ is its sign for the byte c3, with which ü and ß begin."
    ),
    Case("10 â‚¬", "10 €", "Three bytes of € became three characters of Windows-1252."),
    Case("10 ‚Ç¨", "10 €", "Three bytes of € became three characters of Mac Roman."),
    Case("tea", "tea", "ASCII is the same in all of these encodings."),
    Case(
        "Grüße", "Grüße", "This text was right: its bytes in Windows-1252 are no UTF-8, and so it never was mojibake."
    ),
    Case(
        "日本", "日本", "This text was right: neither encoding has its characters, so it cannot have been read as one."
    ),
)


def _only(name: str, errors: str = "strict") -> Mistake:
    def repair(text: str) -> str:
        try:
            return text.encode(name, errors).decode("utf-8", errors)
        except UnicodeError:
            return text

    if errors != "strict":
        return Mistake(repair, f"{errors!r} hides the error that would have told you: it was another encoding.")
    return Mistake(repair, f"You know {name} alone; the other one is left: go on with it after a UnicodeError.")


MISTAKES = (
    Mistake(lambda text: text, "This gives each of the texts of this check back as it came."),
    *(_only(name) for name in ("cp1252", "mac_roman", "latin-1")),
    *(_only(name, errors) for name in ("cp1252", "mac_roman", "latin-1") for errors in ("ignore", "replace")),
    Mistake(
        lambda text: text.encode("utf-8").decode("cp1252", "replace"),
        "This makes it once more, instead of going back: encode as it was *read*, decode as it was *meant*.",
    ),
)


def check_repaired(mine: object) -> CheckResult:
    """Give mojibake and good text to the learner's function, and name what it does not repair, or breaks.

    `mine` is a function of a text that returns the text that was meant. The text was UTF-8, and was read as
    Windows-1252, as Mac Roman, or rightly.

    >>> check_repaired(lambda text: text).hint
    'This gives each of the texts of this check back as it came.'
    """
    return judge(mine, TASK, CASES, MISTAKES, f"all {len(CASES)} texts are as they were meant.")
