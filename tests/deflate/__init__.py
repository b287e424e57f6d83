"""The parameters of permessage-deflate (RFC 7692 §7.1) against the libraries of others.

- `peers`: each library with compression in one role, without sockets: what it offers or answers, and messages.
- `table`: every combination of the four parameters, played with a peer, and the table for people.
"""
