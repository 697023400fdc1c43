"""Runs after which two systems of one pod show something different, found by playing both side by
side: the same events on each, settled after each event.

States that are new in something come first, in the order of how many events led there; a run that
is found is then shortened event by event.  Nothing is proved here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import islice, permutations, product
from operator import itemgetter
from typing import NamedTuple

from podcheck.comparison.product import COUNTED, Observed
from podcheck.core.answers import Move
from podcheck.core.effort import Expired
from podcheck.core.system import Action, TransitionSystem
from podcheck.core.terms import Value
from podcheck.explicit.interpreter import Interpreter, NotSettled, State

CODES = (0, 1)  # of exits, besides those that the pod's own rules list
STOPPED = 143  # what a stopped container exits with,
PLAYED_CODE = 0  # and what it does where a run names no code
MOST_CODES = 4
MOST_ORDERS = 120
PLAYED = 600  # units of effort for an event and the syncs that follow, on both sides
NEW_TOGETHER, SEEN_BEFORE = 1, 3  # events by which a state with less that is new comes later

Inputs = Mapping[str, Value]


class Step(NamedTuple):
    """An event with its inputs, and the code with which containers exit that it makes stop."""

    event: str
    inputs: Inputs
    stop_code: Value | None


class Both(NamedTuple):
    """Where the two systems are, both settled."""

    first: State
    second: State


class Found(NamedTuple):
    """A run, and the aspects of what is observed differently at its end."""

    moves: tuple[Move, ...]
    aspects: frozenset[str]


class Lockstep:
    """Two systems of one pod from its creation on, under one restartPolicy."""

    def __init__(
        self,
        first: TransitionSystem,
        second: TransitionSystem,
        observed: Sequence[Observed],
        policy: str,
        codes: Iterable[int] = (),
    ) -> None:
        self._machines = Interpreter(first), Interpreter(second)
        self._observed = observed
        self._shown = (
            self._machines[0].compiled([o.first for o in observed], ()),
            self._machines[1].compiled([o.second for o in observed], ()),
        )
        self._counted = [o.first.sort.kind == "count" for o in observed]
        known = {e.name for e in second.events}
        self._events = [e for e in first.events if e.name in known]
        self._codes = tuple(dict.fromkeys((*CODES, *codes)))[:MOST_CODES]
        self._inputs = {e.name: list(self._inputs_of(e)) for e in self._events}
        self._kills = [
            i.name for s in (first, second) for i in s.sync.inputs if i.role == "kill"
        ]  # fmt: skip
        self._stops: dict[Value, Inputs] = {
            c: dict.fromkeys(self._kills, c) for c in (STOPPED, PLAYED_CODE)
        }
        self._settled: tuple[dict[tuple[State, Value], State | None], ...] = {}, {}
        self._policy = policy
        self.exhausted = False  # the last search has looked at every state that it could reach
        owners = dict.fromkeys(v.container for v in (*first.variables, *second.variables))
        self._parts = list(zip(_parts(first, owners), _parts(second, owners), strict=True))

    # ---- playing -------------------------------------------------------------------------

    def start(self) -> Both | None:
        """Both once the kubelet has seen the pod."""
        return self._rest([m.initial(self._policy) for m in self._machines], PLAYED_CODE)

    def after(self, at: Both, step: Step) -> Both | None:
        """Both after an event, or nothing where it can't happen in both."""
        struck = []
        for machine, state in zip(self._machines, at, strict=True):
            if not machine.possible(step.event, state, step.inputs):
                return None
            struck.append(machine.apply(step.event, state, step.inputs))
        return self._rest(struck, PLAYED_CODE if step.stop_code is None else step.stop_code)

    def _rest(self, states: Sequence[State], code: Value) -> Both | None:
        ends = []
        for machine, state, known in zip(self._machines, states, self._settled, strict=True):
            key = state, code
            if key not in known:
                try:
                    way = machine.settle(state, self._stops[code])
                    known[key] = way[-1] if way else state
                except NotSettled:
                    known[key] = None
            end = known[key]
            if end is None:
                return None
            ends.append(end)
        return Both(*ends)

    def differing(self, at: Both) -> frozenset[str]:
        """The aspects of what is observed differently; counts differ up to ``COUNTED``."""
        one, other = (shown(state, ()) for shown, state in zip(self._shown, at, strict=True))
        if one == other:
            return frozenset()
        rows = zip(self._observed, self._counted, one, other, strict=True)
        return frozenset(
            o.aspect
            for o, counted, a, b in rows
            if (min(a, COUNTED) != min(b, COUNTED) if counted else a != b)
        )

    def _inputs_of(self, event: Action) -> Iterator[Inputs]:
        choices = [self._codes if i.role == "code" else i.sort.values for i in event.inputs]
        for values in product(*choices):
            yield dict(zip((i.name for i in event.inputs), values, strict=True))

    def _steps(self, at: Both, most: int) -> Iterator[tuple[Step, Both]]:
        for event in self._events:
            if event.plausibility > most:
                continue
            for inputs in self._inputs[event.name]:
                step = Step(event.name, inputs, STOPPED)
                end = self.after(at, step)
                if end is None:
                    continue
                stops = STOPPED in end.first or STOPPED in end.second  # a code like any other
                plain = step._replace(stop_code=None)
                plain_end = self.after(at, plain) if stops else end
                if plain_end is not None and plain_end != end:
                    yield step, end
                    yield plain._replace(stop_code=PLAYED_CODE), plain_end
                else:
                    yield plain, end

    # ---- searching -----------------------------------------------------------------------

    def search(
        self, sought: Iterable[str], most: int, expired: Expired, begun: Sequence[Move] = ()
    ) -> Iterator[Found]:
        """Runs of events of a class up to ``most`` that show some of the aspects sought, each
        another; the runs are shortened.

        Where a run has ``begun``, they go on from it.  As its events may have come before the
        kubelet had settled, they are taken in other orders too.
        """
        start = self.start()
        if start is None:
            return
        left, first = set(sought), self.differing(start)
        met: set[Both] = set()
        seen: set[object] = set()
        queue: list[tuple[int, int, Both, tuple[Step, ...]]] = []

        def meet(at: Both, before: Both | None, way: tuple[Step, ...]) -> Iterator[Found]:
            if at in met:
                return
            late = self._late(at, before, seen)
            late += len(way)
            met.add(at)
            differing = self.differing(at)
            if differing <= first:  # what comes later is likely to come of this
                heappush(queue, (late, len(met), at, way))
            shown = differing & left
            if shown:
                found = self._found(way, shown)
                left.difference_update(found.aspects)
                yield found

        yield from meet(start, None, ())
        given = [Step(*event, None) for move in begun for event in move.events]
        for order in islice(permutations(given), MOST_ORDERS if begun else 0):
            at, way = start, tuple[Step, ...]()
            for step in self._playable(order):
                before, at, way = at, self.after(at, step) or at, (*way, step)
                yield from meet(at, before, way)
        if begun:
            queue = [(late - len(way), n, at, way) for late, n, at, way in queue]
            heapify(queue)
        while queue and left and not expired():
            _, _, at, way = heappop(queue)
            for step, end in self._steps(at, most):
                expired(PLAYED)
                yield from meet(end, at, (*way, step))
        self.exhausted = not queue

    def _late(self, at: Both, before: Both | None, met: set[object]) -> int:
        """How much later a state is looked at than others that as many events lead to.

        Not at all if some variable has a value that it never had; a little if some container, or
        the pod without them, is in a state in which it never was.
        """
        parts = [(n, *a(at.first), *b(at.second)) for n, (a, b) in enumerate(self._parts)]
        new = [p for p in parts if p not in met]
        met.update(new)
        values = [(p[0], *value) for p in new for value in enumerate(p)]
        fresh = not met.issuperset(values)
        met.update(values)
        return 0 if fresh or before is None else NEW_TOGETHER if new else SEEN_BEFORE

    def _found(self, way: tuple[Step, ...], shown: frozenset[str]) -> Found:
        """The run without events that it does not need to show some of it."""
        steps = self._playable(way)
        shortened = True
        while shortened:
            shortened = False
            for place in range(len(steps)):
                fewer = self._playable((*steps[:place], *steps[place + 1 :]))
                if self._end_of(fewer) & shown:
                    steps, shortened = fewer, True
                    break
        moves = [Move(((s.event, s.inputs),), self._syncs(s)) for s in steps]
        return Found((Move((), ()), *moves), shown & self._end_of(steps))

    def _syncs(self, step: Step) -> tuple[Inputs, ...]:
        return () if step.stop_code is None else (self._stops[step.stop_code],)

    def _playable(self, steps: Iterable[Step]) -> list[Step]:
        """The steps that are possible, one after the other, with the stop codes that matter."""
        at, found = self.start(), list[Step]()
        for step in steps:
            end = None if at is None else self.after(at, step)
            if at is not None and end is not None:
                plain = step._replace(stop_code=None)
                found.append(plain if self.after(at, plain) == end else step)
                at = end
        return found

    def _end_of(self, steps: Iterable[Step]) -> frozenset[str]:
        at = self.start()
        for step in steps:
            at = None if at is None else self.after(at, step)
        return frozenset() if at is None else self.differing(at)


def _parts(system: TransitionSystem, owners: Iterable[str]) -> list[Callable[[State], State]]:
    """What picks the variables of each owner out of a state: of a container, or of the pod."""
    found: list[Callable[[State], State]] = []
    for owner in owners:
        places = [n for n, v in enumerate(system.variables) if v.container == owner]
        found.append(itemgetter(places[0], *places, places[0]) if places else _nothing)
    return found


def _nothing(state: State) -> State:
    return ()
