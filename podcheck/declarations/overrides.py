"""Rules that a spec carries of its own: `rule "..." overrides "..." = GUARD : VALUE`.

An overriding rule takes the place of one line of the pack's lists, for this spec only: a way
to ask what a change of the rules would break.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from podcheck.core.system import Rule
from podcheck.declarations.pack import Line, Pack, RuleList, doc_of
from podcheck.language.diagnostics import Diagnostics, did_you_mean
from podcheck.language.lexer import unquote
from podcheck.language.parser import Node
from podcheck.language.source import Source, Span

Lists = Mapping[str, list[RuleList]]


def overridden(pack: Pack, overrides: list[tuple[Source, Node]], diagnostics: Diagnostics) -> Pack:
    """The pack with the overriding rules in their places; errors go to ``diagnostics``."""
    for source, node in overrides:
        pack = _with_rule(pack, source, node, diagnostics)
    return pack


def _with_rule(pack: Pack, source: Source, node: Node, diagnostics: Diagnostics) -> Pack:
    own, target = node.tokens("STRING")
    wanted = unquote(str(target))
    assert target.start_pos is not None and target.end_pos is not None
    span = source.span(target.start_pos, target.end_pos)
    found = [line for line in _lines(pack) if wanted in (line.rule.name, line.rule.identity)]
    if not found:
        names = [x for line in _lines(pack) for x in (line.rule.name, line.rule.identity)]
        hint = did_you_mean(wanted, names, "`podcheck rules list` lists all rules.")
        diagnostics.add("E125", span, f"There is no rule `{wanted}`.", hint)
        return pack
    if len({line.rule.identity for line in found}) > 1:
        _ambiguous(found, wanted, span, diagnostics)
        return pack
    sentence, cites = doc_of(node)
    guard, value = node.nodes()
    number = source.line_of(node.start)

    def changed(lists: Lists) -> dict[str, list[RuleList]]:
        return {n: [_replaced(r, found, line_of) for r in rules] for n, rules in lists.items()}

    def line_of(old: Line) -> Line:
        rule = Rule(old.rule.decision, unquote(str(own)), sentence, cites or source.name, number)
        return Line(rule, guard, value, source)

    return replace(pack, decides=changed(pack.decides), nexts=changed(pack.nexts))


def _ambiguous(found: list[Line], wanted: str, span: Span, diagnostics: Diagnostics) -> None:
    names = sorted({line.rule.identity for line in found})
    hint = f'Write "{names[0]}" or "{names[1]}".'
    message = f"{len(names)} rules are called `{wanted}`."
    diagnostics.add("E125", span, message, hint)


def _lines(pack: Pack) -> Iterator[Line]:
    for lists in (*pack.decides.values(), *pack.nexts.values()):
        for rules in lists:
            yield from rules.lines


def _replaced(rules: RuleList, old: list[Line], new: Callable[[Line], Line]) -> RuleList:
    if not any(line is o for line in rules.lines for o in old):
        return rules
    lines = tuple(new(x) if any(x is o for o in old) else x for x in rules.lines)
    return rules._replace(lines=lines)
