"""Checks of learners' functions for messages: what is in them, and in which order they count.

- `cases`: what these checks share: cases with the right values, and the algorithms of usual mistakes.
- `repairs`: text that a program read in a wrong encoding.
- `layouts`: a binary message with a layout of its own.
- `ordering`: numbered messages that came in any order, doubled, with gaps.
- `snapshots`: a list and its changes, which came over two connections.
- `limits`: whose limit it was where a connection ended with 1009.
"""

from wslab.course.messages.layouts import check_readings
from wslab.course.messages.limits import check_whose
from wslab.course.messages.ordering import check_in_order
from wslab.course.messages.repairs import check_repaired
from wslab.course.messages.snapshots import check_snapshot

__all__ = ["check_in_order", "check_readings", "check_repaired", "check_snapshot", "check_whose"]
