"""Frames (§5.2).

- `frame`: one frame as a value, and how it is written.
- `parser`: the incremental parser of one direction.
- `scanner`: where frames begin and end, for an intermediary that judges nothing.
- `boundary`: where frames begin in a stream whose beginning is not known.
"""

from wslab.protocol.frames.frame import DEFAULT_MAX_MESSAGE, Frame
from wslab.protocol.frames.parser import FrameError, FrameParser

__all__ = ["DEFAULT_MAX_MESSAGE", "Frame", "FrameError", "FrameParser"]
