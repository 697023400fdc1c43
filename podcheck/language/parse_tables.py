"""The grammar's LALR tables: built by Lark once, then cached as JSON.

Building takes about twenty times as long as loading.  The actions of a state are stored as a text
of their own and read when a parser first comes to that state: most texts visit few of them.

The cache file is named after a digest of the grammar, of this file's format and of Lark's
version; a cache that can't be read or written is done without.
"""

from __future__ import annotations

import json
from typing import Any

import lark
from lark import Lark
from lark.grammar import Rule
from lark.lexer import TerminalDef
from lark.parsers.lalr_analysis import Reduce, Shift

from podcheck.storage import cache, package_data
from podcheck.storage import prebuilt as prebuilt_data

PREBUILT = "tables.json"
_OPTIONS: dict[str, Any] = {"parser": "lalr", "maybe_placeholders": False}


def load(lexer: type, tree_class: Any) -> Lark:
    """The parser for the grammar; nodes are built by ``tree_class(kind, children)``.

    A ``kind`` that begins with ``_`` is one of Lark's own: only its ``children`` are asked for.
    """
    grammar = package_data.read("grammar", "podcheck.lark")
    key = _key(grammar)
    stored = prebuilt_data.read(PREBUILT, key) or cache.read_json(key)
    if stored is not None:
        try:
            return _restore(stored, lexer, tree_class)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            pass  # a damaged cache file: build anew and overwrite it
    parser = Lark(grammar, lexer=lexer, tree_class=tree_class, **_OPTIONS)
    cache.write_json(key, _dump(parser))
    return parser


def prebuilt() -> str:
    """The text of the file with the tables that the wheel carries."""
    grammar = package_data.read("grammar", "podcheck.lark")
    return prebuilt_data.written(_key(grammar), _dump(Lark(grammar, **_OPTIONS)))


def _key(grammar: str) -> str:
    return cache.digest("lalr by state", lark.__version__, grammar)


def _dump(parser: Lark) -> Any:
    data, memo = parser.memo_serialize([TerminalDef, Rule])
    plain: Any = json.loads(json.dumps([data, memo], default=lambda value: None))
    plain[0]["options"] = {
        k: v for k, v in plain[0]["options"].items() if k not in ("lexer", "tree_class")
    }
    table = plain[0]["parser"]["parser"]
    table["states"] = {state: json.dumps(row) for state, row in table["states"].items()}
    return plain


def _restore(stored: Any, lexer: type, tree_class: Any) -> Lark:
    data, memo = stored
    table = data["parser"]["parser"]
    states, table["states"] = table["states"], {}
    data["options"].update(lexer=lexer, tree_class=tree_class)
    data["parser"]["lexer_conf"]["lexer_type"] = lexer
    memo = {int(k): v for k, v in memo.items()}
    parser = Lark.__new__(Lark)
    parser._load({"data": data, "memo": memo})
    rules = {kept["@"]: rule for kept, rule in zip(data["rules"], parser.rules, strict=True)}
    parser.parser.parser._parse_table.states = _Actions(states, table["tokens"], rules)
    return parser


class _Actions(dict[int, dict[str, tuple[Any, Any]]]):
    """What to do in each state at each token, as Lark has it: shift, or reduce by a rule."""

    def __init__(self, texts: dict[str, str], tokens: dict[str, str], rules: dict[int, Rule]):
        self._texts = texts
        self._tokens = tokens
        self._rules = rules

    def __missing__(self, state: int) -> dict[str, tuple[Any, Any]]:
        actions: dict[str, tuple[Any, Any]] = {}
        for token, (reduces, argument) in json.loads(self._texts[str(state)]).items():
            name = self._tokens[token]
            actions[name] = (Reduce, self._rules[argument["@"]]) if reduces else (Shift, argument)
        self[state] = actions
        return actions
