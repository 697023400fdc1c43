"""Syntax errors of YAML in plain words, and templates that were not rendered."""

from __future__ import annotations

import re
from typing import Any

MAX_SHOWN = 60

UNRENDERED = "This is a template that has not been rendered."
RENDER = "Pipe what it renders: `helm template CHART | podcheck audit -`."

_TEMPLATE = re.compile(r"\{\{[^\n{}]*(?:\}\})?")
_IN_TEXT = re.compile(r"\"(?:[^\"\\\n]|\\.)*+\"?|'[^'\n]*+'?|(?:^|(?<=\s))\#[^\n]*+", re.MULTILINE)
_LINES_BEFORE = 3  # how far above an error the template may stand that causes it


def template_at(text: str, *offsets: int) -> tuple[int, int] | None:
    """Where a template's `{{ ... }}` stands near an offset, best outside of quotes and comments."""
    for offset in offsets:
        start = offset
        for _ in range(_LINES_BEFORE + 1):
            start = max(text.rfind("\n", 0, start), 0)
        end = text.find("\n", offset)
        lines = text[start : end if end >= 0 else len(text)]
        if "{{" in lines:
            plain = _IN_TEXT.sub(lambda m: " " * len(m[0]), lines)
            found = _TEMPLATE.search(plain) or _TEMPLATE.search(lines)
            return (start + found.start(), start + found.end()) if found else None
    return None


def marks_of(error: Any) -> tuple[int, ...]:
    """The offsets that an error of the YAML parser refers to: the place, and what began there."""
    marks = (getattr(error, "problem_mark", None), getattr(error, "context_mark", None))
    return tuple(mark.index for mark in marks if mark is not None)


def shown(text: str) -> str:
    """A text of the manifest as it may stand in a message."""
    plain = text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
    return plain if len(plain) <= MAX_SHOWN else f"{plain[: MAX_SHOWN - 3]}..."


_TAB = "Indent with spaces, not with tabs."
_KNOWN = {
    "mapping values are not allowed in this context": (
        "Unexpected `:`.",
        "Mend the indentation, or put a text with a `:` in quotes.",
    ),
    "could not find expected ':'": ("A `:` is missing after this key.", ""),
    "did not find expected key": (
        "This line's indentation does not fit those above it.",
        "Keys of one object stand in one column.",
    ),
    "did not find expected '-' indicator": (
        "This line is no item of the list above it.",
        "Items of one list begin with `-` in one column.",
    ),
    "did not find expected ',' or ']'": ("This list has no closing `]`.", ""),
    "did not find expected ',' or '}'": ("This object has no closing `}`.", ""),
    "did not find expected node content": ("A value is missing here.", ""),
    "did not find expected <document start>": (
        "More text follows the end of the document.",
        "Documents are separated by a line `---`.",
    ),
    "found unexpected end of stream": ("This text is not closed.", "End it with its quote."),
    "found unknown escape character": (
        "There is no such escape in a text in double quotes.",
        "Write `\\\\` for a backslash, or put the text in single quotes.",
    ),
    "found invalid Unicode character escape code": ("There is no such character.", ""),
}


def complaint_of(error: Any, text: str) -> tuple[str, int, str, str]:
    """Code, offset, message and hint for an error of the YAML parser."""
    if hasattr(error, "position"):  # a ReaderError: what YAML allows nowhere
        at = next((i for i, c in enumerate(text) if ord(c) == error.character), 0)
        return "E327", at, f"YAML does not allow the character U+{error.character:04X}.", ""
    problem = error.problem or ""
    at = error.problem_mark.index
    if "nesting depth" in problem:
        return "E321", at, "This is nested too deep.", ""
    if text[at : at + 1] == "\t" or "found a tab" in problem:
        return "E320", at, "Unexpected tab.", _TAB
    opened = error.context_mark.index if error.context_mark is not None else at
    if problem in _KNOWN:
        message, hint = _KNOWN[problem]
        if "closed" in message or "closing" in message:
            at = opened
    elif problem == "found character that cannot start any token":
        sign = text[at : at + 1]
        message = f"A value can't begin with `{sign}`."
        hint = "Put it in quotes."
    else:
        message, hint = f"This is not YAML: {problem}.", ""
    return "E320", at, message, hint
