"""Words of messages about values: what was probably meant, what would fit."""

from __future__ import annotations

import re

from podcheck.core.terms import BOOL, TEXT, Sort
from podcheck.declarations.pack import Pack
from podcheck.language.diagnostics import did_you_mean


def noun(sort: Sort) -> str:
    """A sort's name in a sentence: `PodReason` is a pod reason."""
    return re.sub(r"(?<=[a-z])([A-Z])", r" \1", str(sort)).lower()


def listed(names: list[str]) -> str:
    """Quoted names as a sentence lists them."""
    quoted = [f"`{n}`" for n in names]
    return ", ".join(quoted[:-1]) + (" and " if len(quoted) > 1 else "") + quoted[-1]


def value_hint(text: str, want: Sort, pack: Pack, example: str) -> str:
    """What a value of the sort looks like, given what was written.

    ``example`` is the name of a container of the pod.
    """
    if want.kind == "enum":
        alike = {str(v).lower(): str(v) for v in want.values}
        hint = f"Did you mean `{alike[text.lower()]}`?" if text.lower() in alike else ""
        hint = hint or owners_hint(text, want, pack, example)
        hint = hint or did_you_mean(text, map(str, want.values))
        if not hint and len(want.values) <= 10:
            hint = f"It is one of {', '.join(map(str, want.values))}."
        return hint
    if want is BOOL:
        yes, no = text.lower() in ("true", "yes"), text.lower() in ("false", "no")
        return f"Write `{'true' if yes else 'false'}`." if yes or no else "It is true or false."
    if want is TEXT:
        return f'A text stands in quotes: "{text}".'
    return "It is an exit code, 0 to 255." if want.kind == "code" else "It is a number."


def owners_hint(literal: str, want: Sort | None, pack: Pack, example: str) -> str:
    """For a literal of another sort: the published fields that can have it."""
    owners = []
    for prefix, fields in (("", pack.pod_state), (f"{example}.", pack.container_state)):
        for name, variable in fields.items():
            if variable.published and variable.sort is not want:
                if literal in variable.sort.values:
                    owners.append(f"`{prefix}{name}`")
    return f"Did you mean {' or '.join(owners[:2])}?" if owners else ""
