"""What the containers of a pod have to know of it."""

from __future__ import annotations

from typing import NamedTuple


class PodContext(NamedTuple):
    """``volumes`` are the names that containers can mount; ``is_template`` says that a controller
    makes the pod."""

    volumes: frozenset[str]
    host_network: bool
    is_template: bool
