"""What all questions about one pod share."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from podcheck.compiler.questions import PodQuestions, Question
from podcheck.core.claims import Start
from podcheck.core.effort import Effort
from podcheck.core.system import TransitionSystem
from podcheck.explicit.interpreter import Interpreter
from podcheck.explicit.preparations import Prepared, prepare
from podcheck.symbolic.session import Session, Workspace
from podcheck.symbolic.smt_solver import Budget
from podcheck.verification.options import Options
from podcheck.verification.promises import Promises
from podcheck.verification.properties import Properties

Starts = dict[tuple[int, str, str], Prepared | None]


class Apart(NamedTuple):
    """The engines of one claim, in a workspace of their own."""

    session: Session
    properties: Properties
    promises: Promises


class PodContext:
    """One pod under the options of a run: its system, one solver session, its starts."""

    def __init__(
        self,
        pod: PodQuestions,
        options: Options,
        workspace: Workspace,
        starts: Starts,
        place: int = 0,
        effort: Effort | None = None,
    ) -> None:
        self.pod = pod
        self._effort = effort
        self._place_of_pod = place
        self.options = options
        self.system: TransitionSystem = pod.system
        self.budget = _budget(options)
        self.session = Session(self.system, workspace=workspace, budget=self.budget)
        self._machine: Interpreter | None = None
        self._starts = starts
        self._apart: tuple[int, Apart] | None = None  # the claim that was asked about last

    @property
    def machine(self) -> Interpreter:
        if self._machine is None:
            self._machine = Interpreter(self.system)
        return self._machine

    def begin(self) -> None:
        """The next claim is begun, with an effort of its own, which all verifiers share."""
        if self._effort is not None:
            self._effort.begin()

    def end(self) -> None:
        """The claim is decided: what its engines have learned takes no more memory."""
        self._apart = None

    def apart(self, question: Question) -> Apart:
        """The engines that learn while they answer, for the question's claim alone: what they
        learn of one claim must not change what they say of the next."""
        if self._apart is None or self._apart[0] != question.claim:
            options, workspace = self.options, Workspace()
            session = Session(self.system, workspace=workspace, budget=self.budget)
            promises = Promises(
                workspace, self.budget, max_steps=options.steps, bound=options.bound,
                expired=options.expired, engine=options.engine,
            )  # fmt: skip
            self._apart = question.claim, Apart(session, Properties(session, options), promises)
        return self._apart[1]

    def created(self, policy: str) -> Start:
        values = {v.name: v.initial for v in self.system.variables}
        return Start(policy, {**values, "policy": policy}, False, "created")

    def prepared(self, name: str, policy: str) -> Prepared | None:
        """The start that a preparation leads to, computed once for each policy."""
        key = (self._place_of_pod, name, policy)
        if key not in self._starts:
            preparing = self.pod.preparations[name]
            self._starts[key] = prepare(
                self.machine, policy, name, preparing.events, preparing.condition
            )
        return self._starts[key]

    def starts_of(self, question: Question) -> tuple[Start, ...]:
        """The start for each policy that has one."""
        if question.start.kind != "prepared":
            return tuple(self.created(policy) for policy in question.policies)
        prepared = [self.prepared(question.start.name, policy) for policy in question.policies]
        return tuple(p.start for p in prepared if p is not None)


def _budget(options: Options) -> Budget:
    deeper = None if options.progress is None else options.progress.depth
    budget = Budget(expired=options.expired, deeper=deeper).at_level(options.effort)
    if options.bound is None:
        return budget
    return replace(budget, max_events=options.bound, max_layers=options.bound)
