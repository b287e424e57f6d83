"""Tests of wslab.widgets.image."""
