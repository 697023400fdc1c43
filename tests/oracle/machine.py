"""One pod as a machine: its state, what a sync makes of it, what events make of it.

A state is a tuple of plain values: the policy, then one for each state variable of the pack.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import NamedTuple

from oracle.names import Reading
from oracle.values import (
    NOWHERE,
    TIMELESS,
    Meaning,
    Now,
    Scope,
    Sort,
    State,
    Undecided,
    Value,
    is_always,
    sort_of,
)
from podcheck.declarations.pack import EventDeclaration, Pack
from podcheck.declarations.pod import Container, Pod
from podcheck.language.parser import Node

MAX_SYNCS = 64
MOST_KNOWN = 20_000  # syncs that are remembered

Choices = Mapping[str, Value]
Step = tuple[Choices, State]  # what was chosen, and where it leads


class Unrest(Exception):
    """The syncs did not settle the pod."""


class Spent(Exception):
    """As many steps were tried as may be."""


class Event(NamedTuple):
    """One event of one container or of the pod.

    ``code`` and ``detail`` name the input for its exit code and for what stands behind `with`
    (empty: it has none); ``details`` are the values of the latter.
    """

    name: str
    declared: EventDeclaration
    guard: Meaning
    effects: tuple[tuple[int, Meaning], ...]
    code: str
    detail: str
    details: tuple[Value, ...]

    @property
    def kind(self) -> str:
        return self.declared.kind


class Machine(Reading):
    """The states and steps of one pod.  ``spent`` counts the steps that were worked out, ``most``
    limits them; ``Spent`` ends whatever asks for more."""

    def __init__(
        self, pack: Pack, pod: Pod, release: tuple[int, ...], gates: Mapping[str, bool]
    ) -> None:
        super().__init__(pack, pod, release, gates)
        self.spent = 0
        self.most = 0
        self.places[("", "policy")] = 0
        for owner, field in self._variables():
            self.places[(owner, field)] = len(self.places)
        self._initial = tuple(
            "" if v == ("", "policy") else self.initial(*v).value(TIMELESS) for v in self.places
        )
        self.published = self._published()
        self._next = [self._next_of(*v) for v in self.places]
        self.events: dict[str, Event] = {}
        for declared in pack.events.values():
            for event in self._instances(declared):
                self.events[event.name] = event
        self._known: dict[tuple[State, tuple[Value, ...], bool], list[Step]] = {}

    def _variables(self) -> Iterator[tuple[str, str]]:
        """The state that this pod has: `where` leaves some of it out."""
        for field, declared in self.pack.pod_state.items():
            if declared.of_job:  # none of these pods has a Job
                continue
            if declared.condition is None or self._exists(declared.condition, NOWHERE):
                yield "", field
        for c in self.containers:
            for field, declared in self.pack.container_state.items():
                scope = Scope({"c": c})
                if declared.condition is None or self._exists(declared.condition, scope):
                    yield c.name, field

    def _exists(self, condition: Node, scope: Scope) -> bool:
        return bool(self.expr(condition, scope).value(TIMELESS))

    def _published(self) -> tuple[int, ...]:
        pack = self.pack
        shown = {f for f, d in pack.pod_state.items() if d.published}
        of_containers = {f for f, d in pack.container_state.items() if d.published}
        return tuple(
            place for (owner, field), place in self.places.items()
            if field in (of_containers if owner else shown)
        )  # fmt: skip

    # ---- a sync ------------------------------------------------------------------------------

    def _next_of(self, owner: str, field: str) -> Callable[[Now], Value]:
        """What a sync makes of a variable; without a rule it stays as it is."""
        place = self.places[(owner, field)]
        kept = Meaning(lambda now: now.state[place], "", False)
        c = self.containers_by_name[owner] if owner else None
        for rules in self.pack.nexts.get(field, ()):
            if self.takes(rules, [] if c is None else [c]):
                return self.first_match(rules, c, kept).value
        return kept.value

    def initial_state(self, policy: str) -> State:
        """A pod just created, which the kubelet has not seen."""
        return (policy, *self._initial[1:])

    def sync(self, state: State, choices: Choices) -> State:
        """One sync with these choices; a race that is not named takes its first value."""
        now = Now(state, choices)
        return tuple([following(now) for following in self._next])

    def syncs(self, state: State, kills: tuple[Value, ...], races: bool) -> list[Step]:
        """Every sync: containers that the kubelet stops exit with any of the codes ``kills``."""
        key = (state, kills, races)
        known = self._known.get(key)
        if known is not None:
            return known
        found: dict[State, Choices] = {}
        open_: list[dict[str, Value]] = [{}]
        while open_:
            choices = open_.pop()
            self._count()
            now = Now(state, choices, kills, races)
            try:
                after = tuple([following(now) for following in self._next])
            except Undecided as it:
                open_ += [{**choices, it.name: value} for value in reversed(it.values)]
            else:
                found.setdefault(after, choices)
        steps = [(choices, after) for after, choices in found.items()]
        if len(self._known) < MOST_KNOWN:
            self._known[key] = steps
        return steps

    def _count(self) -> None:
        self.spent += 1
        if self.spent > self.most:
            raise Spent

    def limit(self, most: int) -> None:
        """From now on, at most this many steps."""
        self.spent, self.most = 0, most

    # ---- events ------------------------------------------------------------------------------

    def _instances(self, declared: EventDeclaration) -> Iterator[Event]:
        actor = next((p for p in declared.parameters if p.domain is not None), None)
        if actor is None:
            yield self._event(declared, declared.phrase, NOWHERE)
            return
        assert actor.domain is not None
        for c in self.members(actor.domain, NOWHERE):
            words = [c.name if w == actor.name else w for w in declared.phrase.split()]
            yield self._event(declared, " ".join(words), Scope({actor.name: c}))

    def _event(self, declared: EventDeclaration, name: str, scope: Scope) -> Event:
        code, detail = "", ""
        details: tuple[Value, ...] = ()
        for parameter in declared.parameters:
            if parameter.domain is not None:
                continue
            full, sort = f"{name}: {parameter.name}", sort_of(parameter.sort)
            if isinstance(sort, tuple):
                detail, details = full, sort
            else:
                code = full
            scope = scope.bind(parameter.name, _given(full, sort))
        guard = self.expr(declared.guard, scope) if declared.guard is not None else None
        effects = [e for node in declared.effects for e in self._effects(node, scope)]
        always = Meaning(lambda now: True, "bool", True)
        return Event(name, declared, guard or always, tuple(effects), code, detail, details)

    def _effects(self, node: Node, scope: Scope) -> Iterator[tuple[int, Meaning]]:
        words = [str(w) for w in node.tokens("WORD")]
        if node.kind == "for_each":
            domain = node.node("set_expr")
            assert domain is not None
            for c in self.members(domain, scope):
                for inner in node.nodes("assign"):
                    yield from self._effects(inner, scope.bind(words[0], c))
            return
        owner = scope.names[words[0]] if len(words) == 2 else None
        variable = (owner.name if isinstance(owner, Container) else "", words[-1])
        if variable in self.places:
            state = self.pack.container_state if variable[0] else self.pack.pod_state
            yield (
                self.places[variable],
                self.expr(node.nodes()[0], scope, sort_of(state[words[-1]].sort)),
            )

    def can_never_happen(self, event: Event) -> bool:
        """Does the pod's spec alone rule an event out?"""
        return is_always(event.guard, False)

    def is_possible(self, event: Event, state: State) -> bool:
        return bool(event.guard.value(Now(state, {})))

    def happen(self, event: Event, state: State, choices: Choices) -> State:
        """The state after an event; its guard is not looked at."""
        now = Now(state, choices)
        after = list(state)
        for place, meaning in event.effects:
            after[place] = meaning.value(now)
        return tuple(after)

    def happenings(
        self, event: Event, state: State, codes: tuple[Value, ...], details: tuple[Value, ...]
    ) -> list[Step]:
        """Every way in which an event can happen in a state; empty if it can't."""
        if not self.is_possible(event, state):
            return []
        found: dict[State, Choices] = {}
        for code, detail in product(
            codes if event.code else (0,), details or event.details if event.detail else ("",)
        ):
            choices: dict[str, Value] = {}
            if event.code:
                choices[event.code] = code
            if event.detail:
                choices[event.detail] = detail
            self._count()
            found.setdefault(self.happen(event, state, choices), choices)
        return [(choices, after) for after, choices in found.items()]

    # ---- settling ----------------------------------------------------------------------------

    def shown(self, state: State) -> tuple[Value, ...]:
        """What the API server shows."""
        return tuple(state[place] for place in self.published)

    def value(self, meaning: Meaning, state: State, after: State | None = None) -> Value:
        """An expression in a state or, with ``after``, on a step."""
        return meaning.value(Now(state, {}, after=after))


def _given(name: str, sort: Sort) -> Meaning:
    return Meaning(lambda now: now.choices[name], sort, False)
