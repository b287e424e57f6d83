"""Cases for practice: what somebody brings, whose cause is to be found, and fixes of which one does not help.

- `case_files`: a log, a capture, and `check_diagnoses` of what was found.
- `proposals`: fixes that people propose, and `check_useless`, which plays them.
- `sheet`: a sheet of answers, and the first that is wrong.
"""

from __future__ import annotations

from wslab.course.diagnosis.practice.case_files import case_file, check_diagnoses
from wslab.course.diagnosis.practice.proposals import check_useless

__all__ = ["case_file", "check_diagnoses", "check_useless"]
