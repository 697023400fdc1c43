"""Sentences that explanations of pods and of Jobs share."""

from __future__ import annotations

import textwrap

from podcheck.report.terminal import Style
from podcheck.results.explanations import Prospect

INDENT = "  "

ORDINARY = {
    "ordinary": "All of these events are ordinary.",
    "occasional": "Some of these events are met only now and then; no history of ordinary events "
    "was found.",
    "rare": "This takes something rare: no history without it was found.",
}


def prospect_text(prospect: Prospect) -> str:
    """Whether something can still come, in words."""
    if prospect.verdict == "never":
        return "can't be reached any more (proved)."
    if prospect.verdict == "unknown":
        return "no way found, and no proof that there is none."
    if not prospect.events:
        return "comes by itself."
    events = ", then ".join(f"`{event}`" for event in prospect.events)
    if prospect.plausibility == "rare":
        return f"only found with something rare: {events}."
    return f"possible, by {events}."


def differs(path: str, shown: str, would: str) -> str:
    """A field that the nearest possible status has another value of."""
    return f"{path}: {would} (here: {shown})"


def wrapped(style: Style, text: str, indent: str, hanging: str | None = None) -> list[str]:
    """A sentence, wrapped to what is easy to read."""
    hanging = indent if hanging is None else hanging
    return textwrap.wrap(
        text, style.prose, initial_indent=indent, subsequent_indent=hanging, break_on_hyphens=False
    )
