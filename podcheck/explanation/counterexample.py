"""From an engine's run to a story: replayed, explained, and with what would repair it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from podcheck.compiler.questions import (
    ClaimHead,
    PropertyQuestion,
    Question,
    ScenarioQuestion,
)
from podcheck.compiler.starts import CREATED
from podcheck.core.answers import Finding, Move, Proved, Refuted, Run, Unknown, plausibility
from podcheck.core.claims import Edge
from podcheck.core.system import PLAUSIBILITY, TransitionSystem
from podcheck.core.terms import Value
from podcheck.declarations.job import policies_of
from podcheck.declarations.releases import text_of
from podcheck.explanation.narrator import Narrator, Played
from podcheck.explanation.observed_statuses import is_shown_at_rest, marked, shown_in
from podcheck.explanation.repairs import repairs
from podcheck.explanation.unavoidable import unavoidable_after
from podcheck.explicit.interpreter import ReplayDiffers, State
from podcheck.language.lexer import written
from podcheck.language.source import Span
from podcheck.results.stories import ObservedAt, PodStatus, Replay, RuleFired, Story, StoryStep
from podcheck.verification.dispatcher import Dispatcher

UNUSUAL_TIMING = "unusual timing of the kubelet"

# ---- the story -----------------------------------------------------------------------------


def story_of(
    dispatcher: Dispatcher,
    narrator: Narrator,
    head: ClaimHead,
    question: Question,
    finding: Finding,
) -> Story:
    """The story of a counterexample or witness."""
    answer = finding.answer
    assert isinstance(answer, Refuted)
    story = _StoryBuilder(dispatcher, narrator, head, question, finding).story(answer.run)
    system = dispatcher.context.system
    moves = [*(finding.prefix.moves if finding.prefix is not None else ()), *answer.run.moves]
    level = plausibility(system, moves)
    return story._replace(
        shortest=answer.shortest,
        plausibility=PLAUSIBILITY[level],
        unusual=_of_class(system, moves, level) if level else (),
        most_ordinary=answer.most_ordinary,
        shorter=tuple(name for move in answer.shorter for name, _ in move.events),
    )


def _of_class(system: TransitionSystem, moves: Sequence[Move], level: int) -> tuple[str, ...]:
    """What of a run is of a class: its events, or that a race comes out as it seldom does."""
    classes = {a.name: a.plausibility for a in system.events}
    names = [name for move in moves for name, _ in move.events if classes[name] == level]
    return tuple(dict.fromkeys(names)) or (UNUSUAL_TIMING,)


_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_OF_JOB = re.compile(r"(?<![\w.-])job\.(\w+)")
_PHASES = re.compile(r"!?\s*[A-Z]\w*(?: or [A-Z]\w*)*")
_WORD = re.compile(r"(?<![\w.-])((?:condition )?[A-Za-z_]\w*)(?![\w.(-])")


class _StoryBuilder:
    def __init__(
        self,
        dispatcher: Dispatcher,
        narrator: Narrator,
        head: ClaimHead,
        question: Question,
        finding: Finding,
    ) -> None:
        self.dispatcher = dispatcher
        self.context = dispatcher.context
        self.head = head
        self.question = question
        self.observing: PropertyQuestion | None = None  # the question, if it is an `observe`
        if isinstance(question, PropertyQuestion) and question.observed:
            self.observing = question
        self.finding = finding
        self.narrator = narrator

    def story(self, run: Run) -> Story:
        played, shown_from, loop = self._replay(run)
        steps: list[StoryStep] = []
        observed: list[ObservedAt] = []
        shown = self._shown(run, len(played))
        begins = self._begins()
        for i, p in enumerate(played):
            if i < shown_from:
                continue
            event = None
            if i == shown_from:
                event = CREATED.text if begins is not None else self.question.start.text
            else:
                event = self._written(p)
            told = self.narrator.step(p, event)
            if self.observing is not None:
                told, found = marked(self.narrator, p, told, len(steps), shown.get(i, {}))
                observed += found
            elif not (run.violated == "at once" and p is played[-1]):
                told = told._replace(on_the_way=())
            steps.append(told)
        last = self._judged(run, played[-1])
        expected = self._expected(run)
        compared = expected
        if self.observing is not None and observed:
            compared = _text(self.observing.observations[-1])
        actual = self._actual(compared, last.end)
        decided = self.narrator.phase_rules(last)
        if steps[-1].status.job and _OF_JOB.search(expected):
            decided = self.narrator.job_rules(played)
        return Story(
            policy=self.finding.policy,
            start=self.question.start.text,
            steps=tuple(steps),
            expected=expected,
            actual=actual,
            decided_by=decided,
            why=self._why(run, last, decided) if loop is None else _for_ever(steps, loop, decided),
            would_hold=(*self._excluded(steps, loop), *self._would_hold(run)),
            replayed=self._replayed(run, played[shown_from:], compared, actual),
            loop=loop,
            unavoidable=self._unavoidable(run, len(steps)),
            begins=begins,
            observed=tuple(observed),
        )

    def _shown(self, run: Run, moves: int) -> dict[int, dict[int, int]]:
        """By the move of ``moves`` that are replayed, the numbers of the observations that it
        shows, with the place of each among its states."""
        found: dict[int, dict[int, int]] = {}
        prefix = len(self.finding.prefix.moves) if self.finding.prefix is not None else 0
        before = moves - len(run.moves)  # a first move in which nothing happens is not replayed
        if self.observing is None:
            return found
        for number, it in enumerate(shown_in(self.context.machine, self.observing, run)):
            is_idle = it.move == 0 and before < prefix
            found.setdefault(it.move + before, {})[number + 1] = -1 if is_idle else it.place
        return found

    def _replay(self, run: Run) -> tuple[list[Played], int, int | None]:
        """The moves from a pod just created; the index of the one that reaches the start; and
        of the one after which a cycle begins, counted from there."""
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
        settle = isinstance(self.question, ScenarioQuestion)
        stays = run.loop is not None and not run.moves[-1].events
        loop = None
        for i, move in enumerate(run.moves):
            if i - 1 == run.loop:
                loop = len(played) - 1 - shown_from
                if stays:
                    break
            if i == 0 and prefix is not None and self._is_idle(move, state):
                continue
            codes = self._kill_codes(move)
            unseen = i == 0 and self._begins_early(run)
            settles = settle or (stays and i == run.loop)
            played.append(narrator.play(state, move, settles and not unseen, codes))
            state = played[-1].end
        return played, shown_from, loop

    def _begins(self) -> int | None:
        """The step of the story after which a claim begins that begins in any state of a kind;
        None: after the first."""
        if self.finding.prefix is None or self.question.start.kind != "any":
            return None
        return len(self.finding.prefix.moves) - 1 or None

    def _is_idle(self, move: Move, state: State) -> bool:
        """Does nothing happen in a move, and do its syncs, if it has any, change nothing?"""
        return not move.events and self.narrator.play(state, move, settle=False).end == state

    def _begins_early(self, run: Run) -> bool:
        """Does the run's first event come before the kubelet has seen the pod?"""
        if run.start.settled or len(run.moves) < 2:
            return False
        actions, events = self.narrator.machine.actions, run.moves[1].events
        return bool(events) and all(actions[name].early for name, _ in events)

    def _kill_codes(self, move: Move) -> Sequence[Value] | None:
        if not isinstance(self.question, ScenarioQuestion) or move.edge is None:
            return None
        return self.question.automaton.edges[move.edge].kill_codes

    def _unavoidable(self, run: Run, shown: int) -> int | None:
        """The step of the story after which nothing could avoid the violation."""
        move = unavoidable_after(self.context, self.question, run)
        return None if move is None else max(0, move + shown - len(run.moves))

    def _why(self, run: Run, last: Played, decided: Sequence[RuleFired]) -> str:
        """What the status compared is, and the rule that decided its phase."""
        machine, status = self.narrator.machine, self.narrator.status(last.end)
        first = run.violated == "at once" and machine.differs(last.before, last.end)
        why = _why(decided, status, "In the first status published, the pod" if first else "")
        if self.observing is not None and len(self.observing.observed) > 1:
            why = f"A run shows these {len(self.observing.observed)} statuses in order. {why}"
        return why

    def _judged(self, run: Run, last: Played) -> Played:
        """A run's last move up to the state that the condition is about."""
        if run.violated != "at once":
            return last
        return last.until(self.narrator.machine.first_published(last.before, last.states))

    def _expected(self, run: Run) -> str:
        question = self.question
        place = question.spans[0]
        if isinstance(question, ScenarioQuestion):
            place = question.place(run)
        text = _text(place)
        column = self.question.label.rpartition(" | ")[2]
        if column == self.question.label or text.startswith(("(", "!")):
            return text
        if "." not in column:  # a policy's, whose cells are phases or words of STATUS
            column = "STATUS" if text.startswith('"') else "phase"
        values = text.split(" or ")
        return f"{column} in {{{', '.join(values)}}}" if values[1:] else f"{column} = {text}"

    def _actual(self, text: str, state: State) -> tuple[tuple[str, str], ...]:
        """What a condition, as it is written, names: its values in a state."""
        status = self.narrator.status(state)
        found = [("phase", status.phase)] if "phase" in text or not text else []
        for word, value in (
            ("STATUS", status.status), ("READY", status.ready), ("RESTARTS", status.restarts),
        ):  # fmt: skip
            if word in text:
                found.append((word, value))
        for word in dict.fromkeys(_WORD.findall(_STRING.sub("", text))):
            told = self.narrator.pod_value(word.replace("condition ", "condition_"), state)
            if told is not None and word != "phase":
                found.append((word, told))
        for word in dict.fromkeys(_OF_JOB.findall(_STRING.sub("", text)) if status.job else ()):
            told = self.narrator.pod_value(f"job{word[0].upper()}{word[1:]}", state)
            if told is not None:
                found.append((f"job.{word}", told))
        for c in status.containers:
            name = re.escape(written(c.name))
            fields = re.findall(rf"(?<![\w-]){name}\.(\w+)", text)
            for field in dict.fromkeys(fields):
                shown = self.narrator.field_value(c.name, field, state)
                if shown is not None:
                    found.append((f"{written(c.name)}.{field}", shown))
            if not fields and "container" in text:
                found.append((c.name, c.text))
        if not found:  # of a cell, which is a phase or a STATUS
            found = [("phase", status.phase), ("STATUS", status.status)]
            found = found[:1] if _PHASES.fullmatch(text) else found
            found = found[1:] if text.startswith(('"', '!"')) else found
        return tuple(found)

    def _excluded(self, steps: Sequence[StoryStep], loop: int | None) -> tuple[str, ...]:
        """The assumption without which a container may run forever, where that is what happens."""
        if loop is None:
            return ()
        fair = self.question.assumptions.fairness
        of_each = zip(*(step.status.containers for step in steps[loop:]), strict=True)
        if not any(
            {c.text for c in one} == {"running"} and len({*one}) == 1
            and f"{one[0].name} exits" not in fair
            for one in of_each
        ):  # fmt: skip
            return ()
        assumption = "assuming every container exits eventually"
        return (f"`{assumption}` excludes a run in which one never does.",)

    def _would_hold(self, run: Run) -> tuple[str, ...]:
        """What would have made the claim hold: another policy, an event more or one less."""
        policies = policies_of(self.narrator.pod)
        if not isinstance(self.question, ScenarioQuestion):
            return repairs(self.context, self.question, run, policies)
        if self.question.sought:
            return ()
        found = []
        others = [p for p in policies if p != self.finding.policy]
        holding, known = [], True
        for policy in others:
            try:
                answer = self.dispatcher.answer(self.question, policy).answer
            except ReplayDiffers:
                continue
            if isinstance(answer, Proved) and answer.bound is None:
                holding.append(policy)
            known = known and not isinstance(answer, Unknown)
        if holding:
            found.append(f"It would hold under {' or '.join(holding)}.")
        event = self._one_more_event(self.question.last_edge(run), run)
        if event:
            found.append(f"It becomes true after `{event}`.")
        if not holding and known and others:
            found.append("It fails under every restartPolicy.")
        return tuple(found)

    def _one_more_event(self, edge: Edge, run: Run) -> str:
        """The first event after which the condition holds (inputs at their first values), of
        those that the pack says come from within a pod."""
        if run.violated == "at once" or edge.then is None:
            return ""
        machine = self.context.machine
        state = machine.state_of(run.start.state)
        for move in run.moves:
            for event, inputs in move.events:
                state = machine.apply(event, state, inputs)
            for given in move.syncs:
                state = machine.sync(state, given)
        repairs = self.narrator.pack.groups.get("from within", ())
        for action in self.context.system.events:
            if action.kind in repairs and machine.possible(action.name, state):
                after = machine.apply(action.name, state, None)
                settled = machine.settle(after)
                end = settled[-1] if settled else after
                if machine.value(edge.then, end):
                    codes = [str(i.sort.values[0]) for i in action.inputs if i.role == "code"]
                    return " ".join([action.name, *codes])
        return ""

    def _replayed(
        self, run: Run, played: Sequence[Played], expected: str, actual: tuple[tuple[str, str], ...]
    ) -> Replay | None:
        """How the run is played again; None if what the claim is about would differ.

        `podcheck run` lets the pod settle after each event, and takes one exit code for all
        containers that an event stops.
        """
        try:
            end = self._end_of_command(played)
        except ReplayDiffers:  # an event that needs a race, or a pod that has not settled
            return None
        if self._actual(expected, self._judged(run, end).end) != actual:
            return None
        if self.observing is not None and not is_shown_at_rest(
            self.context.machine, self.observing, run, self._begins_early(run)
        ):
            return None
        claim, start = self.head, self.question.start
        release = self.context.options.release
        events, narrator = [], self.narrator
        for p in played[1:] if start.kind == "prepared" else played:
            code = self._stop_code(p)
            if p.events:
                event = narrator.command(p)
                events.append(event if code is None else f"{event} with exit {code}")
        spec = claim.span.source
        return Replay(
            "-" if spec.real == "-" else spec.name, self.context.pod.member, self.finding.policy,
            start.name if start.kind == "prepared" else "created", tuple(events),
            "" if release is None else text_of(release),
        )  # fmt: skip

    def _end_of_command(self, played: Sequence[Played]) -> Played:
        """The last move of a run, as `podcheck run` plays it."""
        narrator, last = self.narrator, played[0]
        state = last.end
        if self.question.start.kind != "prepared":
            state = narrator.start(self.finding.policy)
            early = narrator.machine.actions
            first = played[1] if len(played) > 1 else None
            if first is None or not all(early[n].early for n, _ in first.events):
                last = narrator.play(state, Move((), ()))
                state = last.end
        for p in played[1:]:
            code = self._stop_code(p)
            codes = None if code is None else [code]
            last = narrator.play(state, Move(p.events, ()), kill_codes=codes)
            state = last.end
        return last

    def _written(self, played: Played) -> str:
        """An event, with the codes of the containers, and of the Job's pods, that it stops."""
        narrator, codes = self.narrator, self._stop_codes(played)
        if not codes or not played.event:
            return played.event
        code = self._stop_code(played)
        if code is not None:
            again = narrator.play(played.before, Move(played.events, ()), kill_codes=[code])
            if narrator.status(again.end) == narrator.status(played.end):
                return f"{played.event} with exit {code}"
        each = ", ".join(f"{c} exits {v}" for c, v in codes.items())
        return f"{played.event} ({each})"

    def _stop_code(self, played: Played) -> Value | None:
        codes = set(self._stop_codes(played).values())
        return next(iter(codes)) if len(codes) == 1 else None

    def _stop_codes(self, played: Played) -> dict[str, Value]:
        """The codes that the run chooses for containers that are stopped."""
        machine = self.narrator.machine
        kills = [i for i in self.narrator.system.sync.inputs if i.role == "kill"]
        found: dict[str, Value] = {}
        for state, inputs, after in zip(
            played.states, played.inputs, played.states[1:], strict=False
        ):
            for i in (i for i in kills if i.name in inputs):
                other = next(v for v in i.sort.values if v != inputs[i.name])
                if machine.sync(state, {**inputs, i.name: other}) != after:  # it is stopped
                    found[i.container] = inputs[i.name]
        return found


def _text(span: Span) -> str:
    return " ".join(span.source.text[span.start : span.end].split())


def _for_ever(steps: Sequence[StoryStep], loop: int, decided: Sequence[RuleFired]) -> str:
    """Why what must eventually happen may never happen."""
    if loop == len(steps) - 1:
        runs = any(c.text == "running" for c in steps[-1].status.containers)
        why = "no container is required to exit" if runs else "no further event is required"
        return f"This state may last forever: {why}. {_why(decided, steps[-1].status)}"
    first, last = loop + 1, len(steps) - 1
    again = f"Steps {first}-{last}" if first < last else f"Step {last}"
    text = f"{again} can repeat forever (same state as after step {loop})."
    return f"{text} {_why(decided, steps[-1].status)}"


def _why(decided: Sequence[RuleFired], status: PodStatus, subject: str = "") -> str:
    rule = decided[-1] if decided else None
    sentence = rule.sentence if rule is not None else ""
    states = ", ".join(f"{c.name}: {c.text}" for c in status.containers)
    text = f"{subject or 'The pod'} is {status.phase} ({states})."
    if status.job:
        (_, shown), (_, counts) = status.job[:2]
        text = f"The Job is {shown} ({counts}). {text}"
    return f"{text} {sentence}".strip()


__all__ = ["story_of"]
