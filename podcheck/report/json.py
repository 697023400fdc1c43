"""The report as JSON; ``schema.json`` beside this file is its published schema."""

from __future__ import annotations

import json
from typing import Any

from podcheck.language.diagnostics import Diagnostic
from podcheck.language.source import Span
from podcheck.results import matrix
from podcheck.results.stories import Play, PodStatus, RuleCited, RuleFired, Story, StoryStep
from podcheck.results.verdicts import (
    ClaimResult,
    Coverage,
    CrossChecked,
    FileResult,
    Outcome,
    Report,
    Verdict,
)

VERSION = 1


def render(report: Report) -> str:
    """The whole report; the same input gives the same bytes."""
    return dump(summarized(report) | {"files": [of_file(f) for f in report.files]})


def summarized(report: Report) -> dict[str, Any]:
    """All of a report but its files."""
    data: dict[str, Any] = {
        "version": VERSION,
        "exit_code": report.exit_code(),
        "files": [],
        "left": list(report.left),
    }
    if report.tally is None:
        data["settled"] = report.settled
        data["open"] = len(report.claims) - report.settled
        data["stopped"] = report.stopped
    if report.tally is not None:
        tally = report.tally
        counted = {"passed": dict(tally.passed), "examples": dict(tally.examples)}
        data["audit"] = tally._asdict() | counted
    if report.cross_checked is not None:
        data["cross_check"] = _cross_check(report.cross_checked)
    if report.releases:
        data["releases"] = list(report.releases)
        data["matrix"] = [_row(row) for row in matrix.rows(report)]
    return data


def render_play(play: Play) -> str:
    """A played sequence."""
    data = {
        "version": VERSION,
        "pod": play.pod,
        "policy": play.policy,
        "start": play.start,
        "steps": [_step(s) for s in play.steps],
        "notes": list(play.notes),
    }
    return dump(data)


def dump(data: Any) -> str:
    """Data as JSON, in which characters that a terminal would act upon are escaped."""
    text = json.dumps(data, indent=2, ensure_ascii=False)
    if text.replace("\n", "").isprintable():
        return text
    # only within strings: what a terminal would act upon
    return "".join(c if c == "\n" or c.isprintable() else json.dumps(c)[1:-1] for c in text)


def _row(row: matrix.Row) -> dict[str, Any]:
    return {
        "path": row.path,
        "kind": row.claim.kind,
        "title": row.claim.title,
        "place": _place(row.claim.span),
        "verdicts": [None if v is None else v.value for v in row.verdicts],
    }


def _place(span: Span) -> dict[str, Any]:
    return {
        "file": span.source.name,
        "line": span.line,
        "column": span.column,
        "end_line": span.source.line_of(span.end),
        "end_column": span.source.column_of(span.end),
    }


def of_file(file: FileResult) -> dict[str, Any]:
    """A file with its claims."""
    data: dict[str, Any] = {
        "path": file.path,
        "diagnostics": [_diagnostic(d) for d in file.diagnostics],
        "claims": [_claim(c) for c in file.claims],
        "note": file.note,
    }
    if file.release:
        data["release"] = file.release
    if file.coverage is not None:
        data["coverage"] = _coverage(file.coverage)
    return data


def _cross_check(found: CrossChecked) -> dict[str, Any]:
    return {
        "answers": found.total,
        "by_two": found.twice,
        "by_one": dict(sorted(found.once.items())),
        "disagreements": list(found.disagreements),
    }


def _coverage(coverage: Coverage) -> dict[str, Any]:
    return {
        "rules": coverage.rules,
        "idle": [_cited(r) for r in coverage.idle],
        "unmet": [
            {
                "claim": u.claim,
                "pod": u.pod,
                "policies": list(u.policies),
                "event": u.event,
                "place": _place(u.span),
            }
            for u in coverage.unmet
        ],
    }


def _diagnostic(d: Diagnostic) -> dict[str, Any]:
    return {
        "code": d.code,
        "severity": "error" if d.is_error else "warning",
        "message": d.message,
        "hint": d.hint,
        "place": _place(d.span),
    }


def _claim(claim: ClaimResult) -> dict[str, Any]:
    return {
        "kind": claim.kind,
        "title": claim.title,
        "verdict": claim.verdict.value,
        "detail": claim.detail,
        "place": _place(claim.span),
        "pods": list(claim.pods),
        "from": claim.start,
        "policies": list(claim.policies),
        "assuming": claim.assuming,
        "outcomes": [_outcome(o) for o in claim.outcomes],
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    data: dict[str, Any] = {
        "pod": outcome.pod,
        "policy": outcome.policy,
        "label": outcome.label,
        "verdict": outcome.verdict.value,
        "passed": outcome.passed,
        "detail": outcome.detail,
        "bound": outcome.bound,
        "place": _place(outcome.span),
        "story": None if outcome.story is None else _story(outcome.story),
    }
    if outcome.member:
        data["member"] = outcome.member
    if outcome.rests_on is not None:
        data["rests_on"] = [_cited(r) for r in outcome.rests_on]
    if outcome.verdict is Verdict.UNKNOWN:
        data["progress"] = {
            "events": outcome.bound, "frame": outcome.frame, "states": outcome.states
        }  # fmt: skip
        data["advice"] = outcome.advice
    if outcome.left is not None:
        data["left"] = outcome.left._asdict()
    if outcome.hazard is not None:
        data["hazard"] = outcome.hazard._asdict()
    return data


def _story(story: Story) -> dict[str, Any]:
    observed = [{"observation": o.number, "step": o.step, "place": o.place} for o in story.observed]
    return ({"observed": observed} if observed else {}) | {
        "policy": story.policy,
        "start": story.start,
        "why": story.why,
        "steps": [_step(s) for s in story.steps],
        "begins": story.begins,
        "loop": story.loop,
        "expected": story.expected,
        "actual": [{"name": n, "value": v} for n, v in story.actual],
        "decided_by": [_rule(r) for r in story.decided_by],
        "would_hold": list(story.would_hold),
        "unavoidable": story.unavoidable,
        "replay": story.replay,
        "shortest": story.shortest,
        "plausibility": story.plausibility,
        "most_ordinary": story.most_ordinary,
        "shorter": list(story.shorter),
    }


def _step(step: StoryStep) -> dict[str, Any]:
    return {
        "event": step.event,
        "status": _status(step.status),
        "on_the_way": [_status(s) for s in step.on_the_way],
        "rules": [_rule(r) for r in step.rules],
    }


def _status(status: PodStatus) -> dict[str, Any]:
    job = [{"name": name, "text": text} for name, text in status.job]
    return ({"job": job} if job else {}) | {
        "phase": status.phase,
        "reason": status.reason,
        "READY": status.ready,
        "STATUS": status.status,
        "RESTARTS": status.restarts,
        "containers": [
            {"name": c.name, "text": c.text, "restarts": c.restarts, "ready": c.ready}
            for c in status.containers
        ],
    }


def _cited(rule: RuleCited) -> dict[str, Any]:
    return {
        "decision": rule.decision,
        "rule": rule.name,
        "sentence": rule.sentence,
        "cites": rule.cites,
    }


def _rule(rule: RuleFired) -> dict[str, Any]:
    return {
        "decision": rule.decision,
        "rule": rule.name,
        "container": rule.container,
        "value": rule.value,
        "sentence": rule.sentence,
        "cites": rule.cites,
    }
