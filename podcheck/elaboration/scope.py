"""What names mean in an expression, and what a file chooses for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lark import Token

from podcheck.core.terms import CODES, COUNTS, Sort, Term
from podcheck.declarations.pod import (
    PROBES,
    Container,
    ExitRule,
    FailureRule,
    Role,
    SuccessRule,
)
from podcheck.language.parser import Node
from podcheck.language.source import Source, Span

MAX_COUNT = 1000  # the largest number that a claim may compare a count with

Listed = ExitRule | FailureRule | SuccessRule  # the members of `rules of ...`
Binding = Container | Listed | Term

# The member of an empty set of containers: a body is checked with it, and means nothing.
GHOST = Container("some container", Role.MAIN, probes=frozenset(PROBES))


class Stop(Exception):
    """An error was reported; the expression around it has no meaning."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What names mean in an expression.

    ``implicit`` is the container that `some container: ready` refers to; ``ghosts`` makes
    the body of a quantifier over no containers be checked all the same (for claims); where all
    is ``static``, as in a refusal, numbers may be as large as a manifest's.
    """

    source: Source
    names: Mapping[str, Binding]
    implicit: Container | None = None
    ghosts: bool = False
    static: bool = False

    def bind(self, **names: Binding) -> Scope:
        return replace(self, names={**self.names, **names})

    def inside(self, container: Container) -> Scope:
        return replace(self, implicit=container)

    def span(self, node: Node | Token) -> Span:
        if isinstance(node, Node):
            return self.source.span(node.start, node.end)
        assert node.start_pos is not None and node.end_pos is not None
        return self.source.span(node.start_pos, node.end_pos)

    def text(self, node: Node) -> str:
        """What was written."""
        return self.source.text[node.start : node.end]

    def words(self, node: Node) -> str:
        """What was written, in one line."""
        return " ".join(self.text(node).split())

    @property
    def speaks_of_ghost(self) -> bool:
        """Is a name bound to the member of an empty set, only to have a body checked?"""
        return self.implicit is GHOST or any(b is GHOST for b in self.names.values())


@dataclass(frozen=True, slots=True)
class Settings:
    """What a file chooses: the version, and gates set by hand.

    With ``selectors`` each line of the rules can be taken back (``core/rule_selectors.py``).
    ``version`` is the kubelet's release, ``api`` the API server's where that is another one.
    Questions for a release that are ``otherwise`` (source and offset) have the other answer.
    ``codes`` and ``counts`` are the sorts of exit codes and of counts.
    """

    version: tuple[int, ...]
    gates: Mapping[str, bool]
    selectors: bool = False
    codes: Sort = CODES
    counts: Sort = COUNTS
    api: tuple[int, ...] | None = None
    otherwise: frozenset[tuple[str, int]] = frozenset()
