"""`podcheck rules`: the rules as a reader wants them, list by list, with their sources."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from podcheck.cli import streams

if TYPE_CHECKING:
    from podcheck.core.system import Rule
    from podcheck.declarations.pack import Declared, EventDeclaration, Pack, RuleList


@click.group(short_help="List the rules, show one, or list the events.")
def command() -> None:
    """List the rules, show one, or list the events."""


@command.command("list")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def list_rules(form: str) -> int:
    """Every rule by the list it is in: its name, what it says, and its source."""
    pack = _pack()
    groups = [(_title(lists), [line.rule for line in lists.lines]) for lists in _lists(pack)]
    groups.append(("events", [e.rule for e in pack.events.values()]))
    if form == "json":
        rules = [_as_data(rule, title) for title, found in groups for rule in found]
        click.echo(json.dumps({"version": 1, "rules": rules}, indent=2))
        return 0
    for title, found in groups:
        click.echo(title)
        for rule in found:
            click.echo("\n".join(_entry(rule)))
        click.echo()
    click.echo(f"{sum(len(found) for _, found in groups)} rules")
    return 0


@command.command("show")
@click.argument("name")
def show(name: str) -> int:
    """The text of a rule, a list of rules, a definition, an event, a gate or a lemma."""
    pack = _pack()
    found = list(_named(pack, name))
    if not found:
        from podcheck.language.diagnostics import did_you_mean

        hint = did_you_mean(name, _names(pack), "`podcheck rules list` lists all rules.")
        raise click.UsageError(f"There is no rule `{name}`. {hint}")
    for i, (declared, head, sentence, cites) in enumerate(found):
        if i:
            click.echo()
        span = declared.span()
        end = span.end
        if sentence:  # it is printed below, wrapped
            end = max(c.end for c in declared.node.nodes())
        click.echo(f"{span.source.name}:{span.line}" + (f"  {head}" if head else ""))
        for line in span.source.text[span.start : end].split("\n"):
            click.echo(f"  {line}".rstrip())
        if sentence:
            click.echo("\n".join(textwrap.wrap(sentence, streams.prose())))
        if cites:
            click.echo("\n".join(textwrap.wrap(f"Source: {cites}", streams.prose())))
    return 0


@command.command("events")
def events() -> int:
    """Every event, with what it takes, by its kind; and the groups of kinds."""
    pack = _pack()
    for kind in pack.kinds():
        click.echo(kind)
        for event in pack.events.values():
            if event.kind == kind:
                click.echo(f"  {_phrase(event, pack)}")
                for text in (event.rule.sentence, *_details(event)):
                    lines = textwrap.wrap(text, streams.prose() - 6)
                    click.echo("\n".join(f"      {line}" for line in lines))
        click.echo()
    for name, kinds in pack.groups.items():
        text = f'"{name}" stands for {", ".join(kinds)}.'
        click.echo("\n".join(textwrap.wrap(text, streams.prose())))
    click.echo("A scenario names a kind as a noun: `assuming no deletion`.")
    return 0


# ---- what there is ---------------------------------------------------------------------------


def _pack() -> Pack:
    from podcheck.loading.rules import load_pack

    return load_pack()


def _lists(pack: Pack) -> Iterator[RuleList]:
    for lists in (*pack.decides.values(), *pack.nexts.values()):
        yield from lists


def _title(rules: RuleList) -> str:
    """A list's name with what it is about: `starts (main)`, `next phase`."""
    title = rules.lines[0].rule.decision
    for parameter in rules.parameters:
        if parameter.domain is not None:
            source = rules.declared.source.text
            title += f" ({source[parameter.domain.start : parameter.domain.end]})"
    return title


def _as_data(rule: Rule, title: str) -> dict[str, Any]:
    return {"list": title, "name": rule.name, "sentence": rule.sentence, "cites": rule.cites}


def _entry(rule: Rule) -> list[str]:
    name = rule.name if rule.name == "otherwise" else f'"{rule.name}"'
    text = rule.sentence + (f" [{rule.cites}]" if rule.cites else "")
    if len(name) > 22:
        return [f"  {name}", *_wrapped(text, " " * 26)]
    return _wrapped(text or "-", f"  {name:<22}  ")


def _wrapped(text: str, first: str) -> list[str]:
    return textwrap.wrap(
        text, streams.prose(), initial_indent=first, subsequent_indent=" " * 26,
        break_on_hyphens=False, break_long_words=False,
    )  # fmt: skip


_Found = tuple["Declared", str, str, str]


def _named(pack: Pack, name: str) -> Iterator[_Found]:
    """The declarations of a name, or the lines with that name in any list."""
    for lists in _lists(pack):
        if name in (lists.name, lists.lines[0].rule.decision):
            yield lists.declared, "", "", ""
    for define in pack.defines.get(name, ()):
        yield define.declared, "", "", ""
    if name in pack.events:
        yield pack.events[name].declared, "", "", ""
    for states in (pack.pod_state, pack.container_state):
        if name in states:
            yield states[name].declared, "", "", ""
    if name in pack.gates or name in ("gate", "gates"):
        yield from ((g, "", "", "") for g in _gates(pack, name))
    yield from ((x.declared, "", "", "") for x in pack.lemmas if x.name == name)
    for refusal in pack.refusals:
        if refusal.code == name:
            yield refusal.declared, "", "", ""
    yield from _lines(pack, name)


def _gates(pack: Pack, name: str) -> list[Declared]:
    return [d for gate, d in pack.gate_places.items() if name in (gate, "gate", "gates")]


def _lines(pack: Pack, name: str) -> Iterator[_Found]:
    from podcheck.declarations.pack import Declared

    for lists in _lists(pack):
        nodes = lists.declared.node.nodes("rule_line")
        for line, node in zip(lists.lines, nodes, strict=True):
            if line.rule.name == name and name != "otherwise":
                declared = Declared(lists.declared.source, node)
                yield declared, f"in {_title(lists)}", line.rule.sentence, line.rule.cites


def _names(pack: Pack) -> Iterable[str]:
    rules = [r.name for r in pack.rules() if r.name != "otherwise"]
    names = [*pack.decides, *pack.nexts, *pack.defines, *pack.events, *pack.gates]
    names += [lemma.name for lemma in pack.lemmas]
    return [*rules, *names, *pack.pod_state, *pack.container_state]


def _details(event: EventDeclaration) -> Iterator[str]:
    """For each `with` of an event, what it can be."""
    for parameter in event.parameters:
        if parameter.sort is not None and parameter.sort.kind == "enum":
            values = _allowed(event, parameter.name) or [str(v) for v in parameter.sort.values]
            yield f"{parameter.name.upper()} is one of {', '.join(values)}."


def _allowed(event: EventDeclaration, name: str) -> list[str]:
    """The values that the event's guard allows for an input: `why in {...}`."""
    stack = [event.guard] if event.guard is not None else []
    while stack:
        node = stack.pop()
        subject, *rest = node.nodes() or [node]
        if node.kind == "in_" and str(subject.tokens()[0]) == name:
            return [str(m.tokens()[0]) for m in rest[0].nodes()]
        stack.extend(node.nodes())
    return []


def _phrase(event: EventDeclaration, pack: Pack) -> str:
    """An event as it is written: `CONTAINER exits CODE`, `CONTAINER start fails with KIND`."""
    words = ["CONTAINER" if w == event.actor else w for w in event.words]
    for parameter in event.parameters:
        if parameter.sort is not None:
            code = parameter.sort.kind == "code"
            words.append("CODE" if code else f"[with {parameter.name.upper()}]")
    text = " ".join(words)
    if event.actor:
        domain = next(p.domain for p in event.parameters if p.domain is not None)
        spelled = event.declared.source.text[domain.start : domain.end]
        text += "" if spelled == "all" else f"   (only {spelled.replace(' + ', ' and ')})"
    return text
