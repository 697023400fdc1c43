"""The core of an audit: which hazards does one pod have?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from podcheck.answering import Workspace, settle, verifiers_for
from podcheck.audit.finding import Finding
from podcheck.audit.shape import facts_of
from podcheck.language.diagnostics import Diagnostics
from podcheck.manifests.workload import Controller
from podcheck.model.hazards import Hazard, HazardPlan, plan_hazards
from podcheck.model.pack import Pack
from podcheck.model.pods import Pod
from podcheck.options import Options
from podcheck.story import Narrator, narrator_for
from podcheck.verdict import ClaimResult, FoundHazard, Story, Verdict


class BrokenHazard(Exception):
    """A hazard means nothing for some pod; a fault of the library, not of the user."""


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
        finding = _finding(described(hazard, container), result)
        if finding is not None:
            found.append(finding)
    return tuple(found)


def described(hazard: Hazard, container: str) -> FoundHazard:
    """A hazard in words, about one container."""
    sign, name = f"{{{hazard.container}}}", f"`{container}`"
    sentence, fix = (text.replace(sign, name) for text in (hazard.sentence, hazard.fix))
    return FoundHazard(hazard.name, hazard.severity, container, sentence, fix, hazard.reference)


def _settled(plan: HazardPlan, options: Options) -> Iterator[ClaimResult]:
    def narrate(index: int) -> Narrator:
        grounder = plan.grounder
        return narrator_for(grounder.pack, grounder.pod, grounder.elaborator.settings)

    options = options._replace(stories="passed")
    verifiers = verifiers_for(plan.compiled, options, narrate, {}, Workspace())
    for number in range(len(plan.asked)):
        yield settle(plan.compiled, verifiers, number)


def _finding(hazard: FoundHazard, result: ClaimResult) -> Finding | None:
    """What a claim's result says of its hazard; None: the pod does not have it."""
    if result.verdict in (Verdict.FAILS, Verdict.VACUOUS):
        return None
    verdict = Verdict.UNKNOWN if result.verdict is Verdict.BOUNDED else result.verdict
    details = [o.detail for o in result.outcomes if o.detail]
    stories = [o.story for o in result.outcomes if o.story is not None]
    story = _told(stories[0], hazard) if stories else None
    return Finding(hazard, verdict, result.detail or next(iter(details), ""), story)


def _told(story: Story, hazard: FoundHazard) -> Story:
    """The run that shows a hazard, in the hazard's words: no condition stands in the manifest."""
    ahead = (f"Fix: {hazard.fix}", f"See: {hazard.reference}")
    return story._replace(
        expected="", actual=(), why=hazard.sentence, would_hold=ahead, replayed=None
    )
