"""Manifests that have been read, as bytes for the cache: what is the same is not parsed again.

They are pickled, since that is several times faster than a parser; a reader takes nothing but
podcheck's own values out of them, so bytes that somebody else wrote can make wrong values, but
call nothing.
"""

from __future__ import annotations

from dataclasses import is_dataclass
from enum import Enum
from functools import cache as once
from io import BytesIO
from pickle import HIGHEST_PROTOCOL, Pickler, Unpickler, UnpicklingError
from typing import Any

from podcheck.auditing.work_items import ReadManifest
from podcheck.language.source import Source


def dumped(manifest: ReadManifest) -> bytes:
    """The bytes of a manifest, without its text."""
    written = BytesIO()
    _Writer(written, HIGHEST_PROTOCOL).dump(manifest)
    return written.getvalue()


def loaded(data: bytes, source: Source) -> ReadManifest | None:
    """The manifest that bytes stand for, of a text; None: they stand for none."""
    try:
        found = _Reader(data, source).load()
    except Exception:  # noqa: BLE001 - bytes that podcheck did not write may raise anything
        return None
    return found if isinstance(found, ReadManifest) else None


class _Writer(Pickler):
    def persistent_id(self, value: Any) -> str | None:
        return "source" if isinstance(value, Source) else None


class _Reader(Unpickler):
    def __init__(self, data: bytes, source: Source) -> None:
        super().__init__(BytesIO(data))
        self._source = source

    def persistent_load(self, _: Any) -> Source:
        return self._source

    def find_class(self, module: str, name: str) -> Any:
        return _value_class(module, name)


@once
def _value_class(module: str, name: str) -> Any:
    """A class of podcheck's values: named tuples, data classes, enumerations; and frozen sets."""
    if (module, name) == ("builtins", "frozenset"):
        return frozenset
    if module.startswith("podcheck.") and "." not in name:
        from importlib import import_module

        found = getattr(import_module(module), name, None)
        is_value = isinstance(found, type) and (
            issubclass(found, tuple | Enum) or is_dataclass(found)
        )
        if is_value and found.__module__ == module:
            return found
    raise UnpicklingError(f"{module}.{name} is no value")
