"""All that is recognised: the patterns in the order in which a line is tried, and what a bare code or status may mean.

What is special stands before what is general: a log of a proxy has words of browsers in it, and not the other way
round. `BY_CODE` and `BY_STATUS` are for a message whose pattern names no causes of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from wslab.course.diagnosis.messages import browsers, infrastructure, javascript, libraries, others, python, shared
from wslab.course.diagnosis.pattern import Pattern, table

__all__ = ["BY_CODE", "BY_STATUS", "PATTERNS"]

_WINDOWS = r"\b(?:WinError|socket error|errno|error(?: code)?)\W{0,3}"
"""What stands before the number of an error of Windows: 10000 and up are its sockets', 12000 and up WinHTTP's."""

_SYSTEM = (
    *table(
        "the system",
        (
            r"connection reset by peer|forcibly closed by the remote host|\bWSAECONN(?:RESET|ABORTED)\b|"
            + _WINDOWS
            + "(?:1005[34]|1203[01])",
            "TCP was reset or broken off: by the peer's system, by one's own, or by something on the way.",
            "cut hasty-reset killed censor idle-proxy",
            1006,
        ),
        (
            r"\b(connection|operation) timed out|\bETIMEDOUT\b|" + _WINDOWS + "(?:10060|12002)",
            "TCP, or the program, gave up: no answer came.",
            "network-change half-open handshake-unanswered",
        ),
        (r"broken pipe", "The program wrote on a connection whose TCP had ended.", "wake-up cut killed", 1006),
        (
            "connection refused|" + _WINDOWS + "10061",
            "Nothing listens at this address and port, or a firewall refuses it.",
            "nothing-listens killed",
        ),
        (
            "connect call failed|unable to connect to the remote server|" + _WINDOWS + "12029",
            "The connection did not open: most often nothing listens at this address and port.",
            "nothing-listens handshake-refused tls-name-mismatch",
        ),
        (
            _WINDOWS
            + r"(?:11001|12007)|name or service not known|no such host|ERR_NAME_NOT_RESOLVED|nodename nor servname",
            "The name was not resolved: most often it has no address.",
            "no-such-name",
        ),
        (
            r"too many open files|\bEMFILE\b",
            "The process has no file descriptor left: each connection is one.",
            "descriptors herd",
        ),
        source="errno of POSIX and Windows, as their libraries print it",
    ),
    *table(
        "TLS",
        (
            r"certificate has expired|ERR_CERT_DATE_INVALID|certificate expired",
            "The certificate has expired.",
            "certificate-expired",
        ),
        (
            r"hostname mismatch|certificate is (not )?valid for|IP address mismatch",
            "The certificate is for another name.",
            "tls-name-mismatch",
        ),
        (
            r"self[- ]signed certificate|unable to get local issuer|signed by unknown authority",
            "The certificate's authority is not known here: an office's proxy, your own server, or a gap in the chain.",
            "inspecting-proxy tls-name-mismatch",
        ),
        (
            r"wrong version number|EPROTO\b|first record does not look like a TLS handshake|record layer failure",
            "TLS failed, most often because the peer speaks none: `wss://` at a plain port.",
            "tls-at-plain-port",
        ),
        source="OpenSSL, Chromium net_error_list.h, Go crypto/tls",
    ),
)
_NO_UNIT = r"(?!\s*(?:m?s|bytes|[KM]B|%))"
"""Behind a number that is no time and no size."""

_BARE = (
    *table(
        "any program",
        (
            r"\b(close|closed|code|status|event|disconnect(?:ed)?)\b\D{0,40}\b(?P<code>10(?:0\d|1[0-5]))\b" + _NO_UNIT,
            "A close code stands here.",
            "",
        ),
        (r"^\W*(?P<code>10(?:0\d|1[0-5]))\W*$", "A close code stands here.", ""),
        (
            r"\b(closed?|disconnected)\W{1,3}(with|code|status|event)\W{1,3}(code|status)?\W{0,3}(?P<code>[34]\d{3})\b"
            r"(?!\s*(?:m?s|bytes|[KM]B|%))",
            "A close code of a library or an application stands here.",
            "close-code token-expires",
        ),
        (
            r"\b(?:close code|closed|disconnect(?:ed)?)\W{1,3}(?:(?:with )?code\W{1,3})?(?P<code>[34]\d{3})\b"
            + _NO_UNIT,
            "A close code of an application stands here.",
            "close-code token-expires",
        ),
        (
            r"^\W*(code\W{1,3})?(?P<code>[34]\d{3})\W*$",
            "A close code of a library or an application may stand here.",
            "close-code token-expires",
        ),
        (
            r"^(?=.{0,400}\bweb ?socket)(?:.{0,400}[^\d.:])?\b(?P<code>10(?:0\d|1[0-5]))\b(?![.:]\d)" + _NO_UNIT,
            "A close code stands here.",
            "",
        ),
        (r"^\W{0,3}HTTP/[\d.]+ (?P<status>200|[345]\d{2})\b", "A status of HTTP stands here.", ""),
        (
            r"\b(status|response|HTTP)\W{1,3}(?:code\W{1,3})?(?P<status>[45]\d{2})\b",
            "A status of HTTP stands here.",
            "",
        ),
        (r"^\W*(?P<status>[2-5]\d{2})\W*$", "A status of HTTP stands here.", ""),
        source="the codes of RFC 6455 and the statuses of HTTP",
    ),
)

PATTERNS: tuple[Pattern, ...] = (
    *infrastructure.PATTERNS,
    *python.PATTERNS,
    *others.PATTERNS,
    *libraries.PATTERNS,
    *browsers.PATTERNS,
    *javascript.PATTERNS,
    *shared.SPECIFIC,
    *_SYSTEM,
    *_BARE,
    *shared.VAGUE,
)
"""Every message that is known, the special ones first."""

BY_CODE: Mapping[int, tuple[str, ...]] = {
    1000: ("clean-close", "clean-close-by-server"),
    1001: ("clean-close-by-server", "rolling-deploy", "herd"),
    1002: ("rsv1-unasked", "unmasked-client", "masked-server", "long-ping", "wrong-close-code"),
    1003: ("close-code",),
    1005: ("close-without-code", "socket-io"),
    1006: ("cut", "idle-proxy", "killed", "network-change", "browser-says-no"),
    1007: ("text-not-utf8", "wrong-encoding", "fragment-checker"),
    1008: ("close-code", "token-expires", "other-server"),
    1009: ("message-too-big", "deflate-bomb"),
    1010: ("extension-missing", "close-code"),
    1011: ("blocked-loop", "loop-running", "forgotten-task"),
    1012: ("rolling-deploy", "herd"),
    1013: ("herd", "rolling-deploy"),
    1014: ("killed", "nothing-listens"),
    1015: ("tls-name-mismatch", "certificate-expired"),
}
"""What a close code may come from, the likeliest first."""

BY_STATUS: Mapping[int, tuple[str, ...]] = {
    200: ("handshake-refused", "upgrade-stripped"),
    301: ("handshake-refused",),
    302: ("handshake-refused", "token-expires"),
    400: ("upgrade-stripped", "inspecting-proxy", "handshake-refused"),
    401: ("handshake-refused", "token-expires"),
    403: ("handshake-refused", "cross-site-origin", "token-expires"),
    404: ("handshake-refused", "upgrade-stripped"),
    405: ("over-http2", "upgrade-stripped"),
    426: ("upgrade-stripped", "inspecting-proxy"),
    429: ("herd", "handshake-refused"),
    499: ("handshake-unanswered", "network-change"),
    500: ("handshake-refused",),
    502: ("killed", "nothing-listens", "handshake-refused"),
    503: ("herd", "rolling-deploy", "handshake-refused"),
    504: ("handshake-unanswered", "blocked-loop"),
    520: ("killed", "handshake-refused"),
    521: ("nothing-listens", "killed"),
    522: ("handshake-unanswered", "nothing-listens"),
    523: ("nothing-listens", "handshake-unanswered"),
    524: ("handshake-unanswered", "blocked-loop"),
    525: ("tls-at-plain-port", "tls-name-mismatch", "certificate-expired"),
    526: ("certificate-expired", "tls-name-mismatch"),
}
"""What a status other than 101 may come from, the likeliest first."""
