"""The grammar's LALR tables: built by Lark once, then kept as JSON in the user's cache.

Building takes about ten times as long as loading.  The cache file is named after a digest
of the grammar, of this file's format and of Lark's version; a cache that can't be read or
written is done without.
"""

from __future__ import annotations

import json
from typing import Any

import lark
from lark import Lark
from lark.grammar import Rule
from lark.lexer import TerminalDef

from podcheck import cache, files

_OPTIONS: dict[str, Any] = {"parser": "lalr", "maybe_placeholders": False}


def load(lexer: type, tree_class: Any) -> Lark:
    """The parser for the grammar; nodes are built by ``tree_class(kind, children)``."""
    grammar = files.read("grammar", "podcheck.lark")
    key = cache.digest("lalr", lark.__version__, grammar)
    stored = cache.read_json(key)
    if stored is not None:
        try:
            return _restore(stored, lexer, tree_class)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            pass  # a damaged cache file: build anew and overwrite it
    parser = Lark(grammar, lexer=lexer, tree_class=tree_class, **_OPTIONS)
    cache.write_json(key, _dump(parser))
    return parser


def _dump(parser: Lark) -> Any:
    data, memo = parser.memo_serialize([TerminalDef, Rule])
    plain: Any = json.loads(json.dumps([data, memo], default=lambda value: None))
    plain[0]["options"] = {
        k: v for k, v in plain[0]["options"].items() if k not in ("lexer", "tree_class")
    }
    return plain


def _restore(stored: Any, lexer: type, tree_class: Any) -> Lark:
    data, memo = stored
    states = data["parser"]["parser"]["states"]
    data["parser"]["parser"]["states"] = {int(k): v for k, v in states.items()}
    data["options"].update(lexer=lexer, tree_class=tree_class)
    data["parser"]["lexer_conf"]["lexer_type"] = lexer
    memo = {int(k): v for k, v in memo.items()}
    parser = Lark.__new__(Lark)
    return parser._load({"data": data, "memo": memo})
