"""podcheck: a model checker for the restart and status rules of Kubernetes Pods.

The public names are imported when they are first used, so that importing the package costs
nothing:

    verify(*paths)       a Report on spec files and folders
    verify_text(text)    a Report on a spec given as text
    Report, Verdict      the result: facts, no layout
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from podcheck.api import verify, verify_text
    from podcheck.verdict import Report, Verdict

__all__ = ["Report", "Verdict", "verify", "verify_text"]

_HOMES = {
    "Report": "podcheck.verdict",
    "Verdict": "podcheck.verdict",
    "verify": "podcheck.api",
    "verify_text": "podcheck.api",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'podcheck' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)
