"""What came of replaying recordings, as text and as JSON (`conform.schema.json`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any, assert_never

from podcheck.report.json import dump
from podcheck.results.agreement import Agreement, Divergence, Outcome, PassedOver, Replayed, Unread
from podcheck.results.stories import RuleFired
from podcheck.results.verdicts import EXIT_FAILS, EXIT_INPUT, EXIT_VACUOUS

VERSION = 1
WIDTH = 80


def exit_code(outcomes: Iterable[Outcome]) -> int:
    """2 for input that can't be read, 1 for a difference, 3 if nothing was replayed, else 0."""
    kept = tuple(outcomes)
    if any(isinstance(o, Unread) for o in kept):
        return EXIT_INPUT
    replayed = [o.agreement for o in kept if isinstance(o, Replayed)]
    if any(a.wrong for a in replayed):
        return EXIT_FAILS
    return 0 if replayed else EXIT_VACUOUS


# ---- text -----------------------------------------------------------------------------------


def render_outcome(outcome: Outcome, show: int) -> Iterator[str]:
    """The lines about one file, with its first ``show`` differences in full."""
    match outcome:
        case Replayed(name, agreement):
            yield from _agreement(name, agreement)
            for divergence in agreement.divergences[:show]:
                yield ""
                yield from _divergence(divergence)
            yield ""
        case PassedOver(name, reason):
            yield f"passed over {name}: {reason}"
        case Unread(name, line, message):
            yield f"error: {name}{f':{line}' if line else ''}: {message}"
        case _:
            assert_never(outcome)


def _agreement(name: str, a: Agreement) -> Iterator[str]:
    word = "DIFFERS" if a.wrong else "AGREES "
    what = "steps" if a.by_event else "calls"
    yield f"{word} {name} ({a.kind})"
    yield f"  {a.steps:>9,} {what} compared, {a.equal:,} agree ({_percent(a.equal, a.steps)})"
    if a.races:
        yield f"  {a.races:>9,} of them by an outcome that is left to timing:"
        yield from _races(a)
    if a.wrong:
        yield f"  {a.wrong:>9,} differ"
    if a.apart:
        yield f"  {a.apart:>9,} {what} apart: there is no one answer to compare with"
    if a.by_event:
        share = _percent(a.single, a.steps)
        yield f"  {share:>9} of the steps allow one status only, every race open"
    if a.timed:
        share = _percent(a.single_timed, a.steps)
        yield f"  {share:>9} if any delay may have ended meanwhile: here they were that short"
    yield from _by_kind(a)
    for note in a.notes:
        yield from wrap(f"note: {note}", WIDTH, initial_indent="  ", subsequent_indent="    ")
    yield from _counted("fields", a.fields, a.wrong_fields)
    yield from _counted("events", a.by_event, a.wrong_events)


def _by_kind(a: Agreement) -> Iterator[str]:
    """A table of the kinds of lives and releases, and what the rules have no event for."""
    left = sum(a.unexpressed.values())
    if left:
        yield f"  {left:>9,} steps not compared: the rules have no event for what happened"
        for name, count in sorted(a.unexpressed.items(), key=lambda item: (-item[1], item[0])):
            yield f"{count:>13,} {name}"
    if len(a.by_kind) < 2:
        return
    yield f"  {'kind':<14}{'release':<9}{'steps':>7}{'agree':>10}{'one status':>12}{'no event':>10}"
    for (kind, release), t in sorted(a.by_kind.items()):
        agree, single = _percent(t.equal, t.steps), _percent(t.single, t.steps)
        head = f"  {kind:<14}{release:<9}"
        yield f"{head}{t.steps:>7,}{agree:>10}{single:>12}{t.unexpressed:>10,}"


def _races(a: Agreement) -> Iterator[str]:
    """What was left to timing, the most frequent first, and why it is."""
    told = sorted(a.by_race.items(), key=lambda item: (-len(item[1]), item[0]))
    for names, places in told:
        line, step = places[0]
        where = f"line {line}, step {step}"
        head = f"{len(places):>13,} {' and '.join(names)}"
        yield f"{head} ({'first in ' if len(places) > 1 else 'in '}{where})"
    for name in dict.fromkeys(name for names, _ in told for name in names):
        text = f"{name}: {a.reasons[name]}"
        indent = " " * 14
        yield from wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent + "  ")


def _counted(title: str, compared: Counter[str], wrong: Counter[str]) -> Iterator[str]:
    """The shares that agree; what agrees everywhere takes one line."""
    names = list(dict.fromkeys((*sorted(compared), *sorted(wrong))))
    whole = [n for n in names if not wrong[n]]
    if title == "events":
        whole = [f"{n} {compared[n]:,}" for n in whole]
    if whole:
        yield from _wrapped(f"  {title} that agree in all: ", whole)
    for name in names:
        if wrong[name]:
            total = max(compared[name], wrong[name])
            right = total - wrong[name]
            yield f"  {title[:-1]} {name}: {right:,} of {total:,} agree ({_percent(right, total)})"


def _wrapped(head: str, names: Sequence[str]) -> Iterator[str]:
    line = head
    for number, name in enumerate(names):
        text = name + ("," if number < len(names) - 1 else "")
        if len(line) + len(text) > WIDTH and line.strip():
            yield line.rstrip()
            line = "    "
        line += f"{text} "
    yield line.rstrip()


def _percent(part: int, whole: int) -> str:
    """A share that says 100 % only of all."""
    if part == whole:
        return "100 %" if whole else "-"
    return f"{min(part / whole * 100, 99.99):.2f} %"


def _divergence(d: Divergence) -> Iterator[str]:
    yield f"  {d.source}:{d.line}: {d.pod}"
    if d.events:
        yield f"    {'after' if d.recorded else 'with'}{'':<5} {', '.join(d.events)}"
    for field, value in d.expected:
        ours = dict(d.actual)[field]
        yield f"    {field}: recorded {value or 'nothing'}, the rules give {ours or 'nothing'}"
    if d.recorded:
        yield f"    recorded  {_status(d.recorded)}"
    for status in d.allowed:
        yield f"    allowed   {_status(status)}"
    for rule in d.rules:
        yield f"    rule      {_rule_text(rule)}"


def _status(fields: Mapping[str, str]) -> str:
    return "  ".join(f"{k}={v}" for k, v in fields.items() if v)


def _rule_text(rule: RuleFired) -> str:
    of = f" of {rule.container}" if rule.container else ""
    return f'{rule.decision}{of} = {rule.value}  "{rule.name}" ({rule.cites})'


def summary(outcomes: Sequence[Outcome]) -> str:
    """The last line."""
    replayed = [o.agreement for o in outcomes if isinstance(o, Replayed)]
    over = sum(isinstance(o, PassedOver) for o in outcomes)
    unread = sum(isinstance(o, Unread) for o in outcomes)
    if not replayed:
        text = "nothing was replayed"
    else:
        steps, equal = sum(a.steps for a in replayed), sum(a.equal for a in replayed)
        files = f"{len(replayed)} recording{'s' * (len(replayed) != 1)}"
        text = f"{files}: {equal:,} of {steps:,} agree ({_percent(equal, steps)})"
    if over:
        text += f", {over} file{'s' * (over != 1)} passed over"
    if unread:
        text += f", {unread} not readable"
    return text


# ---- JSON -----------------------------------------------------------------------------------


def render_json(outcomes: Sequence[Outcome], show: int) -> str:
    """Everything, with counts by field and by event; the same input gives the same bytes."""
    replayed = [o for o in outcomes if isinstance(o, Replayed)]
    data = {
        "version": VERSION,
        "exit_code": exit_code(outcomes),
        "recordings": [_recording(o, show) for o in replayed],
        "passed_over": [
            {"path": o.name, "reason": o.reason} for o in outcomes if isinstance(o, PassedOver)
        ],
        "errors": [
            {"path": o.name, "line": o.line or None, "message": o.message}
            for o in outcomes
            if isinstance(o, Unread)
        ],
    }
    return dump(data)


def _recording(outcome: Replayed, show: int) -> dict[str, Any]:
    a = outcome.agreement
    stepwise = bool(a.by_event)
    return {
        "path": outcome.name,
        "kind": a.kind,
        "compared": a.steps,
        "agree": a.equal,
        "by_race": a.races,
        "races": [
            {
                "names": list(names),
                "reasons": [a.reasons[name] for name in names],
                "places": [list(place) for place in places],
            }
            for names, places in sorted(a.by_race.items())
        ],
        "differ": a.wrong,
        "apart": a.apart,
        "one_status": a.single if stepwise else None,
        "one_status_timed": a.single_timed if a.timed else None,
        "kinds": [
            {
                "kind": kind,
                "release": release,
                "compared": t.steps,
                "agree": t.equal,
                "one_status": t.single,
                "no_event": t.unexpressed,
            }
            for (kind, release), t in sorted(a.by_kind.items())
        ],
        "no_event": [{"name": n, "steps": a.unexpressed[n]} for n in sorted(a.unexpressed)],
        "notes": a.notes,
        "fields": _counts(a.fields, a.wrong_fields),
        "events": _counts(a.by_event, a.wrong_events),
        "differences": [_difference(d) for d in a.divergences[:show]],
    }


def _counts(compared: Counter[str], wrong: Counter[str]) -> list[dict[str, Any]]:
    names = sorted({*compared, *wrong})
    return [{"name": n, "compared": compared[n], "differ": wrong[n]} for n in names]


def _difference(d: Divergence) -> dict[str, Any]:
    ours = dict(d.actual)
    return {
        "line": d.line,
        "pod": d.pod,
        "events": list(d.events),
        "fields": [{"name": n, "recorded": v, "rules": ours[n]} for n, v in d.expected],
        "recorded": dict(d.recorded),
        "allowed": [dict(s) for s in d.allowed],
        "rules": [
            {
                "decision": r.decision,
                "rule": r.name,
                "container": r.container,
                "value": r.value,
                "sentence": r.sentence,
                "cites": r.cites,
            }
            for r in d.rules
        ],
    }
