"""A Job as a spec writes it: its fields, and the rules of its two policies."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from lark import Token

from podcheck.declarations.job import LARGEST, intervals
from podcheck.declarations.pod import FailureRule, Fields, SuccessRule
from podcheck.language.diagnostics import did_you_mean
from podcheck.language.lexer import unquote
from podcheck.language.parser import Node
from podcheck.language.source import Span

NUMBERS = (
    "completions", "parallelism", "backoffLimit", "backoffLimitPerIndex", "maxFailedIndexes",
    "activeDeadlineSeconds",
)  # fmt: skip
WORDS = {
    "completionMode": ("NonIndexed", "Indexed"),
    "podReplacementPolicy": ("TerminatingOrFailed", "Failed"),
    "suspend": ("true", "false"),
}
POLICIES = ("podFailurePolicy", "successPolicy")
WITHOUT_EFFECT = ("ttlSecondsAfterFinished", "managedBy", "manualSelector", "selector")
ACTIONS = ("FailJob", "FailIndex", "Ignore", "Count")
_KNOWN = (*NUMBERS, *WORDS, *POLICIES)


class Reporter(Protocol):
    """Who takes the errors of a spec."""

    def error(self, code: str, at: Node | Token, message: str, hint: str = "") -> None: ...
    def span(self, at: Node | Token) -> Span: ...


class JobSyntax(NamedTuple):
    """What a Job says, in the form in which a manifest's is kept: numbers and words by name, the
    rules of its policies, and the places of all that."""

    fields: Fields
    failure_rules: tuple[FailureRule, ...]
    success_rules: tuple[SuccessRule, ...]
    places: dict[tuple[str, str], Span]


class _Reader:
    def __init__(self, report: Reporter, codes_of: Callable[[Node], frozenset[int]]) -> None:
        self.report = report
        self.codes_of = codes_of
        self.fields: dict[str, int] = {}
        self.places: dict[tuple[str, str], Span] = {}

    def note(self, name: str, at: Node | Token, number: int = 1) -> None:
        self.fields[name] = number
        self.places.setdefault(("", name), self.report.span(at))

    def field(self, item: Node) -> None:
        word, value = item.children[0], item.children[2]
        name = str(word)
        if name in self.fields:
            self.report.error("E106", word, f"The Job has two fields `{name}`.")
        elif name in NUMBERS:
            self.number(name, value)
        elif name in WORDS:
            self.word(name, value)
        else:
            hint = did_you_mean(name, _KNOWN, f"Fields are {', '.join(_KNOWN)}.")
            if name in ("restartPolicy", "container", "containers"):
                hint = "Write it in the pod: `pod { restartPolicy: Never  container work }`."
            elif name in WITHOUT_EFFECT:
                hint = "It doesn't change what becomes of the Job's pods: leave it out."
            self.report.error("E114", word, f"A Job has no field `{name}`.", hint)

    def number(self, name: str, value: Token) -> None:
        least = 1 if name in ("parallelism", "activeDeadlineSeconds") else 0
        most = 2**31 - 1 if name == "activeDeadlineSeconds" else LARGEST
        if value.type != "NUMBER" or not least <= int(value) <= most:
            message = f"{name} is a number from {least} to {most} here."
            self.report.error("E204", value, message)
            return
        self.note(name, value, int(value))

    def word(self, name: str, value: Token) -> None:
        if str(value) not in WORDS[name]:
            valid = f"Valid are {' and '.join(WORDS[name])}."
            hint = did_you_mean(str(value), WORDS[name], valid)
            message = f"`{value}` is not a valid {name}."
            self.report.error("E103", value, message, hint)
        elif name != "suspend":
            self.note(name, value)
            self.note(f"{name}.{value}", value)
        elif str(value) == "true":
            self.note(name, value)

    def failure_rule(self, index: int, item: Node) -> FailureRule:
        action = item.tokens("WORD")[-1]
        name = f"podFailurePolicy[{index}]"
        self.places[("", name)] = self.report.span(item)
        self.places[("", f"{name}.action")] = self.report.span(action)
        if str(action) not in ACTIONS:
            hint = did_you_mean(str(action), ACTIONS, f"Actions are {', '.join(ACTIONS)}.")
            message = f"A rule of podFailurePolicy has no action `{action}`."
            self.report.error("E114", action, message, hint)
        codes = next((n for n in item.nodes() if n.kind != "name"), None)
        if codes is None:
            condition = item.tokens("WORD")[0]
            if str(condition) != "DisruptionTarget":
                hint = "Of the conditions that a rule may ask for, podcheck knows DisruptionTarget."
                self.report.error("E103", condition, f"No rule asks for `{condition}` here.", hint)
            given = (("onPodConditions", 1),)
            return FailureRule(
                str(action), conditions=(("DisruptionTarget", "True"),), fields=given
            )
        container = next((unquote(str(n.tokens()[0])) for n in item.nodes("name")), "")
        self.places[("", f"{name}.values")] = self.report.span(codes)
        given = (("onExitCodes", 1), *((("containerName", 1),) if container else ()))
        if container:
            self.places[("", f"{name}.containerName")] = self.report.span(item.nodes("name")[0])
        nonzero = codes.kind == "nonzero"
        values = tuple(sorted(frozenset({0}) if nonzero else self.codes_of(codes)))
        operator = "NotIn" if nonzero or codes.kind == "not_in_codes" else "In"
        return FailureRule(str(action), operator, values, container, fields=given)

    def success_rule(self, index: int, item: Node) -> SuccessRule:
        name = f"successPolicy[{index}]"
        self.places[("", name)] = self.report.span(item)
        given: list[tuple[str, int]] = []
        count = next((int(n) for n in item.tokens("NUMBER")), None)
        if count is not None:
            given.append(("succeededCount", count))
            self.places[("", f"{name}.succeededCount")] = self.report.span(item)
        indexes = next((unquote(str(s)) for s in item.tokens("STRING")), "")
        if indexes:
            given.append(("succeededIndexes", 1))
            spans = intervals(indexes)
            for part in ("", ".count", ".highest", ".wrong"):
                self.places[("", f"{name}.succeededIndexes{part}")] = self.report.span(item)
            if spans is None:
                given.append(("succeededIndexes.wrong", 1))
            else:
                total = sum(high - low + 1 for low, high in spans)
                given.append(("succeededIndexes.count", total))
                given.append(("succeededIndexes.highest", spans[-1][1]))
        return SuccessRule(indexes, count, tuple(given))


def read_job(node: Node, report: Reporter, codes_of: Callable[[Node], frozenset[int]]) -> JobSyntax:
    """The fields and policies in a Job's body; errors go to ``report``."""
    reader = _Reader(report, codes_of)
    for item in sorted(node.nodes("field") + node.nodes("job_flag"), key=lambda n: n.start):
        reader.field(item)
    failure: list[FailureRule] = []
    success: list[SuccessRule] = []
    for policy in node.nodes("job_policy"):
        word = policy.tokens("WORD")[0]
        name = str(word)
        if name not in POLICIES:
            hint = did_you_mean(name, POLICIES, "Policies are podFailurePolicy and successPolicy.")
            report.error("E114", word, f"A Job has no `{name}`.", hint)
            continue
        reader.note(name, word)
        of_success = name == "successPolicy"
        for item in policy.nodes():
            if (item.kind == "success_rule") is not of_success:
                hint = "Write `on exit 42: FailJob` or `on DisruptionTarget: Ignore`."
                if of_success:
                    hint = 'Write `on 2`, `on 1 of "0-1"` or `on all of "0,2"`.'
                report.error("E114", item, f"This is no rule of {name}.", hint)
            elif of_success:
                success.append(reader.success_rule(len(success), item))
            else:
                failure.append(reader.failure_rule(len(failure), item))
        reader.note(f"{name}.rules", word, len(success if of_success else failure))
    return JobSyntax(tuple(reader.fields.items()), tuple(failure), tuple(success), reader.places)
