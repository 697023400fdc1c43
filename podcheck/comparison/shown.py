"""Which of the differences between two releases show what a single question of the rules does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from podcheck.comparison.differences import differing, played
from podcheck.comparison.switches import Switch, settings_of
from podcheck.compiler.pod_plan import PodPlan
from podcheck.core.answers import Run
from podcheck.declarations.releases import Release
from podcheck.elaboration.grounder import Grounder
from podcheck.explanation.narrator import Narrator
from podcheck.explicit.interpreter import NotSettled, ReplayDiffers
from podcheck.language.diagnostics import Diagnostics
from podcheck.results.differences import Difference, Shown


class Witness(NamedTuple):
    """A run after which two releases show different statuses for a pod under a policy."""

    plan: PodPlan
    policy: str
    run: Run
    difference: Difference


def shown(
    switches: Sequence[Switch], witnesses: Iterable[Witness], releases: tuple[Release, Release]
) -> list[Shown]:
    """For each question the first run at whose end its answer matters by itself: the older release
    with the newer answer to it, or the newer with the older, shows another status."""
    found: dict[Switch, Witness] = {}
    for witness in witnesses:
        for release in releases:
            plain = _end(witness, Narrator(_grounder(witness, release, None)))
            for switch in switches:
                if switch in found or not switch.runs or plain is None:
                    continue
                other = _end(witness, Narrator(_grounder(witness, release, switch)))
                if other is None:
                    continue
                narrators, ends = zip(plain, other, strict=True)
                if list(differing(narrators, ends)):
                    found[switch] = witness
    return [_shown(switch, found.get(switch)) for switch in switches]


def _grounder(witness: Witness, release: Release, switch: Switch | None) -> Grounder:
    grounder = witness.plan.grounder
    settings = settings_of(grounder.pack, release)
    if switch is not None:
        settings = switch.flipped(settings)
    return Grounder(grounder.pack, witness.plan.pod, settings, Diagnostics())


def _end(witness: Witness, narrator: Narrator):  # type: ignore[no-untyped-def]
    try:
        return narrator, played(narrator, witness.policy, witness.run)[-1].end
    except (NotSettled, ReplayDiffers, KeyError, ValueError):
        return None


def _shown(switch: Switch, witness: Witness | None) -> Shown:
    place = str(switch.place)
    if witness is None:
        return Shown(switch.name, switch.asked, place, switch.runs, "", "", None)
    return Shown(
        switch.name, switch.asked, place, switch.runs,
        witness.plan.pod.member, witness.policy, witness.difference,
    )  # fmt: skip
