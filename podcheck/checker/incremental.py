"""An edited spec file: only the claims that changed are decided anew."""

from __future__ import annotations

from typing import NamedTuple

from podcheck.checker.open_spec import OpenSpec
from podcheck.checker.spec_files import Checker, SpecFile
from podcheck.declarations.spec import Spec
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.lexer import tokenize
from podcheck.language.source import Source, Span
from podcheck.results.verdicts import ClaimResult


class Outline(NamedTuple):
    """What a spec says besides its claims, token by token; the texts that it includes; and the
    text of each claim, with its place."""

    rest: tuple[str, ...]
    included: tuple[str, ...]
    claims: tuple[tuple[str, int], ...]


def edited(checker: Checker, old: SpecFile, before: Outline, source: Source) -> SpecFile | None:
    """The file with its new text, where all that changed are claims; else None.

    The results of the claims that did not change are those of the old text, whose outline is
    ``before``.  How a result came about may be explained in another way than by a run over the
    whole file, which can use what it learnt from the other claims.
    """
    folder = checker.folder_of(source)
    diagnostics = Diagnostics()
    spec = checker.compiler.spec(source, folder, diagnostics)
    after = None if diagnostics.found else _outline(spec)
    if after is None or (after.rest, after.included) != (before.rest, before.included):
        return None
    known = {text: n for n, (text, _) in enumerate(before.claims)}
    new = [n for n, (text, _) in enumerate(after.claims) if text not in known]
    spec.claims[:] = [spec.claims[n] for n in new]
    part = OpenSpec(checker.compiler, source, folder, checker.options, spec)
    if part.compiled is None or part.diagnostics:
        return None
    results = dict(zip(new, map(part.decide, range(len(new))), strict=True))
    for place, (text, start) in enumerate(after.claims):
        if place not in results:
            number = known[text]
            by = start - before.claims[number][1]
            results[place] = _moved(old.decide(number), source, by)
    file = SpecFile(checker, source, folder, ())
    file.take(tuple(results[n] for n in sorted(results)), (source, *old.sources[1:]))
    return file


def outline(checker: Checker, file: SpecFile) -> Outline | None:
    """The outline of a file; None if it has diagnostics, or includes claims or what has changed
    meanwhile."""
    if file.diagnostics:
        return None
    spec = checker.compiler.spec(file.source, file.folder, Diagnostics())
    found = _outline(spec)
    if found is None or found.included != tuple(s.text for s in file.sources[1:]):
        return None
    return found


def _outline(spec: Spec) -> Outline | None:
    text = spec.source.text
    if any(c.source is not spec.source for c in spec.claims):
        return None
    claims = [(text[c.node.start : c.node.end], c.node.start) for c in spec.claims]
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
