"""The safety question of a claim, from the text of a spec."""

from __future__ import annotations

from podcheck.compiler.plan import make_plan
from podcheck.export.exporter import export
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.loading.specs import spec_of
from podcheck.transform.safety import Safety


def asked(text: str, claim: str | None = None) -> Safety:
    """The question of the one claim, or the named one, of a spec."""
    diagnostics = Diagnostics()
    spec = spec_of(Source("test.pod", text), None, diagnostics)
    plan = make_plan(spec, load_pack(), diagnostics)
    assert not diagnostics.has_errors, diagnostics.sorted()
    return export(plan.compiled(()), claim, None, ()).asked
