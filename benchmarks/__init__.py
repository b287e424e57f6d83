"""Measurements of wslab. None yet: the README beside this file says what a figure must bring."""
