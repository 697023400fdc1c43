"""What an editor asks about a spec: what a word means, where it is declared, what may follow,
and how to mend what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from lark import Token

from podcheck.core.terms import FALSE
from podcheck.declarations.pack import Pack, StateVariable
from podcheck.declarations.pod import POLICIES, PROBES, Role
from podcheck.editor.analysis import Analysis, Reference, analysed, span_of
from podcheck.elaboration.hints import status_words
from podcheck.language.diagnostics import Diagnostic, Diagnostics
from podcheck.language.formatter import format_text
from podcheck.language.lexer import KEYWORDS, unquote, written
from podcheck.language.parser import accepted, chunk_before
from podcheck.language.source import Source, Span
from podcheck.language.user_words import OTHER_DECLARATIONS, SPEC_DECLARATIONS
from podcheck.loading.sources import Folder

_MOST_RULES = 5
_WORD = re.compile(r'"[^"\n]*"|[A-Za-z_][A-Za-z0-9_-]*')
_ROLES = {Role.INIT: "init container", Role.SIDECAR: "sidecar", Role.MAIN: "container"}


class Hover(NamedTuple):
    """What is said about a part of a text, as Markdown."""

    markdown: str
    start: int
    end: int


class Completion(NamedTuple):
    """A word that may be written; ``kind`` is what it is, ``detail`` says more."""

    text: str
    kind: str  # keyword, pod, container, event, field, value, policy, kind
    detail: str = ""


class Edit(NamedTuple):
    """Another text for a part of a text."""

    start: int
    end: int
    text: str


class QuickFix(NamedTuple):
    title: str
    diagnostic: Diagnostic
    edit: Edit


# ---- hover ---------------------------------------------------------------------------------------


def hover(analysis: Analysis, offset: int) -> Hover | None:
    """What the word at an offset means, with the rule that says so and its source."""
    reference = _reference_at(analysis, offset)
    if reference is not None:
        return Hover(_declared(reference, analysis), reference.start, reference.end)
    for event in analysis.events:
        if event.start <= offset <= event.end:
            rule = event.event.rule
            phrase = " ".join(
                "CONTAINER" if w == event.event.actor else w for w in event.event.words
            )
            said = _with_source(
                f"**event** `{phrase}` ({event.event.kind})\n\n{rule.sentence}", rule.cites
            )
            return Hover(said, event.start, event.end)
    word = next(
        (m for m in _WORD.finditer(analysis.source.text) if m.start() <= offset <= m.end()), None
    )
    if word is None:
        return None
    said = _word(unquote(word[0]), analysis, word.start())
    return Hover(said, word.start(), word.end()) if said else None


def _declared(reference: Reference, analysis: Analysis) -> str:
    pod = analysis.member(reference.pod)
    if reference.container:
        container = pod.container(reference.container)
        assert container is not None
        said = f"**{_ROLES[container.role]}** `{container.name}` of pod `{pod.name}`"
        extra = [f"restartPolicy: {container.policy}"] * bool(container.policy)
        extra += sorted(container.probes) + sorted(container.hooks)
        return "\n\n".join([said, *([", ".join(extra)] if extra else [])])
    listed = [f"- {_ROLES[c.role]} `{c.name}`" for c in pod.containers]
    owner = f" of a {pod.owner}" if pod.owner and pod.owner != "none" else ""
    policy = f", restartPolicy {pod.policy}"
    return f"**pod** `{pod.name}`{owner}{policy}\n\n" + "\n".join(listed)


def _word(word: str, analysis: Analysis, start: int) -> str:
    pack = analysis.pack
    field = _field(word, analysis, start)
    if field is not None:
        values = [str(v) for v in field.sort.values] if field.sort.kind == "enum" else []
        shown = f"\n\nOne of {', '.join(values)}." if 0 < len(values) <= 20 else ""
        return f"**field** `{word}`\n\n{field.doc}{shown}" + _rules_of(word, pack)
    if word in POLICIES and word not in status_words(pack):
        return f"**restartPolicy** `{word}`"
    rules = list(_rules_for(word, pack))
    if word in {str(v) for v in pack.sorts["Phase"].values}:
        return f"**phase** `{word}`\n\n" + _bulleted(rules)
    if word in status_words(pack):
        return f"**reason or STATUS** `{word}`\n\n" + _bulleted(rules)
    found = [line.rule for lists in (*pack.decides.values(), *pack.nexts.values())
             for r in lists for line in r.lines if line.rule.name == word]  # fmt: skip
    if found:
        return _with_source(f"**rule** `{word}`\n\n{found[0].sentence}", found[0].cites)
    kinds = [e for e in pack.events.values() if e.kind == word]
    return f"**kind of events** `{word}`" if kinds else ""


def _field(word: str, analysis: Analysis, start: int) -> StateVariable | None:
    after_dot = analysis.source.text[:start].endswith(".")
    fields = analysis.pack.container_state if after_dot else analysis.pack.pod_state
    found = fields.get("apiState" if word == "state" and after_dot else word)
    return found if found is not None and found.published else None


def _rules_of(name: str, pack: Pack) -> str:
    lists = pack.nexts.get(name, ()) or pack.decides.get(name, ())
    rules = [line.rule for r in lists for line in r.lines]
    return "\n\n" + _bulleted([(r.sentence, r.cites) for r in rules]) if rules else ""


def _rules_for(word: str, pack: Pack) -> Iterator[tuple[str, str]]:
    """The sentences and sources of rules whose value is a word."""
    for lists in (*pack.decides.values(), *pack.nexts.values()):
        for rules in lists:
            for line in rules.lines:
                names = {unquote(str(n.tokens()[0])) for n in line.value.below()
                         if n.kind in ("name_", "string")}  # fmt: skip
                if word in names and line.rule.sentence:
                    yield line.rule.sentence, line.rule.cites


def _bulleted(rules: list[tuple[str, str]]) -> str:
    rules = list(dict.fromkeys(rules))
    shown = [f"- {sentence}" + (f" *{cites}*" if cites else "") for sentence, cites in rules]
    more = len(shown) - _MOST_RULES
    return "\n".join(shown[:_MOST_RULES]) + (f"\n- and {more} more rules" if more > 0 else "")


def _with_source(said: str, cites: str) -> str:
    return f"{said}\n\nSource: {cites}" if cites else said


# ---- definition, rename --------------------------------------------------------------------------


def definition(analysis: Analysis, offset: int) -> Span | None:
    """Where the pod or container at an offset is declared; it may be in another file."""
    reference = _reference_at(analysis, offset)
    return None if reference is None else span_of(reference, analysis)


class CanNotRenameError(Exception):
    """Why a name can't be changed, as a sentence."""


def renamed(
    analysis: Analysis, offset: int, name: str, folder: Folder | None = None
) -> tuple[Edit, ...]:
    """The edits that give the pod or container at an offset another name.

    Raises ``CanNotRenameError`` if there is none, it is declared elsewhere, or the spec would not
    say the same any more.
    """
    reference = _reference_at(analysis, offset)
    declared = None if reference is None else span_of(reference, analysis)
    if reference is None or declared is None:
        raise CanNotRenameError("Only pods and containers can be renamed.")
    if declared.source is not analysis.source:
        raise CanNotRenameError(f"It is declared in {declared.source.name}.")
    if analysis.has_errors:
        raise CanNotRenameError("Mend the errors of this spec first.")
    wanted = reference.pod, reference.container
    edits = tuple(
        Edit(r.start, r.end, written(name))
        for r in analysis.references
        if (r.pod, r.container) == wanted
    )
    source = analysis.source
    text = edited(source.text, edits)
    after = analysed(Source(source.name, text, source.path, source.real), folder, analysis.pack)
    wrong = next((d for d in after.diagnostics if d.is_error), None)
    if wrong is not None:
        raise CanNotRenameError(f"That would be an error: {wrong.message}")
    if len(after.references) != len(analysis.references):
        raise CanNotRenameError(f"`{name}` has another meaning somewhere in this spec.")
    return edits


def edited(text: str, edits: Iterable[Edit]) -> str:
    """A text after some edits."""
    for edit in sorted(edits, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def _reference_at(analysis: Analysis, offset: int) -> Reference | None:
    return next((r for r in analysis.references if r.start <= offset <= r.end), None)


# ---- format --------------------------------------------------------------------------------------


def formatted(source: Source) -> Edit | None:
    """The edit that formats a text; None if it has syntax errors or nothing to change."""
    text = format_text(source, Diagnostics())
    return None if text is None or text == source.text else Edit(0, len(source.text), text)


# ---- quick fixes ---------------------------------------------------------------------------------

_INSTEAD = re.compile(r"^(?:Did you mean|Write) `([^`]+)`[?.]")
_REMOVE = re.compile(r"^(?:Remove it|Take the line out)\b")
_ADD = re.compile(r"^Add a `([^`]+)`\.")


def quick_fixes(analysis: Analysis) -> Iterator[QuickFix]:
    """What the hints of errors suggest, as edits that make the error go away."""
    for diagnostic in analysis.diagnostics:
        if diagnostic.span.source is not analysis.source:
            continue
        edit = _fix(diagnostic)
        if edit is None:
            continue
        after = edited(analysis.source.text, (edit,))
        source = Source(analysis.source.name, after, analysis.source.path, analysis.source.real)
        again = analysed(source, None, analysis.pack) if not _reads_files(analysis) else None
        if again is not None and not _is_better(analysis, again, diagnostic):
            continue
        title = f"Write `{edit.text.strip()}`" if edit.text.strip() else "Remove it"
        yield QuickFix(title, diagnostic, edit)


def _fix(diagnostic: Diagnostic) -> Edit | None:
    start, end, hint = diagnostic.span.start, diagnostic.span.end, diagnostic.hint
    if (found := _INSTEAD.match(hint)) is not None and not re.search(
        r"\b[A-Z]{3,}\b|\.\.\.", found[1]
    ):
        return Edit(start, end, found[1])
    if (found := _ADD.match(hint)) is not None:
        text = diagnostic.span.source.text
        at = len(text.rstrip()) if found[1] == "}" else end
        return Edit(at, at, f"\n{found[1]}" if found[1] == "}" else f" {found[1]}")
    return Edit(start, end, "") if _REMOVE.match(hint) else None


def _reads_files(analysis: Analysis) -> bool:
    return any(s is not analysis.source for s in analysis.spec.included) or bool(
        re.search(r"^include\b|^pod\b[^\n{]*\bfrom\b", analysis.source.text, re.MULTILINE)
    )


def _is_better(before: Analysis, after: Analysis, mended: Diagnostic) -> bool:
    """Is an error gone, and no syntax error new?  (What it hid may appear.)"""

    def said(analysis: Analysis) -> list[tuple[str, str]]:
        return [(d.code, d.message) for d in analysis.diagnostics]

    left = said(after).count((mended.code, mended.message))
    syntax = [sum(code.startswith("E00") for code, _ in said(a)) for a in (before, after)]
    return left < said(before).count((mended.code, mended.message)) and syntax[1] <= syntax[0]


# Words of rule packs that the grammar allows in a spec too
_OF_RULES = frozenset(
    """count decide define event gate group hazard if input kind next published refuse rule sort
    sum warn where""".split()
)


# ---- completion ----------------------------------------------------------------------------------


def completions(analysis: Analysis, offset: int) -> tuple[Completion, ...]:
    """What may be written at an offset: words of the language that the grammar allows there, and
    the names, events, fields and values that make sense."""
    text = analysis.source.text
    start = offset
    while start and (text[start - 1].isalnum() or text[start - 1] in '_-"'):
        start -= 1
    if "#" in text[text.rfind("\n", 0, offset) + 1 : offset]:
        return ()
    tokens = chunk_before(analysis.source, analysis.tokens, start)
    allowed = accepted(tokens)
    found = dict.fromkeys(_names(analysis, tokens, allowed, start))
    if any(c.kind == "value" and not c.detail for c in found):
        return tuple(found)  # a field is compared: a value is all that makes sense
    begins = not tokens or ("POD" in allowed and "REFUTE" in allowed)
    known = {*SPEC_DECLARATIONS, *OTHER_DECLARATIONS} if begins else KEYWORDS - _OF_RULES
    keywords = sorted(w for t in allowed if (w := t.lower()) in known)
    found.update(dict.fromkeys(Completion(word, "keyword") for word in keywords))
    if "HOSTPORT" in allowed:
        found[Completion("hostPort", "keyword")] = None
    return tuple(found)


def _names(
    analysis: Analysis, tokens: Sequence[Token], allowed: frozenset[str], offset: int
) -> Iterator[Completion]:
    if not allowed & {"WORD", "STRING"} or not tokens:
        return
    types = [t.type for t in tokens]
    head = types[0]
    if head in ("POD", "INCLUDE", "KUBERNETES", "GATES"):
        yield from _of_pods(analysis, types, [str(t) for t in tokens])
        return
    in_body = "LBRACE" in types
    last = types[-1]
    if not in_body:
        yield from _of_header(analysis, types)
        return
    pods = _pods_named(analysis, tokens)
    containers = analysis.containers(pods)
    if last == "DOT":
        yield from _fields(analysis.pack.container_state, "apiState")
    elif last in ("EQ", "NE", "LBRACE", "COMMA") and (values := _values(analysis.pack, tokens)):
        yield from (Completion(value, "value") for value in values)
    elif _wants_event(analysis.source, tokens, head):
        yield from _events(analysis, pods)
    elif head == "TABLE" and last == "BAR":
        column = types[len(types) - types[::-1].index("LBRACE") :].count("BAR")
        if column <= 1 and len([t for t in types if t == "BAR"]) <= 1:
            yield Completion("event", "keyword")
        yield from (
            Completion(str(v), "value", "phase") for v in analysis.pack.sorts["Phase"].values
        )
        yield from (Completion(name, "pod") for name in analysis.spec.pods)
        yield from (Completion(policy, "policy") for policy in POLICIES)
    else:
        yield from _fields(analysis.pack.pod_state, "")
        yield Completion("STATUS", "field", "the column of kubectl get pods")
        yield Completion("READY", "field", "the column of kubectl get pods")
        yield from (Completion(written(name), "container", pod) for name, pod in containers.items())


def _of_pods(analysis: Analysis, types: list[str], words: list[str]) -> Iterator[Completion]:
    if types[0] == "GATES":
        yield from (Completion(gate, "value", "feature gate") for gate in analysis.pack.gates)
    elif types[0] == "POD" and types[-1] == "COLON" and words[-2] == "restartPolicy":
        yield from (Completion(policy, "policy") for policy in POLICIES)
    elif types[0] == "POD" and "LBRACE" in types:
        yield Completion("restartPolicy", "field", "of the pod or container")
        if types.count("LBRACE") > types.count("RBRACE") + 1:
            yield from (Completion(probe, "field", "a probe") for probe in sorted(PROBES))
        else:
            yield Completion("activeDeadlineSeconds", "field", "of the pod")


def _of_header(analysis: Analysis, types: list[str]) -> Iterator[Completion]:
    head = next((t for t in reversed(types) if t in ("FOR", "FROM", "UNDER", "ASSUMING")), "")
    if head == "FOR":
        yield from (Completion(written(name), "pod") for name in analysis.spec.pods)
    elif head == "FROM":
        yield from (
            Completion(s, "value", "a start") for s in ("created", *analysis.pack.preparations)
        )
    elif head == "UNDER":
        yield from (Completion(policy, "policy") for policy in POLICIES)
    elif head == "ASSUMING":
        yield Completion("only", "keyword")
        for kind in (*analysis.pack.kinds(), *analysis.pack.groups):
            yield Completion(kind, "kind", "kind of events")


def _fields(fields: Mapping[str, StateVariable], state: str) -> Iterator[Completion]:
    for name, variable in fields.items():
        if variable.published and not name.endswith("Condition"):
            yield Completion("state" if name == state else name, "field", variable.doc)


def _pods_named(analysis: Analysis, tokens: Sequence[Token]) -> tuple[str, ...]:
    """The pods that the header of an unfinished claim names, or the only one."""
    found: list[str] = []
    naming = False
    for token in tokens:
        if token.type == "LBRACE":
            break
        naming = token.type == "FOR" or (naming and token.type in ("WORD", "STRING", "COMMA"))
        if naming and unquote(str(token)) in analysis.spec.pods:
            found.append(unquote(str(token)))
    return tuple(found) or tuple(analysis.spec.pods)


def _values(pack: Pack, tokens: Sequence[Token]) -> list[str]:
    """The values of the field that is compared just before."""
    words = [t for t in tokens if t.type not in ("EQ", "NE", "LBRACE", "COMMA", "IN")]
    compared = any(t.type in ("EQ", "NE", "IN") for t in tokens[-12:])
    while words and compared and str(words[-1]) not in (*pack.pod_state, *pack.container_state,
                                                        "STATUS", "state"):  # fmt: skip
        if words[-1].type not in ("WORD", "STRING"):
            return []
        words.pop()
    if not words or not compared:
        return []
    if str(words[-1]) == "STATUS":
        return [f'"{word}"' for word in sorted(status_words(pack))]
    of_container = len(words) > 1 and words[-2].type == "DOT"
    name = "apiState" if str(words[-1]) == "state" else str(words[-1])
    field = (pack.container_state if of_container else pack.pod_state).get(name)
    if field is None or field.sort.kind != "enum":
        return []
    return [written(str(v)) for v in field.sort.values]


def _wants_event(source: Source, tokens: Sequence[Token], head: str) -> bool:
    """Does an event begin here: after `when`, in a sequence, in the first cell of a row?"""
    last, before = tokens[-1].type, tokens[-2].type if len(tokens) > 1 else ""
    if last == "WHEN" or (before, last) in (("FOLLOWED", "BY"), ("TOGETHER", "WITH")):
        return True
    if head != "TABLE" or last != "BAR" or sum(t.type == "BAR" for t in tokens) < 2:
        return False
    at = tokens[-1].start_pos or 0
    return not source.text[source.text.rfind("\n", 0, at) + 1 : at].strip()


def _events(analysis: Analysis, pods: tuple[str, ...]) -> Iterator[Completion]:
    """The events that can happen to the pods, written out."""
    found: dict[Completion, None] = {}
    for plan in analysis.plan.pods:
        if plan.pod.name not in pods:
            continue
        several = sum(c.role is not Role.INIT for c in plan.pod.containers) > 1
        for name, instance in plan.grounder.events.items():
            if plan.grounder.guard(name) is FALSE:
                continue
            event = instance.declaration
            codes = (" 0", " nonzero") if any(i.role == "code" for i in instance.inputs) else ("",)
            texts = [instance.written]
            if several and event.words[0] == event.actor:
                texts.append(" ".join(("any container", *event.words[1:])))
            for text in texts:
                for code in codes:
                    found[Completion(text + code, "event", event.rule.sentence)] = None
    yield from found
