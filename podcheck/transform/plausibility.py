"""Claims about runs of the more ordinary classes of events."""

from __future__ import annotations

from podcheck.core.claims import LivenessClaim, PropertyClaim, ScenarioClaim
from podcheck.core.system import RARE
from podcheck.core.terms import FALSE


def up_to(claim: PropertyClaim, most: int) -> PropertyClaim:
    """The claim about runs with events of a class up to ``most``."""
    events = tuple(e for e in claim.events if e.plausibility <= most)
    return claim._replace(events=events, races=claim.races and most == RARE)


def promise_up_to(claim: LivenessClaim, most: int) -> LivenessClaim:
    """The same for a promise.  Events that are obliged to happen stay."""
    events = tuple(
        e
        for e in claim.events
        if e.plausibility <= most or e.eventually or e.name in claim.fairness
    )
    return claim._replace(events=events, races=claim.races and most == RARE)


def paths_up_to(claim: ScenarioClaim, most: int) -> ScenarioClaim:
    """The same for a scenario: edges of more unusual events are closed."""
    edges = tuple(
        edge._replace(
            parts=tuple(
                part
                if part.action.plausibility <= most
                else part._replace(action=part.action._replace(guard=FALSE))
                for part in edge.parts
            )
        )
        for edge in claim.automaton.edges
    )
    automaton = claim.automaton._replace(edges=edges)
    return claim._replace(automaton=automaton, races=claim.races and most == RARE)
