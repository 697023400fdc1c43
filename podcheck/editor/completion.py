"""What may be written at a place of a spec, which may be half typed: the words that the grammar
allows there, and the names, events, fields and values that make sense."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from lark import Token

from podcheck.core.terms import FALSE
from podcheck.declarations import job_syntax
from podcheck.declarations.pack import Pack, StateVariable
from podcheck.declarations.pod import POLICIES, PROBES, Role
from podcheck.declarations.releases import EARLIEST, LATEST
from podcheck.editor.analysis import Analysis
from podcheck.elaboration.hints import status_words
from podcheck.elaboration.names import job_fields
from podcheck.language.lexer import KEYWORDS, unquote, written
from podcheck.language.parser import accepted, chunk_before
from podcheck.language.source import Source
from podcheck.language.user_words import OTHER_DECLARATIONS, SPEC_DECLARATIONS


class Completion(NamedTuple):
    """A word that may be written; ``kind`` is what it is, ``detail`` says more."""

    text: str
    kind: str  # keyword, pod, container, event, field, value, policy, kind, folder, file
    detail: str = ""


LONGEST_EVENT = 8  # words
EVENT_AFTER = {("FOLLOWED", "BY"), ("TOGETHER", "WITH"), ("WHEN", "LBRACE"), ("BY", "LBRACE")}
# Words of rule packs that the grammar allows in a spec too
OF_RULES = frozenset(
    """decide define early event gate group hazard if input kind published refuse rule sort sum
    warn""".split()
)


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
    if begins:
        found[Completion("job", "keyword")] = None
    if tokens and _is_cell(analysis.source, tokens):
        return tuple(found)
    known = {*SPEC_DECLARATIONS, *OTHER_DECLARATIONS} if begins else KEYWORDS - OF_RULES
    keywords = sorted(w for t in allowed if (w := t.lower()) in known)
    found.update(dict.fromkeys(Completion(word, "keyword") for word in keywords))
    if "HOSTPORT" in allowed:
        found[Completion("hostPort", "keyword")] = None
    return tuple(found)


def _names(
    analysis: Analysis, tokens: Sequence[Token], allowed: frozenset[str], offset: int
) -> Iterator[Completion]:
    if not tokens:
        return
    if tokens[-1].type == "KUBERNETES":
        for minor in range(LATEST[1], EARLIEST[1] - 1, -1):
            yield Completion(f"{LATEST[0]}.{minor}", "value", "a release")
    if not allowed & {"WORD", "STRING"}:
        return
    types = [t.type for t in tokens]
    head = types[0]
    if head in ("POD", "INCLUDE", "KUBERNETES", "GATES") or str(tokens[0]) == "job":
        yield from _of_declarations(analysis, types, [str(t) for t in tokens])
        return
    in_body = "LBRACE" in types
    last = types[-1]
    if not in_body:
        yield from _of_header(analysis, types)
        return
    pods = _pods_named(analysis, tokens)
    containers = analysis.containers(pods)
    has_job = any(analysis.member(name).places for name in pods)
    if last == "DOT" and has_job and str(tokens[-2]) == "job":
        yield from (Completion(f, "field", "of the Job") for f in job_fields(analysis.pack))
    elif last == "DOT":
        yield from _fields(analysis.pack.container_state, "apiState")
    elif last in ("EQ", "NE", "LBRACE", "COMMA") and (values := _values(analysis.pack, tokens)):
        yield from (Completion(value, "value") for value in values)
    elif (begun := _begun_event(analysis.source, tokens, head)) is not None and (
        events := list(_events(analysis, pods, begun))
    ):
        yield from events
    elif head == "TABLE" and last == "BAR":
        yield from _of_cell(analysis, tokens)
    elif begun is None or not begun:
        yield from _fields(analysis.pack.pod_state, "")
        for column in ("STATUS", "READY", "RESTARTS"):
            yield Completion(column, "field", "the column of kubectl get pods")
        if has_job:
            yield Completion("job", "field", "the Job of the pod")
        yield from (Completion(written(name), "container", pod) for name, pod in containers.items())


def _of_cell(analysis: Analysis, tokens: Sequence[Token]) -> Iterator[Completion]:
    """What can be written in a cell: the head of a column, or what its head says."""
    rows = _rows(analysis.source, tokens)
    columns = (*rows[0],) if len(rows) > 1 else ()
    if not columns:
        for column in ("event", "pod", "from"):
            yield Completion(column, "keyword", "a column")
        yield from (Completion(policy, "policy", "a column") for policy in POLICIES)
        return
    place = len(rows[-1])
    column = columns[place] if place < len(columns) else ""
    if column == "pod":
        yield from (Completion(written(name), "pod") for name in analysis.spec.pods)
    elif column == "from":
        yield from _starts(analysis.pack)
    elif column in POLICIES:
        yield from (
            Completion(str(v), "value", "phase") for v in analysis.pack.sorts["Phase"].values
        )
        yield Completion("any", "keyword", "claims nothing")


def _rows(source: Source, tokens: Sequence[Token]) -> list[list[str]]:
    """The cells that are closed of the rows of an unfinished table, the last row open."""
    first = next((n for n, t in enumerate(tokens) if t.type == "LBRACE"), len(tokens))
    rows: list[list[str]] = []
    cell: list[str] = []
    for token in tokens[first + 1 :]:
        at = token.start_pos or 0
        if token.type != "BAR":
            cell.append(unquote(str(token)))
        elif not source.text[source.text.rfind("\n", 0, at) + 1 : at].strip():
            rows.append([])
            cell = []
        elif rows:
            rows[-1].append(" ".join(cell))
            cell = []
    return rows


def _is_cell(source: Source, tokens: Sequence[Token]) -> bool:
    """Does a cell begin here, whose column says what it may be?"""
    return tokens[0].type == "TABLE" and tokens[-1].type == "BAR"


def _of_declarations(
    analysis: Analysis, types: list[str], words: list[str]
) -> Iterator[Completion]:
    """The fields of pods, Jobs and containers; feature gates."""
    if types[0] == "GATES":
        yield from (Completion(gate, "value", "feature gate") for gate in analysis.pack.gates)
    elif types[-1] == "COLON" and words[-2] == "restartPolicy":
        yield from (Completion(policy, "policy") for policy in POLICIES)
    elif types[-1] == "COLON" and words[-2] in job_syntax.WORDS:
        yield from (Completion(word, "value") for word in job_syntax.WORDS[words[-2]])
    elif types[-1] != "COLON" and "LBRACE" in types:
        depth = types.count("LBRACE") - types.count("RBRACE")
        if words[0] == "job" and depth == 1:
            for field in (*job_syntax.NUMBERS, *job_syntax.WORDS, *job_syntax.POLICIES):
                yield Completion(field, "field", "of the Job")
            return
        yield Completion("restartPolicy", "field", "of the pod or container")
        if depth > 1 + (words[0] == "job"):
            yield from (Completion(probe, "field", "a probe") for probe in sorted(PROBES))
        else:
            yield Completion("activeDeadlineSeconds", "field", "of the pod")


def _of_header(analysis: Analysis, types: list[str]) -> Iterator[Completion]:
    head = next((t for t in reversed(types) if t in ("FOR", "FROM", "UNDER", "ASSUMING")), "")
    if head == "FOR":
        yield from (Completion(written(name), "pod") for name in analysis.spec.pods)
    elif head == "FROM":
        yield from _starts(analysis.pack)
    elif head == "UNDER":
        yield from (Completion(policy, "policy") for policy in POLICIES)
    elif head == "ASSUMING":
        yield Completion("only", "keyword")
        for kind in (*analysis.pack.kinds(), *analysis.pack.groups):
            yield Completion(kind, "kind", "kind of events")


def _starts(pack: Pack) -> Iterator[Completion]:
    yield from (Completion(start, "value", "a start") for start in ("created", *pack.preparations))


def _fields(fields: Mapping[str, StateVariable], state: str) -> Iterator[Completion]:
    for name, variable in fields.items():
        if variable.published and not variable.of_job and not name.endswith("Condition"):
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
    known = (*pack.pod_state, *pack.container_state, "STATUS", "state", *job_fields(pack))
    while words and compared and str(words[-1]) not in known:
        if words[-1].type not in ("WORD", "STRING"):
            return []
        words.pop()
    if not words or not compared:
        return []
    if str(words[-1]) == "STATUS":
        return [f'"{word}"' for word in sorted(status_words(pack))]
    of_container = len(words) > 1 and words[-2].type == "DOT"
    if of_container and len(words) > 2 and str(words[-3]) == "job":
        return _values_of_job(pack, str(words[-1]))
    name = "apiState" if str(words[-1]) == "state" else str(words[-1])
    field = (pack.container_state if of_container else pack.pod_state).get(name)
    if field is None or field.sort.kind != "enum":
        return []
    return [written(str(v)) for v in field.sort.values]


def _values_of_job(pack: Pack, field: str) -> list[str]:
    name = f"job{field[:1].upper()}{field[1:]}"
    lists = pack.decides.get(name, ())
    sort = pack.pod_state[name].sort if name in pack.pod_state else None
    sort = lists[0].sort if lists else sort
    if sort is None or sort.kind != "enum":
        return []
    return [written(str(v)) for v in sort.values]


def _begun_event(source: Source, tokens: Sequence[Token], head: str) -> str | None:
    """The words of an event that is half written, empty where one begins, None elsewhere."""
    for length in range(min(len(tokens), LONGEST_EVENT)):
        place = len(tokens) - length
        if _wants_event(source, tokens[:place], head):
            return " ".join(unquote(str(t)) for t in tokens[place:])
        if tokens[place - 1].type in ("BAR", "LBRACE", "RBRACE", "THEN", "WHEN"):
            return None
    return None


def _wants_event(source: Source, tokens: Sequence[Token], head: str) -> bool:
    """Does an event begin here: after `when`, in a sequence, in the column `event`?"""
    last, before = tokens[-1].type, tokens[-2].type if len(tokens) > 1 else ""
    if last == "WHEN" or (before, last) in EVENT_AFTER:
        return True
    if head != "TABLE" or last != "BAR":
        return False
    rows = _rows(source, tokens)
    return len(rows) > 1 and rows[0][len(rows[-1]) : len(rows[-1]) + 1] == ["event"]


def _events(analysis: Analysis, pods: tuple[str, ...], begun: str) -> Iterator[Completion]:
    """The events that can happen to the pods, written out, but for the words that are there."""
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
    for written_out in found:
        if not begun:
            yield written_out
        elif written_out.text.startswith(f"{begun} "):
            yield written_out._replace(text=written_out.text[len(begun) + 1 :])
