"""Every kind of events, and every group of them, can be named after `assuming`."""

from __future__ import annotations

import pytest

from podcheck.compiler.plan import make_plan
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.loading.specs import spec_of

PACK = load_pack()
KINDS = [*PACK.kinds(), *PACK.groups]
FORMS = ("no {}", "only {}", "at most 3 {}", "no deletion, {}")


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_named_in_each_form(kind: str) -> None:
    for form in FORMS:
        text = f'check "c" for p under Never assuming {form.format(kind)} {{ never RESTARTS > 9 }}'
        diagnostics = Diagnostics()
        spec = spec_of(Source("a.pod", f"pod p {{ container app }}\n{text}\n"), None, diagnostics)
        make_plan(spec, PACK, diagnostics)
        assert not [d for d in diagnostics.found if d.is_error], text
