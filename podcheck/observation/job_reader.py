"""Jobs with their status, as `kubectl get job,pod -o yaml` prints them, and whose pod each is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from podcheck.core.terms import Value
from podcheck.declarations.job import intervals, number_of, places_wanted, with_places
from podcheck.declarations.pack import Pack
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Span
from podcheck.manifests import tree
from podcheck.manifests.fields import TooMuchWrong
from podcheck.manifests.kinds import read_workload
from podcheck.manifests.tree import entry, value_of
from podcheck.observation.job_status import ObservedCronJob, ObservedJob
from podcheck.observation.status import Fact, ObservedPod

MOST_PLACES = 99
LARGEST = (1 << 31) - 1
COUNTS = ("active", "ready", "terminating", "succeeded", "failed")
ENDS, INTERIMS = ("Complete", "Failed"), ("FailureTarget", "SuccessCriteriaMet")
OWN = "kubernetes.io/job-controller"  # spec.managedBy: the Job controller of Kubernetes
LABELS = ("batch.kubernetes.io/job-name", "job-name")
INDEX = "batch.kubernetes.io/job-completion-index"
FAILURES = "batch.kubernetes.io/job-index-failure-count"
POLICIES = ("Allow", "Forbid", "Replace")
Texts = dict[str, str]


class PodOfJob(NamedTuple):
    """Which Job a pod is of (empty: of none), its index, and how often that has failed before."""

    job: str = ""
    completion_index: int | None = None
    failures: int | None = None


def pod_of_job(node: tree.Mapping) -> PodOfJob:
    """Whose pod an object is: its controller says so, or else its labels."""
    labels, notes = _texts(node, "labels"), _texts(node, "annotations")
    name = owner_of(node, "Job") or next((labels[x] for x in LABELS if x in labels), "")
    if not name:
        return PodOfJob()
    index = notes.get(INDEX, labels.get(INDEX, ""))
    return PodOfJob(name, _whole(index), _whole(notes.get(FAILURES, "")))


def owner_of(node: tree.Mapping, kind: str) -> str:
    """The name of the controller of this kind that an object belongs to, or empty."""
    owners = entry(node, "metadata", "ownerReferences")
    for item in owners.items if isinstance(owners, tree.Sequence) else ():
        if value_of(entry(item, "kind")) == kind and value_of(entry(item, "controller")) is True:
            name = value_of(entry(item, "name"))
            return name if isinstance(name, str) else ""
    return ""


def _texts(node: tree.Mapping, field: str) -> Texts:
    found = entry(node, "metadata", field)
    entries = found.entries.items() if isinstance(found, tree.Mapping) else ()
    return {k: v for k, (_, n) in entries if isinstance(v := value_of(n), str)}


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def read_job(node: tree.Mapping, pack: Pack, diagnostics: Diagnostics) -> ObservedJob | None:
    """A Job with its status; None if something is wrong, which goes to the diagnostics."""
    try:
        workload = read_workload(node, "Job", diagnostics)
    except TooMuchWrong:
        return None
    if workload is None:
        return None
    status = entry(node, "status")
    if not isinstance(status, tree.Mapping):
        message = f"The Job `{workload.name}` has no status."
        hint = "Use the output of `kubectl get job,pod -o yaml`; `podcheck audit` reads manifests."
        diagnostics.add("E381", workload.span, message, hint)
        return None
    pod = workload.declaration.members[0]
    reader = _StatusReader(pack, diagnostics)
    reader.read(status, bool(number_of(pod, "suspend")))
    return ObservedJob(
        pod, workload.name, workload.namespace, owner_of(node, "CronJob"), tuple(reader.facts),
        tuple(reader.counts), tuple(reader.indexes), tuple(reader.messages),
        reader.text(status, "startTime"), not status.entries, _manager(node),
        tuple(dict.fromkeys(reader.unknown)), workload.span,
    )  # fmt: skip


def _manager(node: tree.Mapping) -> str:
    name = value_of(entry(node, "spec", "managedBy"))
    return name if isinstance(name, str) and name != OWN else ""


def read_cron_job(node: tree.Mapping, diagnostics: Diagnostics) -> ObservedCronJob | None:
    """What a CronJob says of its Jobs."""
    try:
        workload = read_workload(node, "CronJob", diagnostics)
    except TooMuchWrong:
        return None
    if workload is None or diagnostics.has_errors:
        return None
    policy = value_of(entry(node, "spec", "concurrencyPolicy"))
    active = entry(node, "status", "active")
    items = active.items if isinstance(active, tree.Sequence) else ()
    names = [n for item in items if isinstance(n := value_of(entry(item, "name")), str)]
    return ObservedCronJob(
        workload.name, workload.namespace, value_of(entry(node, "spec", "suspend")) is True,
        policy if policy in POLICIES else POLICIES[0], tuple(names),
    )  # fmt: skip


def joined(
    jobs: Iterable[ObservedJob],
    pods: Iterable[tuple[ObservedPod, PodOfJob]],
    crons: Iterable[ObservedCronJob],
) -> Iterator[ObservedJob]:
    """The Jobs with their pods, what those say of indexes, and the CronJobs that made them."""
    by_job: dict[tuple[str, str], list[tuple[ObservedPod, PodOfJob]]] = {}
    for pod, whose in pods:
        by_job.setdefault((pod.namespace, whose.job), []).append((pod, whose))
    made_by = {(c.namespace, c.name): c for c in crons}
    for job in jobs:
        mine = by_job.get((job.namespace, job.name), [])
        yield job._replace(
            pods=tuple(
                pod._replace(completion_index=whose.completion_index) for pod, whose in mine
            ),
            facts=(*job.facts, *_of_indexes(job, mine)),
            cron=made_by.get((job.namespace, job.owner)) if job.owner else None,
        )


def _of_indexes(job: ObservedJob, pods: list[tuple[ObservedPod, PodOfJob]]) -> Iterator[Fact]:
    """What is known of each index: whether it has succeeded, has failed, or has an active pod, and
    how often it has failed before that."""
    wanted = places_wanted(job.pod)
    if job.fresh or wanted > MOST_PLACES:
        return
    if not number_of(job.pod, "completionMode.Indexed"):
        yield from _restarts(job, [pod for pod, _ in pods if is_active(pod)], wanted)
        return
    per_index = number_of(job.pod, "backoffLimitPerIndex") is not None
    lists = {name: set(_expanded(text)) for name, text in job.indexes}
    active = {w.completion_index: w for p, w in pods if is_active(p)}
    for n, place in enumerate(with_places(job.pod, coupled=False).places):
        done = n in lists.get("completedIndexes", ())
        yield _flag(place.name, "done", done, "status.completedIndexes")
        if per_index:
            bad = n in lists.get("failedIndexes", ())
            yield _flag(place.name, "bad", bad, "status.failedIndexes")
        if len(active) == job.number("active"):
            yield _flag(place.name, "isActive", n in active, "status.active")
            before = active[n].failures if n in active else None
            if per_index and before is not None:
                path = f"metadata.annotations[{FAILURES}]"
                yield Fact(place.name, "failures", before, path, str(before))


def _restarts(job: ObservedJob, active: list[ObservedPod], places: int) -> Iterator[Fact]:
    """How often the containers of the one active pod were started again."""
    if job.pod.policy != "OnFailure" or places != 1 or len(active) != 1:
        return
    counts = [int(f.value) for f in active[0].facts if f.name == "restartCount"]
    (place,) = with_places(job.pod, coupled=False).places
    yield Fact(place.name, "restarts", sum(counts), "restartCount of its pod", str(sum(counts)))


def _flag(place: str, name: str, value: bool, path: str) -> Fact:
    return Fact(place, name, value, path, f"{'with' if value else 'without'} {place}")


def _expanded(text: str) -> Iterator[int]:
    for low, high in intervals(text) or []:
        yield from range(low, min(high, low + 10_000) + 1)


def is_active(pod: ObservedPod) -> bool:
    """Has a pod neither ended nor been deleted?"""
    return pod.value("phase") in ("Pending", "Running") and not pod.value("deleting")


class _StatusReader:
    """Reads a Job's status; what it finds are facts, or sentences on what is not known."""

    def __init__(self, pack: Pack, diagnostics: Diagnostics) -> None:
        self.facts: list[Fact] = []
        self.counts: list[tuple[str, int]] = []
        self.indexes: list[tuple[str, str]] = []
        self.messages: list[tuple[str, str]] = []
        self.unknown: list[str] = []
        self._reasons = [str(v) for v in pack.sorts["JobReason"].values]
        self._diagnostics = diagnostics

    def read(self, status: tree.Mapping, suspended: bool) -> None:
        for name in COUNTS:
            value = self._number(status, name)
            if value is not None:
                self.counts.append((name, value))
        for name in ("completedIndexes", "failedIndexes"):
            text = self.text(status, name)
            if text and intervals(text) is None:
                hint = "Write `1,3-5,7`."
                self._wrong(status.entries[name][1].span, f"`{name}` lists indexes.", hint)
            elif text:
                self.indexes.append((name, text))
        conditions = self._conditions(status)
        if status.entries:
            self._facts(conditions, suspended)
        for name in ("succeeded", "failed"):
            if self._any(status, "uncountedTerminatedPods", name):
                self.unknown.append(
                    "status.uncountedTerminatedPods: the Job controller is about to count them."
                )

    def _any(self, node: tree.Mapping, *path: str) -> bool:
        found = entry(node, *path)
        return isinstance(found, tree.Sequence) and len(found.items) > 0

    def _facts(self, conditions: dict[str, tuple[str, Span]], suspended: bool) -> None:
        counts = dict(self.counts)
        for field, name in (("failed", "Failed"), ("succeeded", "Succeeded"), ("active", "Active")):
            number = counts.get(field, 0)
            self._fact(f"job{name}", number, f"status.{field}", str(number))
        if "terminating" in counts:
            number = counts["terminating"]
            self._fact("jobTerminates", number > 0, "status.terminating", str(number))
        path = "status.conditions"
        for name, known in (("jobEnd", ENDS), ("jobInterim", INTERIMS)):
            here = [kind for kind in known if kind in conditions]
            if len(here) > 1:
                message = f"A Job has condition {here[0]} or {here[1]}, not both."
                self._wrong(conditions[here[1]][1], message, "Copy it from kubectl.")
            place = f"{path}[{' or '.join(known)}]"
            self._fact(name, here[0] if here else "none", place, " ".join(here) or "none")
        said = [conditions[k][0] for k in (*ENDS, *INTERIMS) if k in conditions]
        if not said:
            self._fact("jobReason", "none", path, "none")
        elif said[0] in self._reasons:
            self._fact("jobReason", said[0], f"{path}.reason", said[0])
        elif said[0]:
            self.unknown.append(f"Reason {said[0]} of a condition: the rules do not know it.")
        self._fact("jobSuspended", suspended, "spec.suspend", str(suspended).lower())

    def _conditions(self, status: tree.Mapping) -> dict[str, tuple[str, Span]]:
        """The conditions that are True: the reason of each, and where it stands."""
        found: dict[str, tuple[str, Span]] = {}
        listed = entry(status, "conditions")
        if listed is not None and not isinstance(listed, tree.Sequence):
            if value_of(listed) is not None or isinstance(listed, tree.Mapping):
                self._wrong(listed.span, "`conditions` is a list.", "Begin each item with `- `.")
            return found
        for item in listed.items if isinstance(listed, tree.Sequence) else ():
            kind, state = value_of(entry(item, "type")), value_of(entry(item, "status"))
            if not isinstance(kind, str) or not kind:
                self._wrong(item.span, "A condition has a type.", "Write `type: Complete`.")
                continue
            if state not in ("True", "False", "Unknown"):
                self._wrong(item.span, f"Condition {kind} is True, False or Unknown.",
                            'Write `status: "True"`.')  # fmt: skip
                continue
            if kind not in (*ENDS, *INTERIMS, "Suspended"):
                self.unknown.append(f"Condition {kind}: the rules do not know it.")
            elif state == "True":
                found[kind] = str(value_of(entry(item, "reason")) or ""), item.span
                message = value_of(entry(item, "message"))
                if isinstance(message, str) and message.strip():
                    self.messages.append((kind, " ".join(message.split())))
        return found

    def _fact(self, name: str, value: Value, path: str, shown: str) -> None:
        self.facts.append(Fact("", name, value, path, shown))

    def _number(self, node: tree.Mapping, field: str) -> int | None:
        found = entry(node, field)
        value = value_of(found)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST:
            return value
        if found is not None and (value is not None or not isinstance(found, tree.Scalar)):
            self._wrong(found.span, f"`{field}` is a whole number from 0 to {LARGEST}.", "")
        return None

    def text(self, node: tree.Mapping, field: str) -> str:
        """A text of the status; empty if it is not there."""
        found = entry(node, field)
        value = value_of(found)
        if isinstance(value, str) or found is None or value is None:
            return value if isinstance(value, str) else ""
        self._wrong(found.span, f"`{field}` is a text.", "Put it in quotes.")
        return ""

    def _wrong(self, span: Span, message: str, hint: str) -> None:
        self._diagnostics.add("E382", span, message, hint)
