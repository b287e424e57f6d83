"""The opening handshake (RFC 6455 §4): both heads, and every check of them."""
