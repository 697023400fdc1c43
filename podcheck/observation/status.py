"""What `kubectl get pod -o yaml` shows of a pod, as values that the rules can be asked about."""

from __future__ import annotations

from typing import NamedTuple

from podcheck.core.terms import Value
from podcheck.declarations.pod import Pod
from podcheck.language.source import Span


class Fact(NamedTuple):
    """One field of a status.

    ``name`` is what the rules call it (`phase`, `apiState`, `conditionStatus_Ready`), of the pod
    if ``container`` is empty; ``path`` is where it stands, ``shown`` what stands there.
    """

    container: str
    name: str
    value: Value
    path: str
    shown: str


class ObservedPod(NamedTuple):
    """A pod with its status.

    ``facts`` is what the rules know of the status; ``unknown`` names the rest, a sentence each.
    ``messages`` are what Kubernetes says beside a reason, by path; ``finalizers`` keep a deleted
    object.  ``span`` is the pod's name.  ``unscheduled`` is the reason why the scheduler has not
    placed it (empty: it has, or nothing is said), ``gates`` are its schedulingGates, ``node`` is
    where it was placed, ``completion_index`` its index in an Indexed Job.
    """

    pod: Pod
    namespace: str
    facts: tuple[Fact, ...]
    unknown: tuple[str, ...]
    messages: tuple[tuple[str, str], ...]
    finalizers: tuple[str, ...]
    span: Span
    unscheduled: str = ""
    gates: tuple[str, ...] = ()
    node: str = ""
    completion_index: int | None = None

    @property
    def title(self) -> str:
        """The pod as `kubectl get pod` takes it, with its namespace: ``shop/web``."""
        return f"{self.namespace}/{self.pod.name}" if self.namespace else self.pod.name

    def value(self, name: str, container: str = "") -> Value | None:
        """What the status says of a field; None if it says nothing."""
        for fact in self.facts:
            if fact.name == name and fact.container == container:
                return fact.value
        return None
