"""The task `handshake(request) -> answer`: a server's half of the opening handshake (§4.2).

An answer may have its headers in any order, and more of them. So what counts in it is read first: which check of a
client fails, with which status and value. A request that is wrong is to be refused with a status that begins with 4,
and one of another version with the header Sec-WebSocket-Version, too (§4.4).

Left out: subprotocols and extensions, of which a server need not take any.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from wslab.course.answers import capital
from wslab.course.check.task import Case, Task
from wslab.course.check.tasks.answers import BEGIN, MISTAKES
from wslab.course.report import CheckResult
from wslab.protocol.errors import ProtocolError
from wslab.protocol.handshake.request import HandshakeRequest
from wslab.protocol.handshake.response import HandshakeResponse
from wslab.protocol.rules import RULES

__all__ = ["TASK"]

KEY = "dGhlIHNhbXBsZSBub25jZQ=="

FITS = "response-accept"


def _error(request: HandshakeRequest) -> ProtocolError | None:
    """What is wrong with a request."""
    return next((check.error() for check in request.checks() if not check.passed), None)


@lru_cache(maxsize=256)
def _parsed(data: bytes) -> tuple[HandshakeRequest, ProtocolError | None]:
    request, _ = HandshakeRequest.parse(data)
    return request, _error(request)


def _right(data: bytes) -> bytes:
    request, error = _parsed(data)
    if error is None:
        return HandshakeResponse.accept(request).serialize()
    return HandshakeResponse.refuse(error.rule.http_status or 400).serialize()


def _reads(case: Case, value: object) -> tuple[object, ...]:
    """What counts in an answer: the rule that it breaks, its status, its accept value, whether bytes follow."""
    if not isinstance(value, bytes):
        return ("no bytes", type(value).__name__)
    broken, response, behind = _judged(case, value)
    if response is None:
        return (broken,)
    if _asked(case)[1] is not None:
        return (broken, response.status // 100 if broken else "")
    return (broken, response.status, response.accept_value, bool(behind))


def _judged(case: Case, value: bytes) -> tuple[str, HandshakeResponse | None, bytes]:
    try:
        response, behind = HandshakeResponse.parse(value)
    except ProtocolError as error:
        return error.rule.id, None, b""
    found = _refusal(case, response) if _asked(case)[1] else _agreement(case, response)
    return found, response, behind


def _refusal(case: Case, response: HandshakeResponse) -> str:
    says_version = case.rule != "request-version" or "13" in response.tokens("Sec-WebSocket-Version")
    return "" if 400 <= response.status < 500 and says_version else case.rule


def _agreement(case: Case, response: HandshakeResponse) -> str:
    failed = (check for check in response.checks(_asked(case)[0]) if not check.passed)
    return next((check.rule.id for check in failed), "")


def _asked(case: Case) -> tuple[HandshakeRequest, ProtocolError | None]:
    """The request of a case, and what is wrong with it."""
    data = case.arguments["request"]
    assert isinstance(data, bytes)
    return _parsed(data)


def _difference(case: Case, got: Any, expected: Any) -> CheckResult:
    del expected
    wrong = _asked(case)[1]
    broken, response, behind = _judged(case, got)
    if response is None:
        rule = RULES[broken]
        return CheckResult(False, f"{rule.text} ({rule.reference}).", BEGIN, f"To fix it, {rule.fix}.", rule=broken)
    if wrong is not None:
        sentence = _not_refused(response.status)
        hint = f"{capital(wrong.rule.text)} ({wrong.rule.reference})."
        if response.status >= 500:
            hint = "A status that begins with 5 says that the server is at fault."
        return CheckResult(False, sentence, hint, "Answer with 400; to another version, with 426 and the one you know.")
    if not broken:
        sentence = f"{len(behind)} bytes follow the head, and the client takes them for a frame."
        return CheckResult(False, sentence, "Behind the empty line the frames begin.", BEGIN, rule="response-status")
    if response.status >= 400:
        sentence = f"it answers {response.status}, and the request is legal."
        return CheckResult(False, sentence, "Header names, `websocket` and `Upgrade` may be in any case.", BEGIN)
    error = next(check.error() for check in response.checks(_asked(case)[0]) if not check.passed)
    hint = f"{capital(error.rule.text)} ({error.rule.reference})."
    sentence = f"the answer has {error.found}, expected {error.expected}."
    return CheckResult(False, sentence, hint, BEGIN, "", error.offset, rule=broken)


def _not_refused(status: int) -> str:
    """What is wrong with the answer to a request that is to be refused."""
    if status >= 500:
        return f"it refuses with {status}; the mistake is the client's, so the status begins with 4."
    if status >= 400:
        return f"it refuses with {status}, and does not say which version it speaks (§4.4)."
    return f"it answers {status}, and the request is to be refused."


# ---- the requests

HEADERS = {
    "Host": "example.com",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
}


def _case(
    rule: str = FITS, *, first: str = "GET / HTTP/1.1", headers: dict[str, str | None] | None = None, space: str = " "
) -> Case:
    """A request whose headers are changed; None takes one away."""
    fields = {**HEADERS, **(headers or {})}
    lines = [first, *(f"{name}:{space}{value}" for name, value in fields.items() if value is not None)]
    return Case({"request": ("\r\n".join(lines) + "\r\n\r\n").encode()}, rule)


def _spelled(change: Any, key: str = KEY) -> Case:
    lines = ["GET /chat HTTP/1.1", *(f"{change(name)}: {value}" for name, value in HEADERS.items())]
    return Case({"request": ("\r\n".join(lines) + "\r\n\r\n").replace(KEY, key).encode()}, FITS)


CASES = (
    _case(),
    _case(headers={"Sec-WebSocket-Key": "x3JJHMbDL1EzLkh9GBhXDw=="}),
    _case(headers={"Sec-WebSocket-Key": "//79/Pv6+fj39vX08/Lx8A=="}),
    _case(headers={"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}, first="GET /chat?room=1 HTTP/1.1"),
    _spelled(str.lower),
    _spelled(str.upper, "c2Vjb25kIGtleSBmb3IgLw=="),
    _case(headers={"Connection": "keep-alive, Upgrade"}),
    _case(headers={"Connection": "Upgrade, keep-alive", "Cookie": "a=b"}),
    _case(headers={"Connection": "upgrade"}),
    _case(headers={"Connection": "keep-alive, upgrade", "Origin": "http://example.com"}),
    _case(headers={"Upgrade": "WebSocket"}),
    _case(headers={"Upgrade": "WEBSOCKET"}),
    _case(space=""),
    _case(space="  "),
    _case(headers={"Sec-WebSocket-Protocol": "chat, superchat"}),
    _case(headers={"Sec-WebSocket-Protocol": "soap, wamp"}),
    _case(headers={"Sec-WebSocket-Extensions": "permessage-deflate"}),
    # to be refused
    _case("request-method", first="POST / HTTP/1.1"),
    _case("request-method", first="HEAD / HTTP/1.1"),
    _case("request-http-version", first="GET / HTTP/1.0"),
    _case("request-host", headers={"Host": None}),
    _case("request-upgrade", headers={"Upgrade": None}),
    _case("request-upgrade", headers={"Upgrade": "h2c"}),
    _case("request-connection", headers={"Connection": None}),
    _case("request-connection", headers={"Connection": "keep-alive"}),
    _case("request-key", headers={"Sec-WebSocket-Key": None}),
    _case("request-key", headers={"Sec-WebSocket-Key": "c2hvcnQ="}),
    _case("request-key", headers={"Sec-WebSocket-Key": "no base64!"}),
    _case("request-version", headers={"Sec-WebSocket-Version": "8"}),
    _case("request-version", headers={"Sec-WebSocket-Version": None}),
)


def _inputs(strategies: Any) -> Any:
    keys = strategies.sampled_from([f"{letter * 21}A==" for letter in "ABCDEFGH+/xyz"])
    spelled = strategies.sampled_from((str, str.lower, str.upper))
    connection = strategies.sampled_from(("Upgrade", "upgrade", "keep-alive, Upgrade", "Upgrade , close"))
    fields = strategies.builds(
        lambda key, value: _case(headers={"Sec-WebSocket-Key": key, "Connection": value}), keys, connection
    )
    return strategies.one_of(fields, strategies.builds(_spelled, spelled, keys))


SOLUTION = """\
import base64, hashlib

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

def handshake(request):
    first, *lines = request.decode("latin-1").partition("\\r\\n\\r\\n")[0].split("\\r\\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    key = headers.get("sec-websocket-key", "")
    tokens = [each.strip().lower() for each in headers.get("connection", "").split(",")]
    try:
        is_key = len(base64.b64decode(key, validate=True)) == 16
    except ValueError:
        is_key = False
    if headers.get("sec-websocket-version") != "13":
        names = b"Upgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Version: 13\\r\\n"
        return b"HTTP/1.1 426 Upgrade Required\\r\\n" + names + b"Content-Length: 0\\r\\n\\r\\n"
    if not (
        first.startswith("GET ") and first.endswith(" HTTP/1.1") and "host" in headers and is_key
        and headers.get("upgrade", "").lower() == "websocket" and "upgrade" in tokens
    ):
        return b"HTTP/1.1 400 Bad Request\\r\\nContent-Length: 0\\r\\n\\r\\n"
    accept = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
    return (
        "HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n"
        f"Sec-WebSocket-Accept: {accept}\\r\\n\\r\\n"
    ).encode()"""

TASK = Task(
    signature="handshake(request: bytes) -> bytes",
    wants="the bytes of an answer",
    begin="find the key among the lines of the request, and answer 101 with its accept value (§4.2.2)",
    reference=_right,
    fits=lambda value: isinstance(value, bytes),
    cases=CASES,
    inputs=_inputs,
    difference=_difference,
    mistakes=MISTAKES,
    solution=SOLUTION,
    reads=_reads,
)
