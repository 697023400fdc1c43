"""The formatter: a spec's concrete syntax tree back to text, in one layout.

Line breaks inside a header, an event or a condition stay where the author put them; all other
space is ours.  Comments keep their place: those on a line of their own stay before what
follows, the others at the end of their line.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from lark import Token

from podcheck.language.diagnostics import Diagnostics
from podcheck.language.parser import Node, Tree, parse
from podcheck.language.source import Source

WIDTH = 100
INDENT = "  "
_DASHES = re.compile(r"[ \t]*\r?\n\s*(\|(?:[ \t]*:?-+:?[ \t]*\|)+)")
CONTINUED = "    "

_NO_SPACE_BEFORE = frozenset(
    ("COMMA", "COLON", "SEMICOLON", "RPAR", "RSQB", "LSQB", "RBRACE", "DOT", "DOTDOT", "SLASH")
)
_NO_SPACE_AFTER = frozenset(("LPAR", "LSQB", "LBRACE", "DOT", "DOTDOT", "BANG", "SLASH"))
_CALLS = frozenset(("WORD", "COUNT", "SUM"))


class FormatFault(Exception):
    """The formatted text does not say the same; a fault of podcheck."""


def format_text(source: Source, diagnostics: Diagnostics) -> str | None:
    """The text in its one layout, or None if it has syntax errors (in the diagnostics).

    Raises ``FormatFault`` if the result would not read as the same spec, or would look
    different if it was formatted again.
    """
    tree = parse(source, diagnostics)
    if diagnostics.has_errors:
        return None
    text = _Writer(tree).text()
    fault = Diagnostics()
    again = parse(Source(source.name, text), fault)
    if fault.found or _meaning(again) != _meaning(tree):
        raise FormatFault(f"{source.name}: the formatted text would not say the same")
    if _Writer(again).text() != text:
        raise FormatFault(f"{source.name}: the formatted text is not stable")
    return text


def _meaning(tree: Tree) -> tuple[list[object], list[str]]:
    return [_shape(item) for item in tree.items], [str(c).rstrip() for c in tree.comments]


def _shape(node: Node) -> object:
    children = [
        _shape(c) if isinstance(c, Node) else (c.type, str(c).rstrip()) for c in node.children
    ]
    return (node.kind, children)


def _leaves(node: Node | Token) -> Iterator[Token]:
    if isinstance(node, Node):
        for child in node.children:
            yield from _leaves(child)
    else:
        yield node


def joined(tokens: Sequence[Token]) -> str:
    """Tokens on one line, with a space where one belongs."""
    parts: list[str] = []
    before: Token | None = None
    for token in tokens:
        if before is not None and _is_spaced(before, token):
            parts.append(" ")
        parts.append(str(token).rstrip())
        before = token
    return "".join(parts)


def _is_spaced(before: Token, token: Token) -> bool:
    if token.type in ("COMMENT", "DOC"):
        return True
    if token.type in _NO_SPACE_BEFORE or before.type in _NO_SPACE_AFTER:
        return False
    return not (token.type == "LPAR" and before.type in _CALLS)


class _Writer:
    """Writes one file; ``at`` is the offset up to which the source has been written."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.source = tree.source
        self.comments = list(tree.comments)
        self.starts = [_place(c)[0] for c in self.comments]
        self.next_comment = 0
        self.lines: list[str] = []
        self.at = 0
        self.fresh = True  # nothing stands before in this block: no blank line

    def text(self) -> str:
        for item in self.tree.items:
            self._item(item)
        self._comments_before(len(self.source.text) + 1, "")
        return "".join(f"{line}\n" for line in self.lines)

    # ---- lines and comments --------------------------------------------------------------

    def _gap(self, start: int) -> None:
        """One blank line where the author left any."""
        if not self.fresh and self.source.text.count("\n", self.at, start) > 1:
            self.lines.append("")
        self.fresh = False

    def _comments_before(self, offset: int, indent: str) -> None:
        while self.next_comment < len(self.comments):
            comment = self.comments[self.next_comment]
            start, end = _place(comment)
            if start >= offset:
                return
            self._gap(start)
            self.lines.append(indent + str(comment).rstrip())
            self.at = end
            self.next_comment += 1

    def _put(self, lines: Sequence[str], start: int, end: int, indent: str) -> None:
        """Write the lines of one thing, the comments before it, and the one behind it."""
        self._comments_before(start, indent)
        self._gap(start)
        self.lines += [indent + line if line else "" for line in lines]
        self.at = end
        while self.next_comment < len(self.comments):
            comment = self.comments[self.next_comment]
            begins, ends = _place(comment)
            if begins >= end:
                between = self.source.text[end:begins]
                if "\n" not in between and not between.strip():
                    self.lines[-1] += f"  {str(comment).rstrip()}"
                    self.at = ends
                    self.next_comment += 1
                return
            self.next_comment += 1  # it stands inside, among the lines

    def _close(self, brace: Token, indent: str) -> None:
        start, end = _place(brace)
        self._comments_before(start, indent + INDENT)
        self.fresh = True
        self._put(["}"], start, end, indent)

    def _broken(self, tokens: Sequence[Token]) -> list[str]:
        """Tokens on the lines on which they stand, comments among them; continued lines
        are indented."""
        first, last = _place(tokens[0])[0], _place(tokens[-1])[1]
        low, high = bisect_left(self.starts, first), bisect_left(self.starts, last)
        inside = self.comments[low:high]
        together = sorted([*tokens, *inside], key=lambda t: _place(t)[0])
        lines: list[list[Token]] = []
        number = -1
        for token in together:
            at = self.source.line_of(_place(token)[0])
            if at != number:
                lines.append([])
                number = at
            lines[-1].append(token)
        result = [self._line(lines[0])]
        for rest in lines[1:]:
            of_steps = tokens[0].type in ("WHEN", "OBSERVE") and rest[0].type in ("THEN", "AT")
            result.append(("" if of_steps else CONTINUED) + self._line(rest))
        return result

    def _line(self, tokens: list[Token]) -> str:
        if tokens[-1].type == "COMMENT" and len(tokens) > 1:
            return f"{joined(tokens[:-1])}  {str(tokens[-1]).rstrip()}"
        return joined(tokens)

    def _is_one_line(self, node: Node) -> bool:
        return "\n" not in self.source.text[node.start : node.end]

    def _thing(self, node: Node, indent: str) -> None:
        self._put(self._broken(list(_leaves(node))), node.start, node.end, indent)

    # ---- declarations ----------------------------------------------------------------------

    def _item(self, item: Node) -> None:
        if item.kind in ("pod", "job", "claim"):
            self._block(item, "")
        elif item.kind == "table":
            self._table(item)
        elif item.kind in ("version", "gates", "include", "override", "pod_from", "job_from"):
            self._thing(item, "")
        else:  # a declaration of rule packs stays as it is
            text = self.source.text[item.start : item.end]
            lines = [line.rstrip() for line in text.split("\n")]
            self._put(lines, item.start, item.end, "")

    def _block(self, node: Node, indent: str) -> None:
        """A pod, a container with a body, or a claim: on one line if it was and fits."""
        head, body, brace = _parts(node)
        short = self._short(node) if self._is_one_line(node) else ""
        if short and len(indent) + len(short) <= WIDTH:
            self._put([short], node.start, node.end, indent)
            return
        start, end = _place(head[0])[0], _place(head[-1])[1]
        self._put(_spaced_brace(self._broken(head)), start, end, indent)
        self.fresh = True
        inner = indent + INDENT
        aligned = self._aligned(body, len(inner))
        for child in body:
            if _is_block(child):
                self._block(child, inner)
            elif child.start in aligned:
                self._put([aligned[child.start]], child.start, child.end, inner)
            else:
                self._thing(child, inner)
        self._close(brace, indent)

    def _short(self, node: Node) -> str:
        """A whole block on one line."""
        head, body, _ = _parts(node)
        texts = []
        for child in body:
            texts.append(self._short(child) if _is_block(child) else joined(list(_leaves(child))))
        opened = _spaced_brace([joined(head)])[0]
        return f"{opened} {'  '.join(texts)} }}" if texts else f"{opened}}}"

    def _aligned(self, body: Sequence[Node], indent: int) -> dict[int, str]:
        """By its offset, the text of each step whose `then` stands under that of others."""
        found: dict[int, str] = {}
        group: list[tuple[Node, str, str]] = []

        def flush() -> None:
            width = max((len(left) for _, left, _ in group), default=0)
            texts = [(n, f"{left:<{width}} {right}") for n, left, right in group]
            if all(indent + len(text) <= WIDTH for _, text in texts):
                found.update((n.start, text) for n, text in texts)
            group.clear()

        end = -1
        for child in body:
            then = child.node("then") if child.kind == "step" else None
            if then is None or not self._is_one_line(child):
                flush()
                continue
            if "#" in self._own_lines(end, child.start) or self._is_blank(end, child.start):
                flush()
            left = joined([t for c in child.children if c is not then for t in _leaves(c)])
            group.append((child, left, joined(list(_leaves(then)))))
            end = child.end
        flush()
        return found

    def _is_blank(self, start: int, end: int) -> bool:
        return start >= 0 and self.source.text.count("\n", start, end) > 1

    def _own_lines(self, start: int, end: int) -> str:
        """What stands between two things, without the rest of the first one's line."""
        return self.source.text[start:end].partition("\n")[2] if start >= 0 else ""

    # ---- tables ----------------------------------------------------------------------------

    def _table(self, node: Node) -> None:
        braces = node.tokens("LBRACE", "RBRACE")
        rows = node.nodes("row")
        head = [t for t in _leaves(node) if _place(t)[1] <= _place(braces[0])[1]]
        start, end = _place(head[0])[0], _place(head[-1])[1]
        if not rows and self._is_one_line(node):
            self._put([_spaced_brace([joined(head)])[0] + "}"], node.start, node.end, "")
            return
        self._put(_spaced_brace(self._broken(head)), start, end, "")
        self.fresh = True
        texts = [[joined(list(_leaves(cell))) for cell in row.nodes()] for row in rows]
        widths = [
            max(len(cells[i]) for cells in texts if i < len(cells))
            for i in range(max(map(len, texts), default=0))
        ]
        for row, cells in zip(rows, texts, strict=True):
            padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=False)]
            self._put([f"| {' | '.join(padded)} |"], row.start, row.end, INDENT)
            if row is rows[0]:
                self._dashes(row.end, widths)
        self._close(braces[1], "")

    def _dashes(self, end: int, widths: Sequence[int]) -> None:
        """The row of dashes under a table's head, if the author has one."""
        found = _DASHES.match(self.source.text, end)
        if found is not None:
            cells = [cell.strip() for cell in found[1].strip("|").split("|")]
            rules = [
                ":" * cell.startswith(":")
                + "-" * (width - cell.count(":"))
                + ":" * cell.endswith(":")
                for cell, width in zip(cells, widths, strict=False)
            ]
            self._put([f"| {' | '.join(rules)} |"], *found.span(1), INDENT)


def _place(token: Token) -> tuple[int, int]:
    assert token.start_pos is not None
    assert token.end_pos is not None
    return token.start_pos, token.end_pos


def _is_block(node: Node) -> bool:
    """Has something inside of a block a block of its own?"""
    return node.kind in ("job_pod", "job_policy") or node.node("container_body") is not None


def _parts(node: Node) -> tuple[list[Token], list[Node], Token]:
    """A block's head up to its opening brace, what stands inside, and its closing brace."""
    inside = node.node("container_body") if node.kind == "container" else node
    assert inside is not None
    opening, closing = inside.tokens("LBRACE", "RBRACE")
    begins = _place(opening)[1]
    head = [t for t in _leaves(node) if _place(t)[1] <= begins]
    return head, [c for c in inside.nodes() if c.start >= begins], closing


def _spaced_brace(lines: list[str]) -> list[str]:
    """The opening brace of a block stands apart from what is before it."""
    head, brace, rest = lines[-1].rpartition("{")
    if not head.strip():
        return lines
    return [*lines[:-1], f"{head.rstrip()} {brace}{rest}"]
