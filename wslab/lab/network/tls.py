"""TLS below a connection: what a client asks of it, and why a TLS handshake failed (RFC 6455 §4.1, §10.6).

Whom to trust is decided by Python's `ssl` and the user's context, never here. TLS stands before the first byte of the
opening handshake, and the tape has what is inside it. Where the TLS handshake fails, no WebSocket began, and the error
says so, in one sentence and with the certificate's own names.

How the certificate is read: asyncio keeps the TLS object to itself, and drops it when the handshake fails. So it is
given a `Tls` in place of an `SSLContext`. It calls `wrap_bio` on that and nothing else, and `Tls` keeps the object that
it makes. `SSLContext.sslobject_class` would do the same for a context of our own, but most contexts are the user's. One
cannot be copied, and to set the attribute on it would change the user's other connections; so that way would be a
second one beside this, not a replacement.

What it leaves out: TLS on the virtual clock, and from a client to a link, which would see only what is encrypted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from wslab.lab.errors import HandshakeRefused
from wslab.lab.network.address import Address

if TYPE_CHECKING:  # a browser's Python has no ssl until it is asked for
    import ssl

_NAME_MISMATCH = (62, 64)  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH
_NO_ISSUER = (18, 19, 20, 21)
_DATES = {9: "is not valid yet", 10: "has expired"}
_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")

_NEVER_BEGAN = (
    "so no WebSocket began (§4.1), and a page in a browser would be told 1006, or 1015, and nothing of this (§7.4.1)"
)


class Tls:
    """What a client asks of TLS: a certificate for `name`, signed by an authority that `context` trusts.

    `context` None trusts those that the system trusts.
    """

    def __init__(self, context: ssl.SSLContext | None, name: str) -> None:
        self.name = name
        self._context = _system_context() if context is None else context
        self._object: ssl.SSLObject | None = None

    @property
    def context(self) -> ssl.SSLContext:
        """What asyncio is given: this object, so that a certificate that was refused can still be read."""
        return cast("ssl.SSLContext", self)

    def wrap_bio(self, *args: Any, **options: Any) -> ssl.SSLObject:
        """Make the TLS object and keep it; asyncio calls this, and nothing else, on what it takes for a context."""
        self._object = self._context.wrap_bio(*args, **options)
        return self._object

    def refused(self, error: BaseException, address: Address) -> HandshakeRefused | None:
        """Why the TLS handshake failed, in one sentence; None where the error has another cause."""
        why = self._explain(error, address)
        return None if why is None else HandshakeRefused(0, f"{why}: {_NEVER_BEGAN}.")

    def _explain(self, error: BaseException, address: Address) -> str | None:
        import ssl

        if isinstance(error, ssl.SSLCertVerificationError):
            return self._explain_mistrust(error, address)
        if isinstance(error, ConnectionResetError):
            return f"{address} closed TCP inside the TLS handshake"  # asyncio makes a reset of any end there
        if not isinstance(error, ssl.SSLError):
            return None
        if error.reason in _NO_TLS:
            return f"{address} does not speak TLS, and ws:// may be what it wants ({error.reason})"
        return f"{address} and this client could not agree on TLS parameters ({error.reason})"

    def _explain_mistrust(self, error: ssl.SSLCertVerificationError, address: Address) -> str:
        code = error.verify_code
        if code in _NAME_MISMATCH:
            names = certificate_names(self._object)
            has = f"is for {_join(names)}, not" if names else "is not"
            return f"The certificate of {address} {has} for {self.name}, the name that was asked for"
        if code in _NO_ISSUER:
            return (
                f"The certificate of {address} is signed by nobody whom this client trusts "
                f"({error.verify_message}; a context in `tls=` can trust more)"
            )
        return f"The certificate of {address} {_DATES.get(code, f'is not trusted ({error.verify_message})')}"


def _system_context() -> ssl.SSLContext:
    import ssl

    return ssl.create_default_context()


def certificate_names(tls: ssl.SSLObject | None) -> list[str]:
    """The names in the peer's certificate, trusted or not; none where this Python cannot read them."""
    try:
        # up to 3.12 only the inner object has a certificate that was refused, and there as bytes
        certificate = cast(Any, tls)._sslobj.get_unverified_chain()[0].get_info()
        return [name for _, name in certificate["subjectAltName"]]
    except (AttributeError, IndexError, KeyError, TypeError):
        return []


def _join(names: list[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def check_server_context(context: ssl.SSLContext | None) -> None:
    """`TypeError` or `ValueError` where the context cannot be a server's; None is no TLS, and passes."""
    if context is None:
        return
    import ssl

    if not isinstance(context, ssl.SSLContext):
        raise TypeError(f"tls is an ssl.SSLContext with the server's certificate; this is {type(context).__name__}.")
    if context.protocol == ssl.PROTOCOL_TLS_CLIENT:
        raise ValueError(
            "This context is a client's: make a server's with ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), "
            "and give it a certificate with load_cert_chain."
        )


def tls_words(transport: asyncio.BaseTransport) -> str | None:
    """The TLS version and cipher of a connection, in a sentence for the tape; None where there is no TLS."""
    tls = transport.get_extra_info("ssl_object")
    if tls is None:
        return None
    return f"{tls.version()} stands below this connection ({tls.cipher()[0]}): the tape has what is inside it."


class DeferredProtocol(asyncio.Protocol):
    """Makes the real protocol once TLS stands, so that a TLS handshake that fails leaves no endpoint behind."""

    def __init__(self, factory: Callable[[], asyncio.Protocol]) -> None:
        self._factory = factory

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """TLS stands: put the real protocol in this one's place."""
        protocol = self._factory()
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
