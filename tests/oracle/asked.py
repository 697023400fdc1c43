"""A spec file as questions: what each claim asks of each pod under each policy, still as syntax."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from oracle.codes import numbers_in
from oracle.machine import Event, Machine
from oracle.sequences import kinds_named
from podcheck.declarations.overrides import overridden
from podcheck.declarations.pack import Pack
from podcheck.declarations.pod import POLICIES
from podcheck.declarations.spec import ClaimDeclaration
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.lexer import unquote
from podcheck.language.parser import Node
from podcheck.language.source import Source
from podcheck.loading.specs import spec_of

PROMISES = ("eventually", "leads_to", "until")


@dataclass(frozen=True, slots=True)
class Assumed:
    """What `assuming` says; ``must`` are the events with `eventually` behind them, of which
    ``contradicted`` says that one is ruled out."""

    events: tuple[Event, ...]
    excluded: frozenset[str]
    most: dict[str, int]
    races: bool
    must: tuple[Event, ...]
    contradicted: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A `when` with its conditions, or a table's row: there ``words`` are the phases and columns
    of the cell, unless ``then`` is a condition."""

    pattern: Node
    at_once: Node | None
    then: Node | None
    words: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A scenario, a formula or a cell, about one pod under one policy.

    ``form`` is ``scenario``, or the kind of a formula: always, never, stays, holds, eventually,
    leads_to, until, observe.  ``seeks`` says whether a run that shows it is wanted, as a find does.
    ``start`` is ``created``, ``prepared`` or ``any``; ``name`` and ``where`` say which.
    """

    claim: int
    group: int  # the same for the policies of one formula
    form: str
    seeks: bool
    machine: Machine
    policy: str
    start: str
    name: str
    where: Node | None
    assumed: Assumed
    steps: tuple[Step, ...] = ()
    formula: Node | None = None

    @property
    def races(self) -> bool:
        """May what Kubernetes leaves to timing come out either way?"""
        return self.assumed.races or self.seeks


class File:
    """A spec that has no errors, with a machine for each member of each pod."""

    def __init__(self, text: str, pack: Pack) -> None:
        diagnostics = Diagnostics()
        self.spec = spec_of(Source("oracle.pod", text), None, diagnostics)
        self.pack = overridden(pack, self.spec.overrides, diagnostics)
        assert not diagnostics.has_errors, diagnostics.sorted()
        nodes = [c.node for c in self.spec.claims] + [node for _, node in self.spec.overrides]
        self.numbers = sorted({n for node in nodes for n in numbers_in(node)})
        for declared in self.spec.pods.values():
            for c in declared.members[-1].containers:
                self.numbers += [code for rule in c.rules for code in rule.codes[:3]]
        self.machines = {
            name: [
                Machine(self.pack, pod, self.spec.kubelet, self.spec.gates)
                for pod in declared.members
            ]
            for name, declared in self.spec.pods.items()
        }

    def questions(self) -> list[Question]:
        """All questions, claim by claim, in the order in which podcheck reports outcomes."""
        found: list[Question] = []
        for number, claim in enumerate(self.spec.claims):
            asked = self._table(number, claim) if claim.kind == "table" else (
                self._claim(number, claim)
            )  # fmt: skip
            places = {id(m): i for i, m in enumerate(self._all())}
            found += sorted(asked, key=lambda q: places[id(q.machine)])
        return found

    def _all(self) -> list[Machine]:
        return [m for machines in self.machines.values() for m in machines]

    # ---- claims ------------------------------------------------------------------------------

    def _claim(self, number: int, claim: ClaimDeclaration) -> Iterator[Question]:
        named = [name for name, _ in claim.pods] or list(self.machines)
        node = claim.node
        steps = tuple(_step(n) for n in node.nodes("step"))
        formulas: Sequence[Node | None] = [
            n for n in node.nodes() if n.kind not in ("header", "step")
        ]  # fmt: skip
        for machine in [m for name in named for m in self.machines[name]]:
            start, name, where = _start(claim.start)
            assumed = assumptions(claim.assuming, machine)
            for group, formula in enumerate(formulas or [None]):
                for policy in claim.policies or (machine.pod.policy,):
                    form = "scenario" if formula is None else formula.kind
                    seeks = claim.kind == "find" or form == "observe"
                    yield Question(
                        number, group, form, seeks, machine, policy,
                        start, name, where, assumed, steps, formula,
                    )  # fmt: skip

    def _table(self, number: int, claim: ClaimDeclaration) -> Iterator[Question]:
        head, *rows = claim.node.nodes("row")
        columns = [_words(cell) for cell in head.nodes()]
        for group, row in enumerate(rows):
            cells = dict(zip(columns, row.nodes(), strict=True))
            named = [_words(cells["pod"])] if "pod" in cells else [name for name, _ in claim.pods]
            start, name, where = _start(claim.start)
            if "from" in cells:
                words = _words(cells["from"]).split()
                start, name = ("any", words[1]) if words[0] == "any" else _named(words[0])
            for machine in [m for n in named or list(self.machines) for m in self.machines[n]]:
                assumed = assumptions(claim.assuming, machine)
                for policy in POLICIES:
                    if policy in cells and cells[policy].kind != "any_cell":
                        step = _row(cells["event"], cells[policy])
                        yield Question(
                            number, group, "scenario", False, machine, policy,
                            start, name, where, assumed, (step,),
                        )  # fmt: skip


def _step(node: Node) -> Step:
    once, then = node.node("at_once"), node.node("then")
    return Step(
        node.nodes()[0], once.nodes()[0] if once else None, then.nodes()[0] if then else None
    )


def _row(event: Node, cell: Node) -> Step:
    pattern = event.nodes()[0]
    if cell.kind == "condition_cell":
        return Step(pattern, None, cell.nodes()[0])
    return Step(pattern, None, None, tuple(_statuses(cell.nodes()[0])))


def _statuses(node: Node) -> Iterator[tuple[str, str]]:
    """What a cell lists: (`phase`, a phase) or (`STATUS`, kubectl's word)."""
    if node.kind == "either":
        for part in node.nodes():
            yield from _statuses(part)
        return
    token = _first_token(node)
    yield ("STATUS" if str(token).startswith('"') else "phase", unquote(str(token)))


def _first_token(node: Node) -> str:
    return str(node.tokens()[0]) if node.tokens() else _first_token(node.nodes()[0])


def _start(node: Node | None) -> tuple[str, str, Node | None]:
    if node is None:
        return "created", "", None
    if node.kind == "from_where":
        return "any", "", node.nodes()[0]
    word = str(node.tokens("WORD")[0])
    if node.kind == "from_any":
        return "any", word, None
    named = node.node("name")
    if named is not None:
        return "prepared", f"{word} {unquote(str(named.tokens()[0]))}", None
    return (*_named(word), None)


def _named(word: str) -> tuple[str, str]:
    return ("created", "") if word == "created" else ("prepared", word)


def _words(cell: Node) -> str:
    found = []
    for child in cell.children:
        found.append(_words(child) if isinstance(child, Node) else unquote(str(child)))
    return " ".join(found)


# ---- assumptions ---------------------------------------------------------------------------------


def assumptions(nodes: Sequence[Node], machine: Machine) -> Assumed:
    """What `assuming` says about one pod."""
    listed: dict[str, set[str]] = {}
    most: dict[str, int] = {}
    must: list[Event] = []
    races, listing = False, ""
    for node in nodes:
        words = [str(t) for t in node.tokens()]
        if node.kind == "races":
            races = True
        elif node.kind == "comes":
            must += _obliged(_words(node).split()[:-1], machine)
        elif node.kind == "at_most":
            for kind in kinds_named(" ".join(words[3:]), machine):
                most[kind] = int(words[2])
        else:
            if node.kind != "more_of":
                listing, words = node.kind, words[1:]
            listed.setdefault(listing, set()).update(kinds_named(" ".join(words), machine))
    kinds = {e.kind for e in machine.events.values()}
    others = kinds - listed["only"] if "only" in listed else set[str]()
    excluded = listed.get("none_of", set()) | others
    none = excluded | {kind for kind, number in most.items() if number == 0}
    events = tuple(e for e in machine.events.values() if e.kind not in none)
    contradicted = any(e.kind in none for e in must)
    return Assumed(events, frozenset(excluded), most, races, tuple(must), contradicted)


def _obliged(words: list[str], machine: Machine) -> list[Event]:
    """The events of `every main container exits`, `node returns`, ..."""
    events = machine.events
    if words[0] != "every":
        return [events[" ".join(words)]]
    place = words.index("container")
    roles = words[1:place] or ["init", "sidecar", "main"]
    names = [" ".join([c.name, *words[place + 1 :]]) for c in machine.containers if c.role in roles]
    return [
        events[n] for n in names if n in events and not machine.can_never_happen(events[n])
    ]  # fmt: skip
