"""`podcheck explain CrashLoopBackOff`: what a word of a status means, and what leads there."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from podcheck.api import verify
from podcheck.arguments import Spec
from podcheck.cli import streams
from podcheck.declarations.pack import Line, Pack
from podcheck.elaboration.hints import owners_of, status_words
from podcheck.language.lexer import unquote
from podcheck.report.play import render
from podcheck.results.stories import Play, Story

RULES = 6  # that are listed
PREFIXES = ("Init:", "ExitCode:", "Signal:")
# The smallest pods, one after the other: the first one that can show a word is the example.
PODS = (
    "container app", "init setup container app", "sidecar proxy container app",
    "container app container helper", "container app { livenessProbe startupProbe readinessProbe }",
    "activeDeadlineSeconds: 600 container app",
    "container app { restartPolicy: Never on exit 1: RestartAllContainers }",
)  # fmt: skip

CONDITION_REASON = "conditionReason_"
DEPTH = 4  # events of a run
EVENTS = "assuming only exits, OOM kills, backoff"  # are tried first


def known(pack: Pack) -> set[str]:
    """The words: phases, reasons, states, and those of the STATUS column."""
    found = status_words(pack) | {str(v) for v in pack.sorts["Phase"].values}
    return found | {str(v) for v in pack.sorts["ApiState"].values} | condition_reasons(pack).keys()


def condition_reasons(pack: Pack) -> dict[str, list[str]]:
    """The reasons of the pod's conditions that rules show, each with those conditions."""
    found: dict[str, list[str]] = {}
    for name in pack.decides:
        condition = name.removeprefix(CONDITION_REASON)
        if condition != name:
            for reason in _values(name, pack):
                found.setdefault(reason, []).append(condition)
    return found


def _values(name: str, pack: Pack) -> list[str]:
    """The words that a list of rules may decide on, by itself or as other lists say."""
    seen, found = [name], dict[str, None]()
    for at in seen:
        for rules in (*pack.decides.get(at, ()), *pack.nexts.get(at, ())):
            for word in sorted(word for line in rules.lines for word in _said(line)):
                if word in pack.decides or word in pack.nexts:
                    seen += [word] if word not in seen else []
                elif word[:1].isupper() and word not in ("True", "False"):
                    found[word] = None
    return list(found)


def meant(word: str, pack: Pack) -> str | None:
    """The word as Kubernetes spells it, if it is one."""
    if word.startswith(PREFIXES):
        return word
    words = known(pack)
    return word if word in words else {w.lower(): w for w in words}.get(word.lower())


def explained(word: str, pack: Pack) -> Iterator[str]:
    """Where it is shown, which rules show it, and the shortest run of a small pod to it."""
    asked = owners_of(word, None, pack, "app")
    shown = word in status_words(pack) or word.startswith(PREFIXES)
    places = _places(asked, shown)
    places += [f"a reason of condition {c}" for c in condition_reasons(pack).get(word, ())]
    yield f"{word}  ({', '.join(places)})"
    rules = list(_rules(word, pack))
    if rules:
        yield ""
        yield "Shown by these rules:"
        for line in rules[:RULES]:
            yield from textwrap.wrap(
                line, streams.prose(), initial_indent="  ", subsequent_indent="    ",
                break_on_hyphens=False, break_long_words=False,
            )  # fmt: skip
        if len(rules) > RULES:
            yield f"  and {len(rules) - RULES} more (`podcheck rules list`)"
    claims = [*asked, f'STATUS = "{word}"'] if shown else asked
    if not claims:  # specs ask for the condition, not for its reason
        return
    tried = [(EVENTS, p) for p in PODS[:3]] + [("", p) for p in PODS]
    story = next((s for e, p in tried if (s := _shortest(p, claims[0], e))), None)
    yield ""
    if story is None:
        yield "None of podcheck's small example pods shows it."
    else:
        yield "What leads there, in a small pod:"
        yield ""
        yield from render(Play("example", story.policy, story.start, story.steps, ()), False)
    yield ""
    yield f"Ask for it with {' or '.join(f'`{c}`' for c in claims)}."


def _places(asked: list[str], shown: bool) -> list[str]:
    found = []
    for name, what in (
        ("phase", "a phase"), ("reason", "a reason of the pod"),
        ("app.state", "a state of a container"), ("app.reason", "a reason of a container"),
    ):  # fmt: skip
        if any(a.startswith(f"{name} =") for a in asked):
            found.append(what)
    return [*found, "a word of kubectl's STATUS column"] if shown else found


def _rules(word: str, pack: Pack) -> Iterator[str]:
    """The lines of the rules whose value is the word, with sentence and source."""
    value = next((p for p in PREFIXES if word.startswith(p)), word)
    for lists in (*pack.decides.values(), *pack.nexts.values()):
        for rules in lists:
            for line in rules.lines:
                if value in _said(line):
                    yield f'"{line.rule.name}": {line.rule.sentence} [{line.rule.cites}]'


def _said(line: Line) -> set[str]:
    """The names and texts of a line's value."""
    return {
        unquote(str(n.tokens()[0])) for n in line.value.below() if n.kind in ("name_", "string")
    }


def _shortest(pod: str, condition: str, events: str) -> Story | None:
    """A shortest run of a pod to a state, under any policy."""
    text = f'pod example {{ {pod} }}\nfind "it" for example {events} {{ {condition} }}\n'
    report = verify(Spec(text, "example"), bound=DEPTH)
    stories = [o.story for c in report.claims for o in c.outcomes if o.story is not None]
    return min(stories, key=lambda s: len(s.steps)) if stories else None
