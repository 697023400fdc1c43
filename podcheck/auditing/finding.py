"""What is known of a pod after its audit, as values."""

from __future__ import annotations

from typing import NamedTuple

from podcheck.results.stories import Story
from podcheck.results.verdicts import FoundHazard, Verdict


class Finding(NamedTuple):
    """``verdict`` is HOLDS if the pod has the hazard, UNKNOWN if that was not decided, INTERNAL if
    two readings of the rules disagree; ``detail`` says how it was proved or why it was not
    decided, ``advice`` what may help then; ``story`` is the run that shows it, None if it was
    proved of all runs."""

    hazard: FoundHazard
    verdict: Verdict
    detail: str
    story: Story | None
    advice: str = ""

    @property
    def is_decided(self) -> bool:
        return self.verdict is Verdict.HOLDS


class PodAudit(NamedTuple):
    """The hazards of a pod; none if the API server refuses it (``is_refused``).  ``is_warned`` says
    that it drops some of its fields, or takes what may not work: then they are of what is left."""

    is_refused: bool
    findings: tuple[Finding, ...]
    is_warned: bool = False


# What is said of a pod whose audit ends whoever makes it.
UNDECIDED = Finding(
    FoundHazard(
        "every-hazard", "error", "", "Nothing was decided about this pod.",
        "Give podcheck more memory, or audit it alone.", "podcheck audit --help",
    ),
    Verdict.UNKNOWN,
    "each process that worked on it has died",
    None,
)  # fmt: skip
