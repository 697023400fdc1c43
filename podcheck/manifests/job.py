"""What a Job says of its pods' number and failures."""

from __future__ import annotations

from podcheck.language.diagnostics import Diagnostics
from podcheck.manifests import schema
from podcheck.manifests.fields import Fields
from podcheck.manifests.workload import FailureRule, JobFacts, SuccessRule

ACTIONS = ("FailJob", "FailIndex", "Ignore", "Count")


def read_job(spec: Fields, diagnostics: Diagnostics) -> JobFacts:
    """The facts of a Job's spec."""
    failure = spec.object("podFailurePolicy", schema.FAILURE_POLICY)
    success = spec.object("successPolicy", schema.SUCCESS_POLICY)
    modes = ("NonIndexed", "Indexed")
    return JobFacts(
        backoff_limit=spec.number("backoffLimit"),
        backoff_limit_per_index=spec.number("backoffLimitPerIndex"),
        max_failed_indexes=spec.number("maxFailedIndexes"),
        completions=spec.number("completions"),
        parallelism=spec.number("parallelism"),
        completion_mode=spec.word("completionMode", modes) or modes[0],
        pod_replacement_policy=spec.word("podReplacementPolicy", ("TerminatingOrFailed", "Failed")),
        deadline_s=spec.number("activeDeadlineSeconds", 1),
        suspend=spec.flag("suspend"),
        failure_rules=_failure_rules(failure) if failure else None,
        success_rules=_success_rules(success) if success else None,
    )


def _failure_rules(policy: Fields) -> tuple[FailureRule, ...]:
    return tuple(_failure_rule(r) for r in policy.objects("rules", schema.FAILURE_RULE))


def _failure_rule(fields: Fields) -> FailureRule:
    action = fields.word("action", ACTIONS)
    codes = fields.object("onExitCodes", schema.ON_EXIT_CODES)
    conditions = tuple(
        (c.text("type"), c.text("status", "True"))
        for c in fields.objects("onPodConditions", schema.ON_POD_CONDITION)
    )
    if codes is None:
        return FailureRule(action, conditions=conditions)
    return FailureRule(
        action,
        codes.word("operator", ("In", "NotIn")),
        tuple(number for number, _ in codes.numbers("values")),
        codes.text("containerName"),
        conditions,
    )


def _success_rules(policy: Fields) -> tuple[SuccessRule, ...]:
    return tuple(
        SuccessRule(r.text("succeededIndexes"), r.number("succeededCount"))
        for r in policy.objects("rules", schema.SUCCESS_RULE)
    )
