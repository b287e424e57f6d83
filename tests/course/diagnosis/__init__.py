"""Diagnoses: the messages of programs, the bounds, recordings, and the closing lines."""
