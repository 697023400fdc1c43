"""A Job and its pods, by brute force: a second reading of the Job controller that shares nothing.

Pods have one container each.  What can happen is tried in every order, and what the Job shows on
the way is collected.  Numbers stay small because every Job here has a backoffLimit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

Shown = tuple[str, str, int, int, int]  # phase, reason, failed, succeeded, made


class Job(NamedTuple):
    """``fail_on`` and ``ignore`` are exit codes of a podFailurePolicy."""

    completions: int = 1
    parallelism: int = 1
    limit: int = 0
    fail_on: frozenset[int] = frozenset()
    ignore: frozenset[int] = frozenset()
    waits: bool = False  # podReplacementPolicy: Failed
    deletions: bool = False  # somebody may delete pods
    deadline: bool = False  # activeDeadlineSeconds, which may pass at any time

    @property
    def patient(self) -> bool:
        return self.waits or bool(self.fail_on or self.ignore)


class State(NamedTuple):
    """``pods`` run or are being stopped (``stopping``); ``old`` are stopped, and have counted."""

    phase: str = "Running"
    reason: str = "none"
    failed: int = 0
    succeeded: int = 0
    made: int = 0
    pods: tuple[str, ...] = ()
    old: int = 0
    delayed: bool = False

    @property
    def shown(self) -> Shown:
        return self.phase, self.reason, self.failed, self.succeeded, self.made


CODES = (0, 1, 2, 42)
MANY = 4  # stands for all numbers of pods made that are larger


def shown(job: Job) -> set[Shown]:
    """Everything that the Job can show, from a Job that has just made its first pods."""
    first = made_more(job, State())
    found, todo = {first}, [first]
    while todo:
        for after in after_one(job, todo.pop()):
            if after not in found:
                found.add(after)
                todo.append(after)
    return {state.shown for state in found}


def after_one(job: Job, state: State) -> Iterator[State]:
    if state.phase != "Running":
        return
    if state.delayed and state.reason == "none":
        yield made_more(job, state._replace(delayed=False))
    if state.old:
        yield finished(state._replace(old=state.old - 1))
    if job.deadline and state.reason == "none":
        yield over(state, "DeadlineExceeded")
    for place, pod in enumerate(state.pods):
        rest = (*state.pods[:place], *state.pods[place + 1 :])
        for code in CODES:
            if pod == "counted":  # it ends after the Job has failed
                yield finished(state._replace(pods=rest))
            else:
                yield ended(job, state._replace(pods=rest), code)
                if job.deadline and state.reason == "none":
                    yield ended_late(job, state._replace(pods=rest), code)
        if job.deletions and pod == "runs":
            yield deleted(job, state, rest)


def ended(job: Job, state: State, code: int) -> State:
    if state.reason != "none":  # it is stopped because the Job is over
        return finished(state._replace(failed=state.failed + (code != 0)))
    if code == 0:
        state = state._replace(succeeded=state.succeeded + 1, delayed=False)
        if state.succeeded >= job.completions and "runs" not in state.pods:
            return finished(state._replace(reason="CompletionsReached"))
        return made_more(job, state)
    if code in job.ignore:
        return state._replace(delayed=True)
    state = state._replace(failed=state.failed + 1, delayed=True)
    if code in job.fail_on:
        return over(state, "PodFailurePolicy")
    return over(state, "BackoffLimitExceeded") if state.failed > job.limit else state


def ended_late(job: Job, state: State, code: int) -> State:
    """A pod ends and the deadline passes before the Job has looked: a success doesn't help it."""
    if code == 0:
        return over(state._replace(succeeded=state.succeeded + 1), "DeadlineExceeded")
    after = ended(job, state, code)
    return after if after.reason != "none" else over(after, "DeadlineExceeded")


def deleted(job: Job, state: State, rest: tuple[str, ...]) -> State:
    if job.patient:
        return state._replace(pods=(*rest, "stops"))
    state = state._replace(pods=rest, failed=state.failed + 1, delayed=True)
    if state.failed > job.limit:  # the pod that went too far is stopped like the others
        return over(state._replace(pods=(*rest, "counted")), "BackoffLimitExceeded")
    return state._replace(old=state.old + 1)


def over(state: State, reason: str) -> State:
    """The Job fails: each pod that has not ended counts, and is stopped."""
    new = sum(pod != "counted" for pod in state.pods)
    pods = ("counted",) * len(state.pods)
    return finished(state._replace(reason=reason, failed=state.failed + new, pods=pods))


def finished(state: State) -> State:
    if state.reason == "none" or state.pods or state.old:
        return state
    good = state.reason == "CompletionsReached"
    return state._replace(phase="Complete" if good else "Failed")


def made_more(job: Job, state: State) -> State:
    if state.delayed:
        return state
    wanted = min(job.parallelism, job.completions - state.succeeded) - len(state.pods)
    if wanted <= 0:
        return state
    return state._replace(pods=state.pods + ("runs",) * wanted, made=min(MANY, state.made + wanted))
