"""Words of messages about values: what was probably meant, what would fit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from podcheck.core.terms import BOOL, TEXT, Sort
from podcheck.declarations.pack import Pack
from podcheck.declarations.pod import HOOKS, PROBES
from podcheck.language.diagnostics import did_you_mean, nearest
from podcheck.language.lexer import unquote, written
from podcheck.language.user_words import (
    CONTAINER_FIELDS,
    PHASES_OF_OLD,
    POD_FIELDS,
    STATUS_PHASES,
    VALUES_MEANT,
)


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
        known = [str(v) for v in want.values]
        meant = {v.lower(): v for v in known}.get(text.lower())
        meant = meant or next((v for v in VALUES_MEANT.get(text.lower(), ()) if v in known), None)
        if meant is not None:
            return f"Did you mean `{meant}`?"
        if str(want) == "Phase" and text in PHASES_OF_OLD:
            return PHASES_OF_OLD[text]
        hint = _elsewhere(text, want, pack, example) or did_you_mean(text, known)
        return hint or (f"It is one of {', '.join(known)}." if len(known) <= 10 else "")
    if want is BOOL:
        yes, no = text.lower() in ("true", "yes"), text.lower() in ("false", "no")
        return f"Write `{'true' if yes else 'false'}`." if yes or no else "It is true or false."
    if want is TEXT:
        return f'Write a text in double quotes: "{text}".'
    return "It is an exit code, 0 to 255." if want.kind == "code" else "It is a number."


def _elsewhere(literal: str, want: Sort, pack: Pack, example: str) -> str:
    """For a value of another field: how that is written, and the phase that goes with it."""
    owners = owners_of(literal, want, pack, example)
    if literal in status_words(pack):
        owners.append(f'STATUS = "{literal}"')
    if not owners:
        return ""
    hint = f"Write {' or '.join(f'`{o}`' for o in owners)}."
    if str(want) == "Phase" and literal in STATUS_PHASES:
        hint += f" The phase of such a pod is usually {STATUS_PHASES[literal]}."
    return hint


def owners_of(literal: str, want: Sort | None, pack: Pack, example: str) -> list[str]:
    """Comparisons of published fields, of another sort than ``want``, with a literal."""
    owners = []
    for prefix, fields in (("", pack.pod_state), (f"{written(example)}.", pack.container_state)):
        for name, variable in fields.items():
            shows = variable.published and not variable.of_job
            if shows and variable.sort is not want and variable.sort.kind == "enum":
                if literal in variable.sort.values and not name.endswith("Condition"):
                    shown = name if name != "apiState" else "state"
                    owners.append(f"{prefix}{shown} = {written(literal)}")
    last = f"{written(example)}.last"
    return [o for o in owners if not o.startswith(last)] or owners


def status_words(pack: Pack) -> set[str]:
    """The words of the STATUS column that the rules write out, and the reasons that it shows."""
    found = set()
    for name in ("STATUS", "mainWord"):
        for rules in pack.decides.get(name, ()):
            for line in rules.lines:
                nodes = [n for n in line.value.below() if n.kind == "string"]
                found |= {unquote(str(n.tokens()[0])) for n in nodes}
    for variable in (pack.container_state.get("reason"), pack.pod_state.get("reason")):
        if variable is not None:
            found |= {str(v) for v in variable.sort.values}
    return {w for w in found if w.isalpha()} - {"none"}


def columns(pack: Pack) -> list[str]:
    """The columns that kubectl prints: the rules spell them in capital letters."""
    return [name for name in pack.decides if name.isupper()]


def conditions(pack: Pack) -> list[str]:
    """The conditions of a pod that the rules know."""
    names = (*pack.decides, *pack.defines)
    return sorted(n.removeprefix("condition_") for n in names if n.startswith("condition_"))


def field_hint(name: str, container: str, pack: Pack, known: Iterable[str]) -> str:
    """For a field that no container has: those of its status first, names of rules last."""
    c = written(container)
    meant = CONTAINER_FIELDS.get(name.lower())
    if meant is not None:
        return f"Write {_either(meant, c)}."
    public = [n for n, v in pack.container_state.items() if v.published and n != "apiState"]
    public += ["state", "role", "restartPolicy", *PROBES, *HOOKS]
    hint = _either_field(name, public, known)
    return hint or f"A container has {', '.join(sorted(public))}."


def container_hint(name: str, example: str, pack: Pack) -> str:
    """For a field of a container that is asked of the pod."""
    published = name in pack.container_state and pack.container_state[name].published
    if not published and name.lower() in POD_FIELDS and name != "state":
        return f"Write {_either(POD_FIELDS[name.lower()], written(example))}."
    return f"Write `{written(example)}.{name}`."


def name_hint(name: str, want: Sort | None, example: str, pack: Pack, known: Iterable[str]) -> str:
    """For a word that names nothing: values and names that users see first, names of rules last."""
    c = written(example)
    condition = next((n for n in conditions(pack) if n.lower() == name.lower()), None)
    if condition is not None:
        column = name.upper()
        also = f', or the column, `{column} = "0/1"`' if column == "READY" else ""
        return f"Write `condition {condition}` or `not condition {condition}`{also}."
    if name.lower() in POD_FIELDS:
        return f"Write {_either(POD_FIELDS[name.lower()], c)}."
    owners = owners_of(name, want, pack, example)
    if name in status_words(pack):
        owners.append(f'STATUS = "{name}"')
    if owners:
        return f"Write {' or '.join(f'`{o}`' for o in owners)}."
    public = [n for n, v in pack.pod_state.items() if v.published]
    public += [*columns(pack), "policy", "deleted", "always", "never", "stays", "eventually"]
    fields = [n for n, v in pack.container_state.items() if v.published]
    field = nearest(name, [f for f in (*fields, "state") if f != "apiState"], 0.85)
    return f"Write `{c}.{field}`." if field is not None else _either_field(name, public, known)


def _either(meant: Sequence[str], container: str) -> str:
    return " or ".join(f"`{m.replace('{c}', container)}`" for m in meant)


def _either_field(name: str, public: Iterable[str], known: Iterable[str]) -> str:
    """What is published under a like name, else what is almost the same among all names."""
    meant = nearest(name, public) or nearest(name, known, 0.85)
    return f"Did you mean `{meant}`?" if meant is not None else ""
