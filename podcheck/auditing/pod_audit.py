"""The core of an audit: which hazards does one pod have?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from podcheck.auditing.finding import Finding, PodAudit
from podcheck.auditing.pod_shape import facts_of
from podcheck.checker.outcomes import decide, verifiers_for
from podcheck.compiler.hazards import HazardPlan, plan_hazards
from podcheck.compiler.refusals import admitted
from podcheck.core.effort import ADVICE, RAISE
from podcheck.declarations.hazard import Hazard
from podcheck.declarations.job import played_alone
from podcheck.declarations.pack import Pack
from podcheck.declarations.pod import Pod
from podcheck.declarations.releases import RECORDED
from podcheck.declarations.spec import PodDeclaration
from podcheck.elaboration.grounder import Grounder
from podcheck.elaboration.scope import Settings
from podcheck.explanation.narrator import Narrator
from podcheck.language.diagnostics import SEVERITIES, Diagnostics
from podcheck.manifests.workload import Controller
from podcheck.results.stories import Story
from podcheck.results.verdicts import ClaimResult, FoundHazard, Verdict
from podcheck.symbolic.session import Workspace
from podcheck.verification.options import Options

_ADVICE = {ADVICE[why]: f"{more}." for why, more in RAISE.items()}  # a hazard assumes what it does


# Warnings of the rules that hazards give too, with a run.
SAID_BY_HAZARDS = frozenset(("W301", "W302", "W303"))


class BrokenHazard(Exception):
    """A hazard means nothing for some pod; a fault of the library, not of the user."""


class Basis(NamedTuple):
    """What an audit goes by: the library, the rules, how hard to try, and the release of the
    cluster.  Of findings that are less grave than ``told`` no run is shown."""

    hazards: tuple[Hazard, ...]
    pack: Pack
    options: Options
    version: tuple[int, ...] = RECORDED
    told: str = SEVERITIES[-1]


def audit_pod(pod: Pod, controller: Controller, basis: Basis) -> PodAudit:
    """Whether the API server refuses a pod, and if not the hazards that the pod as it is stored has
    under its own restartPolicy, in the order of the library.

    Depends on nothing but its arguments.  Raises ``BrokenHazard``.
    """
    diagnostics = Diagnostics()
    settings = Settings(basis.version, {})
    it = admitted(basis.pack, pod, settings, diagnostics)
    if any(r.refusal.is_error for r in it.found):
        return PodAudit(True, ())
    warned, pod = any(r.refusal.code not in SAID_BY_HAZARDS for r in it.found), it.pod
    meant = [h for h in basis.hazards if (pod.owner or "Pod") in h.kinds]
    facts = facts_of(controller)
    found: list[tuple[int, Finding]] = []
    of_job = [h for h in meant if h.asks_the_job]
    alone = [h for h in meant if not h.asks_the_job]
    plans = [plan_hazards(alone, it.grounder, facts, diagnostics)]
    if of_job:
        grounder = Grounder(basis.pack, played_alone(pod), settings, diagnostics)
        plans.append(plan_hazards(of_job, grounder, facts, diagnostics))
    if diagnostics.has_errors:
        wrong = [f"{d.span}: {d.code} {d.message}" for d in diagnostics.sorted()]
        raise BrokenHazard("\n".join(wrong))
    workspace = Workspace()
    for plan in plans:
        results = _settled(plan, basis, workspace)
        for (hazard, container), result in zip(plan.asked, results, strict=True):
            finding = _finding(hazard, container, result)
            if finding is not None:
                found.append((meant.index(hazard), finding))
    found.sort(key=lambda it: it[0])  # the order of the library
    return PodAudit(False, tuple(finding for _, finding in found), warned)


def refusals_of(declared: PodDeclaration, basis: Basis, diagnostics: Diagnostics) -> None:
    """Report what the API server of a release refuses of a pod, drops and warns of."""
    (pod,) = declared.members
    it = admitted(basis.pack, pod, Settings(basis.version, {}), diagnostics)
    it.report(declared, basis.version, diagnostics, SAID_BY_HAZARDS)


def described(hazard: Hazard, container: str) -> FoundHazard:
    """A hazard in words, about one container."""
    sign, name = f"{{{hazard.container}}}", f"`{container}`"
    sentence, fix = (text.replace(sign, name) for text in (hazard.sentence, hazard.fix))
    return FoundHazard(hazard.name, hazard.severity, container, sentence, fix, hazard.reference)


def _settled(plan: HazardPlan, basis: Basis, workspace: Workspace) -> Iterator[ClaimResult]:
    def narrate(index: int) -> Narrator:
        return Narrator(plan.grounder)

    options = basis.options._replace(stories="passed")
    verifiers = verifiers_for(plan.compiled, options, narrate, {}, workspace)
    for number, (hazard, _) in enumerate(plan.asked):
        told = SEVERITIES.index(hazard.severity) <= SEVERITIES.index(basis.told)
        yield decide(plan.compiled, verifiers, number, told)


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
        advice = next((o.advice for o in result.outcomes if o.advice), "")
        return Finding(found, verdict, detail, None, _ADVICE.get(advice, advice))
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
