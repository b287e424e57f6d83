"""All stages, by name, in the order of the path."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from wslab.conformance.path.case import Stage
from wslab.conformance.path.stages.content import LIMITS, UTF8
from wslab.conformance.path.stages.control import CONTROL, PING, RESERVED
from wslab.conformance.path.stages.ending import CLOSES
from wslab.conformance.path.stages.extension import COMPRESSION
from wslab.conformance.path.stages.hostility import HOSTILE
from wslab.conformance.path.stages.messages import ECHOES, FRAGMENTS, LENGTHS, MASKS
from wslab.conformance.path.stages.opening import HANDSHAKE

__all__ = ["STAGES"]

_ORDER = (
    *(HANDSHAKE, ECHOES, MASKS, LENGTHS, FRAGMENTS, PING, CONTROL),
    *(RESERVED, CLOSES, UTF8, LIMITS, COMPRESSION, HOSTILE),
)

STAGES: Mapping[str, Stage] = MappingProxyType({stage.name: stage for stage in _ORDER})
