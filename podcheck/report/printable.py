"""Texts of strangers (names of files, titles, names in manifests), made fit to be shown.

What a terminal, a log or a parser would act upon is shown escaped, as Python's ``repr`` does it:
``\\x1b``, ``\\u202e``; a byte of a file name that is not UTF-8 as a lone surrogate, ``\\udcff``.
"""

from __future__ import annotations

import re

_COMMAND = re.compile(r"^(\s*)::", re.MULTILINE)


def plain(text: str) -> str:
    """A text in one line, without characters that a terminal or a parser would act upon."""
    return text if text.isprintable() else "".join(map(_shown, text))


def lines(text: str) -> str:
    """The same of a text of several lines, which tabs may indent."""
    if text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return "".join(c if c in "\n\t" else _shown(c) for c in text)


def one_line(text: str) -> str:
    """The same of words that an author may have spread over several lines."""
    return plain(" ".join(text.split()) if "\n" in text else text)


def encodable(text: str) -> str:
    """A text that UTF-8 can encode, and nothing else changed."""
    return text if text.isascii() else re.sub("[\ud800-\udfff]", lambda c: _shown(c[0]), text)


def no_command(text: str) -> str:
    """Lines none of which GitHub Actions takes for a workflow command.

    The runner looks for ``::`` at the start of a line and for the older ``##[`` anywhere.
    """
    if "::" in text:
        text = _COMMAND.sub(r"\1.::", text)
    return text.replace("##[", "# #[")


def _shown(c: str) -> str:
    harmless = c.isprintable() or (c > "\x9f" and c.isspace() and c not in "\u2028\u2029")
    return c if harmless else repr(c)[1:-1]
