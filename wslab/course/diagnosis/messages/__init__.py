"""The messages of programs, one module for each family; `known.PATTERNS` is all of them in order."""
