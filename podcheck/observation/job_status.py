"""What `kubectl get job -o yaml` shows of a Job, as values that the rules can be asked about."""

from __future__ import annotations

from typing import NamedTuple

from podcheck.core.terms import Value
from podcheck.declarations.pod import Pod
from podcheck.language.source import Span
from podcheck.observation.status import Fact, ObservedPod


class ObservedCronJob(NamedTuple):
    """A CronJob: whether it is suspended, its concurrencyPolicy, and the Jobs that it says are
    active."""

    name: str
    namespace: str
    suspended: bool
    policy: str
    active: tuple[str, ...]


class ObservedJob(NamedTuple):
    """A Job with its status.

    ``pod`` is that of its template, with the Job's fields.  ``facts`` is what the rules know of
    the status; those of an index name the index.  ``counts`` are numbers of the status as they
    are shown, ``indexes`` its lists of indexes.  ``messages`` stand beside conditions.
    ``started`` is status.startTime (or empty).  ``fresh``: no controller has written a status yet.
    ``manager`` is another controller that takes care of it (spec.managedBy), or empty.
    """

    pod: Pod
    name: str
    namespace: str
    owner: str
    facts: tuple[Fact, ...]
    counts: tuple[tuple[str, int], ...]
    indexes: tuple[tuple[str, str], ...]
    messages: tuple[tuple[str, str], ...]
    started: str
    fresh: bool
    manager: str
    unknown: tuple[str, ...]
    span: Span
    pods: tuple[ObservedPod, ...] = ()
    cron: ObservedCronJob | None = None

    @property
    def title(self) -> str:
        """The Job as `kubectl get job` takes it, with its namespace: ``shop/report``."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    def value(self, name: str) -> Value | None:
        """What the status says of a field of the Job; None if it says nothing."""
        for fact in self.facts:
            if fact.name == name and not fact.container:
                return fact.value
        return None

    def number(self, name: str) -> int:
        """A number of the status; 0 if it is not there."""
        return dict(self.counts).get(name, 0)
