"""TLS below a connection: what a client asks of it, and what is told where it fails (§4.1, §10.6).

Rules of this module: whom to trust is decided by Python's `ssl` and the user's context, never here. TLS comes before
the first byte of the opening handshake, and the tape has what is inside it. A handshake of TLS that fails is told as
what it is to a WebSocket: it never began.

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
    """What a client asks of TLS: a certificate for `name`, signed by somebody whom `context` trusts.

    None as `context` trusts whom the system trusts.
    """

    def __init__(self, context: ssl.SSLContext | None, name: str) -> None:
        self.name = name
        self._context = _of_the_system() if context is None else context
        self._object: ssl.SSLObject | None = None

    @property
    def context(self) -> ssl.SSLContext:
        """What asyncio is given: this object, so that the certificate can be read where it was refused."""
        return cast("ssl.SSLContext", self)

    def wrap_bio(self, *args: Any, **options: Any) -> ssl.SSLObject:
        """Asyncio calls this, and it alone, on what it takes for a context."""
        self._object = self._context.wrap_bio(*args, **options)
        return self._object

    def refused(self, error: BaseException, address: Address) -> HandshakeRefused | None:
        """A handshake of TLS that failed, in one sentence; None where the error is of something else."""
        why = self._why(error, address)
        return None if why is None else HandshakeRefused(0, f"{why}: {_NEVER_BEGAN}.")

    def _why(self, error: BaseException, address: Address) -> str | None:
        import ssl

        if isinstance(error, ssl.SSLCertVerificationError):
            return self._mistrusted(error, address)
        if isinstance(error, ConnectionResetError):
            return f"{address} closed TCP inside the TLS handshake"
        if not isinstance(error, ssl.SSLError):
            return None
        if error.reason in _NO_TLS:
            return f"{address} does not speak TLS, and ws:// may be what it wants ({error.reason})"
        return f"{address} and this client did not come to terms about TLS ({error.reason})"

    def _mistrusted(self, error: ssl.SSLCertVerificationError, address: Address) -> str:
        code = error.verify_code
        if code in _NAME_MISMATCH:
            names = certificate_names(self._object)
            has = f"is for {_listed(names)}, not" if names else "is not"
            return f"The certificate of {address} {has} for {self.name}, the name that was asked for"
        if code in _NO_ISSUER:
            return (
                f"The certificate of {address} is signed by nobody whom this client trusts "
                f"({error.verify_message}; a context in `tls=` can trust more)"
            )
        return f"The certificate of {address} {_DATES.get(code, f'is not trusted ({error.verify_message})')}"


def _of_the_system() -> ssl.SSLContext:
    import ssl

    return ssl.create_default_context()


def certificate_names(tls: ssl.SSLObject | None) -> list[str]:
    """The names in the peer's certificate, trusted or not; none where this Python does not tell."""
    try:
        # until 3.13 only the inner object tells of a certificate that was refused, and there as bytes
        certificate = cast(Any, tls)._sslobj.get_unverified_chain()[0].get_info()
        return [name for _, name in certificate["subjectAltName"]]
    except (AttributeError, IndexError, KeyError, TypeError):
        return []


def _listed(names: list[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def check_server_context(context: ssl.SSLContext | None) -> None:
    """`TypeError` or `ValueError` where it cannot be a server's."""
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
    """What protects a connection, for the tape; None where nothing does."""
    tls = transport.get_extra_info("ssl_object")
    if tls is None:
        return None
    return f"{tls.version()} stands below this connection ({tls.cipher()[0]}): the tape has what is inside it."


class DeferredProtocol(asyncio.Protocol):
    """Waits where an endpoint will be once TLS stands: a handshake of TLS that fails leaves no endpoint behind."""

    def __init__(self, answer: Callable[[], asyncio.Protocol]) -> None:
        self._answer = answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """TLS stands: from now on the endpoint is who hears."""
        endpoint = self._answer()
        transport.set_protocol(endpoint)
        endpoint.connection_made(transport)
