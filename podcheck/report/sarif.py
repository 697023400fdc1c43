"""The report as SARIF 2.1.0, for code scanning.

Results are what does not pass: services that read SARIF show every result as a problem, also
one of the kind "pass".  All claims with their verdicts are in the run's property bag.
https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from podcheck.language.diagnostics import Diagnostic
from podcheck.language.source import Source, Span
from podcheck.report import sentences
from podcheck.report.sentences import ClaimSummary
from podcheck.report.text import story_lines
from podcheck.report.timeline import Moment, Timeline, of_story
from podcheck.results.stories import Story
from podcheck.results.verdicts import (
    EXIT_HOLDS,
    ClaimResult,
    FileResult,
    FoundHazard,
    Report,
    Verdict,
)
from podcheck.version import VERSION

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)

# A rule of SARIF is a kind of problem: its id, and what it means.
RULES = {
    Verdict.FAILS: ("claim-fails", "A claim does not hold; the code flow is a counterexample."),
    Verdict.VACUOUS: ("claim-is-vacuous", "A claim checks nothing, so it can't fail."),
    Verdict.UNKNOWN: ("claim-is-unknown", "Time or a bound ran out before a claim was decided."),
    Verdict.BOUNDED: ("claim-holds-to-a-bound", "No violation was found, and there is no proof."),
    Verdict.INTERNAL: ("internal-error", "Two readings of the rules disagree."),
}
LEVELS = {"error": "error", "warning": "warning", "info": "note"}
INPUT = ("input-is-wrong", "The spec has an error; nothing in the file was checked.")
WARNING = ("warning", "The spec has something that may not be what was meant.")


def render(report: Report) -> str:
    """The whole report as a SARIF log."""
    run = run_of(report)
    run["results"] = [r for f in report.files for r in results_of(f, report)]
    run["results"] += left_of(report)
    run["properties"]["claims"] = [_claim(c) for c in report.claims]
    return log_of(run)


def run_of(report: Report, hazards: Iterable[FoundHazard] = ()) -> dict[str, Any]:
    """A run without its results; ``hazards`` are what those of an audit name."""
    rules = [*RULES.values(), INPUT, WARNING]
    driver = {
        "name": "podcheck",
        "version": VERSION,
        "rules": [
            *({"id": name, "shortDescription": {"text": text}} for name, text in rules),
            *_hazards(hazards),
        ],
    }
    return {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True, "exitCode": report.exit_code()}],
        "results": [],
        "properties": {
            "summary": sentences.summary(report),
            "interrupted": sentences.ended(report),
            "claims": [],
        },
    }


def log_of(run: dict[str, Any]) -> str:
    """A log with one run."""
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def left_of(report: Report) -> list[dict[str, Any]]:
    """The results for files that were not begun."""
    return [_left(path, sentences.not_begun(report)) for path in report.left]


def _hazards(hazards: Iterable[FoundHazard]) -> list[dict[str, Any]]:
    """The rules that the findings of an audit name."""
    found = {hazard.name: hazard for hazard in hazards}
    return [
        {
            "id": name,
            "shortDescription": {"text": name.replace("-", " ")},
            "help": {"text": _no_link(f"See: {hazard.reference}")},
            "defaultConfiguration": {"level": LEVELS[hazard.severity]},
        }
        for name, hazard in found.items()
    ]


def _claim(claim: ClaimResult) -> dict[str, Any]:
    return {
        "claim": sentences.title(claim),
        "verdict": claim.verdict.value,
        "place": sentences.place(claim.span),
        "told": [_told_text(one) for one in sentences.told(claim)],
    }


def _told_text(told: ClaimSummary) -> str:
    return "\n".join([*sentences.heading(told), *story_lines(told)])


def results_of(file: FileResult, report: Report) -> list[dict[str, Any]]:
    """The results about a file of a report."""
    found = [_diagnostic(d) for d in file.diagnostics]
    if file.note:
        whole = Source(file.path, "").span(0, 0)
        found.append(_result(Verdict.VACUOUS, sentences.sentence(file.note), whole))
    for claim in file.claims:
        if report.exit_of(claim.verdict) != EXIT_HOLDS:
            found += [_told(claim, one) for one in sentences.told(claim)]
    return found


def _left(path: str, why: str) -> dict[str, Any]:
    whole = Source(path, "").span(0, 0)
    return _result(Verdict.UNKNOWN, sentences.sentence(why), whole)


def _diagnostic(d: Diagnostic) -> dict[str, Any]:
    text = f"{d.message} {d.hint}".strip()
    rule, level = (INPUT[0], "error") if d.is_error else (WARNING[0], "warning")
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": _no_link(f"[{d.code}] {text}")},
        "locations": [_location(d.span)],
    }


def _told(claim: ClaimResult, told: ClaimSummary) -> dict[str, Any]:
    head = f"{claim.verdict.value}: {sentences.title(claim)}"
    text = "\n".join([head, "", *sentences.heading(told), *story_lines(told)])
    result = _result(claim.verdict, text, told.span)
    if told.hazard is not None:
        result |= {"ruleId": told.hazard.name, "level": LEVELS[told.hazard.severity]}
        mark = " ".join(filter(None, (told.pod, told.hazard.name, told.hazard.container)))
        result["partialFingerprints"] = {"podcheckFinding/v1": mark}
    if told.story is not None:
        result["codeFlows"] = [_flow(told.story, told.span)]
        result["properties"] = {"replay": told.story.replay}
    return result


def _result(verdict: Verdict, text: str, span: Span) -> dict[str, Any]:
    return {
        "ruleId": RULES[verdict][0],
        "level": "error",
        "message": {"text": _no_link(text)},
        "locations": [_location(span)],
    }


def _flow(story: Story, span: Span) -> dict[str, Any]:
    """The counterexample: a location for each status on the way.

    An event has no line of its own in the spec (`any container exits` stands for many), so
    every location is that of the condition.
    """
    grid = of_story(story)
    locations = [_moment(grid, moment, n, span) for n, moment in enumerate(grid.moments)]
    return {"message": {"text": story.why}, "threadFlows": [{"locations": locations}]}


def _moment(grid: Timeline, moment: Moment, number: int, span: Span) -> dict[str, Any]:
    named = dict(zip(grid.labels, moment.cells, strict=True))
    shown = ", ".join(f"{name}: {text}" for name, text in named.items())
    event = f"step {moment.step}: {moment.event}" if moment.first else f"step {moment.step}"
    event += f" [{moment.mark}]" if moment.mark else ""
    return {
        "executionOrder": number + 1,
        "location": {**_location(span), "message": {"text": f"{event} ({shown})"}},
        "state": {name: {"text": text} for name, text in named.items()},
    }


def _no_link(text: str) -> str:
    """The text without `[words](target)`, which readers of SARIF would show as a link."""
    return text.replace("](", "] (")


def _location(span: Span) -> dict[str, Any]:
    source = span.source
    region: dict[str, Any] = {"startLine": span.line, "startColumn": span.column}
    region["endLine"] = source.line_of(span.end)
    region["endColumn"] = source.column_of(span.end)
    place = {"artifactLocation": {"uri": _uri(source.name)}, "region": region}
    return {"physicalLocation": place}


def _uri(path: str) -> str:
    """A relative path as a relative reference, an absolute one as a file URI."""
    path = path.replace("\\", "/")
    if path.startswith("/"):
        return "file://" + quote(path, errors="surrogateescape")
    return quote(path.removeprefix("./"), safe="/", errors="surrogateescape")
