"""Measurements of wslab beside its peers; the README beside this file tells how to run them."""
