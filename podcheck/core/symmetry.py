"""Interchangeable containers: those that a transition system does not tell apart.

Two containers are interchangeable if swapping their names everywhere gives the same system:
the same updates and guards, up to the order of what commutes, and the same starts.  Then what
holds of one holds of the other, and a cube that is never reached about one is never reached
about the other.  The comparison is exact: every term is numbered by its structure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from podcheck.core.system import Action, TransitionSystem
from podcheck.core.terms import Term, Value, variables, walk

COMMUTES = frozenset({"and", "or", "eq"})


class _Swap(NamedTuple):
    one: str
    other: str

    def container(self, name: str) -> str:
        return self.other if name == self.one else self.one if name == self.other else name


def interchangeable(
    system: TransitionSystem,
    events: Sequence[Action],
    starts: Iterable[Mapping[str, Value]],
    conditions: Sequence[Term],
) -> tuple[tuple[str, ...], ...]:
    """The containers of the system in classes, in order; most systems have classes of one.

    ``conditions`` must not tell the containers of a class apart either.
    """
    comparison = _Comparison(system, events, list(starts), conditions)
    classes: list[list[str]] = []
    alike: dict[object, list[list[str]]] = {}  # classes by what all their containers look like
    for container in dict.fromkeys(v.container for v in system.variables if v.container):
        candidates = alike.setdefault(comparison.outline(container), [])
        for known in candidates:
            if comparison.same(_Swap(known[0], container)):
                known.append(container)
                break
        else:
            classes.append([container])
            candidates.append(classes[-1])
    return tuple(tuple(c) for c in classes)


class _Comparison:
    def __init__(
        self,
        system: TransitionSystem,
        events: Sequence[Action],
        starts: list[Mapping[str, Value]],
        conditions: Sequence[Term],
    ) -> None:
        self._system = system
        self._actions = (system.sync, *events)
        self._starts = starts
        self._conditions = conditions
        self._variables = {(v.container, v.field): v for v in system.variables}
        self._events = {(a.event, a.container): a for a in self._actions}
        self._numbers: dict[object, int] = {}
        self._plain = {id(a): self._action(a, {}) for a in self._actions}
        self._said = self._many(conditions, {})

    def same(self, swap: _Swap) -> bool:
        """Is the system the same after the swap?"""
        names = self._renaming(swap)
        if names is None:
            return False
        if any(
            start[name] != start[other]
            for start in self._starts
            for name, other in names.items()
            if name in start
        ):
            return False
        if self._many(self._conditions, names) != self._said:
            return False
        for action in self._actions:
            image = self._events.get((action.event, swap.container(action.container)))
            if image is None:
                return False
            if image is action and not self._names(action) & names.keys():
                continue
            inputs = self._input_renaming(action, image, swap)
            if inputs is None:
                return False
            if self._action(action, {**names, **inputs}) != self._plain[id(image)]:
                return False
        return True

    def outline(self, container: str) -> object:
        """The sync as seen from a container, which does not tell the others apart.

        Interchangeable containers have the same, and comparing these takes one walk for each
        container, not one for each two.
        """
        system = self._system
        about = [(v.name, v.container, v.field) for v in system.variables]
        about += [
            (i.name, i.container, i.name.removeprefix(i.container)) for i in system.sync.inputs
        ]
        names = {
            name: f"{'this' if of == container else 'other'} {end}" for name, of, end in about if of
        }
        return repr(self._action(self._system.sync, names))

    def _names(self, action: Action) -> set[str]:
        """The variables that an action reads or changes."""
        return variables([action.guard, *action.updates.values()]) | action.updates.keys()

    def _renaming(self, swap: _Swap) -> dict[str, str] | None:
        """Each variable's name after the swap, with and without a prime."""
        names: dict[str, str] = {}
        for (container, field), variable in self._variables.items():
            if container in swap:
                image = self._variables.get((swap.container(container), field))
                if image is None or (image.sort, image.initial) != (
                    variable.sort, variable.initial,
                ):  # fmt: skip
                    return None
                names[variable.name] = image.name
                names[f"{variable.name}'"] = f"{image.name}'"
        return names

    def _input_renaming(self, action: Action, image: Action, swap: _Swap) -> dict[str, str] | None:
        """Each input's name in the action that the swap makes of this one."""
        if image is not action:  # one event of two containers: inputs correspond by their place
            if [i.sort for i in action.inputs] != [i.sort for i in image.inputs]:
                return None
            return {i.name: j.name for i, j in zip(action.inputs, image.inputs, strict=True)}
        ends = {(i.container, i.name.removeprefix(i.container)): i for i in action.inputs}
        names: dict[str, str] = {}
        for (container, end), item in ends.items():
            other = ends.get((swap.container(container), end))
            if other is None or other.sort != item.sort:
                return None
            names[item.name] = other.name
        return names

    # ---- structure --------------------------------------------------------------------------

    def _action(self, action: Action, names: Mapping[str, str]) -> object:
        """What an action does, with names replaced: equal values mean the same."""
        targets = list(action.updates)
        guard, *values = self._many([action.guard, *action.updates.values()], names)
        renamed = [names.get(t, t) for t in targets]
        return guard, sorted(zip(renamed, values, strict=True))

    def _many(self, terms: Sequence[Term], names: Mapping[str, str]) -> list[int]:
        found: dict[Term, int] = {}
        for term in walk(list(terms)):
            arguments = [found[a] for a in term.args]
            if term.op in COMMUTES:
                arguments.sort()
            value = term.value
            if term.op == "var":
                value = names.get(value, value)
            key = (term.op, tuple(arguments), term.sort, value, type(value))
            found[term] = self._numbers.setdefault(key, len(self._numbers))
        return [found[t] for t in terms]
