"""Checks of what a learner writes to keep a service safe: each calls the learner's function and names the mistake.

- `origins`: which Origin of a handshake may come in.
- `markup`: a chat's line as HTML, with whatever a user has typed in it.
- `floods`: which messages of one client are taken, by a bucket of tokens.
- `windows`: which windows of compression a server keeps, by its answer.
- `inflating`: a compressed message inflated, with a limit that stops a bomb.
- `leaks`: a secret found by the lengths of compressed messages.
"""

from wslab.course.safety.floods import check_flood
from wslab.course.safety.inflating import check_inflate
from wslab.course.safety.leaks import check_leak
from wslab.course.safety.markup import check_markup
from wslab.course.safety.origins import check_origin
from wslab.course.safety.windows import check_windows

__all__ = ["check_flood", "check_inflate", "check_leak", "check_markup", "check_origin", "check_windows"]
