"""Objects beside the workloads that hazards ask about: volume claims, disruption budgets and
autoscalers."""

from __future__ import annotations

import re
from typing import NamedTuple

from podcheck.manifests.tree import Mapping, Node, Sequence, entry, value_of

_PERCENT = re.compile(r"([0-9]{1,6})%")
_ONE_NODE = ("ReadWriteOnce", "ReadWriteOncePod")


class Claim(NamedTuple):
    """A PersistentVolumeClaim; ``mode`` is the one that binds it to a node or a pod, empty: it
    may be mounted on several nodes."""

    namespace: str
    name: str
    mode: str


class Requirement(NamedTuple):
    """What a selector asks of one label: an operator of Kubernetes and its values."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def matches(self, labels: dict[str, str]) -> bool:
        match self.operator:
            case "In":
                return labels.get(self.key) in self.values
            case "NotIn":
                return labels.get(self.key) not in self.values
            case "Exists":
                return self.key in labels
            case "DoesNotExist":
                return self.key not in labels
        return False


class Budget(NamedTuple):
    """A PodDisruptionBudget: a number or a percentage of pods that stay, or that may be missing
    (the other one is empty); ``selector`` is None if it selects no pod."""

    namespace: str
    name: str
    min_available: str
    max_unavailable: str
    selector: tuple[Requirement, ...] | None

    def says(self, count: int) -> str:
        """What it demands, as in the manifest; of a percentage, how many of a number of pods."""
        field = "maxUnavailable" if self.max_unavailable else "minAvailable"
        given = self.max_unavailable or self.min_available or "1"
        number = _of(given, count)
        shown = f" ({number} of {count})" if given.endswith("%") and number is not None else ""
        return f"{field} {given}{shown}"

    def allows(self, count: int) -> int | None:
        """How many of a number of healthy pods may be evicted; None: it is not known.

        Percentages are rounded up, both.  (pkg/controller/disruption/disruption.go)
        """
        if self.max_unavailable:
            return _of(self.max_unavailable, count)
        least = _of(self.min_available or "1", count)
        return None if least is None else count - least


class Scaler(NamedTuple):
    """A HorizontalPodAutoscaler, and the least number of pods that it leaves its target."""

    namespace: str
    kind: str
    name: str
    least: int


Related = Claim | Budget | Scaler

KINDS = frozenset(("PersistentVolumeClaim", "PodDisruptionBudget", "HorizontalPodAutoscaler"))


def related(node: Mapping, kind: str) -> Related | None:
    """What an object of one of the ``KINDS`` says; None if it says nothing of use."""
    metadata = entry(node, "metadata")
    name, namespace = (str(value_of(entry(metadata, n)) or "") for n in ("name", "namespace"))
    spec = entry(node, "spec")
    match kind:
        case "PersistentVolumeClaim":
            modes = _texts(entry(spec, "accessModes"))
            bound = [m for m in modes if m in _ONE_NODE]
            mode = bound[-1] if bound and len(bound) == len(modes) else ""
            return Claim(namespace, name, mode)
        case "PodDisruptionBudget":
            given = [value_of(entry(spec, n)) for n in ("minAvailable", "maxUnavailable")]
            least, most = ("" if v is None else str(v) for v in given)
            return Budget(namespace, name, least, most, _selector(entry(spec, "selector")))
        case "HorizontalPodAutoscaler":
            target = entry(spec, "scaleTargetRef")
            of, which = (str(value_of(entry(target, n)) or "") for n in ("kind", "name"))
            minimum = value_of(entry(spec, "minReplicas"))
            return Scaler(namespace, of, which, minimum if isinstance(minimum, int) else 1)
    return None


def _texts(node: Node | None) -> tuple[str, ...]:
    items = node.items if isinstance(node, Sequence) else ()
    return tuple(str(value_of(item)) for item in items)


def _selector(node: Node | None) -> tuple[Requirement, ...] | None:
    if not isinstance(node, Mapping):
        return None
    found = []
    labels = entry(node, "matchLabels")
    for key, (_, value) in labels.entries.items() if isinstance(labels, Mapping) else ():
        found.append(Requirement(key, "In", (str(value_of(value)),)))
    listed = entry(node, "matchExpressions")
    for item in listed.items if isinstance(listed, Sequence) else ():
        key, operator = (str(value_of(entry(item, n)) or "") for n in ("key", "operator"))
        found.append(Requirement(key, operator, _texts(entry(item, "values"))))
    return tuple(found)


def _of(text: str, count: int) -> int | None:
    if text.isdigit():
        return int(text)
    match = _PERCENT.fullmatch(text)
    return None if match is None else (int(match[1]) * count + 99) // 100
