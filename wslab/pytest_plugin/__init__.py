"""The lab as a plugin of pytest: fixtures, a marker and options for tests of other people's programs.

- `plugin`: what pytest loads by the entry point `wslab`: options, the marker, the fixtures, the hooks.
- `asked`: which clock and which seed a test asks for, and the labs that it got.
- `failure`: what a failing test prints of its tape, and the file that keeps the whole.

Every run of pytest loads `plugin` and `asked`, so both import pytest alone. The lab is loaded when a fixture is used,
`failure` when a test fails.

TESTING.md is the page for people who write tests.
"""
