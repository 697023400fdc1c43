"""An edited spec file: only the claims that changed are settled anew."""

from __future__ import annotations

from typing import NamedTuple

from podcheck.checking import Checker, SpecFile
from podcheck.compiling import OpenSpec
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.lexer import tokenize
from podcheck.language.source import Source, Span
from podcheck.model.spec import Spec
from podcheck.reading import folder_of
from podcheck.verdict import ClaimResult


class Outline(NamedTuple):
    """What a spec says besides its claims, token by token; the texts that it includes; and the
    text of each claim, with its place."""

    rest: tuple[str, ...]
    included: tuple[str, ...]
    claims: tuple[tuple[str, int], ...]


def edited(checker: Checker, old: SpecFile, source: Source) -> SpecFile | None:
    """The file with its new text, where all that changed are claims; else None.

    The results of the claims that did not change are those of the old text, which has to be
    settled and without diagnostics.  How a result came about may be told otherwise than by
    a run over the whole file, which can use what it learnt from the other claims.
    """
    before = _outline(checker, old.source)
    after = _outline(checker, source)
    if before is None or after is None or before.rest != after.rest:
        return None
    if after.included != tuple(s.text for s in old.sources[1:]):
        return None
    known = {text: n for n, (text, _) in enumerate(before.claims)}
    new = tuple(n for n, (text, _) in enumerate(after.claims) if text not in known)
    part = OpenSpec(checker.compiler, source, folder_of(source.name), checker.options, new)
    if part.compiled is None or part.diagnostics:
        return None
    results = dict(zip(new, map(part.settle, range(len(new))), strict=True))
    for place, (text, start) in enumerate(after.claims):
        if place not in results:
            number = known[text]
            by = start - before.claims[number][1]
            results[place] = _moved(old.settle(number), source, by)
    file = SpecFile(checker, source, folder_of(source.name), ())
    file.take(tuple(results[n] for n in sorted(results)), (source, *old.sources[1:]))
    return file


def _outline(checker: Checker, source: Source) -> Outline | None:
    """None if the text has errors, or includes claims."""
    diagnostics = Diagnostics()
    spec = checker.compiler.spec(source, folder_of(source.name), diagnostics)
    if diagnostics.found or any(c.source is not source for c in spec.claims):
        return None
    claims = [(source.text[c.node.start : c.node.end], c.node.start) for c in spec.claims]
    return Outline(_rest(spec), tuple(s.text for s in spec.included), tuple(claims))


def _rest(spec: Spec) -> tuple[str, ...]:
    tokens, _ = tokenize(spec.source, Diagnostics())
    within = [range(c.node.start, c.node.end) for c in spec.claims]
    return tuple(str(t) for t in tokens if not any(t.start_pos in r for r in within))


def _moved(claim: ClaimResult, source: Source, by: int) -> ClaimResult:
    """A result of the old text at its place in the new one."""

    def moved(span: Span) -> Span:
        return Span(source, span.start + by, span.end + by)

    outcomes = [o._replace(span=moved(o.span)) for o in claim.outcomes]
    return claim._replace(span=moved(claim.span), outcomes=tuple(outcomes))
