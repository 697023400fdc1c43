"""podcheck: a model checker for the restart and status rules of Kubernetes Pods.

The public names are imported when they are first used, so that importing the package costs
nothing:

    load(path)              a Spec, read and checked; InputError with every error in it
    verify(*specs)          a Report on spec files, folders and loaded specs
    verify_text(text)       a Report on a spec given as text
    audit(*manifests)       a Report on the hazards of manifests
    run(spec, *events)      a Play: every status on the way of one sequence of events
    table(spec, *events)    a TransitionTable: what each event leads to under each policy
    explain(status)         Explanations of how pods got their status, and what can still come
    diff(old, new, spec)    Differences between two releases of Kubernetes for the pods of a spec
    repro(spec, claim)      a Reproduction: what forces a counterexample on a real cluster

    Report.assert_holds()   AssertionError, with the story, unless every claim holds
    str(report)             what `podcheck verify` prints; so of a Play, a table, ...
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from podcheck.api import (
        Differences,
        Explanations,
        Play,
        Report,
        TransitionTable,
        audit,
        diff,
        explain,
        load,
        repro,
        run,
        table,
        verify,
        verify_text,
    )
    from podcheck.arguments import InputError, Spec
    from podcheck.reproduction.writer import Reproduction
    from podcheck.results.verdicts import Verdict

_HOMES = {
    "Differences": "podcheck.api",
    "Explanations": "podcheck.api",
    "InputError": "podcheck.arguments",
    "Play": "podcheck.api",
    "Report": "podcheck.api",
    "Reproduction": "podcheck.reproduction.writer",
    "Spec": "podcheck.arguments",
    "TransitionTable": "podcheck.api",
    "Verdict": "podcheck.results.verdicts",
    "audit": "podcheck.api",
    "diff": "podcheck.api",
    "explain": "podcheck.api",
    "load": "podcheck.api",
    "repro": "podcheck.api",
    "run": "podcheck.api",
    "table": "podcheck.api",
    "verify": "podcheck.api",
    "verify_text": "podcheck.api",
}

__all__ = [
    "Differences", "Explanations", "InputError", "Play", "Report", "Reproduction", "Spec",
    "TransitionTable", "Verdict",
    "audit", "diff", "explain", "load", "repro", "run", "table", "verify", "verify_text",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'podcheck' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)
