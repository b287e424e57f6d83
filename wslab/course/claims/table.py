"""All experiments by the name of their claim, in the order of the course."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from wslab.course.claims import arrivals, choices, conversations, frames, handshakes, networks, safety
from wslab.course.claims.experiment import Experiment
from wslab.course.myths import MYTHS

__all__ = ["EXPERIMENTS"]

_PARTS = (handshakes, frames, conversations, arrivals, networks, safety, choices)
_BY_NAME = {experiment.name: experiment for part in _PARTS for experiment in part.EXPERIMENTS}

EXPERIMENTS: Mapping[str, Experiment] = MappingProxyType({myth.name: _BY_NAME[myth.name] for myth in MYTHS})
