"""Small Jobs: what podcheck says is just what brute force over all that can happen finds."""

from __future__ import annotations

from pathlib import Path

import pytest
from job_reference import MANY, Job, Shown, shown

from podcheck.checker.spec_files import Checker
from podcheck.loading.rules import load_pack
from podcheck.results.verdicts import Verdict
from podcheck.verification.options import Options

JOBS = {
    "one pod": Job(limit=1),
    "two completions": Job(completions=2, limit=1),
    "a failure policy": Job(limit=1, fail_on=frozenset({42})),
    "an ignored code": Job(limit=0, ignore=frozenset({42}), fail_on=frozenset({1})),
    "deletions": Job(limit=1, deletions=True),
    "deletions, patient": Job(limit=1, deletions=True, waits=True),
    "a deadline": Job(limit=1, deadline=True),
    "a deadline, two completions": Job(completions=2, limit=1, deadline=True),
    "a deadline and an ignored code": Job(limit=0, ignore=frozenset({42}), deadline=True),
    "two at once": Job(completions=2, parallelism=2, limit=1),
    "two at once, a failure policy": Job(2, 2, 0, fail_on=frozenset({42})),
}


def text_of(job: Job) -> str:
    rules = [f"on exit {c}: FailJob" for c in sorted(job.fail_on)]
    rules += [f"on exit {c}: Ignore" for c in sorted(job.ignore)]
    policy = f"podFailurePolicy {{ {'  '.join(rules)} }}" if rules else ""
    replaced = "podReplacementPolicy: Failed" if job.waits else ""
    deadline = "activeDeadlineSeconds: 60" if job.deadline else ""
    return (
        f"job small {{ completions: {job.completions}  parallelism: {job.parallelism}  "
        f"backoffLimit: {job.limit}  {policy}  {replaced}  {deadline}  "
        "pod { restartPolicy: Never  container work } }\n"
    )


def condition(it: Shown) -> str:
    phase, reason, failed, succeeded, made = it
    pods = f">= {MANY}" if made == MANY else f"= {made}"
    return (
        f"(job.phase = {phase} and job.reason = {reason} and job.failed = {failed} "
        f"and job.succeeded = {succeeded} and job.made {pods})"
    )


def spec_of(job: Job, found: set[Shown]) -> str:
    kinds = "exits, backoff"
    kinds += ", deletion" if job.deletions else ""
    kinds += ", deadline" if job.deadline else ""
    every = sorted(found)
    text = text_of(job)
    text += f'check "nothing else" for small assuming only {kinds} {{\n  always '
    text += "\n    or ".join(condition(it) for it in every) + "\n}\n"
    for number, it in enumerate(every):
        text += f'find "{number}" for small assuming only {kinds} {{ {condition(it)} }}\n'
    return text


@pytest.mark.parametrize("name", JOBS)
def test_verdicts_are_those_of_brute_force(name: str, tmp_path: Path) -> None:
    job = JOBS[name]
    found = shown(job)
    path = tmp_path / "small.pod"
    path.write_text(spec_of(job, found), encoding="utf-8")
    result = Checker(Options(stories="none"), load_pack()).check_file(str(path))
    assert not result.diagnostics
    verdicts = {c.title: c.verdict for c in result.claims}
    every = sorted(found)
    wrong = {
        (t if t == "nothing else" else every[int(t)]): v
        for t, v in verdicts.items()
        if v is not Verdict.HOLDS
    }
    assert not wrong


def test_a_reading_that_is_wrong_is_noticed(tmp_path: Path) -> None:
    """Of a Job that bears one failure less, more can be seen."""
    path = tmp_path / "small.pod"
    path.write_text(spec_of(Job(limit=1), shown(Job(limit=0))), encoding="utf-8")
    result = Checker(Options(stories="none"), load_pack()).check_file(str(path))
    assert result.claims[0].verdict is Verdict.FAILS
