"""What a plain scalar stands for, as kubectl reads YAML (sigs.k8s.io/yaml, that is YAML 1.1)."""

from __future__ import annotations

import re
from functools import lru_cache

from podcheck.manifests.tree import Value

_WORDS: dict[str, Value] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys("y Y yes Yes YES true True TRUE on On ON".split(), True),
    **dict.fromkeys("n N no No NO false False FALSE off Off OFF".split(), False),
    **dict.fromkeys(".inf .Inf .INF +.inf +.Inf +.INF".split(), float("inf")),
    **dict.fromkeys("-.inf -.Inf -.INF".split(), float("-inf")),
    **dict.fromkeys(".nan .NaN .NAN".split(), float("nan")),
}
_NUMERIC = frozenset("+-.0123456789")
_INTEGER = re.compile(
    r"(?P<sign>[-+]?)(?:0x(?P<hex>[0-9a-f]+)|0b(?P<binary>[01]+)|0o?(?P<octal>[0-7]+)"
    r"|(?P<decimal>0|[1-9][0-9]*))",
    re.IGNORECASE,
)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_BASES = {"hex": 16, "binary": 2, "octal": 8, "decimal": 10}
_LONGEST = 40  # digits; no field of a manifest holds more than 64 bits


@lru_cache(8192)
def resolve(text: str) -> Value:
    """The value of a plain (unquoted) scalar."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC:
        return text
    plain = text.replace("_", "")
    found = _INTEGER.fullmatch(plain)
    if found is not None and len(plain) <= _LONGEST:
        kind = found.lastgroup
        assert kind is not None
        number = int(found[kind], _BASES[kind])
        return -number if found["sign"] == "-" else number
    if _FLOAT.fullmatch(plain):
        return float(plain)
    return text
