"""Which rules decided the fields of a status in which rules and recording differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from podcheck.conform.event_player import Course
from podcheck.conform.ruled_pod import Subject
from podcheck.core.system import Decision, Variable
from podcheck.core.terms import Value
from podcheck.explicit.interpreter import Interpreter, State
from podcheck.results.stories import RuleFired

# The state variables behind a field of a status; the columns follow from the other fields.
_BEHIND = {
    "state": ("apiState", "exitCode", "reason"),
    "lastState": ("lastState", "lastExitCode", "lastReason"),
    "condition ContainersReady": ("readyCondition",),
    "condition Ready": ("readyCondition",),
    "condition Initialized": ("initializedCondition",),
    "condition PodReadyToStartContainers": ("sandboxCondition",),
    "condition AllContainersRestarting": ("restartingCondition",),
    "condition DisruptionTarget": ("disruption",),
}


def decided(
    machine: Interpreter, decision: Decision, state: State, inputs: Mapping[str, Value]
) -> RuleFired | None:
    """The line of a list that decides in a state, with its value; None where none does."""
    for alternative in decision.alternatives:
        if machine.value_with(alternative.guard, state, inputs):
            value = str(machine.value_with(alternative.value, state, inputs))
            rule = alternative.rule
            return RuleFired(
                decision.name, rule.name, decision.container, value, rule.sentence, rule.cites
            )
    return None


def deciding_rules(
    subject: Subject, played: Course, fields: Iterable[str]
) -> tuple[RuleFired, ...]:
    """For every field, the rules that gave it its value where a step last changed it."""
    system = subject.machine.system
    known = {v.name: v for v in system.variables}
    found: dict[RuleFired, None] = {}
    for field in fields:
        container, _, kind = field.rpartition(".")
        for name in _BEHIND.get(kind, (kind,)):
            variable = known.get(f"{container}.{name}" if container else name)
            if variable is not None:
                found.update(dict.fromkeys(_of_variable(subject, played, variable)))
    return tuple(found)


def _of_variable(subject: Subject, played: Course, variable: Variable) -> Iterator[RuleFired]:
    place = subject.machine.index[variable.name]
    state, inputs = played.end.state, {}
    path = played.path
    for before, after in pairwise(path):
        choices = subject.choices_between(before, after)
        if choices is not None and before[place] != after[place]:
            state, inputs = before, dict(choices)
    value = str(played.end.state[place])
    for decision in subject.machine.system.decisions:
        if decision.container == variable.container and _bears_on(decision, variable):
            rule = decided(subject.machine, decision, state, inputs)
            if rule is not None and rule.value == value:
                yield rule


def _bears_on(decision: Decision, variable: Variable) -> bool:
    """Does a list set the variable, or compute what it is set to?

    Lists of a sort that only this kind of variable has are taken to compute it.
    """
    field = variable.field
    if decision.name in (f"next {field}", f"new{field[0].upper()}{field[1:]}"):
        return True
    if not decision.alternatives:
        return False
    sort = decision.alternatives[0].value.sort
    plain = sort.kind in ("bool", "count", "code")
    return not decision.name.startswith("next ") and not plain and sort == variable.sort
