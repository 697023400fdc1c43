"""The transition system: what grounding makes of one pod and a rule pack.

A state gives every variable a value.  It moves by *actions*: the kubelet's sync, or one
event of the environment.  An action has a guard over the state, inputs of finite sorts (an
exit code that the environment chooses, whether a pull fails) and one term for each variable
it changes; all terms read the state before the action.  A state is *settled* when a sync
changes nothing, whatever its inputs are.

Everything an engine may know about Kubernetes is in this value.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from podcheck.core.terms import Sort, Term, Value, variables

# Classes of events, the most ordinary first; an event that the rules put into none is of the last.
PLAUSIBILITY = ("ordinary", "occasional", "rare")
RARE = len(PLAUSIBILITY) - 1


class Rule(NamedTuple):
    """One line of a rule pack, as it is cited in traces and proofs.

    ``decision`` is the list it stands in (``phase``, ``next record``) or the event's name.
    """

    decision: str
    name: str
    sentence: str
    cites: str
    line: int = 0

    @property
    def identity(self) -> str:
        return f"{self.decision}: {self.name}"


class Variable(NamedTuple):
    """A state variable; ``container`` is empty for a variable of the pod."""

    name: str
    sort: Sort
    initial: Value
    container: str
    field: str
    published: bool = False  # part of the status that the API server shows
    of_claim: bool = False  # not of the pod: what a claim notes of a run, from where it begins


class Input(NamedTuple):
    """A choice of the environment in one action.

    ``role`` is ``code`` for the code an event names (`exits 3`), ``kill`` for the code with
    which a container stops when the kubelet stops it, ``detail`` for what `with` names
    after an event, and ``race`` for an outcome that Kubernetes leaves to timing; a race
    takes its first value unless a claim assumes races.
    """

    name: str
    sort: Sort
    role: str
    container: str = ""


class Alternative(NamedTuple):
    rule: Rule
    guard: Term
    value: Term


class Decision(NamedTuple):
    """A grounded first-match list: the first alternative whose guard holds decides.

    ``name`` is the list's name in the pack (``phase``, ``next record``), ``container`` the
    container it was grounded for, or empty.  The last alternative's guard is true.
    """

    name: str
    container: str
    alternatives: tuple[Alternative, ...]


class Action(NamedTuple):
    """The sync (``event`` empty) or one event, for one container or for the pod."""

    name: str  # as a report prints it: "app exits", "pod is deleted", "sync"
    event: str  # the event's phrase in the pack: "c exits"; "" for the sync
    kind: str  # the noun that `assuming` uses: "exits"
    container: str
    guard: Term
    inputs: tuple[Input, ...]
    updates: Mapping[str, Term]  # only the variables that change
    rule: Rule | None = None
    early: bool = False  # may come before the kubelet has seen the pod
    eventually: bool = False  # what stays possible happens some day (weak fairness)
    ordinary: bool = False  # of a kind that ordinary lives have: the rules' starts are reached so
    plausibility: int = 0  # how seldom it is met: the place of its class in ``PLAUSIBILITY``


class TransitionSystem(NamedTuple):
    """One pod under a rule pack, every policy at once: ``policy`` is a rigid variable.

    ``observations`` are the named terms a claim may refer to that are not variables.
    ``lemmas`` are conditions that runs are expected to keep, on variables that it may have lost: a
    proof may try them, and shows of each that it needs that it holds.
    """

    pod: str
    variables: tuple[Variable, ...]
    sync: Action
    events: tuple[Action, ...]
    decisions: tuple[Decision, ...] = ()
    observations: Mapping[str, Term] = {}
    lemmas: tuple[Term, ...] = ()

    def actions(self) -> tuple[Action, ...]:
        return (self.sync, *self.events)

    def cone(self, roots: Iterable[Term]) -> frozenset[str]:
        """The variables that can ever influence the roots (cone of influence)."""
        wanted: set[str] = set()
        names = {v.name for v in self.variables}
        todo = variables(list(roots)) & names
        guards = {a.name: variables([a.guard]) & names for a in self.events}
        while todo:
            wanted |= todo
            found: set[str] = set()
            for action in self.actions():
                terms = [t for n, t in action.updates.items() if n in todo]
                if terms:
                    found |= variables(terms) & names
                    found |= guards.get(action.name, set())
            todo = found - wanted
        return frozenset(wanted)

    def slice(self, roots: Iterable[Term]) -> TransitionSystem:
        """This system reduced to the cone of influence of the roots.

        Every behaviour of the slice extends to one of the whole system and back, so a
        verdict about the roots is the same; inputs that no remaining update reads go too,
        and events that change nothing in the cone unless their guard can be read there.
        To keep the events of a claim, give their guards as roots.
        """
        kept = self.cone(roots)
        names = {v.name for v in self.variables}

        def matters(action: Action) -> bool:
            if any(name in kept for name in action.updates):
                return True
            return variables([action.guard]) & names <= kept

        return self._replace(events=tuple(e for e in self.events if matters(e))).restricted(kept)

    def restricted(self, kept: Collection[str]) -> TransitionSystem:
        """This system with those variables only, which nothing but they must influence."""

        def cut(action: Action) -> Action:
            updates = {n: t for n, t in action.updates.items() if n in kept}
            read = variables([action.guard, *updates.values()])
            inputs = tuple(i for i in action.inputs if i.name in read)
            return action._replace(updates=updates, inputs=inputs)

        return self._replace(
            variables=tuple(v for v in self.variables if v.name in kept),
            sync=cut(self.sync),
            events=tuple(cut(a) for a in self.events),
        )
