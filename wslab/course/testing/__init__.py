"""Checks of a learner's tests: each is run against programs that are right and programs with a known mistake.

A test that lets a mistake through finds nothing, and one that fails for a right program is worse than none. Programs
with one mistake each, made to see whether a test notices, are called mutants.

- `faults`: the fault that shows a bug.
- `endings`: assertions on the tape of a connection.
- `survival`: a whole test of a client, and the `clients` that it has to tell apart.
"""

from wslab.course.testing.endings import check_ending
from wslab.course.testing.faults import check_fault
from wslab.course.testing.survival import check_test

__all__ = ["check_ending", "check_fault", "check_test"]
