"""What leads to a scenario besides its name: a close code, a symptom, a setting such as `proxy_read_timeout`.

The tables are those of `wslab.course.diagnosis`. A scenario's own name always counts first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from wslab.course.diagnosis import SYMPTOMS
from wslab.course.diagnosis.causes import FIXES
from wslab.course.diagnosis.known import BY_CODE
from wslab.scenarios import SCENARIOS

_WORD = re.compile(r"(?:--)?[A-Za-z][\w-]*\w")


def leads() -> dict[str, str]:
    """Every word that leads to scenarios, with what a shell says about it."""
    codes = {str(code): f"close code, such as {_first(code)}" for code in BY_CODE}
    symptoms = {each.name: each.text for each in SYMPTOMS}
    settings = {word: f"a setting that ends {names[0]}" for word, names in SETTINGS.items()}
    return {word: text for word, text in {**settings, **codes, **symptoms}.items() if word not in SCENARIOS}


def scenarios_for(word: str) -> list[str]:
    """The scenarios to which a word leads, the likeliest first; empty where it leads nowhere."""
    symptom = next((each for each in SYMPTOMS if each.name == word), None)
    if symptom is not None:
        return [cause.scenario for cause in symptom.causes]
    if word.isascii() and word.isdigit() and len(word) <= 5:
        return [name for name in BY_CODE.get(int(word), ()) if name in SCENARIOS]
    return SETTINGS.get(word, [])


def _first(code: int) -> str:
    return next((name for name in BY_CODE[code] if name in SCENARIOS), "")


def _settings() -> Mapping[str, list[str]]:
    """The name of each setting of a fix, with the scenarios that it ends."""
    found: dict[str, list[str]] = {}
    for name, fix in FIXES.items():
        for setting in fix.settings.values():
            for word in filter(_is_setting, _WORD.findall(setting)):
                found.setdefault(word, []).append(name)
    return found


def _is_setting(word: str) -> bool:
    """A name of a program and no word of a sentence."""
    return "_" in word or word.startswith("--") or any(each.isupper() for each in word[1:])


SETTINGS = _settings()
"""Settings, and the scenarios that they end."""
