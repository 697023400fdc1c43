"""The fields of one object, read with the types that the API gives them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from podcheck.language.diagnostics import Diagnostics, did_you_mean
from podcheck.language.source import Span
from podcheck.manifests.schema import PLACES, ObjectType
from podcheck.manifests.tree import Mapping, Node, Scalar, Sequence
from podcheck.manifests.yaml_errors import RENDER, UNRENDERED, shown

MAX_INT32 = 2**31 - 1
MAX_INT64 = 2**63 - 1
MAX_FAULTS = 1000  # of one object; what is more says nothing new
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")


class TooMuchWrong(Exception):
    """So much is wrong with an object that it is not worth to be read on."""


class Fields:
    """An object's fields by name.  What does not fit is diagnosed, and read as if it were not
    there; so is null, as the API server does."""

    def __init__(self, node: Mapping, kind: ObjectType, diagnostics: Diagnostics) -> None:
        self.node = node
        self.kind = kind
        self.diagnostics = diagnostics
        for name, (span, _) in node.entries.items():
            if name not in kind.fields:
                self._unknown(name, span)

    def _unknown(self, name: str, span: Span) -> None:
        hint = _meant(name, self.kind)
        if not hint:
            others = [k.name for k in PLACES if name in k.fields and k is not self.kind]
            hint = f"It belongs into {others[0]}." if others else ""
        phrase = self.kind.name[:1].upper() + self.kind.name[1:]
        message = f"{phrase} has no field `{shown(name)}`."
        if hint:
            self.error("E330", span, message, hint)
        else:
            self.error("W340", span, message, "It is passed over.")

    def error(self, code: str, span: Span, message: str, hint: str = "") -> None:
        if len(self.diagnostics.found) >= MAX_FAULTS:
            raise TooMuchWrong
        self.diagnostics.add(code, span, message, hint)

    # ---- places --------------------------------------------------------------------------

    def __contains__(self, name: str) -> bool:
        return self._node(name) is not None

    def _node(self, name: str) -> Node | None:
        assert name in self.kind.fields, name
        if name not in self.node.entries:
            return None
        node = self.node.entries[name][1]
        return None if isinstance(node, Scalar) and node.value is None else node

    def place(self, name: str) -> Span:
        """Where a field's name stands; the object's beginning if it has no such field."""
        if name in self.node.entries:
            return self.node.entries[name][0]
        first = next(iter(self.node.entries.values()), None)
        return first[0] if first else self.node.span

    def value_place(self, name: str) -> Span:
        node = self._node(name)
        return node.span if isinstance(node, Scalar) else self.place(name)

    # ---- values --------------------------------------------------------------------------

    def text(self, name: str, default: str = "") -> str:
        node = self._node(name)
        if node is None:
            return default
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return node.value
        hint = ""
        if isinstance(node, Scalar):
            written = node.span.source.text[node.span.start : node.span.end]
            hint = f"As `{shown(written)}` it is {_kind(node)}; put it in quotes."
        self._wrong(name, node, "a text", hint)
        return default

    def word(self, name: str, known: Iterable[str], default: str = "") -> str:
        """A text that is one of some words."""
        known = tuple(known)
        node = self._node(name)
        value = self.text(name, default)
        if node is None or value == default or value in known:
            return value
        choices = f"{', '.join(known[:-1])} or {known[-1]}." if len(known) > 1 else f"{known[0]}."
        if not self._is_template(node, value):
            message = f"There is no {name} `{shown(value)}`."
            self.error("E332", node.span, message, did_you_mean(value, known, choices))
        return default

    def name(self, name: str) -> str:
        """A text that is a name of an object or a container; of `generateName`, how it begins."""
        node = self._node(name)
        value = self.text(name)
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            return ""
        if self._is_template(node, value):
            return ""
        whole = value + "x" if name == "generateName" else value
        if not _NAME.fullmatch(whole) or len(value) > 253:
            message = (
                f"`{shown(value)}` is not a valid {name}." if value else f"This {name} is empty."
            )
            hint = "Names are small letters, digits and `-`."
            self.error("E336", node.span, message, hint)
            return ""
        return value

    def require(self, *names: str) -> None:
        """Diagnose fields that are not there."""
        for name in names:
            if name not in self:
                this = self.kind.name.removeprefix("a ").removeprefix("an ")
                self.error("E334", self.place(name), f"This {this} has no {name}.")

    def _is_template(self, node: Node, value: str) -> bool:
        if "{{" not in value:
            return False
        self.error("E326", node.span, UNRENDERED, RENDER)
        return True

    def number(self, name: str, low: int = 0, high: int = MAX_INT32) -> int | None:
        node = self._node(name)
        if node is None:
            return None
        number = _integer(node)
        if number is None:
            hint = ""
            if isinstance(node, Scalar) and isinstance(node.value, str) and node.value.isdigit():
                hint = "Leave the quotes out."
            self._wrong(name, node, "a whole number", hint)
        elif not low <= number <= high:
            self.error("E333", node.span, f"{name} goes from {low} to {high}.")
            return None
        return number

    def flag(self, name: str) -> bool:
        node = self._node(name)
        if node is None:
            return False
        if isinstance(node, Scalar) and isinstance(node.value, bool):
            return node.value
        self._wrong(name, node, "true or false", "")
        return False

    def object(self, name: str, kind: ObjectType) -> Fields | None:
        node = self.mapping(name)
        return Fields(node, kind, self.diagnostics) if node is not None else None

    def mapping(self, name: str) -> Mapping | None:
        node = self._node(name)
        if node is None or isinstance(node, Mapping):
            return node
        self._wrong(name, node, "an object", "")
        return None

    def objects(self, name: str, kind: ObjectType) -> Iterator[Fields]:
        for node in self.items(name):
            if isinstance(node, Mapping):
                yield Fields(node, kind, self.diagnostics)
            else:
                self.error("E331", node.span, f"Each item of {name} is an object.")

    def items(self, name: str) -> tuple[Node, ...]:
        node = self._node(name)
        if node is None:
            return ()
        if isinstance(node, Sequence):
            return node.items
        self._wrong(name, node, "a list", "Begin each item with `- `.")
        return ()

    def numbers(self, name: str) -> list[tuple[int, Span]]:
        """A list of whole numbers, each with its place."""
        found = []
        for node in self.items(name):
            number = _integer(node)
            if number is None:
                self.error("E331", node.span, f"Each item of {name} is a whole number.")
            else:
                found.append((number, node.span))
        return found

    def _wrong(self, name: str, node: Node, wanted: str, hint: str) -> None:
        span = node.span if isinstance(node, Scalar) else self.place(name)
        self.error("E331", span, f"{name} is {wanted}, not {_kind(node)}.", hint)


@lru_cache(maxsize=1000)  # who generates manifests makes one mistake in many of them
def _meant(name: str, kind: ObjectType) -> str:
    return did_you_mean(name, kind.fields)


def _integer(node: Node) -> int | None:
    value = node.value if isinstance(node, Scalar) else None
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) else None


def _kind(node: Node) -> str:
    if isinstance(node, Mapping):
        return "an object"
    if isinstance(node, Sequence):
        return "a list"
    if isinstance(node.value, bool):
        return "true or false"
    if isinstance(node.value, str):
        return "a text"
    return "a number" if _integer(node) is not None else "a fraction"
