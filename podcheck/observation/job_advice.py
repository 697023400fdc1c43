"""What to do about a Job, and the kubectl command for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from podcheck.observation.job_now import JobRules
from podcheck.observation.job_reader import is_active
from podcheck.observation.job_status import ObservedJob
from podcheck.observation.status import ObservedPod
from podcheck.results.explanations import Advice, Explanation

REASONS = {
    "BackoffLimitExceeded": "Its pods have failed too often. See why the last one failed.",
    "DeadlineExceeded": "It took longer than activeDeadlineSeconds. See what its pods did.",
    "PodFailurePolicy": "A rule of podFailurePolicy failed it. The message names pod and rule.",
    "MaxFailedIndexesExceeded": "Too many indexes have failed. See why their pods failed.",
    "FailedIndexes": "Some indexes have failed. See why their pods failed.",
}  # fmt: skip


def job_advice(
    job: ObservedJob, rules: JobRules, pods: Mapping[str, Explanation]
) -> tuple[Advice, ...]:
    """What to do, the most specific first."""
    found = dict.fromkeys([*_of_job(job), *_of_failures(job), *_of_pods(job, pods)])
    return tuple(found)


def _of_job(job: ObservedJob) -> Iterator[Advice]:
    named = _named(job)
    end, interim = job.value("jobEnd"), job.value("jobInterim")
    reason = str(job.value("jobReason"))
    if end == "Failed":
        text = REASONS.get(reason, "See why its pods failed.")
        yield Advice(f"{text} A Job that is Failed is not tried again: make another one.",
                     f"kubectl describe job {named}")  # fmt: skip
        return
    if end == "Complete":
        return
    if interim not in (None, "none"):
        yield Advice(
            "See why the pods that are left do not end: their grace period may still run, a "
            "finalizer may keep them, or their node does not answer.",
            f"kubectl get pods -l job-name={named} -o wide",
        )
    elif job.value("jobSuspended"):
        patch = '\'{"spec":{"suspend":false}}\''
        yield Advice(
            "Resume it, unless a queue such as Kueue does that.",
            f"kubectl patch job {named} -p {patch}",
        )
    elif job.number("failed") and not job.pods:
        options = "--all-containers --prefix --tail=50"
        yield Advice("See why its pods failed.", f"kubectl logs -l job-name={named} {options}")
    elif not job.number("active") and not any(map(is_active, job.pods)):
        yield Advice("See whether its pods can be made.", f"kubectl describe job {named}")


def _of_failures(job: ObservedJob) -> Iterator[Advice]:
    failed = [p for p in job.pods if p.value("phase") == "Failed"]
    if failed:
        yield Advice(f"See why {failed[-1].pod.name} failed.",
                     f"kubectl logs {_pod(failed[-1])} --all-containers")  # fmt: skip
    elif job.number("failed") and job.pod.policy == "OnFailure":
        yield Advice(
            "Under OnFailure a failed pod is deleted with its logs. With restartPolicy Never it "
            "is kept.", f"kubectl describe job {_named(job)}",
        )  # fmt: skip


def _of_pods(job: ObservedJob, pods: Mapping[str, Explanation]) -> Iterator[Advice]:
    """What is to be done about the pods that it waits for."""
    for pod in job.pods:
        known = pods.get(pod.title)
        if known is not None and pod.value("phase") in ("Pending", "Running"):
            yield from known.advice


def _named(job: ObservedJob) -> str:
    return f"{job.name} -n {job.namespace}" if job.namespace else job.name


def _pod(pod: ObservedPod) -> str:
    return f"{pod.pod.name} -n {pod.namespace}" if pod.namespace else pod.pod.name
