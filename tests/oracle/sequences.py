"""What a pattern of events leads to: every sequence that it stands for, played on concrete states.

A pattern is read as what it makes of a set of states: `A followed by B` is B after A, `A or B` is
both, `A x 3` is A three times, `in any order {A; B}` is each order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations, product
from typing import NamedTuple

from oracle.codes import Codes, codes_of
from oracle.machine import MAX_SYNCS, Choices, Event, Machine, Unrest
from oracle.values import State, Value
from podcheck.declarations.pod import Container
from podcheck.language.lexer import unquote
from podcheck.language.parser import Node

CODES = (
    "one_code", "code_range", "nonzero", "any_code", "code_set", "not_in_codes",
    "exit_codes_of_event",
)  # fmt: skip
WORDS = ("WORD", "STRING", "POD", "IS", "OF", "EVENT", "START", "FOR", "TO")


class Trail(NamedTuple):
    """How a state was reached: the step before, and an event (empty: a sync) with its choices."""

    before: Trail | None
    event: str
    choices: Choices

    def steps(self) -> list[tuple[str, Choices]]:
        found: list[tuple[str, Choices]] = []
        at: Trail | None = self
        while at is not None:
            found.append((at.event, at.choices))
            at = at.before
        return found[::-1]


class Place(NamedTuple):
    """A settled state, or one that the kubelet has not seen; ``shown`` is the first state after
    the last event that shows another status than the one before it (None: none does), ``counts``
    how often each kind of event has happened that may not happen more often than so."""

    state: State
    seen: bool
    shown: State | None
    counts: tuple[int, ...] = ()


Places = dict[Place, Trail | None]


class Part(NamedTuple):
    """One event of a group that happens at once, with what the pattern leaves to it."""

    event: Event
    codes: tuple[Value, ...]
    details: tuple[Value, ...]
    kills: tuple[Value, ...]  # empty: the phrase does not limit them


class Sequences:
    """The patterns of one claim about one pod."""

    def __init__(
        self,
        machine: Machine,
        codes: Codes,
        races: bool,
        excluded: frozenset[str],
        most: Mapping[str, int] | None = None,
    ) -> None:
        self.machine = machine
        self.most = most or {}
        self.codes = codes
        self.races = races
        self.excluded = excluded
        self._settled: dict[tuple[State, State | None, tuple[Value, ...]], Places] = {}

    # ---- patterns ----------------------------------------------------------------------------

    def after(self, node: Node, names: Mapping[str, Container], places: Places) -> Places:
        """Where the sequences of a pattern lead from some places."""
        kind = node.kind
        if kind == "atom":
            return self.after(node.nodes()[0], names, places)
        if kind == "followed_by":
            for part in node.nodes():
                places = self.after(part, names, places)
            return places
        if kind == "either":
            return _union(self.after(part, names, places) for part in node.nodes())
        if kind == "times":
            return self._times(node, names, places)
        if kind == "repeatedly":
            return self._repeated(node.nodes()[0], names, places)
        if kind == "any_order":
            return self._in_any_order([(n, names) for n in node.nodes()], places)
        every = node.node("every_container") or node.node("every_other")
        if kind == "event_phrase" and every is not None and not every.has("ONCE"):
            groups = [(self._part(node, c, names),) for c in self.actors(node, every, names)]
            return _union(self._one_by_one(order, places) for order in permutations(groups))
        return _union(self._group(group, places) for group in self.groups(node, names))

    def _times(self, node: Node, names: Mapping[str, Container], places: Places) -> Places:
        numbers = [int(n) for n in node.tokens("NUMBER")]
        found: Places = {}
        for count in range(1, numbers[-1] + 1):
            places = self.after(node.nodes()[0], names, places)
            if count >= numbers[0]:
                found = _union((found, places))
        return found

    def _repeated(self, node: Node, names: Mapping[str, Container], places: Places) -> Places:
        found: Places = {}
        while places:
            following = self.after(node, names, places)
            places = {p: t for p, t in following.items() if p not in found}
            found = _union((found, places))
        return found

    def _in_any_order(
        self, parts: list[tuple[Node, Mapping[str, Container]]], places: Places
    ) -> Places:
        found = []
        for order in permutations(parts):
            reached = places
            for node, names in order:
                reached = self.after(node, names, reached)
            found.append(reached)
        return _union(found)

    def _one_by_one(self, groups: Sequence[tuple[Part, ...]], places: Places) -> Places:
        for group in groups:
            places = self._group(group, places)
        return places

    # ---- what happens between two settled states -------------------------------------------------

    def _group(self, group: tuple[Part, ...], places: Places) -> Places:
        """Some events at once, and the syncs that settle them."""
        if any(p.event.kind in self.excluded for p in group):
            return {}
        kills = next((p.kills for p in group if p.kills), self.codes.kills)
        early = all(p.event.declared.early for p in group)
        found: Places = {}
        for place, trail in places.items():
            counts = self._counted(group, place)
            if any(n > most for n, most in zip(counts, self.most.values(), strict=True)):
                continue
            for before, way in self._ready(place, trail, early):
                for state, happened in self._happened(group, before, way):
                    for reached, path in self.settled(state, before, kills, happened).items():
                        found.setdefault(reached._replace(counts=counts), path)
        return found

    def _counted(self, group: tuple[Part, ...], place: Place) -> tuple[int, ...]:
        before = place.counts or (0,) * len(self.most)
        kinds = [part.event.kind for part in group]
        return tuple(n + kinds.count(kind) for n, kind in zip(before, self.most, strict=True))

    def _ready(self, place: Place, trail: Trail | None, early: bool) -> Iterator[
        tuple[State, Trail | None]
    ]:  # fmt: skip
        """Where an event can come: a new pod is settled first, but for early events."""
        if place.seen or early:
            yield place.state, trail
            return
        for reached, way in self.settled(place.state, None, self.codes.kills, trail).items():
            yield reached.state, way

    def _happened(
        self, group: tuple[Part, ...], state: State, trail: Trail | None
    ) -> list[tuple[State, Trail | None]]:
        found = [(state, trail)]
        for part in group:
            found = [
                (after, Trail(way, part.event.name, choices))
                for at, way in found
                for choices, after in self.machine.happenings(
                    part.event, at, part.codes, part.details
                )
            ]
        return found

    def settled(
        self, state: State, before: State | None, kills: tuple[Value, ...], trail: Trail | None
    ) -> Places:
        """Every way in which syncs settle a state; a status is compared with that ``before``."""
        machine = self.machine
        shown_before = None if before is None else machine.shown(before)

        def judged(at: State) -> State | None:
            return at if before is not None and machine.shown(at) != shown_before else None

        layer = {Place(state, True, judged(state)): trail}
        found: Places = {}
        for _ in range(MAX_SYNCS):
            following: Places = {}
            for place, way in layer.items():
                steps = machine.syncs(place.state, kills, self.races)
                if all(after == place.state for _, after in steps):
                    found.setdefault(place, way)
                    continue
                for choices, after in steps:
                    if after != place.state:
                        shown = place.shown or judged(after)
                        following.setdefault(Place(after, True, shown), Trail(way, "", choices))
            if not following:
                return found
            layer = following
        raise Unrest

    # ---- phrases -----------------------------------------------------------------------------

    def groups(self, node: Node, names: Mapping[str, Container]) -> list[tuple[Part, ...]]:
        """What a phrase can mean: each alternative is a group of events at once."""
        if node.kind == "atom":
            return self.groups(node.nodes()[0], names)
        if node.kind == "together":
            sides = (self.groups(n, names) for n in node.nodes())
            return [left + right for left, right in product(*sides)]
        if node.kind == "either":
            return [g for n in node.nodes() for g in self.groups(n, names)]
        if node.kind in ("anything", "anything_but"):
            excluded = kinds_named(_noun(node), self.machine) if node.kind != "anything" else set()
            events = self.machine.events.values()
            return [(self._free(e),) for e in events if e.kind not in excluded]
        every = node.node("every_container") or node.node("every_other")
        if every is not None:
            return [tuple(self._part(node, c, names) for c in self.actors(node, every, names))]
        actor = node.node("any_container")
        if actor is None:
            return [(self._part(node, None, names),)]
        words = [str(w) for w in actor.tokens("WORD")]
        if words:
            return [(self._part(node, names[words[0]], names),)]
        return [(self._part(node, c, names),) for c in self.actors(node, actor, names)]

    def _free(self, event: Event) -> Part:
        return Part(event, self.codes.events, (), ())

    def actors(
        self, node: Node, actor: Node, names: Mapping[str, Container]
    ) -> list[Container]:  # fmt: skip
        """The containers of `any container` or `every container` of which the event can be said."""
        found = self.machine.of_role(actor.node("role"))
        if actor.kind == "every_other":
            named = list(names.values())[-1]
            found = [c for c in found if c is not named]
        events = self.machine.events
        phrases = {c.name: " ".join([c.name, *_words(node)]) for c in found}
        return [
            c for c in found
            if phrases[c.name] in events
            and not self.machine.can_never_happen(events[phrases[c.name]])
        ]  # fmt: skip

    def _part(
        self, node: Node, actor: Container | None, names: Mapping[str, Container]
    ) -> Part:  # fmt: skip
        words = [names[w].name if w in names else w for w in _words(node)]
        event = self.machine.events[" ".join([actor.name, *words] if actor else words)]
        codes = self.codes.events
        kills: tuple[Value, ...] = ()
        details: tuple[Value, ...] = ()
        for part in node.nodes():
            if part.kind in CODES:
                codes = self.codes.of(codes_of(part))
            elif part.kind == "with_exit":
                kills = self.codes.of_kills(codes_of(part.nodes()[0]))
            elif part.kind == "with_word":
                details = (str(part.tokens("WORD")[0]),)
        return Part(event, codes, details, kills)

    def bindings(self, steps: Sequence[Node]) -> Iterator[dict[str, Container]]:
        """Every choice of the containers that `any container as x` names."""
        binders: dict[str, list[Container]] = {}
        for phrase in (p for s in steps for p in _phrases(s)):
            actor = phrase.node("any_container")
            words = [str(w) for w in actor.tokens("WORD")] if actor else []
            if actor is not None and words:
                binders[words[0]] = self.actors(phrase, actor, {})
        for chosen in product(*binders.values()):
            yield dict(zip(binders, chosen, strict=True))


def kinds_named(words: str, machine: Machine) -> set[str]:
    """The kinds of events that a noun stands for; the name of a group stands for several."""
    groups = machine.pack.groups
    if words in groups:
        return set(groups[words])
    return {e.kind for e in machine.events.values() if words in (e.kind, e.kind.removesuffix("s"))}


def _noun(node: Node) -> str:
    return " ".join(str(t) for t in node.tokens() if t.type not in ("ANYTHING", "BUT"))


def _words(node: Node) -> list[str]:
    return [unquote(str(t)) for t in node.tokens() if t.type in WORDS]


def _phrases(node: Node) -> Iterator[Node]:
    """Every event phrase below a node, in the order of the text."""
    if node.kind == "event_phrase":
        yield node
    for child in node.nodes():
        yield from _phrases(child)


def _union(found: Iterator[Places] | Sequence[Places]) -> Places:
    whole: Places = {}
    for places in found:
        for place, trail in places.items():
            whole.setdefault(place, trail)
    return whole
