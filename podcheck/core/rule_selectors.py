"""Rule lines with selectors: a system in which each line of a list can be taken back.

The value of a line is what the pack says while the line's *selector*, a Boolean, is true, and
anything at all while it is false.  What is proved with some selectors true and the others free
rests on those lines, and would hold whatever the others said.  One selector stands for a line
in all containers; the guards of the lines stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable

from podcheck.core.system import Decision, Rule
from podcheck.core.terms import BOOL, Term, ite, var

_SELECTOR = "rule "  # no variable of a pod begins so


def selected(rule: Rule, container: str, value: Term) -> Term:
    """A line's value while its selector is true, else any value of the sort.

    The other value is the same wherever one state (and one sync from it) is referred to.
    """
    other = var(f"any {container} {selector_name(rule)}", value.sort)
    return ite(var(selector_name(rule), BOOL), value, other)


def selector_name(rule: Rule) -> str:
    return f"{_SELECTOR}{rule.identity} ({rule.cites}:{rule.line})"


def is_selector(name: str) -> bool:
    return name.startswith(_SELECTOR)


def rules_by_selector(decisions: Iterable[Decision]) -> dict[str, Rule]:
    """The lines of some lists by the names of their selectors, in the lists' order."""
    return {selector_name(a.rule): a.rule for d in decisions for a in d.alternatives}
