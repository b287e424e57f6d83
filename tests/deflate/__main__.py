"""`python -m tests.deflate`: plays every combination and prints the table of README.md."""

from __future__ import annotations

from .peers import Ws
from .table import table

if __name__ == "__main__":
    for line in table():
        print(line)
    Ws.stop()
