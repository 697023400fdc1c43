"""The pods of a spec under the rules of two releases, and under those of the first with one rule
of the second."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cache

from podcheck.comparison.differences import Pair
from podcheck.comparison.switches import Switch, switches
from podcheck.compiler.plan import make_plan
from podcheck.compiler.pod_plan import PodPlan
from podcheck.declarations.pack import Pack
from podcheck.declarations.pod import POLICIES
from podcheck.declarations.releases import Release, text_of
from podcheck.declarations.spec import Spec
from podcheck.elaboration.scope import Stop
from podcheck.language.diagnostics import Diagnostic, Diagnostics
from podcheck.language.source import Source, Span
from podcheck.loading.rules import load_pack, pack_sources, trees_of
from podcheck.loading.specs import spec_of
from podcheck.results.differences import Example, Refused
from podcheck.storage import package_data
from podcheck.verification.options import Options

EXAMPLES = "examples.pod"
WITH_IT, WITHOUT_IT = "with it", "without it"  # headings of a release with a rule of another one
MOST_FAR = 6  # searches far from a pod's creation


def of_releases(
    name: str, spec: Spec, old: Release, new: Release, diagnostics: Diagnostics
) -> list[Pair]:
    """Each pod of a spec under two releases; what is wrong with it goes to ``diagnostics``.

    That one of the two releases refuses a pod is no error, but how they differ.
    """
    found = [Diagnostics(), Diagnostics()]
    plans = [
        _plans(spec, load_pack(), release, reported)
        for release, reported in zip((old, new), found, strict=True)
    ]
    refused = _refused(spec, old, new) if any(d.has_errors for d in found) else {}
    taken = {span for each in refused.values() for span, _ in each}
    for reported in found:
        diagnostics.found |= {
            d: None for d in reported.found if not (d.is_error and d.span in taken)
        }
    if diagnostics.has_errors:
        return []
    known = all_switches(old, new)
    names = text_of(old), text_of(new)

    @cache
    def mixed(place: int) -> list[tuple[PodPlan, PodPlan]]:
        return _mixed(spec, old, new, known[place])

    def switched(number: int) -> Iterator[tuple[Switch, tuple[PodPlan, PodPlan]]]:
        """A pod with each switch in turn, made when a difference has to be explained."""
        for place, switch in enumerate(known):
            yield switch, mixed(place)[number]

    return [
        Pair(
            name, pair, names, switched(number),
            tuple(reason for _, reason in refused.get(pair[0].pod.name, ())),
        )
        for number, pair in enumerate(zip(*plans, strict=True))
    ]  # fmt: skip


def _refused(spec: Spec, old: Release, new: Release) -> dict[str, list[tuple[Span, Refused]]]:
    """The pods that one of two releases takes and the other one does not, with the reasons."""
    found: dict[str, list[tuple[Span, Refused]]] = {}
    for pod, declared in spec.pods.items():
        alone = replace(spec, pods={pod: declared}, claims=[])
        reasons = []
        for release in (old, new):
            diagnostics = Diagnostics()
            _plans(alone, load_pack(), release, diagnostics)
            wrong = [d for d in diagnostics.sorted() if d.is_error]
            reasons.append(
                [(d.span, Refused(text_of(release), d.code, _sentence(d))) for d in wrong]
            )
        if sum(map(bool, reasons)) == 1:
            found |= {member.name: [*reasons[0], *reasons[1]] for member in declared.members}
    return found


def _sentence(diagnostic: Diagnostic) -> str:
    return " ".join(x for x in (diagnostic.message, diagnostic.hint) if x)


def of_rules(
    name: str, spec: Spec, release: Release, changed: Pack, to: str, diagnostics: Diagnostics
) -> list[Pair]:
    """Each pod of a spec under the rules of a release, and under changed rules; ``to`` is how
    those are called."""
    plans = [_plans(spec, pack, release, diagnostics) for pack in (load_pack(), changed)]
    if diagnostics.has_errors:
        return []
    return [Pair(name, pair, (text_of(release), to)) for pair in zip(*plans, strict=True)]


@cache
def all_switches(old: Release, new: Release) -> list[Switch]:
    """What two releases have otherwise."""
    return switches(load_pack(), trees_of(pack_sources(), Diagnostics()), old, new)


def example(old: Release, new: Release, switch: Switch, options: Options) -> Example:
    """A pod that one switch makes a difference to, if one of those that are tried is such."""
    pairs = []
    for source in examples():
        spec = spec_of(source, None, Diagnostics())
        plans = [_plans(spec, load_pack(), release, Diagnostics()) for release in (old, new)]
        mixed = _mixed(spec, old, new, switch)
        for one, other, (with_it, without_it) in zip(*plans, mixed, strict=True):
            with suppress(Stop):  # the two releases can't be mixed so
                pairs.append((source, Pair("", (one, with_it), (text_of(old), WITH_IT))))
                second = Pair("", (without_it, other), (WITHOUT_IT, text_of(new)))
                if (second.first, second.second) != (pairs[-1][1].first, pairs[-1][1].second):
                    pairs.append((source, second))
    tries = [(source, pair, p) for source, pair in pairs if pair.rules for p in POLICIES]
    by_policy = sorted(tries, key=lambda one: POLICIES.index(one[2]))
    for far, listed in ((False, tries), (True, by_policy[:MOST_FAR])):
        for source, pair, policy in listed:
            found = pair.first_run(policy, options, far)
            if found is not None:
                return Example(switch.asked, source.text, policy, found)
    return Example(switch.asked)


def _mixed(spec: Spec, old: Release, new: Release, switch: Switch) -> list[tuple[PodPlan, PodPlan]]:
    """Each pod under both releases, each with one switch as in the other one."""
    undone = switch._replace(gates={name: not on for name, on in switch.gates.items()})
    found = [
        _plans(spec, load_pack(), release, Diagnostics(), chosen)
        for release, chosen in ((old, switch), (new, undone))
    ]
    return list(zip(*found, strict=True))


def examples() -> Iterator[Source]:
    """The pods that come with podcheck, each as a text of its own."""
    text = package_data.read("comparison", EXAMPLES)
    for part in text.split("\npod ")[1:]:
        yield Source(EXAMPLES, f"pod {part.strip()}\n")


def _plans(
    spec: Spec,
    pack: Pack,
    release: Release,
    diagnostics: Diagnostics,
    switch: Switch | None = None,
) -> list[PodPlan]:
    spec.version = spec.kubelet = release
    spec.claims.clear()
    gates = spec.gates
    if switch is not None:
        spec.gates, spec.otherwise = {**gates, **switch.gates}, switch.otherwise
    try:
        return make_plan(spec, pack, diagnostics).pods
    finally:
        spec.gates, spec.otherwise = gates, frozenset()
