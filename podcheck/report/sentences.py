"""The sentences of a report, the same in every format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from podcheck.language.diagnostics import SEVERITIES
from podcheck.language.source import Span
from podcheck.report.printable import plain
from podcheck.report.repetitions import parts
from podcheck.results.stories import PodStatus, RuleCited, RuleFired, Story
from podcheck.results.verdicts import (
    INTERRUPTED,
    ClaimResult,
    Coverage,
    CrossChecked,
    FoundHazard,
    Outcome,
    Report,
    Tally,
    Unmet,
    Verdict,
)

NAMED = 5  # files that an interrupted run names, charts whose templates were passed over
IN_CHART, UNREAD = "Helm templates in ", "makes pods and is not read: "
LEAST_AGAIN = 2  # events that repeat others, before that is said
RULES = 6  # rules of a proof that are named, not counted
_TEXTS = ("STATUS", "READY")  # columns whose values are texts
REFUTED = "REFUTED"  # shown for a refutation that holds
SHORTER = "A shorter run may exist."
RARE = "No run was found without a rare event"
PROVED_RARE = "Proved: this needs a rare event"
SEARCH = "`podcheck verify --engine bounded` looks for one, an event deeper at a time."


class ClaimSummary(NamedTuple):
    """What a report tells of a claim: one outcome, or why the claim as a whole does not pass.

    ``about`` says of which pod, from where, under which policies; ``pod`` is empty for the
    claim as a whole, ``story`` None where no run shows it.  ``stories`` are those of all policies
    under which the same happens, of which ``story`` is the first; ``kind`` is the claim's.
    """

    pod: str
    about: str
    why: str
    span: Span
    story: Story | None
    passed: bool
    stories: tuple[Story, ...] = ()
    hazard: FoundHazard | None = None  # of an audit
    kind: str = ""


def told(claim: ClaimResult) -> tuple[ClaimSummary, ...]:
    """What to show of a claim; nothing if it holds and no run shows anything."""
    if claim.kind in ("refute", "find"):
        found = _grouped([o for o in claim.outcomes if o.story is not None])
        passed = claim.verdict is Verdict.HOLDS
        if not found and not passed:
            left = [o for o in claim.outcomes if o.verdict is claim.verdict is Verdict.UNKNOWN]
            open_ = [_outcome(claim, group, False) for group in _grouped(left)]
            return tuple(open_) or (_whole(claim),)
        return tuple(_outcome(claim, group, passed) for group in found)
    shown = [o for o in claim.outcomes if not o.passed or o.story is not None]
    if not shown and claim.verdict is not Verdict.HOLDS:
        return (_whole(claim),)
    return tuple(_outcome(claim, group, group[0].passed) for group in _grouped(shown))


def _whole(claim: ClaimResult) -> ClaimSummary:
    return ClaimSummary("", about(claim), sentence(claim.detail), claim.span, None, False)


def _outcome(claim: ClaimResult, group: Sequence[Outcome], passed: bool) -> ClaimSummary:
    outcome, policies = group[0], ", ".join(dict.fromkeys(o.policy for o in group))
    if outcome.hazard is not None:
        return _hazard(outcome, outcome.hazard)
    label = f"[{outcome.label}] " if outcome.label else ""
    assuming = f", assuming {claim.assuming}" if claim.assuming else ""
    rows = claim.kind == "table" and outcome.story is not None  # may have starts of their own
    start = outcome.story.start if rows and outcome.story else claim.start
    of = f"{label}for {outcome.which}, from {start}, under {policies}{assuming}"
    if outcome.story is not None:
        why = outcome.story.why
    elif outcome.verdict is Verdict.HOLDS:
        why = f"The belief is true (proved: {outcome.detail})."
    else:
        sought = "witness" if claim.kind == "find" else "violation"
        why = _advised(outcome, _detail(outcome, sought))
    stories = tuple(o.story for o in group if o.story is not None)
    return ClaimSummary(
        outcome.which, of, why, outcome.span, outcome.story, passed, stories, kind=claim.kind
    )


def _hazard(outcome: Outcome, hazard: FoundHazard) -> ClaimSummary:
    """A finding of an audit: where no run shows it, the words that a run would have."""
    why = hazard.sentence
    if outcome.verdict is not Verdict.FAILS:
        why = _advised(outcome, f"not decided: {_detail(outcome, 'witness')}")
    elif outcome.story is None:
        why += f" Proved: {outcome.detail}. {fix(hazard)}"
    of = f"{hazard.severity}: {hazard.name}"
    return ClaimSummary(outcome.pod, of, why, outcome.span, outcome.story, False, hazard=hazard)


def fix(hazard: FoundHazard) -> str:
    """What to change."""
    return f"Fix: {hazard.fix}"


_SUFFIXES = {"Pod": "", "StatefulSet": "-0", "Deployment": "-xxxxxxxxxx-xxxxx"}


def name_of_pod(workload: str) -> str:
    """What kubectl shows as NAME of a pod of a workload, `KIND [NAMESPACE/]NAME [(PART)]`; `x` is
    for each character that Kubernetes chooses."""
    kind, _, rest = workload.partition(" ")
    name = rest.partition(" ")[0].rpartition("/")[2]
    if name.endswith("-"):
        return f"{name}xxxxx"
    return name + _SUFFIXES.get(kind, "-xxxxx")


def _grouped(outcomes: Sequence[Outcome]) -> list[list[Outcome]]:
    """Outcomes that differ in nothing but the policy are shown once."""
    groups: dict[object, list[Outcome]] = {}
    for o in outcomes:
        key = (
            o.which, o.label, o.span, o.verdict, o.detail, o.bound, o.hazard, o.frame, o.states,
            o.left, _apart_from_policy(o.story),
        )  # fmt: skip
        groups.setdefault(key, []).append(o)
    return list(groups.values())


def _apart_from_policy(story: Story | None) -> Story | None:
    if story is None:
        return None
    replayed = story.replayed and story.replayed._replace(policy="")
    return story._replace(policy="", replayed=replayed)


def _detail(outcome: Outcome, sought: str) -> str:
    """How it came about; of what was not decided, how far the engines came."""
    if outcome.verdict is Verdict.BOUNDED:
        return f"no violation up to {outcome.bound} events; not proved beyond"
    parts = [outcome.detail]
    if outcome.verdict is Verdict.UNKNOWN:
        within = []
        if outcome.bound is not None:
            within.append(f"within {outcome.bound} event{'s' * (outcome.bound != 1)}")
        if (frame := outcome.frame) is not None:
            steps = f"within {frame} step{'s' * (frame != 1)}"
            within.append(f"{steps} (the prover came to frame {frame})")
        if within:
            parts.append(f"no {sought} {', nor '.join(within)}")
        if outcome.states is not None:
            parts.append(f"{outcome.states:,} states were visited")
    if outcome.left is not None:
        missing = f"its question can't be written: {outcome.left.missing}"
        parts.append(f"its question is in {outcome.left.file}" if outcome.left.file else missing)
    return "; ".join(parts)


def _advised(outcome: Outcome, detail: str) -> str:
    return f"{sentence(detail)} {outcome.advice}".rstrip()


def heading(told: ClaimSummary) -> list[str]:
    """Which pod a story is about, and an empty line; nothing for a claim as a whole."""
    return [told.about, ""] if told.about else []


def sentence(text: str) -> str:
    """A detail as a sentence: a capital letter first (but not inside code), a stop last."""
    if not text.startswith("`"):
        text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "?")) else text + "."


def headline(claim: ClaimResult) -> tuple[str, str]:
    """The verdict and the title as people read them: a belief that was to be refuted is REFUTED.

    Formats for programs have the verdict's own value, with the kind of the claim.
    """
    if claim.kind == "refute" and claim.verdict is Verdict.HOLDS:
        return REFUTED, title(claim._replace(kind="belief"))
    return claim.verdict.value, title(claim)


def title(claim: ClaimResult) -> str:
    if claim.kind == "audit":
        return plain(claim.title)
    under = f" ({claim.releases})" if claim.releases else ""
    return plain(f'{claim.kind} "{claim.title}"{under}')


def place(span: Span) -> str:
    return f"{plain(span.source.name)}:{span.line}"


def spot(span: Span) -> str:
    """A place with its column."""
    return f"{place(span)}:{span.column}"


def about(claim: ClaimResult) -> str:
    """Which pods, from where, under which policies, with which assumptions."""
    if not claim.outcomes:
        return ""
    text = f"for {', '.join(claim.pods)}, from {claim.start}, under {', '.join(claim.policies)}"
    return text + (f", assuming {claim.assuming}" if claim.assuming else "")


def actual(story: Story) -> str:
    """What was found, in the words of the condition."""
    return ", ".join(
        f'{name} = "{value}"' if name in _TEXTS else f"{name} = {value}"
        for name, value in story.actual
    )


def rule(cited: RuleFired | RuleCited) -> str:
    """A rule by its name, with the place it was written from."""
    return f'"{cited.name}"' + (f" ({cited.cites})" if cited.cites else "")


def rests_on(claim: ClaimResult) -> list[tuple[str, str]]:
    """For each proof of which it is known: which formula and policies, and the rules it needs."""
    groups: dict[object, list[Outcome]] = {}
    for o in claim.outcomes:
        if o.rests_on is not None:
            groups.setdefault((o.which, o.label, o.rests_on), []).append(o)
    found = []
    for group in groups.values():
        label = f"[{group[0].label}] " if group[0].label else ""
        of = f"{label}for {group[0].which} under {', '.join(o.policy for o in group)}"
        found.append((of, named(group[0].rests_on or ())))
    return found


def named(rules: Sequence[RuleCited]) -> str:
    """Rules by name; of many, how many there are, and of which lists."""
    if not rules:
        return "no rule: it holds whatever the kubelet decides"
    if len(rules) > RULES:
        lists = dict.fromkeys(f"`{r.decision}`" for r in rules)
        return f"{len(rules)} rules, of {', '.join(lists)}"
    full = [r._replace(name=f"{r.decision}: {r.name}") for r in rules]
    return ", ".join(
        rule(f if r.name == "otherwise" else r) for r, f in zip(rules, full, strict=True)
    )


def covered(path: str, coverage: Coverage) -> str:
    """How many rules the claims of a file depend on."""
    used = coverage.rules - len(coverage.idle)
    text = f"{path}: its claims depend on {used} of the {coverage.rules} rules for its pods"
    return f"{text}; on none of these:" if coverage.idle else f"{text}."


def unmet(unmet: Unmet) -> str:
    """An event that never happens where something is expected of it."""
    where = f'"{unmet.claim}", for {unmet.pod} under {", ".join(unmet.policies)}'
    return f"`{unmet.event}` never happens there, so that anything holds of it ({where})"


def hindsight(story: Story, kind: str = "") -> list[str]:
    """When it became unavoidable, what would have made the claim (of this kind) hold, how unusual
    the run is, and whether a shorter one may exist."""
    believed = kind == "refute"
    found = list(story.would_hold)
    since = story.unavoidable
    if since == 0:
        wrong = "disproves the belief" if believed else "fails"
        found.insert(0, f"Every run allowed by this claim {wrong} the same way.")
    elif since is not None:
        if believed:
            found.insert(0, f"After step {since} every run disproves the belief.")
        else:
            found.insert(0, f"Step {since} makes the failure unavoidable.")
    if story.plausibility == "rare" and story.expected:
        names = " or ".join(f"`{name}`" for name in story.unusual)
        if story.most_ordinary:
            found.append(f"{PROVED_RARE} ({names}); `assuming no rare events` leaves them out.")
        else:
            found.append(f"{RARE} ({names}).")
    if story.shorter:
        found.append(f"A shorter run has less ordinary events: {_in_order(story.shorter)}.")
    if not story.shortest:
        found.append(f"{SHORTER} {SEARCH}" if _has_search(story) else SHORTER)
    return found


def _in_order(events: Sequence[str]) -> str:
    """Events as specs have them, what repeats once."""
    found = []
    for place, period, times in parts(events, LEAST_AGAIN):
        once = " followed by ".join(events[place : place + period])
        once = f"{{{once}}}" if period > 1 else once
        found.append(f"`{once}{f' x {times}' * (times > 1)}`")
    return ", ".join(found)


def _has_search(story: Story) -> bool:
    """Is there an engine that looks for a shortest run?  Not for an audit, whose findings have no
    condition, nor where each of many starts is asked about by itself."""
    return bool(story.expected) and not story.start.startswith("any ")


def labels(kind: str) -> tuple[str, str]:
    """What a claim of this kind says of a run, and what the run shows, as labels."""
    return {"refute": ("believed", "actual"), "find": ("sought", "found")}.get(
        kind, ("expected", "actual")
    )


def judgement(story: Story, kind: str = "") -> list[tuple[str, str]]:
    """What a claim of this kind expected and what was found, which no finding of an audit has, and
    the rules that decided."""
    expected, shown = labels(kind)
    found = [(expected, story.expected), (shown, actual(story))] if story.expected else []
    return [*found, *(("rule", rule(r)) for r in story.decided_by)]


def kubectl(status: PodStatus) -> str:
    """The columns of ``kubectl get pods``."""
    return f"{status.ready}  {status.status}  {status.restarts}"


def ended(report: Report) -> str:
    """What a run left unsettled that was interrupted or that a limit stopped, or nothing."""
    found = []
    if report.stopped:
        settled, open_ = report.settled, len(report.claims) - report.settled
        counts = f"{settled} claim{'s' * (settled != 1)} decided, {open_} open"
        found.append(sentence(f"{report.stopped}: {counts}"))
    files = len(report.left)
    named = ", ".join((*report.left[:NAMED], *(["..."] if files > NAMED else [])))
    left = f"{files} file{'s' if files != 1 else ''} ({named})" if files else ""
    if report.stopped:
        return " ".join([*found, f"Not begun: {left}."] if left else found)
    claims = sum(c.detail == INTERRUPTED for c in report.claims)
    parts = [f"{claims} claim{'s' if claims != 1 else ''} of the last file"] if claims else []
    parts += [left] if left else []
    return f"Interrupted; not decided: {' and '.join(parts)}." if parts else ""


def not_begun(report: Report) -> str:
    """Why a file was not begun."""
    return f"{report.stopped or 'interrupted'} before it was checked"


def _audited(report: Report, tally: Tally) -> str:
    """One line: how many workloads and findings, and how many are not shown, and why."""
    errors = _count(sum(d.is_error for f in report.files for d in f.diagnostics), "input error")
    if not tally.workloads:
        nothing = "No workload was found: nothing was audited."
        return f"{errors}. {nothing}" if errors else nothing
    outcomes = [o for c in report.claims for o in c.outcomes]
    found = [o.hazard for o in outcomes if o.hazard and o.verdict is Verdict.FAILS]
    parts = [
        _count(sum(h.severity == s for h in found), s, "" if s == "info" else "s")
        for s in SEVERITIES
    ]
    parts.append(_count(sum(o.verdict is not Verdict.FAILS for o in outcomes), "not decided", ""))
    parts.append(errors)
    shown = ", ".join(filter(None, parts)) or "nothing found"
    hidden = [
        _hidden(tally), _count(tally.ignored, "ignored", ""),
        _count(tally.known, "in the baseline", ""),
    ]  # fmt: skip
    text = f"{_count(tally.workloads, 'workload')}: {shown}"
    if any(hidden):
        text += f" ({'; '.join(filter(None, hidden))})"
    if tally.gone:
        text += f"; {tally.gone} of the baseline {'is' if tally.gone == 1 else 'are'} gone"
    return text


def passed_over(report: Report) -> Iterator[str]:
    """A line for each kind of file that is not for the API server, and how to audit it."""
    passed = report.tally.passed if report.tally else ()
    charts = [(w.removeprefix(IN_CHART), n) for w, n in passed if w.startswith(IN_CHART)]
    for chart, count in charts[:NAMED]:
        render = f"render them, `helm template {chart} | podcheck audit -`"
        yield f"passed over: {IN_CHART}{chart} ({count}): {render}"
    if charts[NAMED:]:
        more = sum(count for _, count in charts[NAMED:])
        yield f"passed over: Helm templates in {len(charts) - NAMED} further charts ({more})"
    examples = dict(report.tally.examples) if report.tally else {}
    unread = [(w.removeprefix(UNREAD), n) for w, n in passed if w.startswith(UNREAD)]
    for what, count in passed:
        if not what.startswith((IN_CHART, UNREAD)):
            first = examples.get(what, "")
            such = f"{':' if count == 1 else ', such as'} {plain(first)}" if first else ""
            yield f"passed over: {what} ({count}){such}"
    if unread:
        named = ", ".join(f"{kind} ({count})" for kind, count in unread)
        hint = "say where their pod templates are, `podTemplates:` in podcheck.yaml"
        yield f"{UNREAD}{named}; {hint}"


def _hidden(tally: Tally) -> str:
    """The findings below the severity asked for, and the option that shows them."""
    kind = "info finding" if tally.severity == "warning" else "lesser finding"
    found = _count(tally.lesser, kind)
    return (
        f"{found} hidden; `--severity info` shows {'it' if tally.lesser == 1 else 'them'}"
        if found
        else ""
    )


def _count(number: int, noun: str, plural: str = "s") -> str:
    """Some of something, or nothing."""
    return f"{number} {noun}{plural if number != 1 else ''}" if number else ""


def cross_checked(found: CrossChecked) -> str:
    """How many answers two engines gave, and what only one did."""
    if not found.total:
        return "cross-check: there was no answer to give twice"
    plural, verb = "s" * (found.total != 1), "was" if found.twice == 1 else "were"
    verb = "was" if found.total == 1 else verb
    text = f"{found.twice} of {found.total} answer{plural} {verb} given by two engines"
    if not found.once:
        return f"cross-check: {text}"
    kinds = ", ".join(_count(n, kind) for kind, n in sorted(found.once.items()))
    return f"cross-check: {text}; {sum(found.once.values())} by one: {kinds}"


_COUNTED = {
    Verdict.HOLDS: ("holds", "hold"),
    Verdict.FAILS: ("fails", "fail"),
    Verdict.VACUOUS: ("is vacuous", "are vacuous"),
    Verdict.UNKNOWN: ("is unknown", "are unknown"),
    Verdict.BOUNDED: ("holds to its bound", "hold to their bound"),
    Verdict.INTERNAL: ("met an internal error", "met an internal error"),
}


def _by_release(report: Report, counted: str, answers: int) -> str:
    """The summary of a report over several releases."""
    claims = len({(claim.span.source.name, claim.span.start) for claim in report.claims})
    under = f"{claims} claim{'s' * (claims != 1)} under {len(report.releases)} releases"
    return f"{under}, {answers} answer{'s' * (answers != 1)}: {counted}"


def summary(report: Report) -> str:
    """One line: how many claims, how many of each verdict, how many errors."""
    if report.tally is not None:
        return _audited(report, report.tally)
    if not report.files and not report.left:
        return "No spec was found: nothing was checked."
    claims = report.claims
    errors = sum(d.is_error for f in report.files for d in f.diagnostics)
    parts = []
    for verdict, (one, many) in _COUNTED.items():
        n = sum(c.verdict is verdict for c in claims)
        if verdict is Verdict.HOLDS:
            refuted = sum(headline(c)[0] == REFUTED for c in claims)
            n -= refuted
        if n:
            parts.append(f"{n} {one if n == 1 else many}")
        if verdict is Verdict.HOLDS and refuted:
            parts.append(f"{refuted} refuted")
    if errors:
        parts.append(f"{errors} error{'s' if errors != 1 else ''}")
    if report.releases:
        count = len(claims)
        return _by_release(report, f"{', '.join(parts)}" if parts else "nothing was checked", count)
    plural = "" if len(claims) == 1 else "s"
    counted = ", ".join(parts) if parts else "nothing was checked"
    return f"{len(claims)} claim{plural}: {counted}"
