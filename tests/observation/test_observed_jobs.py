"""What is read of Jobs, what is said of wrong ones, and what holds of every explanation."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from places import TESTS

from podcheck.cli.group import cli
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.observation.job_explainer import JobExplainer
from podcheck.observation.reader import Observed, read_observed
from podcheck.results.explanations import EXPLAINED, UNKNOWN, JobExplanation
from podcheck.verification.options import Options

JOBS = TESTS / "observation" / "jobs"


def read(*objects: Any) -> tuple[Observed, list[str]]:
    diagnostics = Diagnostics()
    text = yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": list(objects)})
    found = read_observed(Source("jobs", text), load_pack(), diagnostics)
    return found, [d.message for d in diagnostics.sorted()]


def items(name: str) -> list[Any]:
    found = yaml.safe_load((JOBS / f"{name}.yaml").read_text(encoding="utf-8"))
    return list(found["items"]) if found["kind"] == "List" else [found]


def job(status: Any, **spec: Any) -> dict[str, Any]:
    found: dict[str, Any] = items("suspended")[0]
    del found["spec"]["suspend"]
    found["spec"].update(spec)
    found["status"] = status
    return found


def explained(*objects: Any) -> JobExplanation:
    found, wrong = read(*objects)
    assert not wrong
    return JobExplainer(load_pack(), Options()).explain(found.jobs[0], {})


def test_pods_of_a_job_are_found_by_their_controller_or_their_labels() -> None:
    the_job, *pods = items("failed-indexes")
    del pods[0]["metadata"]["ownerReferences"]
    pods[1]["metadata"]["ownerReferences"][0]["name"] = "another"
    found, wrong = read(*pods, the_job)
    assert not wrong
    assert [p.completion_index for p in found.jobs[0].pods] == [1, 4]
    facts = {(f.container, f.name): f.value for f in found.jobs[0].facts}
    assert facts["index0", "done"] is True
    assert facts["index1", "bad"] is True
    assert ("index4", "failures") not in facts  # a pod is missing, so the indexes are not known


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ({"failed": -1}, "`failed` is a whole number from 0 to 2147483647."),
        ({"active": "two"}, "`active` is a whole number from 0 to 2147483647."),
        ({"completedIndexes": "3-1"}, "`completedIndexes` lists indexes."),
        ({"conditions": "Complete"}, "`conditions` is a list."),
        ({"conditions": [{"status": "True"}]}, "A condition has a type."),
        ({"conditions": [{"type": "Failed", "status": "yes"}]},
         "Condition Failed is True, False or Unknown."),
        ({"conditions": [{"type": "Failed", "status": "True"},
                         {"type": "Complete", "status": "True"}]},
         "A Job has condition Complete or Failed, not both."),
        (None, "The Job `train` has no status."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(status: Any, message: str) -> None:
    found, wrong = read(job(status))
    assert wrong == [message]
    assert not found.jobs


def test_all_that_is_wrong_is_said_at_one_time() -> None:
    _, wrong = read(job({"failed": -1, "active": 0.5, "conditions": [{"status": "True"}]}))
    assert len(wrong) == 3


def test_a_cron_job_alone_says_how_to_get_its_jobs() -> None:
    cron = items("helper-that-never-ends-holds-up-a-cron-job")[0]
    result = CliRunner().invoke(cli, ["explain", "-"], input=yaml.safe_dump(cron))
    assert "There is a CronJob in this input, but no Job of it." in result.stderr
    assert "kubectl get cronjob,job,pod -n batch -o yaml | podcheck explain -" in result.stderr


def test_a_job_that_no_controller_has_seen() -> None:
    found = explained(job({}))
    assert found.headline == "the Job controller has not written a status yet"
    assert [(p.name, p.verdict) for p in found.prospects] == [
        ("Complete", "can"),
        ("Failed", "can"),
    ]


def test_of_a_job_with_too_many_places_only_the_status_is_said() -> None:
    found = explained(job({"active": 40, "failed": 2}, completions=40, parallelism=40))
    assert found.verdict == UNKNOWN
    assert "podcheck decides 1 to 16" in found.limit
    assert ("active", 40) in found.now.counts
    assert not found.prospects


def test_another_controller_takes_care_of_it() -> None:
    found = explained(job({"active": 1}, managedBy="kueue.x-k8s.io/multikueue"))
    assert found.limit == "Another controller takes care of this Job (kueue.x-k8s.io/multikueue)."


@pytest.mark.parametrize(
    ("condition", "reason"),
    [("Complete", "CompletionsReached"), ("Failed", "BackoffLimitExceeded")],
)
def test_an_end_is_final(condition: str, reason: str) -> None:
    interim = "SuccessCriteriaMet" if condition == "Complete" else "FailureTarget"
    said = [{"type": t, "status": "True", "reason": reason} for t in (interim, condition)]
    field = "succeeded" if condition == "Complete" else "failed"
    found = explained(job({field: 1, "conditions": said}, backoffLimit=0))
    assert found.verdict == EXPLAINED
    assert found.headline == f"{condition} ({reason})"
    assert not found.prospects
    assert not found.now.waits
    assert found.history is not None
    assert found.history.steps[-1].status == condition


def test_what_comes_is_replayed_up_to_the_limit() -> None:
    """The run to Failed has as many failures as backoffLimit still bears, and one."""
    for failed in (0, 2):
        found = explained(job({"active": 1, "failed": failed}, backoffLimit=3))
        (to_failed,) = (p for p in found.prospects if p.name == "Failed")
        failures = [e for e in to_failed.events if " fails" in e or "deadline" in e]
        assert len(failures) == 3 - failed + 1
