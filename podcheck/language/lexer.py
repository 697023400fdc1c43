"""Tokens of specs and rule packs.

One regular expression; a word that is a keyword gets a token of its own.  After a dot, a
slash, ``define`` or ``decide`` every word is a plain name, so that Kubernetes' own names
(``state``) can be used as fields.
"""

from __future__ import annotations

import re

from lark import Token

from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source

MAX_DIGITS = 12

KEYWORDS = frozenset(
    """after all always and any anything as assuming at before but by check condition container
    count decide define early else event eventually every exit false find first followed for
    from gate gates group hazard if implies in include init input is kind kubernetes last
    leads main most mount never next no nonzero not observe of off on once only or order other
    otherwise overrides pod policy port hostPort published races refuse refute repeatedly rule
    rules scenario sidecar since some sort start state static stays sum table then to together
    true under until volume warn when where with""".split()
)
_TYPES = {word: word.upper() for word in KEYWORDS}

# A declaration starts with one of these at the left margin.
DECLARATIONS = frozenset(
    """KUBERNETES GATES INCLUDE POD JOB TABLE SCENARIO CHECK FIND REFUTE RULE SORT STATE GATE DEFINE
    DECIDE NEXT INPUT EVENT GROUP START REFUSE WARN HAZARD""".split()
)

_PUNCTUATION = {
    "{": "LBRACE", "}": "RBRACE", "(": "LPAR", ")": "RPAR", "[": "LSQB", "]": "RSQB",
    "|": "BAR", ":": "COLON", ";": "SEMICOLON", ",": "COMMA", "..": "DOTDOT", ".": "DOT",
    "=": "EQ", "!=": "NE", "<=": "LE", "<": "LT", ">=": "GE", ">": "GT", "+": "PLUS",
    ":=": "SET", "!": "BANG", "/": "SLASH",
}  # fmt: skip

# Quotation marks of word processors and of other languages
_DOUBLE, _SINGLE = "\u201c\u201d\u201e", "\u2018\u2019\u201a"
_TIMES = ("*", "\u00d7")
_QUOTES = frozenset(f"'`{_DOUBLE}{_SINGLE}\u00ab\u00bb")
_QUOTED = (
    rf"'[^'\n]+'|`[^`\n]+`|[{_DOUBLE}][^{_DOUBLE}\n]*[{_DOUBLE}]"
    rf"|[{_SINGLE}][^{_SINGLE}\n]*[{_SINGLE}]|\u00ab[^\u00ab\u00bb\n]*\u00bb"
)

# What other languages write, and what is meant.
_MEANT = {
    "==": ("EQ", "="), "&&": ("AND", "and"), "->": ("THEN", "then"), "=>": ("IMPLIES", "implies"),
    "→": ("THEN", "then"), "⇒": ("IMPLIES", "implies"),
}  # fmt: skip

_TOKEN = re.compile(
    r"""(?P<SPACE>\s+|\ufeff)
    |(?P<COMMENT>\#[^\n]*)
    |(?P<DASHES>\|(?:[ \t]*:?-+:?[ \t]*\|)+(?=[ \t]*(?:\r?\n|\Z)))
    |(?P<DOC>--[^\n]*)
    |(?P<TIMES>x(?=[ \t]+[0-9]))
    |(?P<WORD>[A-Za-z_][A-Za-z0-9_]*(?:-[A-Za-z0-9_]+)*)
    |(?P<NUMBER>[0-9]+(?![A-Za-z_]))
    |(?P<STRING>"(?:[^"\\\n]|\\[^\n])*")
    |(?P<OPEN_STRING>"[^\n]*)
    |(?P<SLASHES>//[^\n]*|/\*.*?(?:\*/|\Z))
    |(?P<QUOTED>"""
    + _QUOTED
    + r""")
    |(?P<WRONG>==|&&|[-=]>|→|⇒|\u2013|-(?=[0-9]))
    |(?P<PUNCTUATION>\.\.|:=|!=|<=|>=|[{}()\[\]|:;,.=<>+!/])
    |(?P<OTHER>[0-9]+[A-Za-z_0-9-]*|[^\s\w"\#{}()\[\]|:;,.=<>+!/-]+|.)""",
    re.VERBOSE | re.DOTALL,
)


def tokenize(source: Source, diagnostics: Diagnostics) -> tuple[list[Token], list[Token]]:
    """All tokens of a source, and its comments apart.  What is no token is reported once."""
    tokens: list[Token] = []
    comments: list[Token] = []
    plain_next = False
    for match in _TOKEN.finditer(source.text):
        kind = match.lastgroup
        text = match.group()
        if kind == "SPACE":
            plain_next = plain_next and "\n" not in text
            continue
        start = match.start()
        if kind == "WORD":
            if not plain_next:
                kind = _TYPES.get(text, "WORD")
                if text == "job" and _declares_job(source.text, start, match.end()):
                    kind = "JOB"
        elif kind == "PUNCTUATION":
            kind = _PUNCTUATION[text]
        elif kind == "COMMENT":
            comments.append(Token("COMMENT", text, start, end_pos=match.end()))
            continue
        elif kind == "NUMBER" and len(text) > MAX_DIGITS:
            span = source.span(start, match.end())
            message = f"A number has at most {MAX_DIGITS} digits here."
            diagnostics.add("E204", span, message)
            text = "1"
        elif kind == "OPEN_STRING":
            span = source.span(start, match.end())
            diagnostics.add(
                "E004", span, "This text is not closed on its line.", 'End it with a `"`.'
            )
            kind = "STRING"
            text += '"'
        elif kind == "WRONG":
            kind, meant = _MEANT.get(text, ("DOTDOT", ".."))
            hint = f"Write `{meant}`."
            if text == "-":
                hint = "Write a range as `1..5`; no number here is less than 0."
            span = source.span(start, match.end())
            diagnostics.add("E003", span, f"There is no `{text}` in this language.", hint)
        elif kind == "SLASHES":
            span = source.span(start, start + 2)
            message = f"`{text[:2]}` does not begin a comment."
            diagnostics.add("E003", span, message, "Comments begin with `#`.")
            continue
        elif kind == "QUOTED":
            kind, text = "STRING", '"' + text[1:-1].replace("\\", "\\\\").replace('"', "") + '"'
            span = source.span(start, match.end())
            message = f"`{match.group()[0]}` does not quote a text."
            diagnostics.add("E003", span, message, f"Use double quotes: {text}.")
        elif kind == "OTHER":
            _report_other(source, diagnostics, text, start)
            if not text[0].isdigit():
                continue
            kind, text = "STRING", f'"{text}"'
        plain_next = kind in ("DOT", "SLASH", "DEFINE", "DECIDE")
        assert kind is not None
        tokens.append(Token(kind, text, start, end_pos=match.end()))
    return tokens, comments


_JOB = re.compile(r"[ \t]+([\w-]+|\"[^\"\n]*\")\s*(\{|from\b)")


def _declares_job(text: str, start: int, end: int) -> bool:
    """Does a word `job` declare one?  If not, it is the Job of a claim, or a name."""
    at_margin = start == 0 or text[start - 1] == "\n"
    return at_margin and _JOB.match(text, end) is not None


def _report_other(source: Source, diagnostics: Diagnostics, text: str, start: int) -> None:
    span = source.span(start, start + len(text))
    if text[0].isdigit():
        hint = f'Write it in quotes, "{text}", if it is a name.'
        diagnostics.add("E003", span, f"A name can't begin with a digit here: `{text}`.", hint)
        return
    plural = len(text) > 1
    if text in _QUOTES:
        message = f"`{text}` does not quote a text."
        diagnostics.add("E003", span, message, 'Use double quotes: "a text".')
        return
    shown = text if text.isprintable() else " ".join(f"U+{ord(c):04X}" for c in text[:8])
    if len(shown) > 40:
        shown = shown[:37] + "..."
    message = f"Unexpected character{'s' * plural} `{shown}`."
    hint = f"Remove {'them' if plural else 'it'}, or put the text in double quotes."
    line_start = source.text.rfind("\n", 0, start) + 1
    if text in _TIMES and re.match(r"\s*[0-9]", source.text[start + 1 : start + 9]):
        hint = "Repeat an event with `x`, as in `app exits 1 x 3`."
    if text == "-" and not source.text[line_start:start].strip():
        hint = "A spec is not YAML: write `container NAME`, one a line."
    diagnostics.add("E003", span, message, hint)


def unquote(token: str) -> str:
    """The text that a STRING token stands for (a plain word stands for itself)."""
    if not token.startswith('"'):
        return str(token)
    return re.sub(r"\\(.)", r"\1", token[1:-1])


_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:-[A-Za-z0-9_]+)*")  # as in ``_TOKEN``


def written(name: str) -> str:
    """A name as a spec has to write it: in quotes where it would not be a word."""
    if name not in KEYWORDS and _WORD.fullmatch(name):
        return name
    return '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
