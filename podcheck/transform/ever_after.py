"""A claim about what comes after a condition was met, as one about every run.

The system notes that the condition was met; from the next state on the claim's own condition is
judged.  So the condition may be met between two syncs as well, and the state in which it is met is
not judged itself.
"""

from __future__ import annotations

from podcheck.core.claims import PropertyClaim
from podcheck.core.system import Action, Variable
from podcheck.core.terms import BOOL, Term, implies, or_, var
from podcheck.transform.liveness import started

MET = "the condition was met"


def ever_after(claim: PropertyClaim, met: Term) -> PropertyClaim:
    """The claim, judged in the states after one that meets a condition."""
    read = {v.name for v in claim.system.slice([met, claim.condition]).variables}
    noted = Variable(MET, BOOL, False, "", MET, of_claim=True)
    note = or_(var(MET, BOOL), met)
    events = tuple(_noting(e, note) if read & e.updates.keys() else e for e in claim.events)
    system = claim.system._replace(
        variables=(*claim.system.variables, noted),
        sync=_noting(claim.system.sync, note),
        events=events,
    )
    return claim._replace(
        system=system, starts=started(claim.starts, system),
        condition=implies(var(MET, BOOL), claim.condition), events=events,
    )  # fmt: skip


def _noting(action: Action, note: Term) -> Action:
    return action._replace(updates={**action.updates, MET: note})
