"""Hazards: named claims about any pod, which are true of the pods that have the hazard.

A library of hazards is text in the language of specs.  Asked about one pod, each becomes the
same questions as a claim of a spec: once, or once for each container that it speaks of.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lark import Token

from podcheck.compiler.claim_questions import about, ask, head_of
from podcheck.compiler.pod_plan import PodPlan
from podcheck.compiler.questions import CompiledSpec
from podcheck.compiler.starts import start_of
from podcheck.core import terms as t
from podcheck.core.substitution import substituted
from podcheck.declarations.pack import POLICY, Pack, doc_of
from podcheck.declarations.pod import Container, Pod, Role
from podcheck.declarations.spec import LATEST, ClaimDeclaration
from podcheck.elaboration.grounder import Grounder
from podcheck.elaboration.scope import Scope, Settings
from podcheck.language.diagnostics import SEVERITIES, Diagnostics, did_you_mean
from podcheck.language.lexer import unquote
from podcheck.language.parser import Node, Tree
from podcheck.language.source import Source, Span

KINDS = (
    "Pod", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController", "Job",
    "CronJob",
)  # fmt: skip
FIX = "Fix:"

# What these say of a claim is that the pod lacks what it speaks of: a container, an event.
_SPEAKS_OF_NOTHING = frozenset(("E101", "E116"))


@dataclass(frozen=True, slots=True)
class Hazard:
    """One hazard of a library.

    ``kinds`` are the kinds of workload that it is for, ``container`` the name by which its claim
    calls the container that it speaks of (empty: it speaks of the pod), ``role`` which containers
    may be that, ``condition`` what must be said of one in the manifest.
    """

    name: str
    severity: str
    sentence: str
    fix: str
    reference: str
    kinds: tuple[str, ...]
    claim: ClaimDeclaration
    container: str = ""
    role: Role | None = None
    condition: Node | None = None

    def words(self, container: str) -> str:
        """The claim as it was written, in one line, said of a container."""
        node, text = self.claim.node, self.claim.source.text
        header = node.node("header")
        assert header is not None
        (kind,) = header.tokens("SCENARIO", "CHECK", "FIND", "REFUTE")
        claim = " ".join(text[kind.start_pos : node.end].split())
        return re.sub(rf"\b{self.container}\b", container, claim) if container else claim


# ---- from text ---------------------------------------------------------------------------------


def build_hazards(trees: Iterable[Tree], diagnostics: Diagnostics) -> tuple[Hazard, ...]:
    """The hazards of a library in the order of its text; errors go to the diagnostics."""
    found: dict[str, Hazard] = {}
    for tree in trees:
        for node in tree.items:
            reader = _Reader(tree.source, diagnostics)
            hazard = reader.hazard(node)
            if hazard is None:
                continue
            if hazard.name in found:
                reader.error(node.tokens("STRING")[0], "There are two hazards of this name.")
            found[hazard.name] = hazard
    return tuple(found.values())


class _Reader:
    def __init__(self, source: Source, diagnostics: Diagnostics) -> None:
        self.source = source
        self.diagnostics = diagnostics

    def error(self, at: Token, message: str, hint: str = "") -> None:
        assert at.start_pos is not None and at.end_pos is not None
        span = Span(self.source, at.start_pos, at.end_pos)
        self.diagnostics.add("E126", span, message, hint)

    def hazard(self, node: Node) -> Hazard | None:
        if node.kind != "hazard":
            message = f"A `{node.tokens()[0]}` does not belong into a library of hazards."
            self.error(node.tokens()[0], message)
            return None
        header = node.node("header")
        assert header is not None
        sentence, fix, reference = self._texts(header)
        container, role, condition = _binder(header)
        severity = header.tokens("WORD")[0]
        self._known(severity, SEVERITIES, "severity")
        return Hazard(
            unquote(str(node.tokens("STRING")[0])), str(severity), sentence, fix, reference,
            self._kinds(header), self._claim(node, header), container, role, condition,
        )  # fmt: skip

    def _known(self, word: Token, words: tuple[str, ...], what: str) -> None:
        if str(word) not in words:
            hint = did_you_mean(str(word), words, f"One of {', '.join(words)}.")
            self.error(word, f"There is no {what} `{word}`.", hint)

    def _kinds(self, header: Node) -> tuple[str, ...]:
        node = header.node("kinds_of_workload")
        if node is None:
            return KINDS
        for word in node.tokens("WORD"):
            self._known(word, KINDS, "kind of workload")
        return tuple(str(word) for word in node.tokens("WORD"))

    def _texts(self, header: Node) -> tuple[str, str, str]:
        text, reference = doc_of(header)
        sentence, _, fix = (part.strip() for part in text.partition(FIX))
        if not (sentence and fix and reference):
            message = "A hazard says what goes wrong, how to mend it, and where that is written."
            hint = f"Write `-- SENTENCE {FIX} WHAT TO CHANGE. [REFERENCE]`."
            self.error(header.tokens("DOC")[0], message, hint)
        return sentence, fix, reference

    def _claim(self, node: Node, header: Node) -> ClaimDeclaration:
        kind = header.tokens("SCENARIO", "CHECK", "FIND", "REFUTE")[0]
        start = next((n for n in header.nodes() if n.kind.startswith("from_")), None)
        assuming = header.node("assuming")
        return ClaimDeclaration(
            str(kind), unquote(str(node.tokens("STRING")[0])), node, self.source, (), (), start,
            tuple(assuming.nodes()) if assuming else (),
        )  # fmt: skip


def _binder(header: Node) -> tuple[str, Role | None, Node | None]:
    """The name of the container that a claim is about, its role, and what it must be."""
    node, meant = header.node("for_each_container"), header.node("meant")
    condition = meant.nodes()[0] if meant else None
    if node is None:
        return "", None, condition
    role = node.node("role")
    named = Role(str(role.tokens()[0])) if role else None
    return str(node.tokens("WORD")[0]), named, condition


# ---- about one pod -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HazardPlan:
    """All that a library asks about one pod: ``compiled`` has a claim for each of ``asked``."""

    compiled: CompiledSpec
    asked: tuple[tuple[Hazard, str], ...]
    grounder: Grounder


def plan_hazards(
    hazards: Iterable[Hazard],
    pod: Pod,
    facts: Mapping[str, bool],
    pack: Pack,
    diagnostics: Diagnostics,
    version: tuple[int, int] = LATEST,
) -> HazardPlan:
    """The questions of hazards about a pod under its own policy; ``facts`` are what conditions
    may ask of the object that makes the pod.

    A hazard whose claim speaks of something that the pod has not is left out.
    """
    listed = tuple(hazards)
    grounder = Grounder(pack, pod, Settings(version, {}), diagnostics)
    plan = PodPlan(pod, grounder)
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
    """The containers that a hazard speaks of, as they stand in the manifest; None: the pod."""
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
    """Add a hazard's questions to the plan, unless its claim speaks of what the pod has not."""
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
