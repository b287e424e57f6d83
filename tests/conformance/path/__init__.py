"""The path of `wslab build`: its stages, its verdicts, and the servers that take it."""
