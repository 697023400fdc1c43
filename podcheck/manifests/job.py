"""What a Job says of its pods' number and failures."""

from __future__ import annotations

from podcheck.language.source import Span
from podcheck.manifests import schema
from podcheck.manifests.fields import Fields
from podcheck.manifests.noted_fields import Notes
from podcheck.manifests.tree import Mapping, Sequence, entry, value_of
from podcheck.manifests.workload import FailureRule, JobFacts, SuccessRule

ACTIONS = ("FailJob", "FailIndex", "Ignore", "Count")
MODES = ("NonIndexed", "Indexed")
REPLACING = ("TerminatingOrFailed", "Failed")
_NOTED = (
    "backoffLimitPerIndex", "completions", "maxFailedIndexes", "podFailurePolicy", "successPolicy",
)  # fmt: skip
STATUSES = ("True", "False", "Unknown")


def read_job(spec: Fields, notes: Notes) -> JobFacts:
    """The facts of a Job's spec; what only refusals ask for goes to the notes."""
    for name in _NOTED:
        if name in spec:
            notes.add(name, spec.place(name))
    for name in ("completionMode", "podReplacementPolicy"):
        word = spec.text(name)
        if word:
            notes.add(word, spec.value_place(name))
    failure = spec.object("podFailurePolicy", schema.FAILURE_POLICY)
    success = spec.object("successPolicy", schema.SUCCESS_POLICY)
    return JobFacts(
        backoff_limit=spec.number("backoffLimit"),
        backoff_limit_per_index=spec.number("backoffLimitPerIndex"),
        max_failed_indexes=spec.number("maxFailedIndexes"),
        completions=spec.number("completions"),
        parallelism=spec.number("parallelism"),
        completion_mode=spec.word("completionMode", MODES) or MODES[0],
        pod_replacement_policy=spec.word("podReplacementPolicy", REPLACING),
        deadline_s=spec.number("activeDeadlineSeconds", 0),
        suspend=spec.flag("suspend"),
        failure_rules=_failure_rules(failure, _names(spec), notes) if failure else None,
        success_rules=_success_rules(success) if success else None,
    )


def _names(spec: Fields) -> frozenset[str]:
    """The names of the pod template's containers."""
    found = set()
    for listed in ("initContainers", "containers"):
        containers = entry(spec.node, "template", "spec", listed)
        for node in containers.items if isinstance(containers, Sequence) else ():
            found.add(str(value_of(entry(node, "name")) if isinstance(node, Mapping) else ""))
    return frozenset(found)


def _failure_rules(policy: Fields, names: frozenset[str], notes: Notes) -> tuple[FailureRule, ...]:
    policy.require("rules")
    rules = tuple(
        _failure_rule(rule, names, notes) for rule in policy.objects("rules", schema.FAILURE_RULE)
    )
    notes.add("podFailurePolicy.rules", policy.place("rules"), len(rules))
    return rules


def _failure_rule(fields: Fields, names: frozenset[str], notes: Notes) -> FailureRule:
    fields.require("action")
    action = fields.word("action", ACTIONS)
    if action == "FailIndex":
        notes.add(action, fields.value_place("action"))
    matches_conditions = bool(fields.items("onPodConditions"))
    if "onExitCodes" in fields and matches_conditions:
        notes.add("onExitCodes and onPodConditions", fields.place("onPodConditions"))
    elif "onExitCodes" not in fields and not matches_conditions:
        notes.add("neither onExitCodes nor onPodConditions", fields.place("action"))
    codes = fields.object("onExitCodes", schema.ON_EXIT_CODES)
    conditions = tuple(
        _condition(c) for c in fields.objects("onPodConditions", schema.ON_POD_CONDITION)
    )
    if codes is None:
        return FailureRule(action, conditions=conditions)
    codes.require("operator")
    operator = codes.word("operator", ("In", "NotIn"))
    container = codes.text("containerName")
    if container and container not in names:
        notes.add("unknown containerName", codes.value_place("containerName"))
    values = codes.numbers("values")
    _note_values(operator, values, codes.place("values"), notes)
    return FailureRule(action, operator, tuple(n for n, _ in values), container, conditions)


def _note_values(operator: str, values: list[tuple[int, Span]], place: Span, notes: Notes) -> None:
    if not values:
        notes.add("empty onExitCodes", place)
    notes.add("onExitCodes.values", place, len(values))
    before = -(2**31)
    for number, span in values:
        if number == 0 and operator == "In":
            notes.add("0 in onExitCodes", span)
        if number <= before:
            notes.add("unsorted onExitCodes", span)
        before = number


def _condition(fields: Fields) -> tuple[str, str]:
    fields.require("type")
    return fields.text("type"), fields.word("status", STATUSES, "True")


def _success_rules(policy: Fields) -> tuple[SuccessRule, ...]:
    policy.require("rules")
    return tuple(
        SuccessRule(r.text("succeededIndexes"), r.number("succeededCount"))
        for r in policy.objects("rules", schema.SUCCESS_RULE)
    )
