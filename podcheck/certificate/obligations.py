"""Why an invariant proves a claim: three questions for any solver, each to be `unsat`.

``initial``: some start is outside the invariant.  ``step``: some step leads out of it.
``safety``: inside it, something violates the claim.  If none can be, the claim holds in every
state that a run reaches, however long it is (induction over the length of runs).
"""

from __future__ import annotations

from collections.abc import Sequence

from podcheck.export.smt import SmtSystem, conjunction
from podcheck.model.safety import Safety
from podcheck.model.terms import Term, and_

OBLIGATIONS = ("initial", "step", "safety")


def obligations(asked: Safety, invariant: Sequence[Term]) -> dict[str, list[str]]:
    """By name, the lines of an SMT-LIB 2 script with one ``(check-sat)``."""
    system = SmtSystem(asked)
    definitions = [*system.definitions(), *system.predicate("invariant", and_(*invariant))]
    inside, stays = system.call("invariant", system.state), system.call("invariant", system.next)
    valid = system.call("domain", system.state)
    step = system.call("trans", system.state, system.inputs, system.next)
    judged = (system.state, system.next) if asked.on_steps else (system.state,)
    violated = f"(not {system.call('property', *judged)})"
    facts = {
        "initial": [system.call("init", system.state), f"(not {inside})"],
        "step": [valid, inside, step, f"(not {stays})"],
        "safety": [valid, inside, *([step] if asked.on_steps else []), violated],
    }
    return {
        name: [
            f"; {name}: unsat if the invariant is right",
            "(set-logic QF_BV)",
            *definitions,
            *system.declarations(),
            f"(assert {conjunction(facts[name])})",
            "(check-sat)",
        ]
        for name in OBLIGATIONS
    }
