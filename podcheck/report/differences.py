"""What two releases make of pods, as text and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from podcheck.report.cleaning import cleaned
from podcheck.report.json import dump
from podcheck.report.terminal import PLAIN, Style
from podcheck.report.text import command_lines
from podcheck.results.differences import Comparison, Difference, Example, Side

VERSION = 1


def render(found: Sequence[Comparison], first: str, second: str, style: Style = PLAIN) -> str:
    """The comparisons as text, and a line that counts them."""
    lines: list[str] = []
    for comparison in cleaned(tuple(found)):
        lines += _comparison(comparison, style)
    counts = [
        f"{n} {word}"
        for word in ("different", "equal", "unknown")
        if (n := sum(c.verdict == word for c in found))
    ]
    pods = len({c.pod for c in found})
    lines.append(f"{first} and {second}, {pods} pod{'s' * (pods != 1)}: {', '.join(counts)}")
    return "\n".join(lines) + "\n"


def without_replays(c: Comparison) -> Comparison:
    """The comparison without commands: nothing plays what it is about."""
    bare = [
        d._replace(
            first=d.first._replace(replay=d.first.replay._replace(spec="")),
            second=d.second._replace(replay=d.second.replay._replace(spec="")),
        )
        for d in c.differences
    ]
    return c._replace(differences=tuple(bare))


def render_rules(found: Sequence[Example], first: str, second: str, style: Style = PLAIN) -> str:
    """The rules and gates that differ between two releases, each with a pod that shows it."""
    lines: list[str] = []
    for one in found:
        for asked in one.asked:
            lines.append(f"{asked.name}: {asked.asked}  {asked.place}")
        if one.run is None:
            lines += _wrapped(style, "None of the pods that were tried shows it.")
        else:
            lines += [f"    {line}" for line in (*one.pod.splitlines(), "")]
            lines += _wrapped(style, f"Under {one.policy}, {_after(one.run)}")
            lines += _table(one.run)
        lines.append("")
    asked_for = sum(len(one.asked) for one in found)
    lines.append(f"{first} and {second}: {asked_for} rules and gates differ")
    return "\n".join(lines) + "\n"


def rules_as_json(found: Sequence[Example], first: str, second: str) -> str:
    """The same as JSON."""
    rules = [
        {**asked._asdict(), "example": None if one.run is None else _example(one, one.run)}
        for one in found
        for asked in one.asked
    ]
    return dump({"version": VERSION, "releases": [first, second], "rules": rules}) + "\n"


def _example(one: Example, run: Difference) -> dict[str, Any]:
    return {
        "pod": one.pod,
        "policy": one.policy,
        "events": list(run.events),
        "differing": _rows(run),
    }


def _comparison(c: Comparison, style: Style) -> Iterator[str]:
    under = f" under {c.policy}" if c.policy else ""
    head = f"{c.verdict.upper():<9}  {c.pod}{under}"
    if c.verdict == "equal":
        yield f"{head}: {c.proved}"
        return
    if c.verdict == "unknown":
        yield head
        yield from _wrapped(
            style,
            "No difference was found, and there is no proof that there is none. "
            "Raise `--effort` to look further.",
        )
        return
    yield head
    for refused in c.refused:
        yield from _wrapped(style, f"{refused.release} does not take this pod: {refused.text}")
    if c.refused:
        yield ""
        return
    for number, difference in enumerate(c.differences):
        if number:
            yield ""
        yield from _difference(difference, style)
    yield ""
    if c.proved:
        yield from _wrapped(style, f"Nothing else differs: {c.proved}.")
    else:
        yield from _wrapped(style, "There may be more differences; `--effort` looks further.")
    yield ""


def _difference(d: Difference, style: Style) -> Iterator[str]:
    after = _after(d)
    yield from _wrapped(style, after[0].upper() + after[1:])
    yield from _table(d)
    for one in d.because:
        yield from _wrapped(style, f"Because of `{one.name}`: {one.asked}  {one.place}", "    ")
    for side in (d.first, d.second) if not d.because else ():
        others = {r.name for r in (d.second if side is d.first else d.first).rules}
        for rule in side.rules:
            if rule.name not in others:
                yield from _wrapped(style, f'{side.release}: "{rule.name}" ({rule.cites})', "    ")
    for side in (d.first, d.second):
        if side.replay.spec:
            yield from command_lines("    Replay:  ", side.replay.command, style.width)


def _after(d: Difference) -> str:
    return f"after {', then '.join(d.events) if d.events else 'creation'}:"


def _table(d: Difference) -> Iterator[str]:
    """What differs, with both values."""
    names = [name for name, _, _ in d.differing]
    width = max(len(name) for name in names)
    column = max(len(d.first.release), *(len(one) for _, one, _ in d.differing)) + 2
    yield f"    {'':{width}}  {d.first.release:{column}}{d.second.release}"
    for name, one, other in d.differing:
        yield f"    {name:{width}}  {one:{column}}{other}".rstrip()


def _wrapped(style: Style, text: str, indent: str = "  ") -> list[str]:
    return textwrap.wrap(
        text, style.prose, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )


def as_json(found: Sequence[Comparison], first: str, second: str) -> str:
    """The comparisons as JSON."""
    data = {
        "version": VERSION,
        "releases": [first, second],
        "comparisons": [
            {
                "pod": c.pod,
                "policy": c.policy,
                "verdict": c.verdict,
                "proved": c.proved,
                "differences": [_data(d) for d in c.differences],
                "refused": [r._asdict() for r in c.refused],
            }
            for c in found
        ],
    }
    return dump(data) + "\n"


def _data(d: Difference) -> dict[str, Any]:
    return {
        "events": list(d.events),
        "differing": _rows(d),
        "because": [one._asdict() for one in d.because],
        "sides": [_side(d.first), _side(d.second)],
    }


def _rows(d: Difference) -> list[dict[str, str]]:
    return [
        {"name": name, d.first.release: one, d.second.release: other}
        for name, one, other in d.differing
    ]


def _side(side: Side) -> dict[str, Any]:
    status = side.status
    return {
        "release": side.release,
        "phase": status.phase,
        "READY": status.ready,
        "STATUS": status.status,
        "RESTARTS": status.restarts,
        "rules": [{"name": r.name, "sentence": r.sentence, "source": r.cites} for r in side.rules],
        "replay": side.replay.command if side.replay.spec else "",
    }
