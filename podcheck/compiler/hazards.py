"""Hazards: named claims about any pod, which are true of the pods that have the hazard.

A library of hazards is text in the language of specs.  Asked about one pod, each becomes the
same questions as a claim of a spec: once, or once for each container that it refers to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from podcheck.compiler.claim_questions import about, ask, head_of
from podcheck.compiler.pod_plan import PodPlan
from podcheck.compiler.questions import CompiledSpec
from podcheck.compiler.starts import start_of
from podcheck.core import terms as t
from podcheck.core.substitution import substituted
from podcheck.declarations.hazard import Hazard
from podcheck.declarations.pack import POLICY
from podcheck.declarations.pod import Container
from podcheck.elaboration.grounder import Grounder
from podcheck.elaboration.scope import Scope
from podcheck.language.diagnostics import Diagnostics

# What these say of a claim is that the pod lacks what it is about: a container, an event.
_SPEAKS_OF_NOTHING = frozenset(("E101", "E116"))


# ---- about one pod -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HazardPlan:
    """All that a library asks about one pod: ``compiled`` has a claim for each of ``asked``."""

    compiled: CompiledSpec
    asked: tuple[tuple[Hazard, str], ...]
    grounder: Grounder


def plan_hazards(
    hazards: Iterable[Hazard],
    grounder: Grounder,
    facts: Mapping[str, bool],
    diagnostics: Diagnostics,
) -> HazardPlan:
    """The questions of hazards about the grounder's pod under its own policy; ``facts`` are what
    conditions may ask of the object that makes the pod.

    A hazard whose claim refers to something that the pod has not is left out.
    """
    listed = tuple(hazards)
    plan = PodPlan(grounder.pod, grounder)
    names = {name: t.TRUE if holds else t.FALSE for name, holds in facts.items()}
    asked: list[tuple[Hazard, str]] = []
    for hazard in listed:
        scope = Scope(hazard.claim.source, names)
        for container in _containers(hazard, grounder, scope):
            inner = scope.bind(**{hazard.container: container}) if container else scope
            if _ask(hazard, len(asked), plan, inner, diagnostics):
                asked.append((hazard, container.name if container else ""))
    heads = tuple(head_of(hazard.claim) for hazard, _ in asked)
    pods = tuple(plan.compiled(0, apart=False)) if asked else ()
    return HazardPlan(CompiledSpec((), (), heads, pods), tuple(asked), grounder)


def _containers(hazard: Hazard, grounder: Grounder, scope: Scope) -> Iterator[Container | None]:
    """The containers that a hazard refers to, in the order of the manifest; None: the pod."""
    if not hazard.container:
        if _is_meant(hazard, grounder, scope):
            yield None
        return
    for c in grounder.pod.containers:
        bound = scope.bind(**{hazard.container: c})
        if hazard.role in (None, c.role) and _is_meant(hazard, grounder, bound):
            yield c


def _is_meant(hazard: Hazard, grounder: Grounder, scope: Scope) -> bool:
    """Is what stands behind `where` true of the manifest?"""
    if hazard.condition is None:
        return True
    condition = grounder.elaborator.condition(hazard.condition, scope)
    if condition is None:
        return False
    policy = t.const(POLICY, grounder.pod.policy)
    return substituted([condition], {"policy": policy})[condition] is t.TRUE


def _ask(
    hazard: Hazard, number: int, plan: PodPlan, scope: Scope, diagnostics: Diagnostics
) -> bool:
    """Add a hazard's questions to the plan, unless its claim refers to what the pod has not."""
    own = Diagnostics()
    plan.grounder.elaborator.diagnostics = own
    asked = len(plan.questions)
    start = start_of(hazard.claim.start, plan.grounder, scope)
    it = about(hazard.claim, number, plan, scope, start)
    if it is not None:
        ask(it)
    plan.grounder.elaborator.diagnostics = diagnostics
    if not own.has_errors:
        return True
    del plan.questions[asked:]
    diagnostics.found.update((d, None) for d in own.found if d.code not in _SPEAKS_OF_NOTHING)
    return False
