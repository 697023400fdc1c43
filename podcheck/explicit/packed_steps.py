"""Steps of packed states: what an action does, remembered by what it reads.

Most events read a few variables, so that what they can do in a state is found in a small table;
those of one container are found together, and one look-up more gives all of them in order.  The
sync reads nearly everything: it is generated code on a state's numbers.  What is in no table yet,
and a sync whose inputs matter, is asked of the explorer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count, product
from typing import NamedTuple, TypeVar

from podcheck.core.sensitivity import sensitivity
from podcheck.core.system import Action
from podcheck.core.terms import Term, Value, variables
from podcheck.explicit.explorer import NO_LIMITS, Explorer, Settled, Values, settling
from podcheck.explicit.interpreter import State
from podcheck.explicit.packed_states import Packed, Packing

MOST_KEPT = 1 << 15  # entries of a table, which then begins anew
NOTHING: Values = {}

Codes = tuple[Value, ...] | None
Limits = Mapping[str, tuple[Value, ...]]
Outcomes = Sequence[tuple[Values, Packed]]
Key = TypeVar("Key")
Entry = TypeVar("Entry")


class Jump(NamedTuple):
    """One way in which an event can go: its inputs, the bits that a state keeps, and those that
    it gets."""

    event: str
    inputs: Values
    keep: Packed
    put: Packed


class Ways(NamedTuple):
    """What can happen, in order, and how many steps it takes to try it all.

    Equal ways of one event have the same ``serial``.
    """

    steps: int
    jumps: tuple[Jump, ...]
    serial: int


class PackedSteps:
    """What an explorer's machine can do, on packed states: the same steps in the same order.

    They count against the explorer's budget.
    """

    def __init__(self, explorer: Explorer) -> None:
        self.explorer = explorer
        self.machine = explorer.machine
        self.packing = Packing(self.machine.system)
        self.syncs = _Sync(explorer, self.packing).of
        self._conditions: dict[Term, Callable[[Packed], bool]] = {}
        self._tables: dict[tuple[object, ...], _Table] = {}
        self._settled: dict[tuple[Packed, Codes], list[Settled[Packed]]] = {}

    def condition(self, term: Term) -> Callable[[Packed], bool]:
        """A condition on states, remembered by what it reads."""
        if term not in self._conditions:
            value = self.machine.value
            self._conditions[term] = self._remembered(term, lambda s: bool(value(term, s)))
        return self._conditions[term]

    def possible(self, event: Action) -> Callable[[Packed], bool]:
        """Whether an event can happen, with whatever inputs; remembered likewise."""
        possible = self.machine.possible
        return self._remembered(event.guard, lambda s: possible(event.name, s))

    def _remembered(self, term: Term, judge: Callable[[State], bool]) -> Callable[[Packed], bool]:
        unpack = self.packing.unpack
        reads = self.packing.mask(variables([term]))
        known: dict[Packed, bool] = {}

        def holds(state: Packed) -> bool:
            key = state & reads
            found = known.get(key)
            if found is None:
                found = _kept(known, key, judge(unpack(key)))
            return found

        return holds

    def step_condition(self, term: Term) -> StepCondition:
        """A condition on steps, remembered likewise."""
        return StepCondition(self, term)

    def settled(self, state: Packed, codes: Codes = None) -> list[Settled[Packed]]:
        """Every settled state that the syncs can lead to, with the inputs of each sync."""
        found = self._settled.get((state, codes))
        if found is None:
            found = list(settling(lambda at: self.syncs(at, codes), state))
            self._settled[state, codes] = found
        return found

    def after(
        self, action: Action, state: Packed, codes: Codes = None, limits: Limits = NO_LIMITS
    ) -> Outcomes:
        """As :meth:`Explorer.after`, of packed states."""
        if not action.event:
            return self.syncs(state, codes)
        ways = self.table(action, limits).of(state)
        return [(jump.inputs, state & jump.keep | jump.put) for jump in ways.jumps]

    def table(self, action: Action, limits: Limits = NO_LIMITS) -> _Table:
        """What an event can do."""
        key = action.name, tuple(limits.items())
        if key not in self._tables:
            self._tables[key] = _Table(self, action, limits)
        return self._tables[key]


class StepCondition:
    """A condition on the states before and after a step, remembered by what it reads of them."""

    def __init__(self, steps: PackedSteps, term: Term) -> None:
        names = variables([term])
        self._term = term
        self._machine = steps.machine
        self._packing = steps.packing
        self._before = steps.packing.mask(names)
        self._after = steps.packing.mask(n.removesuffix("'") for n in names if n.endswith("'"))
        self._known: dict[tuple[Packed, Packed], bool] = {}
        self._last: tuple[Packed, bool] | None = None  # a state, and whether no change fails

    def fails(self, before: Packed, after: Packed) -> bool:
        """Does a step violate it?"""
        if (before ^ after) & self._after:
            return self._judged(before, after)
        if self._last is None or self._last[0] is not before:
            self._last = before, self._judged(before, before)
        return self._last[1]

    def _judged(self, before: Packed, after: Packed) -> bool:
        key = before & self._before, after & self._after
        found = self._known.get(key)
        if found is None:
            first, second = map(self._packing.unpack, key)
            holds = self._machine.value_on_step(self._term, first, second)
            found = _kept(self._known, key, not holds)
        return found


class _Sync:
    """The sync as generated code on a state's numbers."""

    def __init__(self, explorer: Explorer, packing: Packing) -> None:
        system = explorer.machine.system
        self._explorer = explorer
        self._packing = packing
        inputs, matters = system.sync.inputs, sensitivity(system.sync)
        self._firsts = [packing.numbers(i.sort)[i.sort.values[0]] for i in inputs]
        self._free = [
            (n, i) for n, i in enumerate(inputs) if i.role != "race" or explorer.races
        ]  # fmt: skip
        marks = [matters[i.name] for _, i in self._free]
        numbered = iter(packing.numbered([*system.sync.updates.values(), *marks]))
        updates = dict(zip(system.sync.updates, numbered, strict=False))
        roots = [updates.get(v.name) for v in system.variables]
        # after a state's fields it has one for each free input, set where that can matter
        self._step = explorer.machine.compiled([*roots, *numbered], inputs)

    def of(self, state: Packed, codes: Codes = None) -> Outcomes:
        """Every state that a sync can lead to; ``codes`` are those of containers that it stops."""
        packing = self._packing
        fields = packing.fields(state)
        after = self._step(fields, self._firsts)
        found = packing.joined(after)
        if found <= packing.full:
            self._explorer.spend(1)
            return ((NOTHING, found),)
        marks = after[len(after) - len(self._free) :]
        relevant = [free for free, mark in zip(self._free, marks, strict=True) if mark]
        domains = [
            i.sort.values if codes is None or i.role != "kill" else codes for _, i in relevant
        ]
        outcomes: dict[Packed, Values] = {}
        for values in product(*domains):
            self._explorer.spend(1)
            inputs = list(self._firsts)
            for (place, i), value in zip(relevant, values, strict=True):
                inputs[place] = packing.numbers(i.sort)[value]
            found = packing.joined(self._step(fields, inputs)) & packing.full
            if found not in outcomes:
                outcomes[found] = {i.name: v for (_, i), v in zip(relevant, values, strict=True)}
        return [(inputs, state) for state, inputs in outcomes.items()]


class _Table:
    """What one event can do, by the bits that it reads."""

    def __init__(self, steps: PackedSteps, action: Action, limits: Limits) -> None:
        packing = steps.packing
        self.action = action
        self.reads = packing.mask(variables([action.guard, *action.updates.values()]))
        self._keep = packing.full & ~packing.mask(action.updates)
        self._limits = limits
        self._explorer = steps.explorer
        self._packing = packing
        self._known: dict[Packed, Ways] = {}
        self._distinct: dict[object, Ways] = {}
        self._serials = count()

    def of(self, state: Packed) -> Ways:
        key = state & self.reads
        found = self._known.get(key)
        if found is None:
            return _kept(self._known, key, self._tried(key))
        self._explorer.spend(found.steps)
        return found

    def _tried(self, state: Packed) -> Ways:
        explorer, packing = self._explorer, self._packing
        put, before = packing.full & ~self._keep, explorer.steps
        jumps = tuple(
            Jump(self.action.name, inputs, self._keep, packing.pack(after) & put)
            for inputs, after in explorer.after(
                self.action, packing.unpack(state), None, self._limits
            )
        )
        steps = explorer.steps - before
        key = steps, *((tuple(jump.inputs.items()), jump.put) for jump in jumps)
        found = self._distinct.get(key)
        if found is None:
            found = _kept(self._distinct, key, Ways(steps, jumps, next(self._serials)))
        return found


class Happenings:
    """What some events can do, all of them, in their order."""

    def __init__(self, steps: PackedSteps, events: Sequence[Action]) -> None:
        self._explorer = steps.explorer
        containers = {v.name: v.container for v in steps.machine.system.variables}
        groups: dict[frozenset[str], list[tuple[int, _Table]]] = {}
        for number, event in enumerate(events):
            read = variables([event.guard, *event.updates.values()])
            about = frozenset(containers.get(name, "") for name in read) - {""}
            groups.setdefault(about, []).append((number, steps.table(event)))
        self._groups = [_Group(tables) for tables in groups.values()]
        self._looks = [(group.reads, group.known) for group in self._groups]
        self._merged: dict[tuple[int | None, ...], Ways] = {}

    def of(self, state: Packed) -> tuple[Jump, ...]:
        """Everything that can happen in a state."""
        found = self._merged.get(tuple([known.get(state & reads) for reads, known in self._looks]))
        if found is None:
            return self._merge(state)
        self._explorer.spend(found.steps)
        return found.jumps

    def _merge(self, state: Packed) -> tuple[Jump, ...]:
        parts, key = list[tuple[int, Ways]](), []
        for group in self._groups:
            number = group.of(state, self._explorer.spend)
            key.append(number)
            parts += group.parts[number]
        parts.sort(key=lambda part: part[0])
        jumps = tuple(jump for _, ways in parts for jump in ways.jumps)
        _kept(self._merged, tuple(key), Ways(sum(w.steps for _, w in parts), jumps, 0))
        return jumps


class _Group:
    """What events that read the same containers can do; ``parts`` has it by its number, each
    event's with the event's place among all."""

    def __init__(self, tables: Sequence[tuple[int, _Table]]) -> None:
        self.reads: Packed = 0
        for _, table in tables:
            self.reads |= table.reads
        self.known: dict[Packed, int] = {}
        self.parts: dict[int, list[tuple[int, Ways]]] = {}
        self._tables = tables
        self._numbers: dict[tuple[int, ...], int] = {}
        self._serials = count()

    def of(self, state: Packed, spend: Callable[[int], None]) -> int:
        """The number of what they can do in a state."""
        number = self.known.get(state & self.reads)
        if number is not None:
            spend(sum(ways.steps for _, ways in self.parts[number]))
            return number
        if len(self.known) >= MOST_KEPT:
            self.known.clear()
            self.parts.clear()
            self._numbers.clear()
        part = [(place, table.of(state)) for place, table in self._tables]
        key = tuple([ways.serial for _, ways in part])
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = next(self._serials)
            self.parts[number] = part
        self.known[state & self.reads] = number
        return number


def _kept(known: dict[Key, Entry], key: Key, entry: Entry) -> Entry:
    """The entry, which is noted in a table; one that is full begins anew."""
    if len(known) >= MOST_KEPT:
        known.clear()
    known[key] = entry
    return entry
