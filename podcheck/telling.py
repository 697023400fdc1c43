"""From an engine's run to a story: replayed, explained, and with what would repair it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from podcheck.interpret.machine import Machine, State
from podcheck.model.claims import Answer, Edge, Move, Proved, Refuted, Run
from podcheck.model.plan import PodPlan, Question
from podcheck.model.pods import POLICIES
from podcheck.model.terms import Term, Value, variables
from podcheck.story import Narrator, Played, ReplayDiffers
from podcheck.verdict import RuleFired, Story, StoryStep

if TYPE_CHECKING:
    from podcheck.verify import PodVerifier


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer, with the run from a pod just created to where the answer's run starts."""

    policy: str
    answer: Answer
    prefix: Run | None


def confirm(verifier: PodVerifier, question: Question, finding: Finding) -> None:
    """Replay a run on the interpreter.  Raises ``ReplayDiffers`` if it violates nothing."""
    answer = finding.answer
    assert isinstance(answer, Refuted)
    run, machine = answer.run, verifier.machine
    state = machine.state_of(run.start.state)
    before = state
    passed: list[State] = [state]
    for move in run.moves:
        before = state
        passed = []
        for event, inputs in move.events:
            if not machine.possible(event, state, inputs):
                raise ReplayDiffers(f"`{event}` is not possible there")
            before, state = state, machine.apply(event, state, inputs)
        passed.append(state)
        for given in move.syncs:
            before, state = state, machine.sync(state, given)
            passed.append(state)
    if question.automaton is None:
        assert question.condition is not None
        if machine.reads_primed(question.condition):
            holds = machine.value_on_step(question.condition, before, state)
        else:
            holds = machine.value(question.condition, state)
        if bool(holds) != (question.form == "find"):
            raise ReplayDiffers("the condition is not violated there")
        return
    edge = _last_edge(verifier.plan, question, run)
    _confirm_edge(machine, edge, run, passed)


def _last_edge(plan: PodPlan, question: Question, run: Run) -> Edge:
    assert question.automaton is not None
    index = run.moves[-1].edge
    assert index is not None
    return question.automaton.edges[index]


def _confirm_edge(machine: Machine, edge: Edge, run: Run, passed: Sequence[State]) -> None:
    condition = edge.at_once if run.violated == "at once" else edge.then
    assert condition is not None
    judged = passed[-1]
    if run.violated == "at once":
        judged = _first_published(machine, passed)
    elif machine.sync(judged, _last_inputs(run)) != judged:
        raise ReplayDiffers("the pod has not settled there")
    if machine.value(condition, judged):
        raise ReplayDiffers("the condition is not violated there")


def _last_inputs(run: Run) -> dict[str, Value]:
    return dict(run.moves[-1].syncs[-1]) if run.moves[-1].syncs else {}


def _first_published(machine: Machine, passed: Sequence[State]) -> State:
    """The first state whose published part differs from that of the first one."""
    first = [passed[0][i] for i in machine.published]
    for state in passed[1:]:
        if [state[i] for i in machine.published] != first:
            return state
    return passed[-1]


# ---- the story -----------------------------------------------------------------------------


def tell(verifier: PodVerifier, question: Question, finding: Finding) -> Story:
    """The story of a counterexample or witness."""
    answer = finding.answer
    assert isinstance(answer, Refuted)
    narrator = verifier.narrator
    teller = _Teller(verifier, question, finding, narrator)
    return teller.story(answer.run)


class _Teller:
    def __init__(
        self, verifier: PodVerifier, question: Question, finding: Finding, narrator: Narrator
    ) -> None:
        self.verifier = verifier
        self.question = question
        self.finding = finding
        self.narrator = narrator

    def story(self, run: Run) -> Story:
        played, shown_from = self._replay(run)
        steps: list[StoryStep] = []
        for i, p in enumerate(played):
            if i < shown_from:
                continue
            event = None
            if i == shown_from:
                event = self.question.start.text
            steps.append(self.narrator.step(p, event))
        last = played[-1]
        condition, judged = self._judged(run, last)
        actual = self._actual(condition, judged)
        decided = self._decided(last, condition)
        return Story(
            policy=self.finding.policy,
            start=self.question.start.text,
            steps=tuple(steps),
            expected=self._expected(run),
            actual=actual,
            decided_by=decided,
            why=_why(decided, steps[-1]),
            would_hold=self._would_hold(run),
            replay=self._replay_command(played[shown_from + 1 :]),
        )

    def _replay(self, run: Run) -> tuple[list[Played], int]:
        """The moves from a pod just created; the index of the one that reaches the start."""
        narrator = self.narrator
        state = narrator.start(run.start.policy)
        played: list[Played] = []
        prefix = self.finding.prefix
        shown_from = 0
        if prefix is not None:
            for move in prefix.moves:
                played.append(narrator.play(state, move))
                state = played[-1].end
            if self.question.start.kind == "prepared":
                shown_from = len(played) - 1
        settle = self.question.automaton is not None
        for i, move in enumerate(run.moves):
            if i == 0 and prefix is not None and not move.syncs and not move.events:
                continue
            codes = self._kill_codes(move)
            played.append(narrator.play(state, move, settle, codes))
            state = played[-1].end
        return played, shown_from

    def _kill_codes(self, move: Move) -> Sequence[Value] | None:
        if self.question.automaton is None or move.edge is None:
            return None
        return self.question.automaton.edges[move.edge].kill_codes

    def _judged(self, run: Run, last: Played) -> tuple[Term, State]:
        if self.question.automaton is None:
            assert self.question.condition is not None
            return self.question.condition, last.end
        edge = _last_edge(self.verifier.plan, self.question, run)
        if run.violated == "at once":
            assert edge.at_once is not None
            return edge.at_once, _first_published(self.narrator.machine, last.states)
        assert edge.then is not None
        return edge.then, last.end

    def _expected(self, run: Run) -> str:
        span = self._span(run)
        return " ".join(span.source.text[span.start : span.end].split())

    def _span(self, run: Run) -> object:
        if self.question.automaton is None:
            return self.question.spans[0]
        edge = _last_edge(self.verifier.plan, self.question, run)
        return self.question.spans[edge.step]

    def _actual(self, condition: Term, state: State) -> tuple[tuple[str, str], ...]:
        """What the condition speaks of, as it was found."""
        status = self.narrator.status(state)
        text = self._expected_words()
        found = [("phase", status.phase)] if "phase" in text or not text else []
        for word, value in (
            ("STATUS", status.status), ("READY", status.ready), ("RESTARTS", status.restarts),
        ):  # fmt: skip
            if word in text:
                found.append((word, value))
        for c in status.containers:
            if f"{c.name}." in text or "container" in text:
                found.append((c.name, c.text))
        if not found:
            found = [("phase", status.phase), ("STATUS", status.status)]
        return tuple(found)

    def _expected_words(self) -> str:
        return " ".join(s.source.text[s.start : s.end] for s in self.question.spans)

    def _decided(self, last: Played, condition: Term) -> tuple[RuleFired, ...]:
        return self.narrator.phase_rules(last)

    def _would_hold(self, run: Run) -> tuple[str, ...]:
        """What would have made the claim hold: another policy, or one more event."""
        if self.question.automaton is None or self.question.form != "scenario":
            return ()
        found = []
        others = [p for p in POLICIES if p != self.finding.policy]
        holding = []
        for policy in others:
            try:
                answer = self.verifier.answer(self.question, policy).answer
            except ReplayDiffers:
                continue
            if isinstance(answer, Proved) and answer.bound is None:
                holding.append(policy)
        if holding:
            found.append(f"It would hold under {' or '.join(holding)}.")
        event = self._one_more_event(run)
        if event:
            found.append(f"It would hold once `{event}` has happened too.")
        if not holding:
            found.append("No other policy makes it hold.")
        return tuple(found)

    def _one_more_event(self, run: Run) -> str:
        """The first event (inputs at their first values) after which the condition holds."""
        edge = _last_edge(self.verifier.plan, self.question, run)
        if run.violated == "at once" or edge.then is None:
            return ""
        machine = self.verifier.machine
        state = machine.state_of(run.start.state)
        for move in run.moves:
            for event, inputs in move.events:
                state = machine.apply(event, state, inputs)
            for given in move.syncs:
                state = machine.sync(state, given)
        for action in self.verifier.system.events:
            if action.kind in _REPAIRS and machine.possible(action.name, state):
                after = machine.apply(action.name, state, None)
                settled = machine.settle(after)
                end = settled[-1] if settled else after
                if machine.value(edge.then, end):
                    codes = [str(i.sort.values[0]) for i in action.inputs if i.role == "code"]
                    return " ".join([action.name, *codes])
        return ""

    def _replay_command(self, played: Sequence[Played]) -> str:
        claim = self.question.claim
        parts = ["podcheck", "run", claim.source.name, "--pod", self.question.pod.name]
        parts += ["--under", self.finding.policy]
        if self.question.start.kind == "prepared":
            parts += ["--from", self.question.start.name]
        parts += [p.event for p in played if p.event]
        return shlex.join(parts)


_REPAIRS = ("exits", "OOM kills", "backoff", "readiness", "image failures")


def _why(decided: Sequence[RuleFired], last: StoryStep) -> str:
    rule = decided[-1] if decided else None
    sentence = rule.sentence if rule is not None else ""
    states = ", ".join(f"{c.name}: {c.text}" for c in last.status.containers)
    text = f"The pod is {last.status.phase} ({states})."
    return f"{text} {sentence}".strip()


__all__ = ["Finding", "confirm", "tell", "variables"]
