"""The engine ``explicit``: every state that a claim can come across, one by one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from podcheck.core.answers import EXPLICIT, Answer, Proved, Refuted, Unknown
from podcheck.core.claims import PropertyClaim, Start
from podcheck.core.substitution import substituted
from podcheck.core.system import TransitionSystem
from podcheck.core.terms import TRUE, Term, var, variables, walk
from podcheck.explicit.interpreter import Interpreter
from podcheck.symbolic.session import Session
from podcheck.verification.options import Options


class Enumeration:
    """An ``engines.Engine``; it has no use for the solver's session."""

    def __init__(self, session: Session, options: Options) -> None:
        self._options = options

    def answers(self, claim: PropertyClaim, *, sought: bool = False) -> Sequence[Answer]:
        """One answer for each start of the claim, in order."""
        return [self.answer(claim, start) for start in claim.starts]

    def answer(self, claim: PropertyClaim, start: Start, most: int | None = None) -> Answer:
        """Every reachable state, if there are few enough: ``most`` steps, or what the options
        say, are tried."""
        from podcheck.explicit.explorer import Explorer, OutOfBudget
        from podcheck.explicit.properties import Complete, search

        options = self._options
        if options.progress is not None:
            options.progress.depth(None)
        roots = [claim.condition]
        if _may_fail_on_no_change(claim.condition):
            roots += [event.guard for event in claim.events]
        sliced = sliced_to(claim.system, roots)
        steps = options.steps if most is None else min(options.steps, most)
        explorer = Explorer(Interpreter(sliced), claim.races, steps, options.expired)
        kept = {e.name for e in claim.events}
        events = [e for e in sliced.events if e.name in kept]
        try:
            found = search(explorer, (start,), events, claim.at_most, claim.condition)
        except OutOfBudget as cut:
            return Unknown(str(cut), cut.events, states=cut.states)
        if isinstance(found, Complete):
            return Proved(
                None, f"explicit search, all {found.states} reachable states", engine=EXPLICIT
            )
        return Refuted(found, engine=EXPLICIT)


def _may_fail_on_no_change(condition: Term) -> bool:
    """May a condition on steps fail on a step that changes nothing?"""
    leaves = [term for term in walk([condition]) if term.op == "var"]
    before = {v.value: var(v.value.removesuffix("'"), v.sort) for v in leaves}
    if all(name == same.value for name, same in before.items()):
        return False
    return substituted([condition], before)[condition] is not TRUE


def sliced_to(system: TransitionSystem, roots: Iterable[Term]) -> TransitionSystem:
    """The system's slice for conditions, which may read primed variables."""
    names = {n.removesuffix("'") for n in variables(list(roots))}
    return system.slice([var(v.name, v.sort) for v in system.variables if v.name in names])
