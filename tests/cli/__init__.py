"""Tests of the terminal's tools for real peers."""
