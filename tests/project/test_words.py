"""The words that pages, reports, messages, help, docstrings and comments never use.

They are idioms of our own for which readers have ordinary words, such as `report` for `tell a
finding`, `reach` for `come to a state`, `forever`.  Names in code are not looked at.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
THIS = Path(__file__).name

# An idiom, and the word to use
INSTEAD = {
    r"told": "reported, shown",
    r"(?:speaks?|spoken|speaking) of": "is about, covers",
    r"stands? in for": "is used in place of, plays",
    r"stands at": "is at",
    r"for want of": "because ... is missing",
    r"and (?:its|the|their) like": "name them",
    r"is no (?:name|rejection|assumption)": "is not a valid ...; valid are ...",
    r"can't stand": "Unexpected `x`. Expected a, b or c.",
    r"for ever": "forever",
    r"the other way round": "the reverse",
    r"be it": "whether",
    r"one's own": "your own",
    r"by turns": "alternately, in turn",
    r"has the last word": "is checked by, decides",
    r"(?:laid|lays?) out (?:a|the) spec|laid out": "formatted",
    r"so many": "N, this many",
    r"(?:comes?|came|coming) to (?:a|the|any|such a|no|some) (?:settled )?state": "reaches",
    r"kept as": "cached",
    r"what is kept": "the cache",
}
NEVER = re.compile(rf"\b(?:{'|'.join(INSTEAD)})\b", re.IGNORECASE)
NAMES = ('"told"', '"Told"')  # keys of data and names of types, in quotes
# Texts of others, and recorded ones.
LEFT_OUT = ("tests/recordings/", "tests/schemas/", "typings/", "specs/", "LICENSE")
SUFFIXES = (".py", ".md", ".jinja", ".js", ".css", ".lark", ".yaml", ".yml", ".toml", ".txt",
            ".expected", ".rules", ".pod")  # fmt: skip


def test_no_page_message_or_comment_uses_them() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in pages()
        for number, line in prose(path)
        if NEVER.search(line)
    ]
    assert not found, "\n".join(found)


def test_the_search_finds_them_in_each_kind_of_text(tmp_path: Path) -> None:
    """Comments, docstrings and messages are searched; names and code in f-strings are not."""
    module = tmp_path / "m.py"
    module.write_text(
        '"""A run is told."""\n'
        "told = 1  # it goes on for ever\n"
        'message = f"{told} is kept as"\n'
        "other = told\n",
        encoding="utf-8",
    )
    assert [n for n, line in prose(module) if NEVER.search(line)] == [1, 2, 3]
    page = tmp_path / "p.md"
    page.write_text("A claim speaks of runs.\nA claim is about runs.\n", encoding="utf-8")
    assert [n for n, line in prose(page) if NEVER.search(line)] == [1]


def pages() -> Iterator[Path]:
    for top in ("podcheck", "grammar", "tests", "docs", ".ci", ".github"):
        for path in sorted((ROOT / top).rglob("*")):
            name = path.relative_to(ROOT).as_posix()
            if path.suffix in SUFFIXES and path.name != THIS and not name.startswith(LEFT_OUT):
                yield path
    yield from sorted(ROOT.glob("*.md"))
    yield from sorted((ROOT / "specs").rglob("*.md"))


def prose(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that people read, by their numbers: of Python only strings and comments."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix != ".py":
        code = r"``?[^`\n]+``?" if path.suffix == ".md" else r"\{[{%].*?[%}]\}"
        yield from enumerate((re.sub(code, "{}", line) for line in text.splitlines()), 1)
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in (tokenize.STRING, tokenize.COMMENT) or token.string in NAMES:
            continue
        said = token.string
        if re.match(r"[rbR]*[fF]", said):
            said = re.sub(r"\{[^{}]*\}", "{}", said)
        said = re.sub(r"``[^`]+``", "{}", said)
        yield from enumerate(said.splitlines(), token.start[0])
