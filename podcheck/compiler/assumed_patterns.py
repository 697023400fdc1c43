"""What a claim's assumptions leave of an event pattern."""

from __future__ import annotations

from collections.abc import Mapping

from podcheck.core.claims import Automaton, Edge

_Place = tuple[int, tuple[int, ...]]  # a node, and how often each limited kind has happened


def assumed_pattern(
    automaton: Automaton, excluded: frozenset[str], at_most: Mapping[str, int]
) -> Automaton:
    """The automaton without the sequences that have events of an excluded kind, or more of a
    kind than its limit."""
    left = [e for e in automaton.edges if not any(p.action.kind in excluded for p in e.parts)]
    named = {p.action.kind for e in left for p in e.parts}
    limits = {kind: most for kind, most in at_most.items() if kind in named}
    if limits:
        return _counted(automaton._replace(edges=tuple(left)), limits)
    return automaton if len(left) == len(automaton.edges) else automaton._replace(edges=tuple(left))


def _counted(automaton: Automaton, limits: Mapping[str, int]) -> Automaton:
    """The product with counters of events: a node for each place that can be come to.

    Nothing follows the accepting node, so it stays one, whatever the counts are.
    """
    outgoing: dict[int, list[Edge]] = {}
    for edge in automaton.edges:
        outgoing.setdefault(edge.source, []).append(edge)
    assert automaton.accept not in outgoing
    accept: _Place = (automaton.accept, ())
    numbers: dict[_Place, int] = {(0, (0,) * len(limits)): 0}
    waiting = list(numbers)
    edges: list[Edge] = []
    for place in waiting:
        node, counts = place
        for edge in outgoing.get(node, ()):
            happened = [sum(p.action.kind == kind for p in edge.parts) for kind in limits]
            after = tuple(map(sum, zip(counts, happened, strict=True)))
            if any(n > most for n, most in zip(after, limits.values(), strict=True)):
                continue
            target = accept if edge.target == automaton.accept else (edge.target, after)
            if target not in numbers:
                numbers[target] = len(numbers)
                waiting.append(target)
            edges.append(edge._replace(source=numbers[place], target=numbers[target]))
    last = numbers.setdefault(accept, len(numbers))
    return Automaton(len(numbers), tuple(edges), last)
