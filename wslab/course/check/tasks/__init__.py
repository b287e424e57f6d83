"""The tasks of `wslab.check`: for each, what is right, the cases of its table, and the mistakes that people make."""

from wslab.course.check.tasks import accept_key, assemble, close_body, decode_frame, encode_frame, handshake, unmask

__all__ = ["TASKS"]

TASKS = {
    "accept_key": accept_key.TASK,
    "unmask": unmask.TASK,
    "encode_frame": encode_frame.TASK,
    "decode_frame": decode_frame.TASK,
    "assemble": assemble.TASK,
    "close_body": close_body.TASK,
    "handshake": handshake.TASK,
}
"""By the names of the functions that learners write."""
