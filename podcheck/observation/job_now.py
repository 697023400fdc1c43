"""A Job's status in words: what it waits for, and what of its limits is used up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from podcheck.declarations.job import number_of
from podcheck.explanation.narrator import Played
from podcheck.explicit.interpreter import State
from podcheck.observation.job_reader import is_active
from podcheck.observation.job_status import ObservedJob
from podcheck.observation.status import ObservedPod
from podcheck.observation.subject import Ground
from podcheck.results.explanations import Explanation, JobNow, JobPod, Prospect
from podcheck.results.stories import RuleFired

MOST_NAMED = 4  # pods in a sentence
MOST_SAID = 400  # characters of a message
SHOWN = ("jobSTATUS", "jobCOMPLETIONS", "jobActive", "jobFailed", "jobSucceeded")
ALWAYS = ("active", "failed", "succeeded")  # numbers that are shown even if they are 0

Policy = Callable[[ObservedPod], str]  # what becomes of a pod's failure


class JobRules:
    """What the rules say of a Job in a state, by the names that they have for it."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._machine = ground.narrator.machine
        self.start = ground.narrator.start(ground.pod.policy)

    def text(self, name: str, state: State | None = None) -> str:
        term = self._ground.grounder.observed(name)
        return str(self._machine.value(term, self.start if state is None else state))

    def number(self, name: str, state: State | None = None) -> int:
        return int(self.text(name, state))

    def flag(self, name: str) -> bool:
        return self.text(name) == "True"

    def shown(self, state: State) -> tuple[str, ...]:
        """What kubectl shows of the Job."""
        return tuple(self.text(name, state) for name in SHOWN)

    def why(self, played: Sequence[Played]) -> RuleFired | None:
        """The rule by which the Job ends in a run, or None."""
        rules = self._ground.narrator.job_rules(played)
        return rules[-1] if rules else None


def now_of(
    job: ObservedJob,
    rules: JobRules,
    state: State,
    played: Sequence[Played],
    pods: Mapping[str, Explanation],
    policy: Policy,
) -> JobNow:
    """The status; ``state`` shows it, ``played`` is the run that leads there (or empty)."""
    shown = tuple((name, n) for name, n in job.counts if n or name in ALWAYS)
    return JobNow(
        rules.text("jobSTATUS", state), rules.text("jobCOMPLETIONS", state),
        shown, rules.why(played), tuple(_pod(pod, pods, policy) for pod in job.pods),
        tuple(_waits(job, rules, pods)), tuple(_notes(job, rules)),
    )  # fmt: skip


def _pod(pod: ObservedPod, pods: Mapping[str, Explanation], policy: Policy) -> JobPod:
    known = pods.get(pod.title)
    phase = str(pod.value("phase"))
    status = known.now.status if known is not None else ""
    if pod.value("deleting") and phase in ("Pending", "Running"):
        status = "Terminating"
    failed = policy(pod) if phase == "Failed" else ""
    return JobPod(pod.pod.name, pod.completion_index, phase, status or phase, failed)


def headline(job: ObservedJob, rules: JobRules, prospects: Sequence[Prospect]) -> str:
    """The Job in a few words."""
    end, interim = job.value("jobEnd"), job.value("jobInterim")
    reason = job.value("jobReason")
    why = f" ({reason})" if reason not in (None, "none") else ""
    if end not in (None, "none"):
        return f"{end}{why}"
    if interim not in (None, "none"):
        left = _left(job)
        waits = f"; waits for {_number(left, 'pod')} to end" if left else ""
        return f"{interim}{why}{waits}"
    if job.fresh:
        return "the Job controller has not written a status yet"
    if job.value("jobSuspended"):
        return "Suspended; no pod is made until it is resumed"
    never = [p.name for p in prospects if p.verdict == "never"]
    if never:
        return f"Running; it can no longer become {' or '.join(never)}"
    active = job.number("active")
    if active and rules.flag("isLimited") and rules.number("backoffLimit") <= job.number("failed"):
        return "Running; the next failure of a pod makes it Failed"
    if active:
        return f"Running; waits for {_number(active, 'pod')} to end"
    return "Running; no pod is active"


def _left(job: ObservedJob) -> int:
    """Pods that have not ended."""
    here = sum(1 for p in job.pods if p.value("phase") in ("Pending", "Running"))
    return max(here, job.number("active") + job.number("terminating"))


# ---- what it waits for ---------------------------------------------------------------------------


def _waits(job: ObservedJob, rules: JobRules, pods: Mapping[str, Explanation]) -> Iterator[str]:
    end, interim = job.value("jobEnd"), job.value("jobInterim")
    active = [p for p in job.pods if is_active(p)]
    dying = [p for p in job.pods if p.value("deleting") and _is_up(p)]
    if end not in (None, "none"):
        return
    if job.fresh:
        yield "It waits for the Job controller, which makes its pods."
        return
    if interim not in (None, "none"):
        becomes = "Failed" if interim == "FailureTarget" else "Complete"
        if _left(job):
            yield (
                f"It becomes {becomes} when its last pod has ended: it waits for "
                f"{_names(job, [*dying, *active], _left(job))}."
            )
        else:
            yield f"It becomes {becomes} with the next sync of the Job controller."
        yield from _of_pods([*dying, *active], pods)
        return
    if job.value("jobSuspended"):
        yield "spec.suspend is true: no pod is made until it is false, and active pods are deleted."
        return
    if active or job.number("active"):
        yield f"It waits for {_names(job, active, job.number('active'))} to end."
        yield from _of_pods(active, pods)
    if dying and rules.flag("replacesFailedOnly"):
        policy = (
            "podReplacementPolicy Failed" if number_of(job.pod, "podReplacementPolicy.Failed")
            else "podFailurePolicy"
        )  # fmt: skip
        yield (
            f"With {policy} a pod is replaced when it has ended: it waits for "
            f"{_names(job, dying, len(dying))}."
        )
    elif not active and not job.number("active"):
        yield from _without_active(job)


def _without_active(job: ObservedJob) -> Iterator[str]:
    if job.number("failed"):
        yield (
            "No pod is active. After a failure the next pod waits: 10 seconds, then twice as "
            "long each time, at most 10 minutes."
        )
    else:
        yield (
            "No pod is active although the Job goes on: the Job controller could not make one. "
            "A quota or an admission webhook may refuse it; the Job's events say which."
        )


def _is_up(pod: ObservedPod) -> bool:
    return pod.value("phase") in ("Pending", "Running")


def _of_pods(active: Sequence[ObservedPod], pods: Mapping[str, Explanation]) -> Iterator[str]:
    """What keeps its pods from ending."""
    for pod in active[:MOST_NAMED]:
        known = pods.get(pod.title)
        if known is None:
            continue
        if known.waits:
            yield f"Pod {pod.pod.name} waits for {known.waits}."
        for text in known.now.obstacles:
            if not text.startswith(("The pod is not Ready", "Message", "Last message")):
                yield f"Pod {pod.pod.name}: {text}"
        future = known.future
        if future is not None and future.stuck and len(future.repairs) > 0:
            events = " or ".join(f"`{event}`" for event in future.repairs)
            yield f"Pod {pod.pod.name} waits for {events}."


# ---- what of its limits is used up -------------------------------------------------------------


def _notes(job: ObservedJob, rules: JobRules) -> Iterator[str]:
    if job.value("jobEnd") in (None, "none") and job.value("jobInterim") in (None, "none"):
        yield from _limits(job, rules)
        yield from _deadline(job)
        yield from _cron(job)
    for kind, message in job.messages:
        text = message if len(message) <= MOST_SAID else f"{message[: MOST_SAID - 3]}..."
        yield f'Message of condition {kind}: "{text}"'
    if len([p for p in job.pods if is_active(p)]) < job.number("active"):
        yield (
            "The input has not all of its active pods: use the output of "
            "`kubectl get job,pod -o yaml`."
        )


def _limits(job: ObservedJob, rules: JobRules) -> Iterator[str]:
    failed = job.number("failed")
    indexes = dict(job.indexes)
    per_index = number_of(job.pod, "backoffLimitPerIndex")
    if rules.flag("isLimited") and not job.fresh:
        limit = rules.number("backoffLimit")
        left = limit - failed + 1
        more = "the next failure" if left == 1 else f"{left} more failures"
        if left > 0:
            yield (
                f"backoffLimit is {limit}, failed are {failed}: {more} would make the Job Failed "
                "(BackoffLimitExceeded)."
            )
        if job.pod.policy == "OnFailure":
            yield from _restarts(job, limit)
    if per_index is not None:
        bad = indexes.get("failedIndexes", "")
        if bad:
            most = number_of(job.pod, "maxFailedIndexes")
            many = f" More than {most} failed indexes end it at once." if most is not None else ""
            yield (
                f"Failed indexes: {bad}. The Job becomes Failed (FailedIndexes) when every other "
                f"index has succeeded or failed.{many}"
            )
        yield (
            f"backoffLimitPerIndex is {per_index}: an index fails with its "
            f"{_ordinal(per_index + 1)} failure."
        )


def _restarts(job: ObservedJob, limit: int) -> Iterator[str]:
    restarts = 0
    for pod in job.pods:
        if _is_up(pod):
            restarts += sum(int(f.value) for f in pod.facts if f.name == "restartCount")
    if restarts:
        yield (
            f"Under OnFailure restarts of active pods count as well, {restarts} so far: with "
            f"{max(limit, 1)} the Job fails and its pods are deleted, and their logs with them."
        )


def _deadline(job: ObservedJob) -> Iterator[str]:
    seconds = number_of(job.pod, "activeDeadlineSeconds")
    if seconds is None:
        return
    if job.value("jobSuspended"):
        yield f"activeDeadlineSeconds ({seconds}) begins anew when the Job is resumed."
        return
    when = f"passes {seconds} seconds after {job.started}" if job.started else "begins at its start"
    yield (
        f"The deadline (activeDeadlineSeconds {seconds}) {when}: then the Job is Failed "
        "(DeadlineExceeded)."
    )


def _cron(job: ObservedJob) -> Iterator[str]:
    cron = job.cron
    if cron is None:
        return
    if cron.policy == "Forbid":
        yield (
            f"CronJob {cron.name} has concurrencyPolicy Forbid: it makes no further Job until "
            "this one has ended."
        )
    elif cron.policy == "Replace":
        yield f"CronJob {cron.name} has concurrencyPolicy Replace: its next Job replaces this one."


# ---- words ---------------------------------------------------------------------------------------


def _names(job: ObservedJob, pods: Sequence[ObservedPod], number: int) -> str:
    """Pods by name, or how many there are."""
    if not pods or len(pods) < number:
        return _number(number, "pod")
    names = [pod.pod.name for pod in pods]
    if len(names) > MOST_NAMED:
        return f"{', '.join(names[: MOST_NAMED - 1])} and {len(names) - MOST_NAMED + 1} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _number(n: int, word: str) -> str:
    return f"{n} {word}{'' if n == 1 else 's'}"


def _ordinal(n: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(n, f"{n}th")
