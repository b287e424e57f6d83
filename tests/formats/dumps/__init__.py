"""Dumps: every form is written here and read back."""
