"""Exchanges, changes, and the peers that judge them; `apart` runs the same peers by another path."""
