"""Which sets of exit codes a text tells apart; see ``codes.py`` for what that is good for."""

from __future__ import annotations

from collections.abc import Iterator

from podcheck.language.parser import Node
from podcheck.model.spec import code_set

_CODE_NODES = ("one_code", "code_range", "nonzero", "any_code", "code_set", "not_in_codes")
_COMPARISONS = ("compare", "in_", "not_in")


def code_tests(root: Node) -> list[frozenset[int]]:
    """The sets that exit codes are tested against below a node.

    Every number of a comparison counts (as itself and as a limit, whichever operator it is
    compared with); a number that is only assigned does not.
    """
    tests: list[frozenset[int]] = []
    for node in all_nodes(root):
        if node.kind in _CODE_NODES:
            tests.append(code_set(node))
        elif node.kind in _COMPARISONS and not any(
            n.kind in ("count", "sum") for n in node.nodes()
        ):
            ordered = any(node.has(t) for t in ("LT", "LE", "GT", "GE"))
            for number in all_nodes(node):
                if number.kind in ("number", "number_range"):
                    tests += _tests_of(number, ordered)
    return tests


def _tests_of(node: Node, ordered: bool) -> Iterator[frozenset[int]]:
    numbers = [int(x) for x in node.tokens("NUMBER")]
    if max(numbers) > 255:
        return
    yield frozenset(range(numbers[0], numbers[-1] + 1))
    if ordered:
        yield frozenset(range(numbers[0] + 1))
        yield frozenset(range(numbers[0]))


def holds_number(root: Node) -> bool:
    """Is a number written somewhere below a node?"""
    return any(n.kind == "number" for n in all_nodes(root))


def all_nodes(root: Node) -> Iterator[Node]:
    """A node and every node below it."""
    stack = [root]
    while stack:
        at = stack.pop()
        yield at
        for child in at.children:
            if isinstance(child, Node):
                stack.append(child)


def largest_count(root: Node) -> int:
    """The largest number that something other than an exit code is compared with."""
    largest = 0
    for node in all_nodes(root):
        if node.kind in _COMPARISONS and not any(names_code(n) for n in node.nodes()):
            for number in all_nodes(node):
                if number.kind in ("number", "number_range"):
                    largest = max(largest, int(number.tokens("NUMBER")[-1]))
    return largest


def names_code(node: Node) -> bool:
    """Is this one of the fields that hold an exit code?"""
    if node.kind not in ("field_of", "name_"):
        return False
    return str(node.tokens()[-1]).lower().endswith("exitcode")
