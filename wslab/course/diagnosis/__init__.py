"""From what people see when a connection fails to its causes: `diagnose`, and the table of symptoms.

- `symptoms`: what people see, with the scenarios that show why.
- `pattern`, `messages`, `known`: the messages of programs as data.
- `lines`, `recordings`, `files`: what is found in a text, on a tape (`endings`, `pongs`), in a file.
- `clues`, `questions`, `causes`: what speaks for a cause, what is asked, what fixes it.
- `diagnosis`: `diagnose` and its result; `words` are its lines.
- `confirming`: a cause played as it is and with its fix; `practice`: cases of unknown cause.
"""

from __future__ import annotations

from wslab.course.diagnosis.causes import Likely
from wslab.course.diagnosis.diagnosis import Diagnosis, diagnose
from wslab.course.diagnosis.symptoms import NOTEBOOK, SYMPTOMS, Cause, Symptom

__all__ = ["NOTEBOOK", "SYMPTOMS", "Cause", "Diagnosis", "Likely", "Symptom", "diagnose"]
