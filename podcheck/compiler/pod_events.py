"""Events that a claim says of one of a Job's pods: `pod 2: fails 42`, `any pod: work exits 1`.

The pod of all other events is one of them.  Of the others the Job sees only how they end; what a
phrase says of a container becomes what that makes of its pod, where the pod has no other container.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, Protocol

from podcheck.core.terms import FALSE, Value
from podcheck.declarations.pod import Container, Role
from podcheck.elaboration.grounder import EventInstance, Grounder
from podcheck.elaboration.scope import Scope
from podcheck.language.lexer import unquote, written
from podcheck.language.parser import Node


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One event with the input values a pattern allows, before its action is grounded."""

    instance: EventInstance
    allowed: dict[str, tuple[Value, ...]]
    kill_codes: tuple[Value, ...] | None


class Reader(Protocol):
    """Who reads phrases about the pod itself; every error ends in ``Stop``."""

    grounder: Grounder

    @property
    def fail(self) -> Callable[..., NoReturn]: ...
    def phrase(self, node: Node, scope: Scope, actor: Container | None) -> Occurrence: ...
    def said(self, node: Node, words: list[str], scope: Scope) -> Occurrence: ...
    def codes_of(self, node: Node, scope: Scope) -> tuple[Value, ...]: ...


Alternatives = list[tuple[Occurrence, ...]]


def is_of_every_pod(node: Node) -> bool:
    """Is an event said of every pod, in any order?"""
    return node.node("every_pod") is not None


class PodEvents:
    """Reads events of a Job's pods; every error ends in ``Stop``."""

    def __init__(self, events: Reader) -> None:
        self._events = events
        self._grounder = events.grounder
        self._pod = events.grounder.pod

    def of_each(self, node: Node, scope: Scope) -> list[Alternatives]:
        """For each of the pods that are meant, what may happen to it."""
        which, phrase = node.nodes()
        return [self._of(place, phrase, scope) for place in self._places(which, scope)]

    def _places(self, which: Node, scope: Scope) -> tuple[Container, ...]:
        places = self._pod.places
        if not places:
            message = f"Pod `{self._pod.name}` has no Job, so there is only this pod."
            hint = "Leave out what stands before the `:`."
            self._events.fail("E101", scope, which, message, hint)
        if which.kind != "which_pods":
            return places
        named = which.nodes()[0]
        words = [unquote(str(t)) for t in named.tokens()]
        numbers = [int(n) for code in named.nodes() for n in code.tokens("NUMBER")]
        if numbers:
            words.append(str(numbers[0]))
        for number, place in enumerate(places):
            if words in ([place.name], _name(place, number)):
                return (place,)
        known = [f"`{' '.join(_name(p, n))}:`" for n, p in enumerate(places)]
        message = f"Job `{self._pod.name}` has no such pod."
        hint = "Write `any pod:`, `every pod:`, " + ", ".join(known[:3])
        hint += " and so on." if len(known) > 3 else "."
        if len(places) == 1:
            hint = "It makes its pods one after the other: leave out what stands before the `:`."
        self._events.fail("E101", scope, which, message, hint)

    def _of(self, place: Container, phrase: Node, scope: Scope) -> Alternatives:
        words = [unquote(str(t)) for t in phrase.tokens()]
        if phrase.node("any_container") or phrase.node("every_container"):
            message = "Of one pod an event is said, or of one of its containers by name."
            self._events.fail("E115", scope, phrase, message)
        if _is_coupled(place):
            return [(o,) for o in self._coupled(words, phrase, scope)]
        return [(o,) for o in self._seen(place, words, phrase, scope)]

    # ---- the pod of all other events ------------------------------------------------------

    def _coupled(self, words: list[str], phrase: Node, scope: Scope) -> list[Occurrence]:
        main = [c for c in self._pod.containers if c.role is Role.MAIN]
        if words in (["succeeds"], ["fails"]):
            if len(main) > 1:
                message = f"Which of its containers ends? Pod `{self._pod.name}` has several."
                hint = f"Write `{written(main[0].name)} exits 0` for one of them."
                self._events.fail("E104", scope, phrase, message, hint)
            exits = self._instance([main[0].name, "exits"])
            codes = [0] if words == ["succeeds"] else self._codes(phrase, scope, zero=False)
            return [Occurrence(exits, {exits.inputs[0].name: tuple(codes)}, None)]
        for said in (words, ["pod", *words]):
            if " ".join(said) in self._grounder.events:
                return [self._events.said(phrase, said, scope)]
        return [self._events.phrase(phrase, scope, None)]

    # ---- the others: what the Job sees of them ------------------------------------------------

    def _seen(
        self, place: Container, words: list[str], phrase: Node, scope: Scope
    ) -> list[Occurrence]:
        own = self._pod.container(words[0])
        if own is None:
            for said in _ways_to_say(place.name, words):
                if " ".join(said) in self._grounder.events:
                    return [self._with_codes(phrase, said, scope)]
        elif len(self._pod.containers) == 1:
            if words[1:] == ["exits"]:
                return self._exits(place, phrase, scope)
            if " ".join([place.name, *words[1:]]) in self._grounder.events:
                return [self._with_codes(phrase, [place.name, *words[1:]], scope)]
        if own is None and not {" ".join(words), " ".join(["pod", *words])} & set(
            self._grounder.events
        ):
            return [self._events.phrase(phrase, scope, None)]
        message = "Of this pod podcheck knows only how it ends."
        which = " ".join(_name(place, self._pod.places.index(place)))
        hint = f"Write `{which}: succeeds`, `{which}: fails 42` or `{which}: is deleted`."
        self._events.fail("E104", scope, phrase, message, hint)

    def _exits(self, place: Container, phrase: Node, scope: Scope) -> list[Occurrence]:
        """What the exit of a pod's one container makes of the pod."""
        codes = self._codes(phrase, scope, zero=True)
        nonzero = tuple(c for c in codes if c != 0)
        found = []
        if 0 in codes:
            found.append(Occurrence(self._instance([place.name, "succeeds"]), {}, None))
        if nonzero:
            fails = self._instance([place.name, "fails"])
            found.append(Occurrence(fails, {fails.inputs[0].name: nonzero}, None))
            found.append(Occurrence(self._instance([place.name, "is", "restarted"]), {}, None))
        return [o for o in found if self._grounder.guard(o.instance.name) is not FALSE]

    def _with_codes(self, phrase: Node, said: list[str], scope: Scope) -> Occurrence:
        """An event whose exit code may be said as that with which the pod is stopped."""
        instance = self._instance(said)
        takes = [i for i in instance.inputs if i.role == "code"]
        stops = phrase.node("with_exit")
        if takes and stops is not None:
            children = [c for c in phrase.children if c is not stops] + stops.nodes()
            moved = Node("event_phrase", children)
            moved.start, moved.end = phrase.start, phrase.end
            phrase = moved
        return self._events.said(phrase, said, scope)

    def _instance(self, words: list[str]) -> EventInstance:
        return self._grounder.events[" ".join(words)]

    def _codes(self, phrase: Node, scope: Scope, *, zero: bool) -> list[Value]:
        codes = self._events.codes_of(phrase, scope)
        return [c for c in codes if zero or c != 0]


def _is_coupled(place: Container) -> bool:
    return any(name == "pod" for name, _ in place.fields)


def _name(place: Container, number: int) -> list[str]:
    """How a claim names a pod: `pod 2`, or `index 1` of an Indexed Job."""
    return ["index", str(number)] if place.name.startswith("index") else ["pod", str(number + 1)]


def _ways_to_say(name: str, words: list[str]) -> list[list[str]]:
    """What may be meant: `is deleted` or `pod is deleted`, `node is lost`."""
    ways = [[name, *words], [words[0], "of", name, *words[1:]]]
    return [[name, *words[1:]], *ways] if words[0] == "pod" else ways
