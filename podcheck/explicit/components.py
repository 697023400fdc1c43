"""Strongly connected components of a graph that is given by numbers (Tarjan, 1972)."""

from __future__ import annotations

from collections.abc import Sequence


def components(following: Sequence[Sequence[int]]) -> list[list[int]]:
    """The components of nodes 0, 1, ...; ``following[n]`` are the nodes after ``n``."""
    order: dict[int, int] = {}
    lowest: dict[int, int] = {}
    path: list[int] = []
    on_path: set[int] = set()
    found: list[list[int]] = []
    for root in range(len(following)):
        if root in order:
            continue
        work = [(root, 0)]
        while work:
            node, place = work.pop()
            if place == 0:
                order[node] = lowest[node] = len(order)
                path.append(node)
                on_path.add(node)
            nexts = following[node]
            while place < len(nexts):
                other = nexts[place]
                place += 1
                if other not in order:
                    work += [(node, place), (other, 0)]
                    break
                if other in on_path:
                    lowest[node] = min(lowest[node], order[other])
            else:
                if lowest[node] == order[node]:
                    component: list[int] = []
                    while not component or component[-1] != node:
                        component.append(path.pop())
                    on_path.difference_update(component)
                    found.append(component)
                if work:
                    above = work[-1][0]
                    lowest[above] = min(lowest[above], lowest[node])
    return found
