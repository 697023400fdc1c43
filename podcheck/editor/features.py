"""What an editor asks about a spec: what a word means, where it is declared, and how to mend what
is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from podcheck.declarations.pack import Pack, StateVariable
from podcheck.declarations.pod import POLICIES, PROBES, Role
from podcheck.editor.analysis import Analysis, Reference, analysed, span_of
from podcheck.editor.keywords import KEYWORDS
from podcheck.elaboration.hints import status_words
from podcheck.elaboration.names import job_fields
from podcheck.language.diagnostics import Diagnostic, Diagnostics
from podcheck.language.formatter import format_text
from podcheck.language.lexer import unquote, written
from podcheck.language.source import Source, Span
from podcheck.loading.sources import Folder

_MOST_RULES = 5
_WORD = re.compile(r'"[^"\n]*"|[A-Za-z_][A-Za-z0-9_-]*')
COLUMNS = {
    "STATUS": "The column STATUS of `kubectl get pods`: a reason, or the phase.",
    "READY": "The column READY of `kubectl get pods`: containers that are ready, of how many.",
    "RESTARTS": "The column RESTARTS of `kubectl get pods`: restarts of all containers.",
}
_ROLES = {Role.INIT: "init container", Role.SIDECAR: "sidecar", Role.MAIN: "container"}


class Hover(NamedTuple):
    """What is said about a part of a text, as Markdown."""

    markdown: str
    start: int
    end: int


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
    said = _word(unquote(word[0]), analysis, word.start()) or _keyword(analysis, word.start())
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
    text = analysis.source.text
    if text[:start].endswith("job."):
        return _of_job(word, pack)
    if word in COLUMNS:
        return f"**column** `{word}`\n\n{COLUMNS[word]}"
    if word in pack.preparations and text[:start].split()[-1:] in (["from"], ["any"]):
        return f"**start** `{word}`\n\nThe pod has been brought there before the first event."
    field = _field(word, analysis, start)
    if field is not None:
        values = [str(v) for v in field.sort.values] if field.sort.kind == "enum" else []
        shown = f"\n\nOne of {', '.join(values)}." if 0 < len(values) <= 20 else ""
        return f"**field** `{word}`\n\n{field.doc}{shown}" + _rules_of(word, pack)
    if word in PROBES:
        return f"**probe** `{word}`\n\n" + _bulleted(list(_events_about(word, pack)))
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


def _events_about(word: str, pack: Pack) -> Iterator[tuple[str, str]]:
    """What the events say that only a container with this probe has."""
    for event in pack.events.values():
        guard = event.guard.below() if event.guard is not None else ()
        asked = {str(t) for n in guard for t in n.tokens("WORD")}
        if word in asked and event.rule.sentence:
            phrase = " ".join("CONTAINER" if w == event.actor else w for w in event.words)
            yield f"`{phrase}`: {event.rule.sentence}", event.rule.cites


def _keyword(analysis: Analysis, start: int) -> str:
    """What a word of the language means, where it is one."""
    token = next((t for t in analysis.tokens if t.start_pos == start), None)
    if token is None or (token.type in ("WORD", "STRING") and str(token) != "job"):
        return ""
    found = KEYWORDS.get(str(token))
    if found is None:
        return ""
    anchor = found.section.lower().replace(" ", "-")
    return f"**{token}**\n\n{found.sentence}\n\nSource: grammar/README.md#{anchor}"


def _of_job(word: str, pack: Pack) -> str:
    """A field of a Job, which the rules call by a longer name."""
    if word not in job_fields(pack):
        return ""
    name = f"job{word[:1].upper()}{word[1:]}"
    variable = pack.pod_state.get(name)
    said = variable.doc if variable is not None else ""
    sort = variable.sort if variable is not None else None
    for rules in pack.decides.get(name, ()):
        sort = rules.sort
    values = [str(v) for v in sort.values] if sort is not None and sort.kind == "enum" else []
    shown = f"One of {', '.join(values)}." if 0 < len(values) <= 20 else ""
    parts = [f"**field of the Job** `{word}`", said, shown]
    return "\n\n".join(filter(None, parts)) + _rules_of(name, pack)


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
    named = (*pack.decides.items(), *pack.nexts.items())
    for _, lists in sorted(named, key=lambda item: item[0].startswith("job")):  # of the pod first
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
