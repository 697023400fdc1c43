"""What the API server would refuse of a pod, or warn of, as the pack states it."""

from __future__ import annotations

from collections.abc import Iterator

from podcheck.language.diagnostics import Diagnostics
from podcheck.model import terms as t
from podcheck.model.ground import Grounder
from podcheck.model.pack import Parameter
from podcheck.model.pods import Container
from podcheck.model.scope import Scope
from podcheck.model.spec import PodDeclaration


def report_refusals(grounder: Grounder, declared: PodDeclaration, diagnostics: Diagnostics) -> None:
    """Each refusal once a container, where the container is declared."""
    for refusal in grounder.pack.refusals:
        base = Scope(refusal.declared.source, {})
        for scope in _choices(grounder, refusal.parameters, base):
            if grounder.elaborator.expr(refusal.condition, scope, t.BOOL) is not t.TRUE:
                continue
            chosen = {n: c for n, c in scope.names.items() if isinstance(c, Container)}
            message = refusal.message
            for name, c in chosen.items():
                message = message.replace(f"{{{name}}}", f"`{c.name}`")
            message, stop, hint = message.partition(". ")
            places = [declared.places[c.name] for c in chosen.values()]
            span = max(places, key=lambda place: place.start, default=declared.span)
            if not any(d.code == refusal.code and d.span == span for d in diagnostics.found):
                diagnostics.add(refusal.code, span, message + "." * bool(stop), hint)


def _choices(
    grounder: Grounder, parameters: tuple[Parameter, ...], scope: Scope
) -> Iterator[Scope]:
    """A scope for every choice of the containers that a refusal speaks of."""
    if not parameters:
        yield scope
        return
    first, *rest = parameters
    assert first.domain is not None, "a refusal's parameters are containers"
    for c in grounder.elaborator.members(first.domain, scope):
        yield from _choices(grounder, tuple(rest), scope.bind(**{first.name: c}))
