"""The text table of `kubectl get pods -w`: the rows of one pod, as what they show of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from podcheck.declarations.pod import Pod
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.observation.reader import MAX_COUNT
from podcheck.observation.status import Fact, ObservedPod

COLUMNS = ("NAME", "READY", "STATUS", "RESTARTS", "AGE")
_ROW = re.compile(r"(?P<name>\S+)\s+(?P<ready>\d+/\d+)\s+(?P<status>\S+)\s+(?P<restarts>\d+)\b")
_HEAD = re.compile(r"\s*(?:NAMESPACE\s+)?NAME\s+READY\s+STATUS\s+RESTARTS\b")


def is_table(text: str) -> bool:
    """Does a text begin as such a table does, with its header or a row?"""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return bool(_HEAD.match(first) or _ROW.search(first))


def first_name(text: str) -> str:
    """The name of the pod in the first row, or nothing."""
    return next((found["name"] for found in map(_ROW.search, text.splitlines()) if found), "")


def read_table(source: Source, pod: Pod, diagnostics: Diagnostics) -> tuple[ObservedPod, ...]:
    """The rows in their order, as statuses of a pod.  What is wrong goes to the diagnostics."""
    return tuple(_rows(source, pod, diagnostics))


def _rows(source: Source, pod: Pod, diagnostics: Diagnostics) -> Iterator[ObservedPod]:
    name, place = first_name(source.text), 0
    for line in source.text.splitlines(keepends=True):
        begin, place = place, place + len(line)
        shown = line.strip()
        if not shown or _HEAD.match(line):
            continue
        start = begin + line.index(shown[0])
        span = source.span(start, start + len(shown))
        found = _ROW.search(line)
        if found is None or int(found["restarts"]) > MAX_COUNT:
            hint = f"Its columns are {', '.join(COLUMNS)}, as `kubectl get pods -w` prints them."
            diagnostics.add("E382", span, "This is not a row of the table.", hint)
        elif found["name"] != name:
            message = f"This row is about `{found['name']}`, the first one about `{name}`."
            diagnostics.add("E382", span, message, f"Use `kubectl get pod {name} -w`.")
        else:
            yield ObservedPod(pod, "", _facts(found), (), (), (), span)


def _facts(row: re.Match[str]) -> tuple[Fact, ...]:
    return (
        Fact("", "READY", row["ready"], "READY", row["ready"]),
        Fact("", "STATUS", row["status"], "STATUS", row["status"]),
        Fact("", "RESTARTS", int(row["restarts"]), "RESTARTS", row["restarts"]),
    )
