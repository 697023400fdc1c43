"""What was found of pods of a shape and status, cached: pods that are alike are explained once."""

from __future__ import annotations

from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from podcheck.declarations.pod import Pod
from podcheck.observation.status import Fact
from podcheck.results.explanations import PodStory
from podcheck.storage import cache


def key_of(version: tuple[int, ...], pod: Pod, facts: tuple[Fact, ...], is_kept: bool) -> str:
    """The entry of a pod of some release with a status; empty if nothing is cached."""
    state = cache.state_of_podcheck()
    sets = sorted(f"{c.name} {sorted(c.probes)} {sorted(c.hooks)}" for c in pod.containers)
    plain = [(c.name, c.role, c.policy, c.rules) for c in pod.containers]
    text = repr((pod.policy, pod.static, pod.deadline_s, pod.owner, plain, sets, facts, is_kept))
    return cache.digest("explanation", state, repr(version), text) if state else ""


def load(key: str) -> PodStory | None:
    """What is cached, or None."""
    data = cache.read_json(key) if key else None
    try:
        return None if data is None else restored(PodStory, data)
    except (TypeError, ValueError, LookupError):
        return None  # written by something that is not podcheck


def store(key: str, story: PodStory) -> None:
    """Cache a story."""
    if key:
        cache.write_json(key, story)


def restored(kind: Any, data: Any) -> Any:
    """A value of a type from the lists that JSON made of its tuples; raises ``TypeError``."""
    origin, args = get_origin(kind), get_args(kind)
    if origin is tuple:
        inner = [args[0]] * len(data) if args[-1] is Ellipsis else args
        return tuple(restored(k, item) for k, item in zip(inner, data, strict=True))
    if NoneType in args:
        wanted = next(a for a in args if a is not NoneType)
        return None if data is None else restored(wanted, data)
    if hasattr(kind, "_fields"):
        hints = get_type_hints(kind)
        fields = zip(kind._fields, data, strict=True)
        return kind(*(restored(hints[name], item) for name, item in fields))
    if not isinstance(data, kind):
        raise TypeError(data)
    return data
