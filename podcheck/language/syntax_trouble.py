"""Where the parser gave up, and the words to say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lark import Token

from podcheck.language.source import Source

SPELLED = {
    "LBRACE": "{", "RBRACE": "}", "LPAR": "(", "RPAR": ")", "LSQB": "[", "RSQB": "]", "BAR": "|",
    "COLON": ":", "SEMICOLON": ";", "COMMA": ",", "DOTDOT": "..", "DOT": ".", "EQ": "=",
    "NE": "!=", "LE": "<=", "LT": "<", "GE": ">=", "GT": ">", "PLUS": "+", "BANG": "!",
    "SLASH": "/",
    "WORD": "a name", "NUMBER": "a number", "STRING": 'a "text"', "SET": ":=", "TIMES": "x",
    "HOSTPORT": "hostPort",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trouble:
    """Where the parser gave up: ``at`` is the token it could not use (None: the end)."""

    source: Source
    chunk: list[Token]
    at: Token | None
    accepts: frozenset[str]

    @property
    def index(self) -> int:
        if self.at is None:
            return len(self.chunk)
        return next(i for i, token in enumerate(self.chunk) if token is self.at)

    @property
    def before(self) -> Token | None:
        index = self.index
        return self.chunk[index - 1] if index else None


@dataclass(frozen=True, slots=True)
class Complaint:
    """A diagnostic without its source: a code, the token it points at, a sentence, a hint."""

    code: str
    at: Token
    message: str
    hint: str = ""


def unexpected(at: Token, hint: str) -> Complaint:
    return Complaint("E001", at, f"Unexpected {shown(at)}.", hint)


def expectation(accepts: frozenset[str]) -> str:
    """A hint that lists what is possible instead, if that is a short list."""
    spelled = sorted(SPELLED.get(a, a.lower()) for a in accepts if a != "$END")
    if not spelled or len(spelled) > 7:
        return ""
    return f"Expected {alternatives(spelled)}."


def alternatives(words: Sequence[str]) -> str:
    """Words of the language as a sentence lists them, quoted."""
    quoted = [s if s.startswith("a ") else f"`{s}`" for s in words]
    head = ", ".join(quoted[:-1])
    return f"{head} or {quoted[-1]}" if head else quoted[-1]


def shown(token: Token) -> str:
    text = str(token)
    return f"`{text if len(text) <= 40 else text[:37] + '...'}`"
