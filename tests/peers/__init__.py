"""What common peers do when the other side breaks a rule, and where the RFC leaves a choice: measured, as a table.

- `programs`: each library, and Chromium, as a client and as a server that runs one connection to its end.
- `ways`: what is tried where no rule is broken: a Ping behind a Close, a message behind a Close, text that goes wrong.
- `measure`: every rule that has an example, and every way, tried with every program.
- `table`: what was measured, for people; README.md has it.
- `test_table`: `wslab/protocol/peers.py` says what is measured.
"""
