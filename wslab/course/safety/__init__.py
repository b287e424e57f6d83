"""Checks of what a learner writes to keep a service safe: each calls the learner's function and names the mistake.

- `origins`: which Origin of a handshake may come in.
- `markup`: a chat's line as HTML, with whatever a user has typed in it.
- `floods`: which messages of one client are taken, by a bucket of tokens.
"""

from wslab.course.safety.floods import check_flood
from wslab.course.safety.markup import check_markup
from wslab.course.safety.origins import check_origin

__all__ = ["check_flood", "check_markup", "check_origin"]
