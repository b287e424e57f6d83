"""Measurements of wslab beside its peers; `python -m benchmarks` runs them, and the README beside this file tells more."""
