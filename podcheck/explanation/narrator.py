"""Stories: a run, replayed by the interpreter on the whole pod, described in pod vocabulary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from podcheck.core.answers import Move, Run
from podcheck.core.system import Alternative, Decision, Input
from podcheck.core.terms import Term, Value
from podcheck.declarations.pack import Pack
from podcheck.declarations.pod import Pod
from podcheck.elaboration.grounder import Grounder
from podcheck.elaboration.scope import Stop
from podcheck.explicit.interpreter import MAX_SYNCS, Interpreter, ReplayDiffers, State
from podcheck.results.stories import ContainerStatus, PodStatus, RuleFired, StoryStep

_OF_JOB = ("jobPhase", "jobInterim", "jobReason", "jobMade", "jobFailed", "jobSucceeded")


@dataclass(frozen=True, slots=True)
class Played:
    """One move of a replay: the states from the event to the end, and the inputs of each sync."""

    event: str
    before: State
    events: tuple[tuple[str, Mapping[str, Value]], ...]  # the actions, with their inputs
    states: tuple[State, ...]  # the state after the event, then after each sync
    inputs: tuple[Mapping[str, Value], ...]

    @property
    def end(self) -> State:
        return self.states[-1]

    def until(self, state: State) -> Played:
        """The move up to the first time that it is in a state."""
        place = self.states.index(state)
        return replace(self, states=self.states[: place + 1], inputs=self.inputs[:place])


class Narrator:
    """Replays runs of one pod on its whole system and describes its states."""

    def __init__(self, grounder: Grounder) -> None:
        self.grounder = grounder
        self.pod: Pod = grounder.pod
        self.pack: Pack = grounder.pack
        self._observations: dict[str, Term] = {}
        for name in ("phase", "reason", "STATUS", "READY", "RESTARTS"):
            self._observations[name] = grounder.observed(name)
        for c in self.pod.containers:
            for field in ("state", "reason", "exitCode", "restartCount", "ready"):
                self._observations[f"{c.name}.{field}"] = grounder.observed(field, c)
        if self.pod.places:
            for name in _OF_JOB:
                self._observations[name] = grounder.observed(name)
            for place in self.pod.places:
                for field in ("held", "end", "dying", "code", "isOwn"):
                    term = grounder.observed(field, place)
                    self._observations[f"{place.name}.{field}"] = term
        roots = [*grounder.every_variable(), *self._observations.values()]
        self.system = grounder.system(roots, grounder.events)
        self.machine = Interpreter(self.system)
        self._decisions = {(d.name, d.container): d for d in self.system.decisions}

    # ---- replay --------------------------------------------------------------------------

    def start(self, policy: str) -> State:
        return self.machine.initial(policy)

    def play(
        self,
        state: State,
        move: Move,
        settle: bool = True,
        kill_codes: Sequence[Value] | None = None,
    ) -> Played:
        """One move from a state.  With ``settle`` the syncs go on until nothing changes."""
        before = state
        names = []
        for name, inputs in move.events:
            if not self.machine.possible(name, state, inputs):
                raise ReplayDiffers(f"`{name}` is not possible there")
            state = self.machine.apply(name, state, inputs)
            names.append(_event_text(name, inputs, self.machine.actions[name].inputs))
        states, used = [state], []
        for given in move.syncs:
            inputs = self._completed(given, kill_codes)
            state = self.machine.sync(state, inputs)
            states.append(state)
            used.append(inputs)
        while settle and len(states) < MAX_SYNCS:
            inputs = self._completed({}, kill_codes)
            after = self.machine.sync(state, inputs)
            if after == state:
                break
            state = after
            states.append(state)
            used.append(inputs)
        return Played(
            " together with ".join(names), before, move.events, tuple(states), tuple(used)
        )

    def command(self, played: Played) -> str:
        """The events of a move as a spec, or the command line, has to write them."""
        return " together with ".join(
            _event_text(self.grounder.events[n].written, inputs, self.machine.actions[n].inputs)
            for n, inputs in played.events
        )

    def _completed(
        self, given: Mapping[str, Value], kill_codes: Sequence[Value] | None
    ) -> dict[str, Value]:
        values = dict(given)
        if kill_codes:
            for i in self.system.sync.inputs:
                if i.role == "kill":
                    values.setdefault(i.name, kill_codes[0])
        return values

    def replay(self, run: Run, settle_last: bool = True) -> list[Played]:
        """A whole run from a pod just created."""
        state = self.start(run.start.policy)
        played = []
        for i, move in enumerate(run.moves):
            last = i == len(run.moves) - 1
            played.append(self.play(state, move, settle=settle_last if last else False))
            state = played[-1].end
        return played

    # ---- description ---------------------------------------------------------------------

    def observe(self, name: str, state: State) -> Value:
        return self.machine.value(self._observations[name], state)

    def status(self, state: State) -> PodStatus:
        """The published status of a state, with kubectl's columns."""
        containers = []
        for c in self.pod.containers:
            containers.append(
                ContainerStatus(
                    c.name,
                    self._container_text(c.name, state),
                    int(self.observe(f"{c.name}.restartCount", state)),
                    bool(self.observe(f"{c.name}.ready", state)),
                )
            )
        reason = str(self.observe("reason", state))
        return PodStatus(
            str(self.observe("phase", state)),
            "" if reason == "none" else reason,
            str(self.observe("READY", state)),
            str(self.observe("STATUS", state)),
            str(self.observe("RESTARTS", state)),
            tuple(containers),
            self._job(state) if self.pod.places else (),
        )

    def _job(self, state: State) -> tuple[tuple[str, str], ...]:
        """What a state shows of the Job, and of its pods in places of their own."""
        phase, interim, reason, made, failed, succeeded = (
            str(self.observe(name, state)) for name in _OF_JOB
        )
        shown = interim if phase == "Running" and interim != "none" else phase
        if reason != "none":
            shown += f" {reason}"
        counts = f"made {made}, failed {failed}, succeeded {succeeded}"
        rows = [("Job", shown), ("Job's pods", counts)]
        for place in self.pod.places:
            if not self.observe(f"{place.name}.isOwn", state):
                rows.append((place.name, self._pod_text(place.name, state)))
        return tuple(rows)

    def _pod_text(self, place: str, state: State) -> str:
        end = str(self.observe(f"{place}.end", state))
        if not self.observe(f"{place}.held", state):
            return "-"
        if end == "Failed":
            return f"Failed {self.observe(f'{place}.code', state)}"
        if end == "Running" and self.observe(f"{place}.dying", state):
            return "Terminating"
        return end

    def pod_value(self, name: str, state: State) -> str | None:
        """What a name of the pod says in a state, as a claim reads it; None if it is none."""
        of_job = bool(self.pod.places) and name in self.pack.decides and name.startswith("job")
        if name not in self.pack.pod_state and name not in self.pack.defines and not of_job:
            return None
        try:
            value = self.machine.value(self.grounder.observed(name), state)
        except (Stop, KeyError):
            return None
        return str(value).lower() if isinstance(value, bool) else str(value)

    def field_value(self, container: str, field: str, state: State) -> str | None:
        """A field of a container, as a claim reads it; None if it has no value by itself."""
        try:
            term = self.grounder.observed(field, self.pod.container(container))
            value = self.machine.value(term, state)
        except (Stop, KeyError):
            return None
        return str(value).lower() if isinstance(value, bool) else str(value)

    def _container_text(self, name: str, state: State) -> str:
        kind = str(self.observe(f"{name}.state", state))
        reason = str(self.observe(f"{name}.reason", state))
        if kind == "terminated":
            code = self.observe(f"{name}.exitCode", state)
            plain = reason in ("Completed", "Error", "none", "")
            return f"exited {code}" if plain else f"{reason} {code}"
        if kind == "waiting":
            return reason if reason not in ("none", "") else "waiting"
        return "-" if kind == "absent" else kind

    def rules_fired(self, played: Played) -> tuple[RuleFired, ...]:
        """The rules that changed something visible, in order, and what decided the phase."""
        found: dict[tuple[str, str, str], RuleFired] = {}
        states = played.states
        for i, inputs in enumerate(played.inputs):
            before, after = states[i], states[i + 1]
            for place, variable in enumerate(self.system.variables):
                if before[place] == after[place]:
                    continue
                decision = self._decisions.get((f"next {variable.field}", variable.container))
                if decision is None:
                    continue
                fired = self.decided(decision, before, inputs)
                if fired is not None:
                    found[(fired.decision, fired.container, fired.name)] = fired
        return tuple(found.values())

    def decided(
        self, decision: Decision, state: State, inputs: Mapping[str, Value]
    ) -> RuleFired | None:
        """The first alternative of a list whose guard holds in a state, with its value."""
        fired = self._fired(decision, state, inputs)
        return None if fired is None else self._rule(decision, fired, state, inputs)

    def _fired(
        self, decision: Decision, state: State, inputs: Mapping[str, Value]
    ) -> Alternative | None:
        guards = tuple(alternative.guard for alternative in decision.alternatives)
        place = self.machine.first(guards, state, inputs)
        return None if place is None else decision.alternatives[place]

    def _rule(
        self, decision: Decision, fired: Alternative, state: State, inputs: Mapping[str, Value]
    ) -> RuleFired:
        rule = fired.rule
        name = rule.name if rule.name != "otherwise" else rule.identity
        value = str(self.machine.value_with(fired.value, state, inputs))
        return RuleFired(decision.name, name, decision.container, value, rule.sentence, rule.cites)

    def phase_rules(self, played: Played) -> tuple[RuleFired, ...]:
        """The rules that decided the phase: where it came up first, else at the end."""
        shown = self.observe("phase", played.end)
        if self.observe("phase", played.before) != shown == self.observe("phase", played.states[0]):
            return self._event_rules(played, str(shown))
        field, state, inputs = self._first_with(played, shown)
        rule = self._origin(f"next {field}", state, inputs)
        return (rule,) if rule is not None and rule.value == shown else ()

    def job_rules(self, played: Sequence[Played]) -> tuple[RuleFired, ...]:
        """The rule by which the Job came to its reason, if it has one."""
        place = self.machine.index.get("jobReason")
        for move in reversed(played):
            steps = zip(move.states, move.states[1:], move.inputs, strict=False)
            for before, after, inputs in steps:
                if place is not None and before[place] != after[place]:
                    rule = self._origin("next jobReason", before, inputs)
                    return (rule,) if rule is not None else ()
        return ()

    def _first_with(self, played: Played, phase: Value) -> tuple[str, State, Mapping[str, Value]]:
        """The variable that first takes the phase, and the state and inputs of that sync."""
        sort = self._observations["phase"].sort
        places = [(i, v.field) for i, v in enumerate(self.system.variables) if v.sort == sort]
        for before, after, inputs in zip(
            played.states, played.states[1:], played.inputs, strict=False
        ):
            for i, field in places:
                if before[i] != phase and after[i] == phase:
                    return field, before, inputs
        return "phase", played.end, {}

    def _origin(self, decision: str, state: State, inputs: Mapping[str, Value]) -> RuleFired | None:
        """The rule that a value comes from, through lists that hand on another list's value."""
        lists = {
            t: name for (name, c), t in self.grounder.elaborator.declared.values.items() if not c
        }
        rule = None
        while True:
            found = self._decisions.get((decision, ""))
            fired = self._fired(found, state, inputs) if found is not None else None
            if found is None or fired is None:
                return rule
            rule = self._rule(found, fired, state, inputs)
            following = lists.get(fired.value)
            if following is None or following == decision:
                return rule
            decision = following

    def _event_rules(self, played: Played, phase: str) -> tuple[RuleFired, ...]:
        """The events that set the phase themselves."""
        found = []
        for name, _ in played.events:
            rule = self.machine.actions[name].rule
            if rule is not None:
                found.append(RuleFired("event", rule.name, "", phase, rule.sentence, rule.cites))
        return tuple(found)

    def step(self, played: Played, event: str | None = None) -> StoryStep:
        """One line of a story."""
        statuses = [self.status(s) for s in played.states]
        passing = [self.status(played.before)]
        for status in statuses[:-1]:
            if status not in (statuses[-1], passing[-1]):
                passing.append(status)
        text = played.event if event is None else event
        rules = (*self.rules_fired(played), *self.phase_rules(played))
        return StoryStep(text, statuses[-1], rules, tuple(passing[1:]))


def _event_text(name: str, inputs: Mapping[str, Value], declared: Sequence[Input]) -> str:
    codes = [str(inputs.get(i.name, i.sort.values[0])) for i in declared if i.role == "code"]
    details = [str(inputs.get(i.name, i.sort.values[0])) for i in declared if i.role == "detail"]
    text = " ".join([name, *codes])
    return text + "".join(f" with {d}" for d in details)


__all__ = ["Narrator", "Played"]
