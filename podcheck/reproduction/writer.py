"""`podcheck repro`: the run of a claim as a manifest and a script for a real cluster."""

from __future__ import annotations

from typing import NamedTuple

from podcheck.checker.spec_files import SpecFile
from podcheck.compiler.pod_plan import PodPlan
from podcheck.compiler.questions import claim_named, which_claim
from podcheck.declarations.pack import Pack
from podcheck.language.diagnostics import Diagnostics
from podcheck.loading.specs import spec_of
from podcheck.reproduction.forcing import CannotForceError
from podcheck.reproduction.manifest import manifest
from podcheck.reproduction.script import script
from podcheck.reproduction.staging import stage
from podcheck.results.stories import Replay, Story
from podcheck.results.verdicts import ClaimResult, Outcome, Verdict
from podcheck.simulation.play import CannotPlayError, choose_pod, played_run


class CannotReproduceError(Exception):
    """There is nothing that a cluster could show; the text says why, in plain words."""


class Reproduction(NamedTuple):
    """``manifest`` is the text of pod.yaml, ``script`` that of run.sh; ``run`` says how
    `podcheck run` plays the same."""

    manifest: str
    script: str
    run: Replay


def reproduction(file: SpecFile, claim: str | None, pack: Pack) -> Reproduction:
    """The first run of a claim (by title or number; may be left out if there is only one) that
    can be forced on a cluster.

    Raises ``CannotReproduceError``, if there is none with the reason of the first.
    """
    result = file.decide(_number(file, claim))
    told = [(o, o.story) for o in result.outcomes if o.story is not None]
    if not told:
        raise CannotReproduceError(_no_run(result))
    refused: list[str] = []
    for outcome, story in told:
        try:
            return _reproduced(file, pack, result, outcome, story)
        except CannotForceError as error:
            refused.append(str(error))
    raise CannotReproduceError(refused[0])


def _number(file: SpecFile, claim: str | None) -> int:
    if claim is None:
        if len(file.claims) == 1:
            return 0
        if not file.claims:
            raise CannotReproduceError("The file claims nothing.")
        raise CannotReproduceError(which_claim(file.claims, range(len(file.claims))))
    try:
        return claim_named(file.claims, claim)
    except LookupError as error:
        raise CannotReproduceError(str(error)) from None


def _no_run(result: ClaimResult) -> str:
    if result.verdict is Verdict.HOLDS:
        return f'The {result.kind} "{result.title}" holds: no run shows anything else.'
    detail = f" ({result.detail})" if result.detail else ""
    return f'The {result.kind} "{result.title}" is {result.verdict.value}{detail}: no run shows it.'


def _reproduced(
    file: SpecFile, pack: Pack, result: ClaimResult, outcome: Outcome, story: Story
) -> Reproduction:
    replay = story.replayed
    if replay is None:
        events = ", ".join(f"`{step.event}`" for step in story.steps[1:])
        why = (
            "what it comes to shows only in passing, or only if an event comes before the kubelet "
            "is done with another, and that is a race"
        )
        raise CannotForceError(f"A script can't force {events}: {why}.")
    try:
        plan = _member(file, pack, replay.pod)
        if plan.pod.places:
            raise CannotForceError("A script can't force the runs of a Job, only those of a pod.")
        run = played_run(plan, replay.policy, replay.start, replay.events, Diagnostics())
    except CannotPlayError as error:
        raise CannotForceError(str(error)) from error
    assert run is not None, "its events have been played before"
    staging = stage(run)
    heading = _heading(result, outcome, story, plan, own_rules=plan.grounder.pack is not pack)
    return Reproduction(manifest(staging, heading[:1]), script(staging, heading), replay)


def _member(file: SpecFile, pack: Pack, name: str) -> PodPlan:
    """The pod that a run is about, a member of a family by its sizes."""
    spec = spec_of(file.source, file.folder, Diagnostics())
    return choose_pod(spec, pack, Diagnostics(), name)


def _heading(
    result: ClaimResult, outcome: Outcome, story: Story, plan: PodPlan, own_rules: bool
) -> tuple[str, ...]:
    settings = plan.grounder.elaborator.settings
    release = ".".join(map(str, settings.version))
    gates = "".join(f", {g} {'on' if on else 'off'}" for g, on in settings.gates.items())
    place = f"{result.span.source.name}:{result.span.line}"
    actual = ", ".join(f"{name} = {value}" for name, value in story.actual)
    wanted = "It looks for" if result.kind == "find" else "It says"
    lines = [
        f'{result.kind} "{result.title}", {place}: pod {outcome.which} under {outcome.policy}',
        f"{wanted}: {story.expected}",
        f"podcheck says that this run ends with: {actual}",
        f"The rules are those of Kubernetes {release}{gates}.",
    ]
    if own_rules:
        lines.append("But the spec has rules of its own, which no cluster obeys.")
    if story.loop is not None:
        lines.append("The run can go on forever; the script goes as far as it begins to repeat.")
    return tuple(_plain(line) for line in lines)


def _plain(text: str) -> str:
    """One line that can stand in a comment."""
    return "".join(c for c in " ".join(text.split()) if c.isprintable())
