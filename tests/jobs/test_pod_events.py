"""Events of a Job's pods by name: `pod 2: ...`, `any pod: ...`, and values of Jobs in tables."""

from __future__ import annotations

from podcheck.checker.spec_files import Checker
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.results.verdicts import ClaimResult, Verdict
from podcheck.verification.options import Options

JOBS = """
job pair {
  completions: 2  parallelism: 2  backoffLimit: 1
  pod { restartPolicy: Never  container work }
}
job shards {
  completions: 2  parallelism: 2  completionMode: Indexed  backoffLimitPerIndex: 0
  pod { restartPolicy: Never  container work }
}
job stubborn {
  completions: 2  parallelism: 2  backoffLimit: 1
  pod { restartPolicy: OnFailure  container work }
}
"""


def claims_of(text: str) -> list[ClaimResult]:
    checker = Checker(Options(stories="none"), load_pack())
    result = checker.check_source(Source("spec.pod", JOBS + text), None)
    assert not [d for d in result.diagnostics if d.code.startswith("E")]
    return list(result.claims)


# What an event leads to, and what it doesn't.
EVENTS = [
    ("pair", "pod 2: fails 1", "job.failed = 1 and pod2.held = false", "job.failed = 0"),
    ("pair", "pod 1: fails 1", "phase = Failed and pod2.held", "phase = Running"),
    ("pair", "pod 1: succeeds", "phase = Succeeded", "job.succeeded = 0"),
    ("pair", "pod 2: work exits 0", "job.succeeded = 1 and phase = Running", "job.failed = 1"),
    ("pair", "any pod: work exits 1", "job.failed = 1", "phase = Running"),
    ("pair", "any pod: is deleted", "job.failed = 1", "phase = Running"),
    ("pair", "any pod fails", "job.failed = 1", "phase = Running"),
    ("pair", "every pod: succeeds", "job.phase = Complete", "job.succeeded = 1"),
    ("pair", "pod 2: node is lost", "job.active = 2", "job.failed = 1"),
    ("pair", "any pod: pod is evicted with exit 1", "job.failed = 1", "phase = Running"),
    ("pair", "{any pod: fails followed by delay ends} x 2", "job.phase = Failed", "job.active = 2"),
    ("shards", "index 1: fails 1", "index1.bad and not index0.bad", "index0.bad"),
    ("shards", "every pod: fails 1", "job.reason = FailedIndexes", "job.phase = Running"),
    ("stubborn", "pod 2: work exits 1", "job.reason = BackoffLimitExceeded", "job.made = 3"),
]  # fmt: skip


def test_an_event_is_that_of_the_pods_named() -> None:
    text = ""
    for number, (job, event, then, wrong) in enumerate(EVENTS):
        for condition in (then, wrong):
            text += f'scenario "{number}" for {job} from Running {{\n'
            text += f"  when {event} then {condition}\n}}\n"
    verdicts = [claim.verdict for claim in claims_of(text)]
    assert len(verdicts) == 2 * len(EVENTS)
    assert [e for e, v in zip(EVENTS, verdicts[::2], strict=True) if v is not Verdict.HOLDS] == []
    assert [e for e, v in zip(EVENTS, verdicts[1::2], strict=True) if v is not Verdict.FAILS] == []


TABLE = """
table "t" for pair from Running {
  | event          | job.phase | job.failed | job.COMPLETIONS | work.exitCode  |
  | work exits 3   | Running   | 1          | "0/2"           | 3              |
  | pod 2: fails 3 | !Failed   | 0 or 1     | any             | (job.made = 2) |
}
"""
OTHERS = (
    ("", ""), ("| 1 ", "| 2 "), ('"0/2"', '"1/2"'), ("| !Failed", "| !Running"),
    ("Running   | 1", "Complete or Failed | 1"), ("0 or 1", "0 or 2"), ("made = 2", "made = 3"),
)  # fmt: skip


def test_a_table_asks_for_values_of_a_job() -> None:
    tables = "".join(TABLE.replace(good, bad, 1) if good else TABLE for good, bad in OTHERS)
    first, *others = [claim.verdict for claim in claims_of(tables)]
    assert first is Verdict.HOLDS
    assert set(others) == {Verdict.FAILS}
