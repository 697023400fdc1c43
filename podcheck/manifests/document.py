"""Kubernetes YAML and JSON as positioned trees, one a document.

The texts are not trusted: values are read from the parser's events without recursion; there
are no tags, and no more depth and values than a manifest has use for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from podcheck.language.diagnostics import Diagnostic, Diagnostics
from podcheck.language.source import Source, Span
from podcheck.manifests.scalars import resolve
from podcheck.manifests.tree import Mapping, Node, Scalar, Sequence
from podcheck.manifests.yaml_errors import (
    RENDER,
    UNRENDERED,
    complaint_of,
    marks_of,
    shown,
    template_at,
)

if TYPE_CHECKING:
    from yaml import Event

MAX_DEPTH = 100
MAX_VALUES = 1_000_000  # of one document, with what its aliases stand for
MAX_DOCUMENTS = 100_000
MAX_FAULTS = 500  # kept of one document

_SEPARATOR = re.compile(r"^---(?=[ \t\r\n#]|\Z)", re.MULTILINE)  # `---# text` is one for kubectl
_NO_CONTENT = re.compile(r"(?:---)?(?:[ \t]*(?:[#%][^\n]*)?(?:\n|\Z))*+")
_WORD = re.compile(r"\S*")
_BYTE_ORDER_MARK = "\ufeff"
_HALVES = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_MANAGED = frozenset(("managedFields",))  # what nobody wrote, often most of a text
_SKIPPED = _MANAGED | {"status"}  # what the cluster adds


_new: Any = tuple.__new__  # of a named tuple, without the call of Python that its class makes


class Document(NamedTuple):
    """One document.  ``faults`` are what is wrong with it although it could be read; they matter
    only if the document does."""

    root: Node
    faults: tuple[Diagnostic, ...]


class _Stop(Exception):
    """A document that can't be read on; carries the diagnostic."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic


def read_documents(
    source: Source,
    diagnostics: Diagnostics,
    passes: Callable[[str, Diagnostic], bool] = lambda text, fault: False,
    *,
    with_status: bool = False,
) -> Iterator[Document]:
    """The documents of a text, in order; one that can't be read does not hide the others.  What a
    cluster adds to an object is passed over, but for its ``status`` if that is asked for.

    What is wrong with one is reported unless somebody ``passes`` its text over.
    """
    passed_over = _MANAGED if with_status else _SKIPPED
    for number, (start, end) in enumerate(_chunks(source.text)):
        if number == MAX_DOCUMENTS:
            message = f"This file has more than {MAX_DOCUMENTS:,} documents."
            diagnostics.add("E322", source.span(start, start + 3), message, "Split the file.")
            return
        try:
            yield from _Parser(source, start, end, passed_over).documents()
        except _Stop as stop:
            if not passes(source.text[start:end], stop.diagnostic):
                diagnostics.found[stop.diagnostic] = None


def _chunks(text: str) -> Iterator[tuple[int, int]]:
    """Where documents that say anything begin and end: `---` at the margin separates them, and
    JSON objects may follow one another without it."""
    starts = [m.start() for m in _SEPARATOR.finditer(text)]
    start = 0
    for end in (*starts, len(text)):
        start += 3 * text.startswith("---#", start, end)
        match = _NO_CONTENT.match(text, start, end)
        content = match.end() if match else start
        if content < end:
            if text[content] == _BYTE_ORDER_MARK:
                start = content = content + 1
            if text.startswith("{", content):
                yield from _objects(text, content, end)
            else:
                yield start, end
        start = end


def _objects(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """JSON objects that follow one another, or all of the text if it is not that."""
    decoder = json.JSONDecoder()
    while start < end:
        try:
            _, stop = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            stop = end
        yield start, min(stop, end)
        start = stop
        while start < end and text[start].isspace():
            start += 1


def _event_parser() -> Any:
    """PyYAML's parser; the slow one where it was built without libyaml."""
    try:
        from yaml.cyaml import CParser
    except ImportError:
        from yaml import SafeLoader

        return SafeLoader
    return CParser


def _whole(written: str, value: str) -> str:
    """A JSON text with characters that are written as two halves, which YAML knows nothing of."""
    try:
        return str(json.loads(written, strict=False))
    except ValueError:
        return value  # it has escapes that JSON does not have


@dataclass(slots=True)
class _Open:
    """A mapping or list whose end has not been seen yet; ``key`` waits for its value."""

    start: int
    anchor: str | None
    items: list[Node] | None = None
    entries: dict[str, tuple[Span, Node]] = field(default_factory=dict)
    key: tuple[str, Span] | None = None
    merged: list[Node] = field(default_factory=list)
    size: int = 1


class _Parser:
    """The documents in one stretch of a source."""

    def __init__(self, source: Source, start: int, end: int, passed_over: frozenset[str]) -> None:
        self.source = source
        self.passed_over = passed_over
        self.base = start
        self.text = source.text[start:end]
        self.faults: list[Diagnostic] = []
        self.anchors: dict[str, Node] = {}
        self.opened: set[str] = set()
        self.stack: list[_Open] = []
        self.skipping = 0  # how deep inside of a value that is passed over

    def span(self, start: int, end: int) -> Span:
        return Span(self.source, self.base + start, self.base + max(start, end))

    def place(self, event: Event) -> Span:
        """Where a scalar or an alias stands, or where a list or an object begins."""
        start, end = event.start_mark.index, event.end_mark.index
        while end > start + 1 and self.text[end - 1].isspace():
            end -= 1
        return Span(self.source, self.base + start, self.base + end)

    def stop(self, code: str, span: Span, message: str, hint: str = "") -> _Stop:
        return _Stop(Diagnostic(code, span, message, hint))

    def documents(self) -> Iterator[Document]:
        from yaml import DocumentStartEvent, YAMLError

        parser: Any = None
        try:
            parser = _event_parser()(_HALVES.sub(r"\\ufffd\\ufffd", self.text))
            while parser.check_event():
                if isinstance(parser.get_event(), DocumentStartEvent):
                    self.faults, self.anchors = [], {}
                    root = self._root(parser)
                    yield Document(root, tuple(self.faults))
        except YAMLError as error:
            raise _Stop(self._syntax(error)) from None
        except UnicodeEncodeError as error:
            span = self.span(error.start, error.start + 1)
            raise self.stop("E327", span, "Half a character stands here.") from None
        finally:
            if parser is not None:
                parser.dispose()

    def _syntax(self, error: Any) -> Diagnostic:
        template = template_at(self.text, *marks_of(error))
        if template is not None:
            return self._template(*template)
        code, start, message, hint = complaint_of(error, self.text)
        return Diagnostic(code, self.span(start, start + 1), message, hint)

    def _template(self, start: int, end: int) -> Diagnostic:
        return Diagnostic("E326", self.span(start, end), UNRENDERED, RENDER)

    # ---- events to values ----------------------------------------------------------------

    def _root(self, parser: Any) -> Node:
        from yaml import events as kinds

        scalar = kinds.ScalarEvent
        reading: dict[type, Callable[[Any], Node | None]] = {
            kinds.AliasEvent: self._alias,
            kinds.MappingStartEvent: self._begin,
            kinds.SequenceStartEvent: self._begin_list,
            kinds.MappingEndEvent: self._end,
            kinds.SequenceEndEvent: self._end,
        }
        next_event = parser.get_event
        for _ in range(3 * MAX_VALUES):
            event = next_event()
            if event.__class__ is scalar:  # most are
                if self.skipping:
                    continue
                node: Node | None = self._scalar(event)
            else:
                node = reading[event.__class__](event)
            if node is not None and self._take(node):
                return node
        raise self._too_many(self.place(event))

    def _begin_list(self, event: Any) -> None:
        self._begin(event, [])

    def _begin(self, event: Any, items: list[Node] | None = None) -> None:
        if event.tag is not None:
            self._refuse_tag(event)
        if len(self.stack) + self.skipping >= MAX_DEPTH:
            message = f"This is nested deeper than {MAX_DEPTH} levels."
            raise self.stop("E321", self.place(event), message)
        parent = self.stack[-1] if self.stack else None
        if self.skipping or (parent and parent.key and parent.key[0] in self.passed_over):
            self.skipping += 1
            return
        if parent is not None and parent.items is None and parent.key is None:
            template = template_at(self.text, event.start_mark.index)
            if template is not None:
                raise _Stop(self._template(*template))
            message = "A list or an object can't be a key here."
            raise self.stop("E320", self.place(event), message, "Put the text in quotes.")
        if event.anchor:
            self.opened.add(event.anchor)
        self.stack.append(_Open(event.start_mark.index, event.anchor, items))

    def _end(self, event: Any) -> Node | None:
        if self.skipping:
            self.skipping -= 1
            return None if self.skipping else Scalar(None, self.place(event))
        open_ = self.stack.pop()
        span = self.span(open_.start, open_.start + 1)
        if open_.items is not None:
            node: Node = Sequence(tuple(open_.items), span, open_.size)
        else:
            for other in open_.merged:
                self._merge(open_, other)
            node = Mapping(open_.entries, span, open_.size)
        if open_.anchor:
            self.opened.discard(open_.anchor)
            self.anchors[open_.anchor] = node
        return node

    def _scalar(self, event: Any) -> Scalar:
        if event.tag is not None:
            self._refuse_tag(event)
        value = event.value
        start, end = event.start_mark.index, event.end_mark.index
        if event.implicit[0]:
            value = resolve(value)
        elif event.style == '"' and "\ufffd" in value:
            value = _whole(self.text[start:end], value)
        while end > start + 1 and self.text[end - 1].isspace():
            end -= 1
        base = self.base
        span = _new(Span, (self.source, base + start, base + end))
        node: Scalar = _new(Scalar, (value, span, 1))
        if event.anchor:
            self.anchors[event.anchor] = node
        return node

    def _alias(self, event: Any) -> Node | None:
        if self.skipping:
            return None
        name = event.anchor
        if name in self.opened:
            raise self.stop("E325", self.place(event), f"The alias `*{name}` contains itself.")
        if name not in self.anchors:
            message = f"There is no anchor `&{name}` before this alias."
            raise self.stop("E325", self.place(event), message)
        return self.anchors[name]

    def _take(self, node: Node) -> bool:
        """Put a value where it belongs; True if it is the whole document."""
        if not self.stack:
            return True
        parent = self.stack[-1]
        parent.size += node.size
        if parent.size > MAX_VALUES:
            raise self._too_many(node.span)
        if parent.items is not None:
            parent.items.append(node)
        elif parent.key is None:
            parent.key = (self._key(node), node.span)
        else:
            key, span = parent.key
            parent.key = None
            if key in parent.entries or key == "<<":
                self._enter(parent, key, span, node)
            else:
                parent.entries[key] = (span, node)
        return False

    def _key(self, node: Node) -> str:
        if node.__class__ is Scalar and node.value.__class__ is str:
            return node.value
        if not isinstance(node, Scalar):
            message = "A list or an object can't be a key here."
            raise self.stop("E320", node.span, message, "Put the text in quotes.")
        if isinstance(node.value, bool):
            return str(node.value).lower()
        return str("" if node.value is None else node.value)

    def _enter(self, parent: _Open, key: str, span: Span, node: Node) -> None:
        if key == "<<":
            parent.merged += node.items if isinstance(node, Sequence) else (node,)
            return
        if key in parent.entries:
            first = parent.entries[key][0]
            message = f"`{shown(key)}` stands here a second time."
            hint = f"The first one is in line {first.line}; this one counts."
            self._fault(Diagnostic("W344", span, message, hint))
        parent.entries[key] = (span, node)

    def _merge(self, into: _Open, node: Node) -> None:
        """The entries of a `<<`: those that the object does not have itself."""
        if isinstance(node, Mapping):
            for key, value in node.entries.items():
                into.entries.setdefault(key, value)
        else:
            message = "Only an object can be merged with `<<`."
            self._fault(Diagnostic("E320", node.span, message))

    def _too_many(self, span: Span) -> _Stop:
        message = f"This document has more than {MAX_VALUES:,} values, aliases counted in full."
        return self.stop("E322", span, message, "Split it into several documents.")

    def _refuse_tag(self, event: Any) -> None:
        if self.skipping:
            return
        start = event.start_mark.index
        written = _WORD.match(self.text, start)
        span = self.span(start, written.end() if written else start)
        tag = event.tag.replace("tag:yaml.org,2002:", "!!")
        message = f"The tag `{shown(tag)}` has no meaning in a manifest."
        self._fault(Diagnostic("E323", span, message, "Leave it out; quote a text."))

    def _fault(self, fault: Diagnostic) -> None:
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(fault)
