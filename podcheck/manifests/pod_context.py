"""What the containers of a pod have to know of it."""

from __future__ import annotations

from typing import NamedTuple


class PodContext(NamedTuple):
    """``volumes`` are the names that containers can mount; ``is_template`` says that a controller
    makes the pod; ``grace_s`` is how long a stop may take, in seconds."""

    volumes: frozenset[str]
    host_network: bool
    is_template: bool
    grace_s: int = 30
