"""What a pod can do, one state and one step at a time, with no solver.

Inputs come in the order of their sorts, so that of all that lead to one state the least is
found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Generic, NamedTuple, TypeVar

from podcheck.core.effort import STEP, Expired
from podcheck.core.system import Action
from podcheck.core.terms import Value
from podcheck.explicit.interpreter import MAX_SYNCS, Interpreter, NotSettled, State

Values = dict[str, Value]
AnyState = TypeVar("AnyState")
LOOK = 512  # steps between looks at the time
NO_LIMITS: Mapping[str, tuple[Value, ...]] = {}


class OutOfBudget(Exception):
    """The search tried as many steps as it was allowed, or a limit has been passed; the text says
    which.  ``states`` is how many states it visited, and ``events`` how many may happen without
    what it looks for, if it counted them."""

    states: int | None = None
    events: int | None = None


class Settled(NamedTuple, Generic[AnyState]):
    """A settled state, and the inputs of each sync that led to it."""

    state: AnyState
    syncs: tuple[Values, ...]


class Explorer:
    """Enumerates what a machine can do, with every value of the inputs that matter."""

    def __init__(
        self,
        machine: Interpreter,
        races: bool,
        max_steps: int,
        expired: Expired | None = None,
    ) -> None:
        self.expired = expired
        self.machine = machine
        self.races = races
        self.max_steps = max_steps
        self.steps = 0
        self._unseen = 0  # steps since the last look at the time
        self._settled: dict[tuple[State, tuple[Value, ...] | None], list[Settled[State]]] = {}

    def _choices(
        self,
        action: Action,
        state: State,
        kill_codes: tuple[Value, ...] | None,
        limits: Mapping[str, tuple[Value, ...]],
    ) -> Iterator[Values]:
        names: list[str] = []
        values: list[Sequence[Value]] = []
        relevant = self.machine.relevant(action.name, state) if action.inputs else ()
        for i, matters in zip(action.inputs, relevant, strict=True):
            if not matters or (i.role == "race" and not self.races):
                continue
            names.append(i.name)
            if kill_codes is not None and i.role == "kill":
                values.append(kill_codes)
            else:
                values.append(limits.get(i.name, i.sort.values))
        for chosen in product(*values):
            yield dict(zip(names, chosen, strict=True))

    def after(
        self,
        action: Action,
        state: State,
        kill_codes: tuple[Value, ...] | None = None,
        limits: Mapping[str, tuple[Value, ...]] = NO_LIMITS,
    ) -> Iterator[tuple[Values, State]]:
        """Every state one action can lead to, with inputs that its guard allows.

        ``limits`` names the values an event's inputs may take; an input that is not named
        may take any.
        """
        machine, name = self.machine, action.name
        if action.event and not machine.possible(name, state):
            return
        depends = bool(action.event) and machine.guard_reads_inputs(name)
        seen: set[State] = set()
        for inputs in self._choices(action, state, kill_codes, limits):
            self.spend(1)
            if depends and not machine.possible(name, state, inputs):
                continue
            result = machine.apply(name, state, inputs)
            if result not in seen:
                seen.add(result)
                yield inputs, result

    def spend(self, steps: int) -> None:
        """Count steps that are tried; raises ``OutOfBudget`` if they are too many."""
        self.steps += steps
        if self.steps > self.max_steps:
            raise OutOfBudget(f"not all states were visited in {self.max_steps:,} steps")
        self._unseen += steps
        if self._unseen >= LOOK and self.expired is not None:
            done, self._unseen = self._unseen, 0
            if passed := self.expired(done * STEP):
                raise OutOfBudget(passed)

    def settled(
        self, state: State, kill_codes: tuple[Value, ...] | None = None
    ) -> list[Settled[State]]:
        """Every settled state that the syncs can lead to, with the inputs of each sync."""
        key = (state, kill_codes)
        found = self._settled.get(key)
        if found is None:
            sync = self.machine.system.sync
            found = list(settling(lambda s: list(self.after(sync, s, kill_codes)), state))
            self._settled[key] = found
        return found


def settling(
    synced: Callable[[Any], Sequence[tuple[Values, Any]]], state: Any
) -> Iterator[Settled[Any]]:
    """Every settled state that syncs can lead to; ``synced`` is every way in which one can go.

    Raises ``NotSettled`` after 64 syncs.
    """
    seen: set[Any] = set()
    stack: list[tuple[Any, tuple[Values, ...]]] = [(state, ())]
    while stack:
        at, syncs = stack.pop()
        if len(syncs) > MAX_SYNCS:
            raise NotSettled
        following = synced(at)
        if all(s == at for _, s in following):
            if at not in seen:
                seen.add(at)
                yield Settled(at, syncs)
            continue
        stack.extend((s, (*syncs, v)) for v, s in reversed(following) if s != at)
