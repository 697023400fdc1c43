"""Questions: what a spec file asks, compiled, with nothing left of its syntax.

A compiled spec is plain data about transition systems.  Engines and renderers need no more;
it can be written down as JSON (``compiled_json.py``) and read back without the parser.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import NamedTuple, Protocol

from podcheck.core.answers import Run
from podcheck.core.claims import Automaton, Edge, Preparing, Promise
from podcheck.core.system import TransitionSystem
from podcheck.core.terms import Term
from podcheck.language.diagnostics import Diagnostic, did_you_mean
from podcheck.language.source import Source, Span


class Assumptions(NamedTuple):
    """What narrows the environment: kinds that do not happen, kinds that happen at most so
    often, whether races are open, and the events that happen if they stay possible."""

    excluded: frozenset[str] = frozenset()
    at_most: Mapping[str, int] = {}
    races: bool = False
    fairness: tuple[str, ...] = ()
    contradiction: str = ""  # why they leave no run


class From(NamedTuple):
    """Where a run starts: ``created``, a preparation by name, or any state of a condition."""

    kind: str  # "created", "prepared" or "any"
    name: str
    condition: Term | None
    text: str


class ClaimHead(NamedTuple):
    """A claim as a report names it; ``start`` and ``assuming`` are the author's words.
    ``observes``: it is about statuses observed in order."""

    kind: str
    title: str
    span: Span
    start: str
    assuming: str
    observes: bool = False


@dataclass(frozen=True, slots=True)
class _Asked:
    """What every question has: one thing to decide about one pod, for each of the policies.

    ``claim`` is the claim's index.  ``expects`` is ``holds`` or ``fails``.  ``spans`` are the
    places of the conditions.  ``empty`` says why the question asks nothing, if it does.
    ``sought``: a run is sought that meets it, as in a `find`; else one that violates it.
    Where ``doubt`` holds, counts that are compared have grown beyond what the finite system
    distinguishes (``core/finite_cut.py``): a violation there may be spurious.
    """

    claim: int
    label: str
    policies: tuple[str, ...]
    start: From
    expects: str
    assumptions: Assumptions
    _: KW_ONLY
    spans: tuple[Span, ...] = ()
    empty: str = ""
    doubt: Term | None = None
    sought: bool = False

    def head(self) -> tuple[int, str, tuple[str, ...], From, str, Assumptions]:
        """How another question about the same runs begins."""
        return (
            self.claim, self.label, self.policies, self.start, self.expects, self.assumptions,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioQuestion(_Asked):
    """What holds along the sequences of a pattern.

    ``events`` are the places of its events, ``firsts`` those of the conditions after `at once`,
    each with one for each step, as ``spans``.
    """

    automaton: Automaton
    events: tuple[Span, ...] = ()
    firsts: tuple[Span, ...] = ()

    def last_edge(self, run: Run) -> Edge:
        """The edge of the automaton that a run ends with."""
        index = run.moves[-1].edge
        assert index is not None
        return self.automaton.edges[index]

    def place(self, run: Run) -> Span:
        """The place of the condition that a run ends with."""
        step = self.last_edge(run).step
        return self.firsts[step] if run.violated == "at once" else self.spans[step]


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyQuestion(_Asked):
    """Whether a condition holds of every state, or step, of every run; ``sought``: of some.

    ``premise`` is what stands before `implies`: a proof says nothing if no run reaches it;
    ``about`` has its words.  A find of statuses in order has them in ``observed``, and their
    places in ``observations``; its condition then reads what its system notes of a run
    (``transform/observations.py``).
    """

    condition: Term
    premise: Term | None = None
    about: str = ""
    observed: tuple[Term, ...] = ()
    observations: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseQuestion(_Asked):
    """Whether every run keeps a promise: `eventually`, `leads to`, `until`."""

    promise: Promise


Question = ScenarioQuestion | PropertyQuestion | PromiseQuestion


class PodQuestions(NamedTuple):
    """A pod's transition system, reduced to what its questions depend on, and the questions.

    ``plan`` is the pod's place in the file's plan, where its syntax can be found again.
    ``member`` is the pod's name with the sizes that a member of a family has.
    """

    pod: str
    plan: int
    system: TransitionSystem
    questions: tuple[Question, ...]
    preparations: Mapping[str, Preparing]
    member: str


class CompiledSpec(NamedTuple):
    """A spec file without errors, ready to be answered."""

    sources: tuple[Source, ...]
    diagnostics: tuple[Diagnostic, ...]  # warnings
    claims: tuple[ClaimHead, ...]
    pods: tuple[PodQuestions, ...]


# ---- claims by name --------------------------------------------------------------------------


class Titled(Protocol):
    """A claim, as it was written or with its verdict."""

    @property
    def kind(self) -> str: ...
    @property
    def title(self) -> str: ...


def claim_named(claims: Sequence[Titled], wanted: str) -> int:
    """The place of the claim of a title or a number (from 1); raises ``LookupError``."""
    titles = [c.title for c in claims]
    if wanted in titles:
        return titles.index(wanted)
    if wanted.isdecimal() and 0 < int(wanted) <= len(titles):
        return int(wanted) - 1
    hint = did_you_mean(wanted, titles, f"The file has {len(titles)}.")
    raise LookupError(f"There is no claim `{wanted}`. {hint}")


def which_claim(claims: Sequence[Titled], places: Iterable[int]) -> str:
    """The question back, when a claim has to be named: one of those."""
    known = "".join(f'\n  {n + 1:>3}  {claims[n].kind} "{claims[n].title}"' for n in places)
    return f"Say which claim: `--claim NUMBER` or its title.{known}"
