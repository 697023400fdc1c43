"""What claims mean: each question decided by brute force, as far as a budget allows."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from oracle.asked import PROMISES, Question, Step
from oracle.codes import ALL, FEW, SOME, USUAL, Codes, sample
from oracle.machine import Machine, Spent, Unrest
from oracle.promises import Promise, Search
from oracle.sequences import Place, Places, Sequences
from oracle.states import Found, World, explore, prepared, reads_next, settled_states
from oracle.values import FALSE, NOWHERE, Meaning, Scope, State, Value, either, made
from podcheck.declarations.pod import Container
from podcheck.language.parser import Node

HOLDS, FAILS, VACUOUS = "HOLDS", "FAILS", "VACUOUS"
MOST_STARTS = 12
TRIES = 60  # random states in which a condition that seems to hold always is tried


class Fact(NamedTuple):
    """What is known of a question.

    ``possible`` are the verdicts that agree with it; ``run`` is the violation (or witness) that
    was found, ``events`` how many events none takes at least (-1: not known), ``saw`` whether a
    run comes to what stands before `implies`, ``why`` says more in words.
    """

    possible: frozenset[str]
    why: str
    run: Found | None = None
    events: int = -1
    saw: bool = True
    codes: frozenset[Value] = frozenset()


def facts(
    questions: Sequence[Question], numbers: Sequence[int], steps: int, seed: int
) -> list[Fact]:
    """A fact for each question; ``steps`` limits each, ``seed`` chooses some of the exit codes."""
    deciders = [_Decider(q, numbers, steps, seed) for q in questions]
    found = [
        d.fact()._replace(codes=frozenset((*d.codes.events, *d.codes.kills))) for d in deciders
    ]
    return _together(questions, found)


def _together(questions: Sequence[Question], found: list[Fact]) -> list[Fact]:
    """An `implies` is vacuous if its first half is reached under none of its policies."""
    groups: dict[tuple[int, int, int], list[int]] = {}
    for place, q in enumerate(questions):
        groups.setdefault((q.claim, q.group, id(q.machine)), []).append(place)
    for places in groups.values():
        if any(found[p].saw for p in places):
            for p in places:
                if not found[p].saw:  # another policy comes to it
                    found[p] = found[p]._replace(possible=found[p].possible - {VACUOUS} or _ALL)
    return found


_ALL = frozenset((HOLDS, FAILS, VACUOUS))


class _Decider:
    """One question."""

    def __init__(self, q: Question, numbers: Sequence[int], steps: int, seed: int) -> None:
        self.q = q
        self.machine: Machine = q.machine
        self.steps = steps
        self.races = q.races
        self.chance = random.Random(seed)
        self.codes = self._codes(numbers)
        self.shown, self.none = (HOLDS, FAILS) if q.seeks else (FAILS, HOLDS)

    def _codes(self, numbers: Sequence[int]) -> Codes:
        few = [n for n in numbers if n <= 255]
        if self.q.form != "scenario":
            return sample(few if len(few) < 4 else self.chance.sample(few, 3), self.chance, FEW)
        alone = len(self.q.steps) == 1 and self.q.steps[0].pattern.kind == "event_phrase"
        codes = sample(few, self.chance, USUAL if alone else SOME)
        return codes._replace(events=ALL) if alone and self.q.start != "any" else codes

    def fact(self) -> Fact:
        self.machine.limit(self.steps)
        try:
            return self._fact()
        except Spent:
            return Fact(_ALL, "too many steps")
        except Unrest:
            return Fact(_ALL, "the pod does not settle")

    def _fact(self) -> Fact:
        q = self.q
        if q.form != "scenario":
            if all(self.machine.can_never_happen(e) for e in q.assumed.events):
                return Fact(frozenset((VACUOUS,)), "the assumptions leave no event")
        if q.form in PROMISES and q.assumed.contradicted:
            return Fact(frozenset((VACUOUS,)), "what must come is ruled out")
        starts, exhausted = self._starts()
        if not starts:
            return Fact(frozenset((VACUOUS,)) if exhausted else _ALL, "no start was reached")
        if q.form == "scenario":
            fact = self._scenario(starts, exhausted)
        elif q.form in PROMISES:
            fact = self._promise(starts, exhausted)
        elif q.form == "observe":
            fact = self._observed(starts, exhausted)
        else:
            fact = self._formula(starts, exhausted)
        if self._can_not_fail():
            return fact._replace(possible=fact.possible | {VACUOUS})
        return fact

    # ---- starts ------------------------------------------------------------------------------

    def _starts(self) -> tuple[list[Found], bool]:
        """Where runs begin, and whether these are all such states."""
        q, machine = self.q, self.machine
        if q.start == "created":
            return [Found(machine.initial_state(q.policy), None, 0)], True
        if q.start == "prepared":
            word, _, name = q.name.partition(" ")
            c: Container | None = machine.containers_by_name[name] if name else None
            state = prepared(machine, word, c, q.policy)
            return ([] if state is None else [Found(state, None, 0)]), True
        wanted = self._wanted()
        found: list[Found] = []
        try:
            for at in settled_states(self._way(), q.policy):
                if machine.value(wanted, at.state):
                    found.append(at)
                    if len(found) >= MOST_STARTS:
                        return found, False
                if machine.spent > machine.most // 2:
                    return found, False
        except Spent:
            return found, False
        return found, True

    def _wanted(self) -> Meaning:
        if self.q.where is not None:
            return self.machine.expr(self.q.where, NOWHERE)
        return self._is("phase", self.q.name)

    def _is(self, name: str, word: str) -> Meaning:
        """An observation of the pod that has a value."""
        pod = self.machine
        one = pod.variable("", name) if name in pod.pack.pod_state else pod.named(name, None)
        return made(lambda now: one.value(now) == word, "bool", (one,))

    def _way(self) -> World:
        """What leads to where a claim about any state begins: limits count from there."""
        excluded = self.q.assumed.excluded
        events = tuple(e for e in self.machine.events.values() if e.kind not in excluded)
        return World(self.machine, self.codes, self.races, events, {})

    def _world(self) -> World:
        assumed = self.q.assumed
        return World(self.machine, self.codes, self.races, assumed.events, assumed.most)

    # ---- scenarios ---------------------------------------------------------------------------

    def _scenario(self, starts: list[Found], exhausted: bool) -> Fact:
        q = self.q
        assumed = q.assumed
        sequences = Sequences(self.machine, self.codes, self.races, assumed.excluded, assumed.most)
        places: Places = {Place(s.state, q.start != "created", None): s.trail for s in starts}
        completed = False
        for names in sequences.bindings([s.pattern for s in q.steps]):
            at = places
            for number, step in enumerate(q.steps):
                at = sequences.after(step.pattern, names, at)
                violates = self._judge(step, names, number == len(q.steps) - 1)
                for place, trail in at.items():
                    if violates(place):
                        run = Found(place.state, trail, -1)
                        return Fact(frozenset((self.shown,)), "a run was found", run)
                at = {place._replace(shown=None): trail for place, trail in at.items()}
            completed = completed or bool(at)
        if not any(s.at_once or s.then or s.words for s in q.steps) and not q.seeks:
            return Fact(frozenset((VACUOUS,)), "no step has a condition")
        if exhausted:
            why = "every sequence was played" if completed else "no sequence can happen"
            return Fact(frozenset((self.none if completed else VACUOUS,)), why)
        return Fact(frozenset((HOLDS, FAILS) if completed else _ALL), "not every start was tried")

    def _judge(
        self, step: Step, names: Mapping[str, Container], is_last: bool
    ) -> Callable[[Place], bool]:
        """Whether a place shows what is looked for: a violation, or a find's witness."""
        value, scope = self.machine.value, Scope(names)
        once = self.machine.expr(step.at_once, scope) if step.at_once else None
        then = self.machine.expr(step.then, scope) if step.then else None
        if step.words:
            then = FALSE
            for name, word in step.words:
                then = either(then, self._is(name, word))

        def bad(place: Place) -> bool:
            if once is not None and not value(once, place.shown or place.state):
                return True
            return then is not None and not value(then, place.state)

        if not self.q.seeks:
            return bad
        return (lambda place: not bad(place)) if is_last else (lambda place: False)

    # ---- formulas ----------------------------------------------------------------------------

    def _formula(self, starts: list[Found], exhausted: bool) -> Fact:
        q = self.q
        assert q.formula is not None
        node = q.formula.nodes()[0]
        condition, value = self.machine.expr(node, NOWHERE), self.machine.value
        on_steps = reads_next(node) or q.form == "stays"
        wanted = q.form in ("never", "holds")

        def violates(state: State, after: State | None) -> bool:
            if on_steps is not (after is not None):
                return False
            if q.form == "stays":
                return bool(value(condition, state)) and not value(condition, after or ())
            return bool(value(condition, state, after)) is wanted

        premise = self._premise()
        found = explore(self._world(), starts, violates, premise)
        saw = premise is None or found.saw
        if found.violation is not None:
            run = found.violation
            return Fact(frozenset((self.shown,)), "a run was found", run, found.events)
        if found.complete and exhausted:
            verdict = self.none if saw else VACUOUS
            return Fact(frozenset((verdict,)), "every run was followed", None, 10**6, saw)
        events = found.events if exhausted else -1
        possible = frozenset((HOLDS, FAILS)) if saw else _ALL
        return Fact(possible, "not every run was followed", None, events, saw)

    def _observed(self, starts: list[Found], exhausted: bool) -> Fact:
        assert self.q.formula is not None
        meanings = [self.machine.expr(n, NOWHERE) for n in self.q.formula.nodes()]
        found = explore(self._world(), starts, lambda _, __: False, None, meanings)
        if found.violation is not None:
            run = found.violation
            return Fact(frozenset((self.shown,)), "a run was found", run, found.events)
        if found.complete and exhausted:
            return Fact(frozenset((self.none,)), "every run was followed", None, 10**6)
        why = "not every run was followed"
        return Fact(frozenset((HOLDS, FAILS)), why, None, found.events if exhausted else -1)

    def _premise(self) -> Meaning | None:
        """What a proof would be empty without: the first half of an `implies`, or of `stays`."""
        assert self.q.formula is not None
        node = self.q.formula.nodes()[0]
        if self.q.form == "stays":
            return self.machine.expr(node, NOWHERE)
        while node.kind == "primary":
            node = node.nodes()[0]
        if self.q.form != "always" or node.kind != "implies" or reads_next(node.nodes()[0]):
            return None
        return self.machine.expr(node.nodes()[0], NOWHERE)

    def _promise(self, starts: list[Found], exhausted: bool) -> Fact:
        q = self.q
        assert q.formula is not None
        meanings = [self.machine.expr(n, NOWHERE) for n in q.formula.nodes()]
        world = self._world()
        obliged = tuple(e for e in world.events if e.declared.eventually or e in q.assumed.must)
        promise = Promise(
            meanings[0] if q.form == "leads_to" else None, meanings[-1],
            meanings[0] if q.form == "until" else None, obliged,
        )  # fmt: skip
        made_, complete = False, exhausted
        for start in starts:
            answered = Search(world, promise).answer(start)
            if answered.broken is not None:
                return Fact(frozenset((self.shown,)), "a run was found", answered.broken)
            made_ = made_ or answered.made
            complete = complete and answered.complete
        if complete:
            return Fact(frozenset((HOLDS if made_ else VACUOUS,)), "every run was followed")
        return Fact(frozenset((HOLDS, FAILS) if made_ else _ALL), "not every run was followed")

    # ---- conditions that hold always -----------------------------------------------------------

    def _can_not_fail(self) -> bool:
        """Does every condition hold in each of some random states, reached or not?

        Then podcheck may call the claim vacuous."""
        q = self.q
        conditions: list[Node] = [n for s in q.steps for n in (s.at_once, s.then) if n is not None]
        if q.formula is not None:
            conditions = q.formula.nodes()[-1:] if q.form != "observe" else q.formula.nodes()
        if not conditions or any(s.words for s in q.steps) or _binds(q.steps):
            return False
        meanings = [self.machine.expr(n, NOWHERE) for n in conditions]
        wanted = q.form != "never"
        return all(
            bool(self.machine.value(m, state, state)) is wanted
            for state in self._random_states() for m in meanings
        )  # fmt: skip

    def _random_states(self) -> Iterator[State]:
        for _ in range(TRIES):
            yield tuple(self._random(*variable) for variable in self.machine.places)

    def _random(self, owner: str, field: str) -> bool | int | str:
        pack = self.machine.pack
        if field == "policy":
            return self.q.policy
        sort = (pack.container_state if owner else pack.pod_state)[field].sort
        if sort.kind == "enum":
            return str(self.chance.choice(sort.values))
        if sort.kind == "bool":
            return self.chance.random() < 0.5
        return self.chance.choice(self.codes.events if sort.kind == "code" else (0, 1, 2, 3, 4))


def _binds(steps: Sequence[Step]) -> bool:
    """Does a pattern name containers, which conditions may refer to?"""

    def found(node: Node) -> bool:
        return (node.kind == "any_container" and bool(node.tokens("WORD"))) or any(
            found(n) for n in node.nodes()
        )

    return any(found(s.pattern) for s in steps)
