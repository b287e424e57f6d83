"""Secrets of the opening handshake, replaced by asterisks for what is saved, exported or printed.

- `names`: which headers, parameters of a URL and subprotocols are secrets, as patterns.
- `lines`: what becomes of one line of a head.
- `heads`: a head, in the pieces in which it comes.
- `streams`: all that one side of a connection sent: a login at a proxy, and heads wherever they stand.
"""

from __future__ import annotations

from wslab.explain.redaction.heads import HeadRedactor, redact_head, redact_header, redact_text, redact_words
from wslab.explain.redaction.lines import LineRedactor, Secrets, notice, stars_for
from wslab.explain.redaction.streams import StreamRedactor, redact_bytes, redact_login

__all__ = [
    "HeadRedactor",
    "LineRedactor",
    "Secrets",
    "StreamRedactor",
    "notice",
    "redact_bytes",
    "redact_head",
    "redact_header",
    "redact_login",
    "redact_text",
    "redact_words",
    "stars_for",
]
