"""Elaboration: an expression of a rule pack or a claim becomes a term about one pod.

Names are resolved, sorts are checked and quantifiers are unrolled over the pod's containers
in one walk.  Every error names what was written and what was probably meant; elaboration
then goes on, so that one pass finds them all.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from podcheck.declarations.pack import Pack
from podcheck.declarations.pod import Pod
from podcheck.elaboration.expressions import Expressions
from podcheck.elaboration.names import Names
from podcheck.elaboration.operators import Operators
from podcheck.elaboration.pod_variables import PodVariables
from podcheck.elaboration.scope import Settings
from podcheck.language.diagnostics import Diagnostics


class Elaborator(Expressions):
    """Turns expressions into terms for one pod, and grounds named lists on demand.

    A method ``on_KIND`` of ``names`` or ``operators`` is the handler of syntax nodes of that kind.
    """

    def __init__(self, pack: Pack, pod: Pod, settings: Settings, diagnostics: Diagnostics) -> None:
        super().__init__(pack, pod, settings, diagnostics)
        self.declared = PodVariables(self)
        self.names = Names(self, self.declared)
        self.operators = Operators(self, self.names)
        self.handlers = {
            name.removeprefix("on_"): getattr(part, name)
            for part in (self.names, self.operators)
            for name in dir(type(part))
            if name.startswith("on_")
        }

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Elaborate a condition as it is written, counts on both sides too, and report nothing."""
        reported, self.diagnostics = self.diagnostics, Diagnostics()
        self.operators.cancel = False
        try:
            yield
        finally:
            self.diagnostics, self.operators.cancel = reported, True
