"""What a Job says of its pods' number and failures."""

from __future__ import annotations

from podcheck.declarations.job import intervals
from podcheck.declarations.pod import FailureRule, SuccessRule
from podcheck.manifests import schema
from podcheck.manifests.fields import MAX_INT64, Fields
from podcheck.manifests.noted_fields import Notes
from podcheck.manifests.workload import JobFacts

ACTIONS = ("FailJob", "FailIndex", "Ignore", "Count")
MODES = ("NonIndexed", "Indexed")
REPLACING = ("TerminatingOrFailed", "Failed")
_POLICIES = ("podFailurePolicy", "successPolicy")
_COUNTS = (
    "backoffLimit", "backoffLimitPerIndex", "completions", "maxFailedIndexes", "parallelism",
)  # fmt: skip
STATUSES = ("True", "False", "Unknown")


def read_job(spec: Fields, notes: Notes) -> JobFacts:
    """The facts of a Job's spec; what only refusals ask for goes to the notes."""
    for name in _POLICIES:
        if name in spec:
            notes.add(name, spec.place(name))
    counts = {name: spec.number(name) for name in _COUNTS}
    for name, count in counts.items():
        if count is not None:
            notes.add(name, spec.value_place(name), count)
    for name in ("completionMode", "podReplacementPolicy"):
        word = spec.text(name)
        if word:
            notes.add(name, spec.value_place(name))
            notes.add(f"{name}.{word}", spec.value_place(name))
    deadline = spec.number("activeDeadlineSeconds", 0, MAX_INT64)
    if deadline is not None:
        notes.add("activeDeadlineSeconds", spec.value_place("activeDeadlineSeconds"), deadline)
    if spec.flag("suspend"):
        notes.add("suspend", spec.value_place("suspend"))
    failure = spec.object("podFailurePolicy", schema.FAILURE_POLICY)
    success = spec.object("successPolicy", schema.SUCCESS_POLICY)
    return JobFacts(
        backoff_limit=counts["backoffLimit"],
        backoff_limit_per_index=counts["backoffLimitPerIndex"],
        max_failed_indexes=counts["maxFailedIndexes"],
        completions=counts["completions"],
        parallelism=counts["parallelism"],
        completion_mode=spec.word("completionMode", MODES) or MODES[0],
        pod_replacement_policy=spec.word("podReplacementPolicy", REPLACING),
        deadline_s=deadline,
        suspend=spec.flag("suspend"),
        failure_rules=_failure_rules(failure, notes) if failure else None,
        success_rules=_success_rules(success, notes) if success else None,
    )


def _failure_rules(policy: Fields, notes: Notes) -> tuple[FailureRule, ...]:
    policy.require("rules")
    listed = policy.objects("rules", schema.FAILURE_RULE)
    rules = tuple(_failure_rule(r, f"podFailurePolicy[{i}]", notes) for i, r in enumerate(listed))
    notes.add("podFailurePolicy.rules", policy.place("rules"), len(rules))
    return rules


def _failure_rule(fields: Fields, name: str, notes: Notes) -> FailureRule:
    fields.require("action")
    action = fields.word("action", ACTIONS)
    notes.place(name, fields.place("action"))
    notes.place(f"{name}.action", fields.value_place("action"))
    given = Notes()
    for part in ("onExitCodes", "onPodConditions"):
        if part in fields:
            notes.place(f"{name}.{part}", fields.place(part))
    conditions = tuple(
        _condition(c) for c in fields.objects("onPodConditions", schema.ON_POD_CONDITION)
    )
    if conditions:
        given.add("onPodConditions", fields.place("onPodConditions"), len(conditions))
    codes = fields.object("onExitCodes", schema.ON_EXIT_CODES)
    if codes is None:
        return FailureRule(action, conditions=conditions, fields=given.fields())
    given.add("onExitCodes", fields.place("onExitCodes"))
    codes.require("operator")
    operator = codes.word("operator", ("In", "NotIn"), "In")
    if "containerName" in codes:
        given.add("containerName", codes.value_place("containerName"))
        notes.place(f"{name}.containerName", codes.value_place("containerName"))
    values = tuple(n for n, _ in codes.numbers("values"))
    notes.place(f"{name}.values", codes.place("values"))
    container = codes.text("containerName")
    return FailureRule(action, operator, values, container, conditions, given.fields())


def _condition(fields: Fields) -> tuple[str, str]:
    fields.require("type")
    return fields.text("type"), fields.word("status", STATUSES, "True")


def _success_rules(policy: Fields, notes: Notes) -> tuple[SuccessRule, ...]:
    listed = policy.objects("rules", schema.SUCCESS_RULE)
    rules = tuple(_success_rule(r, f"successPolicy[{i}]", notes) for i, r in enumerate(listed))
    place = policy.place("rules") if "rules" in policy else notes.places["successPolicy"]
    notes.add("successPolicy.rules", place, len(rules))
    return rules


def _success_rule(fields: Fields, name: str, notes: Notes) -> SuccessRule:
    given = Notes()
    first = next(iter(fields.node.entries), None)
    notes.place(name, fields.node.entries[first][0] if first else fields.node.span)
    for part in ("succeededCount", "succeededIndexes"):
        if part in fields:
            notes.place(f"{name}.{part}", fields.value_place(part))
    count = fields.number("succeededCount")
    if count is not None:
        given.add("succeededCount", fields.value_place("succeededCount"), count)
    indexes = fields.text("succeededIndexes")
    if "succeededIndexes" in fields:
        place = fields.value_place("succeededIndexes")
        given.add("succeededIndexes", place)
        spans = intervals(indexes)
        for part in ("count", "highest", "wrong"):
            notes.place(f"{name}.succeededIndexes.{part}", place)
        if spans is None:
            given.add("succeededIndexes.wrong", place)
        elif spans:
            total = sum(high - low + 1 for low, high in spans)
            given.add("succeededIndexes.count", place, total)
            given.add("succeededIndexes.highest", place, spans[-1][1])
    return SuccessRule(indexes, count, given.fields())
