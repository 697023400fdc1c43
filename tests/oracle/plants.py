"""Faults to plant in podcheck, of kinds that a model checker can have, for the oracle to find.

A plant replaces one function; where podcheck is rebuilt, this is the one file to change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple
from unittest.mock import patch

from podcheck.compiler import engine_claims, finite_questions, pod_plan
from podcheck.core.answers import Proved, Vacuous
from podcheck.core.system import TransitionSystem
from podcheck.core.terms import Sort, variables
from podcheck.symbolic import prover
from podcheck.transform import environment
from podcheck.verification import dispatcher


class Plant(NamedTuple):
    """A fault: what it is, which kinds of cases show it, and how it is planted: an object, the
    name of one of its functions, and what makes another of that function."""

    what: str
    kinds: tuple[str, ...]
    owner: Any
    name: str
    faulty: Callable[[Any], Any]

    @contextmanager
    def planted(self) -> Iterator[None]:
        with patch.object(self.owner, self.name, self.faulty(getattr(self.owner, self.name))):
            yield


def _early_counts(cut_for: Any) -> Any:
    return lambda needs, *more: cut_for(needs._replace(largest=max(0, needs.largest - 1)), *more)


def _no_class_for_rules(cut_for: Any) -> Any:
    return lambda needs, *more: cut_for(needs._replace(codes=frozenset()), *more)


def _classes_for_pairs(cut_for: Any) -> Any:
    return lambda needs, *more: cut_for(needs._replace(every_code=False), *more)


def _only_direct_changes(slice_: Any) -> Any:
    def faulty(system: TransitionSystem, roots: Any) -> TransitionSystem:
        """In the slice, events change nothing but what the roots and the guards read."""
        roots = list(roots)
        found: TransitionSystem = slice_(system, roots)
        read = variables([*roots, *(e.guard for e in found.events)])
        events = [
            e._replace(updates={n: x for n, x in e.updates.items() if n in read})
            for e in found.events
        ]
        return found._replace(events=tuple(events))

    return faulty


def _all_alike(interchangeable: Any) -> Any:
    def faulty(system: TransitionSystem, *more: Any) -> tuple[tuple[str, ...], ...]:
        fields: dict[str, set[str]] = {}
        for v in system.variables:
            if v.container:
                fields.setdefault(v.container, set()).add(v.field)
        alike: dict[tuple[str, ...], list[str]] = {}
        for container, own in fields.items():
            alike.setdefault(tuple(sorted(own)), []).append(container)
        return tuple(tuple(c) for c in alike.values())

    return faulty


def _excluded_kind_happens(events_of: Any) -> Any:
    def faulty(pod: Any, question: Any) -> Any:
        excluded = question.assumptions.excluded - {"exits"}
        assumed = question.assumptions._replace(excluded=excluded)
        return events_of(pod, replace(question, assumptions=assumed))

    return faulty


def _one_event_more(counter: Any) -> Any:
    return lambda kind, most: counter(kind, most + 1)


def _every_sequence(assumed_pattern: Any) -> Any:
    return lambda automaton, excluded, _: assumed_pattern(automaton, excluded, {})


def _neighbours_answer(answer: Any) -> Any:
    last: dict[str, Any] = {}

    def faulty(verifier: Any, question: Any, policy: str, any_run: bool = False) -> Any:
        """What a cache keyed by pod, policy and form, but not by the condition, would answer."""
        form = f"{type(question).__name__} {question.sought}"
        key = f"{id(verifier)} {policy} {form} {question.start.text}"
        return last.setdefault(key, answer(verifier, question, policy, any_run))

    return faulty


def _never_vacuous(answer: Any) -> Any:
    def faulty(verifier: Any, question: Any, policy: str, any_run: bool = False) -> Any:
        found = answer(verifier, question, policy, any_run)
        if isinstance(found.answer, Vacuous):
            return found._replace(answer=Proved(None, "nothing was checked"))
        return found

    return faulty


def _races_decided(calm_: Any) -> Any:
    def faulty(system: TransitionSystem) -> TransitionSystem:
        """Races take their last value, not their first."""
        turned = {
            i.name: i._replace(sort=Sort(i.sort.name, i.sort.kind, tuple(reversed(i.sort.values))))
            for a in system.actions() for i in a.inputs if i.role == "race"
        }  # fmt: skip
        changed = [
            a._replace(inputs=tuple(turned.get(i.name, i) for i in a.inputs))
            for a in system.actions()
        ]
        turned_system = system._replace(sync=changed[0], events=tuple(changed[1:]))
        found: TransitionSystem = calm_(turned_system)
        return found

    return faulty


def _no_witness_by_races(races_of: Any) -> Any:
    return lambda question: question.assumptions.races


def _unfair(liveness_claim: Any) -> Any:
    def faulty(pod: Any, question: Any, starts: Any) -> Any:
        claim = liveness_claim(pod, question, starts)
        events = tuple(e._replace(eventually=False) for e in claim.events)
        return claim._replace(fairness=(), events=events)

    return faulty


PLANTS: dict[str, Plant] = {
    "counts": Plant(
        "counts saturate one too early", ("counts",), finite_questions, "cut_for", _early_counts
    ),
    "exit-rules": Plant(
        "the codes of restartPolicyRules make no classes of exit codes", ("exit-rules",),
        finite_questions, "cut_for", _no_class_for_rules,
    ),
    "code-pairs": Plant(
        "comparisons of two exit codes split no classes", ("codes",),
        finite_questions, "cut_for", _classes_for_pairs,
    ),
    "slice": Plant(
        "slicing drops what events change and the claim does not read itself", ("check", "find"),
        TransitionSystem, "slice", _only_direct_changes,
    ),
    "symmetry": Plant(
        "containers with the same variables count as interchangeable", ("alike",),
        prover, "interchangeable", _all_alike,
    ),
    "excluded": Plant(
        "containers exit though assumptions rule them out", ("check",),
        engine_claims, "events_of", _excluded_kind_happens,
    ),
    "limits": Plant(
        "`at most N` allows one more", ("counts",), environment, "_counter", _one_event_more
    ),
    "pattern-limits": Plant(
        "`at most N` leaves every sequence of a pattern", ("limited",),
        finite_questions, "assumed_pattern", _every_sequence,
    ),
    "neighbour": Plant(
        "a claim gets the answer of another one in the file", ("pair",),
        dispatcher.Dispatcher, "answer", _neighbours_answer,
    ),
    "vacuous": Plant(
        "nothing is called vacuous", ("check", "scenario", "promise"),
        dispatcher.Dispatcher, "answer", _never_vacuous,
    ),
    "usual-outcome": Plant(
        "races that are not assumed take their last value", ("scenario", "table"),
        pod_plan, "without_races", _races_decided,
    ),
    "races": Plant(
        "a find does not look at races", ("find",), engine_claims, "races_of", _no_witness_by_races
    ),
    "fairness": Plant(
        "nothing has to happen in the runs of a promise", ("promise",),
        dispatcher, "liveness_claim", _unfair,
    ),
}  # fmt: skip
