"""Cone of influence: which variables a claim can depend on.

The same answer as ``TransitionSystem.cone``, from one walk over the whole system: each
term's variables are a set of bits, so that dozens of claims about one pod cost little.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from podcheck.core.system import Action, TransitionSystem
from podcheck.core.terms import Term, walk
from podcheck.symbolic.templates import PRIME


class Dependencies:
    """What reads what in one transition system."""

    def __init__(self, system: TransitionSystem) -> None:
        self._system = system
        self._bits = {v.name: 1 << i for i, v in enumerate(system.variables)}
        self._masks: dict[Term, int] = {}
        self._actions: dict[int, tuple[Action, list[tuple[int, int]]]] = {}

    def mask(self, term: Term) -> int:
        """The state variables below a term, as bits in order of declaration."""
        found = self._masks.get(term)
        if found is None:
            for part in walk([term], self._masks):
                self._masks[part] = self._local(part)
            found = self._masks[term]
        return found

    def _local(self, part: Term) -> int:
        if part.op == "var":
            return self._bits.get(part.value.removesuffix(PRIME), 0)
        result = 0
        for argument in part.args:
            result |= self._masks[argument]
        return result

    def _updates(self, action: Action) -> list[tuple[int, int]]:
        """For each variable an action changes, its bit and what the change depends on."""
        found = self._actions.get(id(action))
        if found is None:
            guard = self.mask(action.guard)
            pairs = [(self._bits[n], self.mask(t) | guard) for n, t in action.updates.items()]
            found = self._actions[id(action)] = (action, pairs)
        return found[1]

    def cone(self, roots: Iterable[Term], events: Sequence[Action]) -> frozenset[str]:
        """The variables that can influence the roots when only these events happen.

        The guard of an event counts where the event changes a variable of the cone; to keep
        every event, give the guards as roots.
        """
        wanted = 0
        for root in roots:
            wanted |= self.mask(root)
        updates = [pair for a in (self._system.sync, *events) for pair in self._updates(a)]
        done = 0
        while done != wanted:
            new, done = wanted & ~done, wanted
            for bit, mask in updates:
                if bit & new:
                    wanted |= mask
        return frozenset(n for n, bit in self._bits.items() if bit & wanted)
