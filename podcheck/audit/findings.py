"""The core of an audit: which hazards does one pod have?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from podcheck.answering import Workspace, settle, verifiers_for
from podcheck.language.diagnostics import Diagnostics
from podcheck.manifests.workload import Controller
from podcheck.model.hazards import Hazard, HazardPlan, plan_hazards
from podcheck.model.pack import Pack
from podcheck.model.pods import Pod
from podcheck.options import Options
from podcheck.story import Narrator, narrator_for
from podcheck.verdict import ClaimResult, Story, Verdict


class BrokenHazard(Exception):
    """A hazard means nothing for some pod; a fault of the library, not of the user."""


class Finding(NamedTuple):
    """A hazard that a pod has, or may have.

    ``container`` is the one that it is about (empty: the pod as a whole).  ``verdict`` is HOLDS
    if the pod has it, UNKNOWN if that was not decided, and INTERNAL if two readings of the rules
    disagree; ``detail`` says how it was proved or why it was not decided; ``story`` is the run
    that shows it, None if it was proved of all runs.
    """

    hazard: str
    container: str
    verdict: Verdict
    detail: str
    story: Story | None


def findings_of(
    pod: Pod, controller: Controller, hazards: Iterable[Hazard], pack: Pack, options: Options
) -> tuple[Finding, ...]:
    """The hazards of one pod under its own restartPolicy, in the order of the library.

    Depends on nothing but its arguments.  Raises ``BrokenHazard``.
    """
    meant = [h for h in hazards if controller.kind in h.kinds]
    diagnostics = Diagnostics()
    plan = plan_hazards(meant, pod, facts_of(controller), pack, diagnostics)
    if diagnostics.has_errors:
        wrong = [f"{d.span}: {d.code} {d.message}" for d in diagnostics.sorted()]
        raise BrokenHazard("\n".join(wrong))
    found = []
    for (hazard, container), result in zip(plan.asked, _settled(plan, options), strict=True):
        finding = _finding(hazard, container, result)
        if finding is not None:
            found.append(finding)
    return tuple(found)


def facts_of(controller: Controller) -> dict[str, bool]:
    """What hazards may ask of the object that makes the pods, by name."""
    job = controller.job
    return {"jobHasDeadline": job is not None and job.deadline_s is not None}


def _settled(plan: HazardPlan, options: Options) -> Iterable[ClaimResult]:
    def narrate(index: int) -> Narrator:
        grounder = plan.grounder
        return narrator_for(grounder.pack, grounder.pod, grounder.elaborator.settings)

    options = options._replace(stories="passed")
    verifiers = verifiers_for(plan.compiled, options, narrate, {}, Workspace())
    for number in range(len(plan.asked)):
        yield settle(plan.compiled, verifiers, number)


def _finding(hazard: Hazard, container: str, result: ClaimResult) -> Finding | None:
    """What a claim's result says of its hazard; None: the pod does not have it."""
    if result.verdict in (Verdict.FAILS, Verdict.VACUOUS):
        return None
    verdict = Verdict.UNKNOWN if result.verdict is Verdict.BOUNDED else result.verdict
    stories = [o.story for o in result.outcomes if o.story is not None]
    details = [o.detail for o in result.outcomes if o.detail]
    detail = result.detail or next(iter(details), "")
    return Finding(hazard.name, container, verdict, detail, next(iter(stories), None))
