"""What a learner can hand in: `report`, one file with what was predicted and which checks passed.

- `notes`: what happened in this kernel, kept in memory.
- `contents`: the file that one hands in, its format, and the reading of one that may be hostile.
- `handing_in`: `report`, which writes it when it is asked.
"""

from wslab.course.hand_in.handing_in import report

__all__ = ["report"]
