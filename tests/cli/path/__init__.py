"""`wslab build`."""
