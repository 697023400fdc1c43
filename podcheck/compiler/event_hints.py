"""What is meant by a phrase that names no event: the events that users call so."""

from __future__ import annotations

from collections.abc import Sequence

from podcheck.core.terms import FALSE
from podcheck.elaboration.grounder import Grounder
from podcheck.language.diagnostics import did_you_mean, nearest
from podcheck.language.lexer import written
from podcheck.language.user_words import EVENTS_MEANT, FILLERS, KINDS_MEANT

MOST = 3
VAGUE = ("fails", "failed", "starts", "ends", "probe", "killed", "dies")  # a noun says more
LIST = "`podcheck rules events` lists all events."


def event_hint(words: Sequence[str], grounder: Grounder) -> str:
    """Events to write in the place of ``words``, those that can happen to the pod first."""
    phrase, possible = " ".join(words), _possible(grounder)
    reordered = _with_the_same_words(words, grounder)
    if reordered:
        return f"Write `{reordered}`."
    ours = {w for e in grounder.pack.events.values() for w in e.words}
    close = nearest(phrase, possible, 0.85)
    foreign = any(w.lower() in EVENTS_MEANT and w not in ours for w in words)
    if close is not None and not foreign:
        return f"Did you mean `{close}`?"
    meant = _meant(words, grounder)
    if meant:
        return f"Write {_either(meant)}."
    return did_you_mean(phrase, possible, LIST)


def kind_hint(words: str, kinds: Sequence[str]) -> str:
    """The kind of events that is meant by the words after `assuming`."""
    meant = KINDS_MEANT.get(words.lower()) or KINDS_MEANT.get(words.lower().rstrip("s"))
    return f"Did you mean `{meant}`?" if meant in kinds else did_you_mean(words, kinds)


def _possible(grounder: Grounder) -> list[str]:
    return [n for n in grounder.events if grounder.guard(n) is not FALSE]


def _with_the_same_words(words: Sequence[str], grounder: Grounder) -> str:
    """An event of the same words in another order, as in `liveness probe of app fails`."""
    wanted = _bag(words)
    for name, event in grounder.events.items():
        if len(wanted) > 1 and _bag(event.declaration.words, name.split()) == wanted:
            return event.written
    return ""


def _bag(words: Sequence[str], spelled: Sequence[str] = ()) -> frozenset[str]:
    """Words without regard to order, capitals and fillers; `liveness probe` is one word."""
    text = " ".join(spelled or words).lower()
    for probe in ("liveness", "readiness", "startup"):
        text = text.replace(f"{probe} probe", f"{probe}probe")
    return frozenset(text.split()) - FILLERS


def _meant(words: Sequence[str], grounder: Grounder) -> list[str]:
    """The events that the first known verb or noun of a phrase may mean."""
    containers = [c.name for c in grounder.elaborator.ordered]
    named = [w for w in words if w in containers]
    container = named[0] if named else containers[-1] if containers else ""
    known = [k for k in (w.lower() for w in words if w not in containers) if k in EVENTS_MEANT]
    known.sort(
        key=lambda k: k in ("fails", "failed", "is", "starts", "ends", "kill")
    )  # nouns first
    of_node = "node" in known or "kubelet" in known
    passes = {"passes", "passed", "succeeds"} & set(words)
    for key in known:
        events = [e.replace("{c}", written(container)) for e in EVENTS_MEANT[key]]
        if of_node and not named:
            events = [e for e in events if not e.startswith(f"{container} ")] or events
        if events:
            if passes:
                events.sort(key=lambda e: not e.endswith(("becomes ready", "passes startupProbe")))
            return sorted(events, key=lambda e: not _can_happen(e, grounder))[:MOST]
    return []


def _can_happen(event: str, grounder: Grounder) -> bool:
    """Does an event, as a spec writes it, fit the pod as its spec stands?"""
    return any(
        event == e.written or event.startswith(f"{e.written} ")
        for n, e in grounder.events.items()
        if grounder.guard(n) is not FALSE
    )


def _either(events: Sequence[str]) -> str:
    quoted = [f"`{e}`" for e in events]
    return ", ".join(quoted[:-1]) + (" or " if len(quoted) > 1 else "") + quoted[-1]
