"""What to say of a syntax error: the place, one sentence, and what to write instead.

Each ``_of_...`` function knows one mistake that people make and answers None for any other;
the first that answers is taken.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

from lark import Token

from podcheck.language.diagnostics import Diagnostics, did_you_mean
from podcheck.language.lexer import DECLARATIONS, KEYWORDS
from podcheck.language.source import Source
from podcheck.language.syntax_trouble import (
    SPELLED,
    Complaint,
    Trouble,
    expectation,
    shown,
    unexpected,
)
from podcheck.language.user_habits import HABITS

_CLOSING = {"LBRACE": "RBRACE", "LPAR": "RPAR", "LSQB": "RSQB"}
_COMPARISONS = ("EQ", "NE", "LE", "LT", "GE", "GT", "IN", "NOT")
_TIMES_OF_FORMULAS = ("ALWAYS", "NEVER", "EVENTUALLY", "STAYS", "OBSERVE")
# Documents of YAML and JSON have one of these at the left margin or in their first object
_MANIFEST = re.compile(
    r"^(?:---[^\n]*\n+)?(apiVersion|kind)[ \t]*:|\A\s*[{\[][\s{\[]*(\"(?:apiVersion|kind)\")",
    re.MULTILINE,
)
_POLICIES = ("Always", "OnFailure", "Never")


def complain(trouble: Trouble) -> Complaint:
    """The one thing to say of a syntax error."""
    for attempt in _ATTEMPTS:
        complaint = attempt(trouble)
        if complaint is not None:
            return complaint
    return unexpected(trouble.at or trouble.chunk[-1], expectation(trouble.accepts))


def no_spec_in(source: Source, diagnostics: Diagnostics) -> bool:
    """Is a text a Kubernetes manifest, or a page, and no spec?  Then this is the one thing said."""
    of_mark = source.text[:1].isspace()  # the spec in a comment of a page, at its place
    if source.name.endswith((".md", ".markdown")) and not of_mark:
        message = "This is a page of Markdown, not a spec."
        hint = f"Check its marked tables with `podcheck table --check {source.name}`."
        diagnostics.add("E001", source.span(0, max(0, source.text.find("\n"))), message, hint)
        return True
    found = _MANIFEST.search(source.text)
    if found is None:
        return False
    message = "This is a Kubernetes manifest, not a spec."
    named = source.name.removesuffix(".pod") + ".yaml" * source.name.endswith(".pod")
    renamed = f"Rename it to {named}. " if named != source.name else ""
    hint = (
        f"{renamed}Check it with `podcheck audit {named}`, or take its pod into a spec with "
        f'`pod web from "{posixpath.basename(named)}"`.'
    )
    diagnostics.add("E001", source.span(*found.span(found.lastindex or 0)), message, hint)
    return True


def _open(chunk: list[Token], end: int) -> list[Token]:
    """The brackets still open before the token at ``end``, outermost first."""
    stack: list[Token] = []
    for token in chunk[:end]:
        if token.type in _CLOSING:
            stack.append(token)
        elif stack and token.type in _CLOSING.values():
            stack.pop()
    return stack


def _of_brackets(trouble: Trouble) -> Complaint | None:
    at, opened = trouble.at, _open(trouble.chunk, trouble.index)
    closes = {"{": "}", "(": ")", "[": "]"}
    opens = {close: opening for opening, close in closes.items()}
    if at is None:
        if opened:
            return _never_closed(opened[-1], closes)
        message = "The declaration ends too early."
        return Complaint("E001", trouble.chunk[-1], message, expectation(trouble.accepts))
    if at.type not in _CLOSING.values():
        return None
    if not opened:
        message = f"This `{at}` closes nothing: no `{opens[str(at)]}` is open."
        return Complaint("E002", at, message, "Remove it.")
    if _CLOSING[opened[-1].type] != at.type:
        return _never_closed(opened[-1], closes)
    return None


def _never_closed(opened: Token, closes: dict[str, str]) -> Complaint:
    hint = f"Add a `{closes[str(opened)]}`."
    return Complaint("E002", opened, f"This `{opened}` is never closed.", hint)


def _of_title(trouble: Trouble) -> Complaint | None:
    before = trouble.before
    if before is None or trouble.at is None or trouble.accepts != {"STRING"}:
        return None
    if before.type not in ("TABLE", "SCENARIO", "CHECK", "FIND", "REFUTE", "HAZARD"):
        return None
    message = f"A {before} begins with its title in quotes."
    return Complaint("E001", trouble.at, message, f'Write `{before} "TITLE" for POD {{`.')


def _of_policy(trouble: Trouble) -> Complaint | None:
    at, before = trouble.at, trouble.before
    if at is None or before is None or before.type not in ("UNDER", "COMMA", "COLON", "BAR"):
        return None
    meant = next((p for p in _POLICIES if p.lower() == str(at)), None)
    if meant is None or "WORD" not in trouble.accepts:
        return None
    message = f"There is no restartPolicy `{at}`."
    return Complaint("E103", at, message, f"Did you mean `{meant}`?")


def _of_mixture(trouble: Trouble) -> Complaint | None:
    at, first = trouble.at, trouble.chunk[0]
    if at is None or first.type not in ("SCENARIO", "CHECK", "FIND", "REFUTE"):
        return None
    earlier = {token.type for token in trouble.chunk[: trouble.index]}
    if (at.type == "WHEN" and "WHEN" not in earlier and "WORD" in trouble.accepts) or (
        at.type in _TIMES_OF_FORMULAS and "WHEN" in earlier and "RBRACE" in trouble.accepts
    ):
        message = "A claim holds either `when` steps or conditions, not both."
        return Complaint("E001", at, message, "Make two claims of it.")
    return None


def _of_neighbours(trouble: Trouble) -> Complaint | None:
    """Mistakes that show only when the token before is looked at too."""
    at, before = trouble.at, trouble.before
    if at is None or before is None:
        return None
    if before.type == "WORD" and trouble.accepts == {"COLON"}:
        words = ("container", "init", "sidecar", "volume", "mount", "port", "hostPort")
        hint = did_you_mean(str(before), words)
        if hint:
            return unexpected(before, hint)
    if at.type == "EXIT" and "THEN" in trouble.accepts:
        return unexpected(at, "Did you mean `exits`?")
    if at.type == "AND" and "COMMA" in trouble.accepts:
        return unexpected(at, "Write a `,` between them.")
    if at.type == "ANY" and before.type == "UNDER":
        return unexpected(at, "Did you mean `every`?")
    if at.type in ("FOR", "FROM", "UNDER") and trouble.accepts & {"ASSUMING", "UNDER"}:
        hint = "The order is `for`, `from`, `under`, `assuming`, each once."
        return Complaint("E001", at, f"`{at}` comes too late here.", hint)
    in_expression = trouble.accepts & {"AND", "EQ"} or trouble.accepts <= {"WHEN", "RBRACE"}
    if before.type == "WORD" and at.type in ("WORD", "STATE") and in_expression:
        hint = f"Is there something missing between them, as in `{before}.{at}`?"
        return Complaint("E001", at, f"{shown(at)} can't follow {shown(before)}.", hint)
    return None


def _of_spelling(trouble: Trouble) -> Complaint | None:
    at = trouble.at
    if at is None or not (at.type == "WORD" or str(at) in KEYWORDS):
        return None
    words = [SPELLED.get(a, a.lower()) for a in trouble.accepts if a.lower() in KEYWORDS]
    hint = did_you_mean(str(at), words)
    return unexpected(at, hint) if hint else None


def _of_then(trouble: Trouble) -> Complaint | None:
    at = trouble.at
    if at is None or "THEN" not in trouble.accepts or "FOLLOWED" not in trouble.accepts:
        return None
    if at.type in _COMPARISONS:
        message = f"Unexpected {shown(at)} in an event."
        hint = "Write `then` between the event and what must hold after it."
        return Complaint("E001", at, message, hint)
    if at.type in ("WORD", "CONDITION", "NOT", "SOME", "EVERY", "LPAR", "COUNT", "NO"):
        hint = "Is `then` missing before it?"
        return unexpected(at, hint)
    return None


def _of_name(trouble: Trouble) -> Complaint | None:
    at = trouble.at
    if at is None or str(at) not in KEYWORDS or not trouble.accepts <= {"WORD", "STRING", "RBRACE"}:
        return None
    if "WORD" not in trouble.accepts:
        return None
    hint = "Choose another name."
    if "STRING" in trouble.accepts:
        hint = f'As a name write it in quotes: "{at}".'
    return Complaint("E001", at, f"`{at}` is a word of the language.", hint)


def _of_manifest(trouble: Trouble) -> Complaint | None:
    """`pod web from deploy.yaml Deployment web`: quotes or a slash are missing."""
    at, before = trouble.at, trouble.before
    if at is None or before is None:
        return None
    if before.type == "FROM" and trouble.accepts == {"STRING"}:
        hint = 'Write the name of a file in quotes: `from "deploy.yaml"`.'
        return unexpected(at, hint)
    if trouble.accepts == {"SLASH"}:
        hint = f"Write kind and name as `{before}/{at}`."
        return unexpected(at, hint)
    return None


def _of_end_of_line(trouble: Trouble) -> Complaint | None:
    at, before = trouble.at, trouble.before
    if at is None or before is None or "RBRACE" in trouble.accepts:
        return None
    assert at.start_pos is not None and before.start_pos is not None
    lines = (trouble.source.line_of(before.start_pos), trouble.source.line_of(at.start_pos))
    if at.type not in _CLOSING.values() and at.type not in DECLARATIONS and lines[0] == lines[1]:
        return None
    hint = expectation(trouble.accepts)
    if {"WORD", "NUMBER", "STRING"} <= trouble.accepts:
        hint = "A name, a number or a value must follow."
    return Complaint("E001", before, f"Something is missing after {shown(before)}.", hint)


def _of_separator(trouble: Trouble) -> Complaint | None:
    at = trouble.at
    if at is not None and at.type == "DOC":
        hint = "Comments begin with `#`."
        return Complaint("E001", at, "`--` begins a comment in rule packs only.", hint)
    if at is None or at.type not in ("SEMICOLON", "COMMA"):
        return None
    hint = "Remove it: a space or a new line is enough."
    return unexpected(at, hint)


def _of_symbol(trouble: Trouble) -> Complaint | None:
    at, before = trouble.at, trouble.before
    if at is None:
        return None
    if at.type == "BAR" and "OR" in trouble.accepts:
        return Complaint("E001", at, "`|` belongs in a table.", "Write `or` between conditions.")
    if at.type == "BANG" and "NOT" in trouble.accepts:
        return Complaint("E001", at, "`!` belongs before a cell of a table.", "Write `not`.")
    if before is not None and before.type == "IS" and "FIRST" in trouble.accepts:
        return Complaint("E001", before, "`is` does not compare two values.", "Write `=`.")
    return None


_ATTEMPTS: tuple[Callable[[Trouble], Complaint | None], ...] = (
    *HABITS, _of_brackets, _of_title, _of_policy, _of_mixture, _of_neighbours, _of_spelling,
    _of_then, _of_name, _of_manifest, _of_end_of_line, _of_separator, _of_symbol,
)  # fmt: skip
