"""Cone of influence: which variables a claim can depend on.

The same answer as ``TransitionSystem.cone``, from one walk over the whole system: each
term's variables are a set of bits, so that dozens of claims about one pod cost little.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from podcheck.model.system import Action, TransitionSystem
from podcheck.model.terms import Term, walk
from podcheck.solve.machine import PRIME


class Dependencies:
    """What reads what in one transition system."""

    def __init__(self, system: TransitionSystem) -> None:
        self._system = system
        self._bits = {v.name: 1 << i for i, v in enumerate(system.variables)}
        self._masks: dict[Term, int] = {}

    def mask(self, term: Term) -> int:
        """The state variables below a term, as bits in order of declaration."""
        found = self._masks.get(term)
        if found is None:
            for part in walk([term]):
                if part not in self._masks:
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

    def cone(self, roots: Iterable[Term], events: Sequence[Action]) -> frozenset[str]:
        """The variables that can influence the roots when only these events happen.

        The guard of an event counts where the event changes a variable of the cone; to keep
        every event, give the guards as roots.
        """
        wanted = 0
        for root in roots:
            wanted |= self.mask(root)
        updates: dict[str, int] = {}
        for action in (self._system.sync, *events):
            guard = self.mask(action.guard)
            for name, term in action.updates.items():
                updates[name] = updates.get(name, 0) | self.mask(term) | guard
        done = 0
        while done != wanted:
            new, done = wanted & ~done, wanted
            for name, mask in updates.items():
                if self._bits[name] & new:
                    wanted |= mask
        return frozenset(n for n, bit in self._bits.items() if bit & wanted)
