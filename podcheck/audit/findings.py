"""The core of an audit: which hazards does one pod have?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from podcheck.answering import Workspace, settle, verifiers_for
from podcheck.audit.finding import Finding, PodAudit
from podcheck.audit.shape import facts_of
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.manifests.workload import Controller
from podcheck.model.ground import Grounder, settings_for
from podcheck.model.hazards import Hazard, HazardPlan, plan_hazards
from podcheck.model.pack import Pack
from podcheck.model.pods import Pod
from podcheck.model.refusals import report_refusals
from podcheck.model.spec import LATEST, PodDeclaration
from podcheck.options import Options
from podcheck.story import Narrator, narrator_for
from podcheck.verdict import ClaimResult, FoundHazard, Story, Verdict


class BrokenHazard(Exception):
    """A hazard means nothing for some pod; a fault of the library, not of the user."""


def audit_pod(
    pod: Pod,
    controller: Controller,
    hazards: Iterable[Hazard],
    pack: Pack,
    options: Options,
    version: tuple[int, int] = LATEST,
) -> PodAudit:
    """Whether the API server refuses a pod, and if not its hazards under its own restartPolicy, in
    the order of the library.  ``version`` is the release of the cluster.

    Depends on nothing but its arguments.  Raises ``BrokenHazard``.
    """
    nowhere = Source("", "").span(0, 0)
    places = {c.name: nowhere for c in pod.containers}
    refused = Diagnostics()
    refusals_of(PodDeclaration(pod.name, (pod,), nowhere, places), pack, refused, version)
    if refused.has_errors:
        return PodAudit(True, ())
    meant = [h for h in hazards if (pod.owner or "Pod") in h.kinds]
    diagnostics = Diagnostics()
    plan = plan_hazards(meant, pod, facts_of(controller), pack, diagnostics, version)
    if diagnostics.has_errors:
        wrong = [f"{d.span}: {d.code} {d.message}" for d in diagnostics.sorted()]
        raise BrokenHazard("\n".join(wrong))
    found = []
    for (hazard, container), result in zip(plan.asked, _settled(plan, options), strict=True):
        finding = _finding(hazard, container, result)
        if finding is not None:
            found.append(finding)
    return PodAudit(False, tuple(found))


def refusals_of(
    declared: PodDeclaration,
    pack: Pack,
    diagnostics: Diagnostics,
    version: tuple[int, int] = LATEST,
) -> None:
    """Report what the API server of a release refuses of a pod; hazards tell what it warns of."""
    (pod,) = declared.members
    found = Diagnostics()
    settings = settings_for(pack, pod, version, {}, (), 1)
    report_refusals(Grounder(pack, pod, settings, found), declared, found)
    diagnostics.found.update((d, None) for d in found.found if d.is_error)


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


def _finding(hazard: Hazard, container: str, result: ClaimResult) -> Finding | None:
    """What a claim's result says of its hazard; None: the pod does not have it."""
    if result.verdict in (Verdict.FAILS, Verdict.VACUOUS):
        return None
    verdict = Verdict.UNKNOWN if result.verdict is Verdict.BOUNDED else result.verdict
    details = [o.detail for o in result.outcomes if o.detail]
    detail = result.detail or next(iter(details), "")
    stories = [o.story for o in result.outcomes if o.story is not None]
    found = described(hazard, container)
    if verdict is not Verdict.HOLDS:
        return Finding(found, verdict, detail, None)
    if not stories:
        return Finding(found, verdict, f"`{hazard.words(container)}` ({detail})", None)
    if len(stories[0].steps) == 1:  # it holds as soon as the pod is there
        return Finding(found, verdict, "the manifest says so", None)
    return Finding(found, verdict, detail, _told(stories[0], found))


def _told(story: Story, hazard: FoundHazard) -> Story:
    """The run that shows a hazard, in the hazard's words: no condition stands in the manifest."""
    ahead = (f"Fix: {hazard.fix}", f"See: {hazard.reference}")
    return story._replace(
        expected="", actual=(), why=hazard.sentence, would_hold=ahead, replayed=None
    )
