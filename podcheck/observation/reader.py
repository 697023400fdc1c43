"""Pods with their status, as `kubectl get pod -o yaml` and `-o json` print them, Lists too.

Every field that the rules publish is read; what a cluster shows besides (conditions of other
controllers, words that the rules do not know) is named and passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from podcheck.core.terms import CODES, Value
from podcheck.declarations.pack import Pack
from podcheck.declarations.pod import Role
from podcheck.language.diagnostics import Diagnostics, did_you_mean
from podcheck.language.source import Source, Span
from podcheck.manifests import tree
from podcheck.manifests.document import read_documents
from podcheck.manifests.fields import TooMuchWrong
from podcheck.manifests.kinds import read_workload
from podcheck.manifests.reader import objects
from podcheck.manifests.tree import entry, value_of
from podcheck.observation.job_reader import (
    PodOfJob,
    joined,
    pod_of_job,
    read_cron_job,
    read_job,
)
from podcheck.observation.job_status import ObservedCronJob, ObservedJob
from podcheck.observation.status import Fact, ObservedPod

LISTS = {
    "initContainerStatuses": (Role.INIT, Role.SIDECAR),
    "containerStatuses": (Role.MAIN,),
}
MAX_COUNT = (1 << 30) - 1
STATUS, REASON = "conditionStatus_", "conditionReason_"


class Observed(NamedTuple):
    """The pods and Jobs of a text in their order, and how many objects are neither."""

    pods: tuple[ObservedPod, ...]
    skipped: int
    jobs: tuple[ObservedJob, ...] = ()


def read_observed(source: Source, pack: Pack, diagnostics: Diagnostics) -> Observed:
    """The pods and Jobs of a text.  What is wrong goes to the diagnostics, all of it; what has an
    error is left out."""
    pods: list[tuple[ObservedPod, PodOfJob]] = []
    jobs: list[ObservedJob] = []
    crons: list[ObservedCronJob] = []
    skipped = 0
    for document in read_documents(source, diagnostics, with_status=True):
        diagnostics.found.update(dict.fromkeys(document.faults))
        for listed in objects(document.root):
            node, gone = _watched(listed)
            kind = value_of(entry(node, "kind"))
            own = Diagnostics()
            if not isinstance(node, tree.Mapping) or kind not in ("Pod", "Job", "CronJob"):
                skipped += 1
            elif kind == "Pod":
                pod = _pod(node, pack, own, gone)
                if pod is not None and not own.has_errors:
                    pods.append((pod, pod_of_job(node)))
            elif kind == "Job":
                job = read_job(node, pack, own)
                if job is not None and not own.has_errors:
                    jobs.append(job)
            else:
                cron = read_cron_job(node, own)
                if cron is not None:
                    crons.append(cron)
            diagnostics.found.update(own.found)
    if not pods and not jobs and not diagnostics.has_errors:
        message = "There is no Pod in this input."
        hint = "Use the output of `kubectl get pod NAME -o yaml`, or of `kubectl get job,pod`."
        if crons:
            message = "There is a CronJob in this input, but no Job of it."
            hint = _jobs_of(crons[0])
        diagnostics.add("E381", source.span(0, 0), message, hint)
    found = tuple(joined(jobs, pods, crons))
    return Observed(tuple(pod for pod, _ in pods), skipped + len(crons), found)


def _jobs_of(cron: ObservedCronJob) -> str:
    """How to get the Jobs of a CronJob."""
    where = f" -n {cron.namespace}" if cron.namespace else ""
    command = f"kubectl get cronjob,job,pod{where} -o yaml | podcheck explain -"
    return f"Explain its Jobs: `{command}`."


def _watched(node: tree.Node) -> tuple[tree.Node, bool]:
    """The object of a watch event, and whether it is removed; any other object as it is."""
    inner = entry(node, "object")
    if isinstance(inner, tree.Mapping) and isinstance(value_of(entry(node, "type")), str):
        return inner, value_of(entry(node, "type")) == "DELETED"
    return node, False


def _pod(
    node: tree.Mapping, pack: Pack, diagnostics: Diagnostics, gone: bool
) -> ObservedPod | None:
    try:
        workload = read_workload(node, "Pod", diagnostics)
    except TooMuchWrong:
        return None
    if workload is None:
        return None
    pod = workload.declaration.members[0]
    status = entry(node, "status")
    if not isinstance(status, tree.Mapping) or "phase" not in status.entries:
        message = f"The pod `{pod.name}` has no status."
        hint = "Use the output of `kubectl get pod NAME -o yaml`; `podcheck audit` reads manifests."
        diagnostics.add("E381", workload.span, message, hint)
        return None
    reader = _StatusReader(pack, diagnostics)
    reader.pod(node, status, gone)
    for listed, roles in LISTS.items():
        known = [c.name for c in pod.containers if c.role in roles]
        reader.containers(status, listed, known)
    if entry(status, "ephemeralContainerStatuses") is not None:
        reader.unknown.append("Ephemeral containers: they have no influence on the pod's status.")
    return ObservedPod(
        pod, workload.namespace, tuple(reader.facts), tuple(dict.fromkeys(reader.unknown)),
        tuple(reader.messages), tuple(_texts(entry(node, "metadata", "finalizers"))),
        workload.span, reader.unscheduled, tuple(_names(entry(node, "spec", "schedulingGates"))),
        str(value_of(entry(node, "spec", "nodeName")) or ""),
    )  # fmt: skip


def _names(node: tree.Node | None) -> Iterator[str]:
    """The names of the objects in a list."""
    for item in node.items if isinstance(node, tree.Sequence) else ():
        if isinstance(name := value_of(entry(item, "name")), str):
            yield name


def _texts(node: tree.Node | None) -> Iterator[str]:
    if isinstance(node, tree.Sequence):
        for item in node.items:
            if isinstance(value_of(item), str):
                yield str(value_of(item))


def _is_null(node: tree.Node | None) -> bool:
    return node is None or (isinstance(node, tree.Scalar) and node.value is None)


class _StatusReader:
    """Reads one status; what it finds are facts, or sentences on what is not known."""

    def __init__(self, pack: Pack, diagnostics: Diagnostics) -> None:
        self.facts: list[Fact] = []
        self.unknown: list[str] = []
        self.messages: list[tuple[str, str]] = []
        self.unscheduled = ""
        self._pack = pack
        self._diagnostics = diagnostics
        self._words = frozenset(
            str(word) for sort in pack.sorts.values() for word in sort.values if sort.kind == "enum"
        )

    # ---- the pod -------------------------------------------------------------------------

    def pod(self, node: tree.Mapping, status: tree.Mapping, gone: bool) -> None:
        phase = status.entries["phase"][1]
        word = value_of(phase)
        known = self._sort("Phase")
        if word in known:
            self._fact("", "phase", str(word), "status.phase", str(word))
        elif word == "Unknown":
            hint = "Kubernetes no longer writes it; see condition Ready of a lost node."
            self._wrong(phase.span, "The phase `Unknown` is not in use any more.", hint)
        else:
            hint = did_you_mean(str(word), known, f"Phases are {', '.join(known)}.")
            self._wrong(phase.span, f"`{word}` is not a phase.", hint)
        self._word("", "reason", "PodReason", status, "reason", "status.reason")
        self._message(status, "status")
        deleted = entry(node, "metadata", "deletionTimestamp")
        is_deleted = value_of(deleted) is not None
        shown = "set" if is_deleted else "not set"
        self._fact("", "deleting", is_deleted, "metadata.deletionTimestamp", shown)
        self._fact("", "gone", gone, "the object", "removed" if gone else "exists")
        self._conditions(status, bool(entry(node, "spec", "readinessGates")))

    def _conditions(self, status: tree.Mapping, gates: bool) -> None:
        found: dict[str, tree.Mapping] = {}
        for item in self._items(status, "conditions"):
            kind = value_of(entry(item, "type"))
            if not isinstance(kind, str) or not kind:
                self._wrong(item.span, "A condition has a type.", "Write `type: Ready`.")
            elif kind in found:
                self._wrong(item.span, f"Condition {kind} is listed twice.", "Keep one of them.")
            else:
                found[kind] = item
        for kind, item in found.items():
            path = f"status.conditions[{kind}]"
            self._message(item, path)
            if kind == "PodScheduled":
                if value_of(entry(item, "status")) == "False":
                    self.unscheduled = str(value_of(entry(item, "reason")) or "Unschedulable")
                continue
            if STATUS + kind not in self._pack.decides:
                self.unknown.append(f"Condition {kind}: another controller or a readiness gate.")
            elif kind == "Ready" and gates:
                self.unknown.append("Condition Ready: it depends on the pod's readiness gates.")
            else:
                self._condition(kind, item, path)
        for name in self._pack.decides if found else ():
            kind = name.removeprefix(STATUS)
            if kind != name and kind not in found:
                self._fact("", name, "", f"status.conditions[{kind}]", "not there")

    def _condition(self, kind: str, item: tree.Mapping, path: str) -> None:
        node = entry(item, "status")
        word = value_of(node)
        if word not in ("True", "False", "Unknown"):
            place = item.span if node is None else node.span
            self._wrong(place, f"Condition {kind} is True, False or Unknown.", 'Write `"True"`.')
            return
        self._fact("", STATUS + kind, str(word), path, str(word))
        reason = str(value_of(entry(item, "reason")) or "")
        if not reason or reason in self._words or self._says(kind, reason):
            self._fact("", REASON + kind, reason, f"{path}.reason", reason or "empty")
        else:
            self.unknown.append(f"Reason {reason} of condition {kind}: the rules do not know it.")

    def _says(self, kind: str, reason: str) -> bool:
        """Do the rules name this reason of a condition?"""
        lists = self._pack.decides.get(REASON + kind, ())
        return any(f'"{reason}"' in r.declared.source.text for r in lists)

    # ---- containers ----------------------------------------------------------------------

    def containers(self, status: tree.Mapping, listed: str, known: list[str]) -> None:
        """The statuses in a list; a container of the spec that is not in it has none."""
        found: set[str] = set()
        for item in self._items(status, listed):
            name = value_of(entry(item, "name"))
            if not isinstance(name, str):
                self._wrong(item.span, "A container status has a name.", "Write `name: app`.")
            elif name in found:
                message = f"The status of container `{name}` is listed twice."
                self._wrong(item.span, message, "Keep one of them.")
            elif name in known:
                found.add(name)
                self._container(name, item, f"status.{listed}[{name}]")
            else:
                self.unknown.append(
                    f"The status of `{name}` in {listed}: the spec has no such one."
                )
        for name in known:
            if name not in found:
                path = f"status.{listed}[{name}]"
                self._fact(name, "apiState", "absent", path, "not there")

    def _container(self, name: str, item: tree.Mapping, path: str) -> None:
        self._state(name, item, "state", path, ("apiState", "exitCode", "reason"))
        last = ("lastState", "lastExitCode", "lastReason")
        self._state(name, item, "lastState", path, last)
        count = self._number(item, "restartCount", MAX_COUNT)
        if count is not None:
            self._fact(name, "restartCount", count, f"{path}.restartCount", str(count))
        for flag in ("ready", "started"):
            node = entry(item, flag)
            value = value_of(node)
            if isinstance(value, bool):
                self._fact(name, flag, value, f"{path}.{flag}", str(value).lower())
            elif node is not None and value is not None:
                self._wrong(node.span, f"`{flag}` is true or false.", f"Write `{flag}: true`.")

    def _state(
        self, name: str, item: tree.Mapping, field: str, path: str, names: tuple[str, str, str]
    ) -> None:
        """`state` or `lastState`: which of the three it is, its exit code and its reason."""
        state_name, code_name, reason_name = names
        node = entry(item, field)
        path = f"{path}.{field}"
        if not self._is_object(node, field):
            return
        here = [k for k in ("waiting", "running", "terminated") if not _is_null(entry(node, k))]
        last = field == "lastState"
        if len(here) > 1:
            assert node is not None
            message = f"`{field}` of `{name}` is one of waiting, running, terminated."
            self._wrong(node.span, message, "Copy it from kubectl.")
            return
        if last and here and here[0] not in self._sort("LastState"):
            self.unknown.append(f"{path} is {here[0]}: the rules know only how a container ended.")
            return
        kind = here[0] if here else ("absent" if last else "waiting")
        self._fact(name, state_name, kind, path, kind)
        inner = entry(node, kind)
        if not self._is_object(inner, kind):
            return
        if not isinstance(inner, tree.Mapping):
            inner = tree.Mapping({}, item.span, 1)
        self._message(inner, f"{path}.{kind}")
        if kind == "terminated":
            code = self._number(inner, "exitCode", int(CODES.values[-1]))
            if code is not None:
                self._fact(name, code_name, code, f"{path}.{kind}.exitCode", str(code))
        if kind in ("terminated", "waiting"):
            self._word(name, reason_name, "Reason", inner, "reason", f"{path}.{kind}.reason")

    # ---- values --------------------------------------------------------------------------

    def _fact(self, container: str, name: str, value: Value, path: str, shown: str) -> None:
        self.facts.append(Fact(container, name, value, path, shown))

    def _sort(self, name: str) -> list[str]:
        return [str(v) for v in self._pack.sorts[name].values]

    def _word(
        self, container: str, name: str, sort: str, node: tree.Mapping, field: str, path: str
    ) -> None:
        """A reason; one that the rules do not know constrains nothing."""
        value = entry(node, field)
        word = value_of(value)
        if word is not None and not isinstance(word, str):
            assert value is not None
            self._wrong(value.span, f"`{field}` is a word.", "Put it in quotes.")
        elif word and word not in self._sort(sort):
            self.unknown.append(f"Reason {word} ({path}): the rules do not know it.")
        else:
            self._fact(container, name, word or "none", path, word or "empty")

    def _number(self, node: tree.Mapping, field: str, most: int) -> int | None:
        found = entry(node, field)
        value = value_of(found)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most:
            return value
        if found is not None:
            self._wrong(found.span, f"`{field}` is a whole number from 0 to {most}.", "")
        return None

    def _is_object(self, node: tree.Node | None, field: str) -> bool:
        """Is a field an object, or not there?"""
        if _is_null(node) or isinstance(node, tree.Mapping):
            return True
        assert node is not None
        self._wrong(node.span, f"`{field}` is an object.", "Copy it from kubectl.")
        return False

    def _message(self, node: tree.Mapping, path: str) -> None:
        message = value_of(entry(node, "message"))
        if isinstance(message, str) and message.strip():
            self.messages.append((path, " ".join(message.split())))

    def _items(self, node: tree.Mapping, field: str) -> Iterator[tree.Mapping]:
        found = entry(node, field)
        if found is None or _is_null(found):
            return
        if not isinstance(found, tree.Sequence):
            self._wrong(found.span, f"`{field}` is a list.", "Begin each item with `- `.")
            return
        for item in found.items:
            if isinstance(item, tree.Mapping):
                yield item
            else:
                self._wrong(item.span, f"Each item of `{field}` is an object.", "")

    def _wrong(self, span: Span, message: str, hint: str) -> None:
        self._diagnostics.add("E382", span, message, hint)
