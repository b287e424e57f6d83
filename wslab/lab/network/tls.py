"""TLS below a connection: what a client asks of it, and why a TLS handshake failed (RFC 6455 §4.1, §10.6).

Whom to trust is decided by Python's `ssl` and the user's context, never here. TLS stands before the first byte of the
opening handshake, and the tape has what is inside it. Where the TLS handshake fails, no WebSocket began: `failed` says
why, with the certificate's own names, as the fact from which the tape and the error have their sentence.

How the certificate is read: asyncio keeps the TLS object to itself, and drops it when the handshake fails. So it is
given a `Tls` in place of an `SSLContext`. It calls `wrap_bio` on that and nothing else, and `Tls` keeps the object that
it makes. `SSLContext.sslobject_class` would do the same for a context of our own, but most contexts are the user's. One
cannot be copied, and to set the attribute on it would change the user's other connections; so that way would be a
second one beside this, not a replacement.

What it leaves out: TLS from a client to a link, which would see only what is encrypted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from wslab.lab.network.address import Address
from wslab.tape.records import TlsBegan, TlsFailed

if TYPE_CHECKING:  # a browser's Python has no ssl until it is asked for
    import ssl

_MISTRUST = {
    **dict.fromkeys((62, 64), "name"),  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH
    **dict.fromkeys((18, 19, 20, 21), "issuer"),
    9: "early",
    10: "expired",
}
"""Codes of OpenSSL with keys of `sentences.TLS_PROBLEMS`."""

_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")


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
        try:
            self._object = self._context.wrap_bio(*args, **options)
        except NotImplementedError:
            raise NotImplementedError(
                "A browser's Python has no TLS: dial ws:// here, or wss:// from Python on a computer."
            ) from None
        return self._object

    def failed(self, error: BaseException, address: Address, side: str) -> TlsFailed | None:
        """Why the TLS handshake of `side` with `address` failed; None where the error has another cause."""
        import ssl

        if isinstance(error, ssl.SSLCertVerificationError):
            return self._mistrust(error, address, side)
        if isinstance(error, ConnectionResetError):
            return TlsFailed(side, str(address), "closed")  # asyncio makes a reset of any end there
        if not isinstance(error, ssl.SSLError):
            return None
        why = "no-tls" if error.reason in _NO_TLS else "terms"
        return TlsFailed(side, str(address), why, message=str(error.reason))

    def _mistrust(self, error: ssl.SSLCertVerificationError, address: Address, side: str) -> TlsFailed:
        why = _MISTRUST.get(error.verify_code, "mistrusted")
        names = certificate_names(self._object) if why == "name" else []
        return TlsFailed(side, str(address), why, self.name, tuple(names), error.verify_message)


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


def tls_fact(transport: asyncio.BaseTransport, side: str) -> TlsBegan | None:
    """The TLS version and cipher below a connection of `side`; None where there is no TLS."""
    tls = transport.get_extra_info("ssl_object")
    return None if tls is None else TlsBegan(side, tls.version(), tls.cipher()[0])


class DeferredProtocol(asyncio.Protocol):
    """Makes the real protocol once TLS stands, so that a TLS handshake that fails leaves no endpoint behind."""

    def __init__(self, factory: Callable[[], asyncio.Protocol]) -> None:
        self._factory = factory

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """TLS stands: put the real protocol in this one's place."""
        protocol = self._factory()
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
