"""A check of which Origin a server lets in (RFC 6455 §4.2.2, §10.2).

The learner's function gets the Origin of a handshake, a text or None, and says whether it may come in. `OURS` are the
origins of the service's own pages. Every other case is a way in which a comparison of texts goes wrong: another scheme,
port or subdomain, a name that begins or ends with the right one, the opaque origin `null`, and no Origin at all.

An origin is compared as a whole. A browser writes it in one form: small letters, no path, no default port (RFC 6454
§6.2). So a set of texts is enough, and a check that parses or searches is weaker.

Left out: cookies, and what else says who a user is.
"""

from __future__ import annotations

from typing import NamedTuple

from wslab.course.networks.trial import Task
from wslab.course.report import CheckResult

__all__ = ["OURS", "check_origin"]

OURS = ("https://shop.example", "https://www.shop.example")


class Stranger(NamedTuple):
    """An Origin that is not ours: who sends it, and the mistake that lets it in."""

    origin: str | None
    whose: str
    mistake: str


STRANGERS = (
    Stranger(
        "https://kittens.example",
        "a page of another site",
        "This is the stranger whom the check is for: return False for every Origin that is not one of the two.",
    ),
    Stranger(
        "https://shop.example.kittens.example",
        "a page of kittens.example, under a name that begins like yours",
        "Anybody can put your name in front of a name of their own: do not ask for the beginning of a text.",
    ),
    Stranger(
        "https://kittens-shop.example",
        "a page of another site whose name ends like yours",
        "Anybody can register a name that ends like yours: do not ask for the end of a text, or for a part of it.",
    ),
    Stranger(
        "http://shop.example",
        "a page that came without TLS",
        "Somebody on the way can write such a page: the scheme is a part of the origin.",
    ),
    Stranger(
        "https://shop.example:8443",
        "a page of another program on the same machine",
        "The port is a part of the origin: another port can be another program.",
    ),
    Stranger(
        "https://blog.shop.example",
        "a page of a subdomain that is not on the list",
        "A subdomain is an origin of its own, often somebody else's program, and your cookies go with its handshakes:"
        " it is the same site, so SameSite stops none of them.",
    ),
    Stranger(
        "https://wwwxshop.example",
        "a page of another site",
        "In a regular expression the dot stands for any character: compare the text itself.",
    ),
    Stranger(
        "null",
        "a page with an opaque origin, such as a sandboxed frame",
        "Any site can have such a frame, so `null` is nobody in particular: it is not on the list.",
    ),
    Stranger(
        None,
        "a client that sends no Origin, and so no browser",
        "This service is for pages. None is not on the list either.",
    ),
)

TASK = Task(
    (bool,),
    "True or False",
    "Write down the two origins that may come in, and compare the one that you are given with them as a whole.",
    "`in` a set compares whole texts: origin in {...}. `in` a text searches, and finds too much.",
    f"""def may_enter(origin):
    return origin in {{"{OURS[0]}", "{OURS[1]}"}}""",
)


def check_origin(mine: object) -> CheckResult:
    """Give Origins to the learner's function, and name the first stranger that it lets in.

    `mine` is a function of the Origin, a text or None, that returns whether it may come in.

    >>> check_origin(lambda origin: str(origin).startswith("https://shop.example")).sentence
    "it keeps 'https://www.shop.example' out, and that is one of your own pages."
    """
    cases = [*OURS, *(each.origin for each in STRANGERS)]
    values = TASK.values(mine, cases)
    if isinstance(values, CheckResult):
        return values
    said = dict(zip(cases, values, strict=True))
    shut_out = next((origin for origin in OURS if not said[origin]), None)
    if shut_out is not None:
        hint = "Both of your origins may come in, written as a browser writes them: no path, no slash at the end."
        return TASK.wrong(f"it keeps {shut_out!r} out, and that is one of your own pages.", hint)
    let_in = next((each for each in STRANGERS if said[each.origin]), None)
    if let_in is None:
        return TASK.right(f"your own pages come in, and {len(STRANGERS)} strangers do not.")
    return TASK.wrong(f"it lets {let_in.origin!r} in: {let_in.whose}.", let_in.mistake)
