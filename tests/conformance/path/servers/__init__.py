"""Servers that people wrote on the path: a whole one in Python and in JavaScript, and wrong ones (`mistakes`)."""
