"""Hazards as a library declares them: named claims about any pod, true of the pods that have
the hazard.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from lark import Token

from podcheck.declarations.pack import doc_of
from podcheck.declarations.pod import Role
from podcheck.declarations.spec import ClaimDeclaration
from podcheck.language.diagnostics import SEVERITIES, Diagnostics, did_you_mean
from podcheck.language.lexer import unquote
from podcheck.language.parser import Node, Tree
from podcheck.language.source import Source, Span

KINDS = (
    "Pod", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController", "Job",
    "CronJob",
)  # fmt: skip
FIX = "Fix:"


_OF_JOB = re.compile(r"(?<![\w.-])job\.\w")


@dataclass(frozen=True, slots=True)
class Hazard:
    """One hazard of a library.

    ``kinds`` are the kinds of workload that it is for, ``container`` the name by which its claim
    calls the container that it refers to (empty: it refers to the pod), ``role`` which containers
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

    @property
    def asks_the_job(self) -> bool:
        """Is its claim about the Job of the pod?"""
        node = self.claim.node
        return _OF_JOB.search(self.claim.source.text, node.start, node.end) is not None

    def words(self, container: str) -> str:
        """The claim as it was written, in one line, said of a container."""
        node, text = self.claim.node, self.claim.source.text
        header = node.node("header")
        assert header is not None
        (kind,) = header.tokens("SCENARIO", "CHECK", "FIND", "REFUTE")
        claim = " ".join(text[kind.start_pos : node.end].split())
        return re.sub(rf"\b{self.container}\b", container, claim) if container else claim


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
