"""How a controller replaces its pods, and when it begins new ones: what of that hazards ask for."""

from __future__ import annotations

import re

from podcheck.manifests.fields import Fields
from podcheck.manifests.noted_fields import Notes
from podcheck.manifests.tree import entry, value_of

_PERCENT = re.compile(r"([0-9]{1,6})%")


def note_rollout(spec: Fields, kind: str, notes: Notes) -> None:
    """Note whether a new pod is made before an old one is stopped, whether one may be missing in
    between, and what a CronJob does when the run before has not ended.

    The numbers are those of the deployment and daemon controllers: maxSurge is rounded up,
    maxUnavailable down.  (pkg/controller/deployment/util/deployment_util.go:ResolveFenceposts)
    """
    if kind == "CronJob":
        word = spec.text("concurrencyPolicy") or "Allow"
        notes.add(f"concurrencyPolicy.{word}", spec.value_place("concurrencyPolicy"))
        return
    if kind not in ("Deployment", "DaemonSet"):
        return
    if spec.number("minReadySeconds"):
        notes.add("minReadySeconds", spec.value_place("minReadySeconds"))
    field = "strategy" if kind == "Deployment" else "updateStrategy"
    if value_of(entry(spec.node, field, "type")) not in (None, "RollingUpdate"):
        return
    replicas = spec.number("replicas") if kind == "Deployment" else None
    count = 1 if replicas is None else replicas
    surge, missing = ("25%", "25%") if kind == "Deployment" else (0, 1)
    rolling = ("rollingUpdate", "maxSurge"), ("rollingUpdate", "maxUnavailable")
    given = [value_of(entry(spec.node, field, *path)) for path in rolling]
    most = _number(surge if given[0] is None else given[0], count, up=True)
    least = _number(missing if given[1] is None else given[1], count, up=False)
    if most is None or least is None or count == 0:
        return
    if most > 0:
        notes.add("a new pod before the old one", spec.place(field))
        if least == 0:
            notes.add("no pod may be missing", spec.place(field))


def _number(value: object, count: int, *, up: bool) -> int | None:
    """A number or a percentage of the replicas; None: it is neither."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    match = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    return None if match is None else (int(match[1]) * count + (99 if up else 0)) // 100
