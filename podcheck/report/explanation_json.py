"""Explanations of observed statuses as JSON; `explanation.schema.json` is the schema."""

from __future__ import annotations

import json
from typing import Any

from podcheck.results.explanations import Explanations, PodLog
from podcheck.results.stories import PodStatus

VERSION = 1


def render(explained: Explanations) -> str:
    """One object, with a list of pods and one of Jobs."""
    found = {
        "version": VERSION,
        "pods": [_plain(pod) for pod in explained.pods],
        "jobs": [_plain(job) for job in explained.jobs],
        "skipped": explained.skipped,
    }
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def render_log(log: PodLog) -> str:
    """One object, with a list of lines."""
    return json.dumps({"version": VERSION, **_plain(log)}, indent=2, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    """Named tuples as objects, in the order of their fields; no Job stands beside a pod here."""
    if isinstance(value, PodStatus):
        return {name: _plain(item) for name, item in value._asdict().items() if name != "job"}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {name: _plain(item) for name, item in zip(value._fields, value, strict=True)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
