"""The pods of a Job by name: what an event of a run happens to, and what becomes of a failure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from podcheck.core.answers import Move
from podcheck.core.terms import Value
from podcheck.declarations.job import number_of
from podcheck.explanation.narrator import Played
from podcheck.explicit.interpreter import State
from podcheck.observation.job_reader import is_active
from podcheck.observation.job_status import ObservedJob
from podcheck.observation.status import ObservedPod
from podcheck.observation.subject import Ground
from podcheck.results.explanations import Explanation

_WAYS = {"succeeds": "phase Succeeded", "fails": "phase Failed"}


def called(played: Sequence[Played], ground: Ground) -> list[str]:
    """The events of a run of a Job from its creation on; its pods are numbered as they are made."""
    pods = _Numbers(ground)
    return [pods.event(p) for p in played]


class _Numbers:
    """Which pod is in which place, while a run goes on."""

    def __init__(self, ground: Ground) -> None:
        self._machine = ground.narrator.machine
        self._places = [p.name for p in ground.pod.places]
        self._indexed = bool(number_of(ground.pod, "completionMode.Indexed"))
        self._in: dict[str, int] = {}
        self._made = 0

    def event(self, played: Played) -> str:
        """A move's events; then the pods are known that it makes."""
        if not self._made:
            self._see({}, self._named(played.before))
        names = {p: self._label(p) for p in self._places}
        text = worded(renamed(played.event, names))
        before = self._named(played.before)
        for state in played.states:
            after = self._named(state)
            self._see(before, after)
            before = after
        return text

    def _label(self, place: str) -> str:
        number = self._in.get(place, 0)
        return f"index {place[5:].rstrip('_')}" if self._indexed else f"pod {number}"

    def _named(self, state: State) -> dict[str, Value]:
        return self._machine.named(state)

    def _see(self, before: Mapping[str, Value], after: Mapping[str, Value]) -> None:
        if before and before.get("jobMade") == after.get("jobMade"):
            return
        for place in self._places:
            held = after.get(f"{place}.held")
            old = before.get(f"{place}.held", False)
            if held and (not old or before.get(f"{place}.end") in ("Succeeded", "Failed")):
                self._made += 1
                self._in[place] = self._made


def renamed(event: str, names: Mapping[str, str]) -> str:
    """The text of an event with other names for places."""
    return re.sub(
        r"\b(?:pod|index)\d+_*(?=\s|$)", lambda found: names.get(found[0], found[0]), event
    )


def worded(event: str) -> str:
    """The text of an event of a pod with its exit code, in words."""
    return re.sub(r" (\d+)$", r" with exit \1", event)


def cannot(pod: Explanation, what: str) -> bool:
    """Is it proved that a pod never comes so far?"""
    future = pod.future
    return future is not None and any(
        p.name == what and p.verdict == "never" for p in future.prospects
    )


class Names:
    """A Job's pods in the places of the rules, where the status begins."""

    def __init__(self, job: ObservedJob, ground: Ground) -> None:
        self._ground = ground
        self._indexed = bool(number_of(job.pod, "completionMode.Indexed"))
        self._pods = [pod for pod in job.pods if is_active(pod)]

    def _there(self, start: State) -> dict[str, ObservedPod]:
        named = self._ground.narrator.machine.named(start)
        found: dict[str, ObservedPod] = {}
        waiting = list(self._pods)
        for n, place in enumerate(self._ground.pod.places):
            if not named.get(f"{place.name}.held") or named.get(f"{place.name}.dying"):
                continue
            fitting = [p for p in waiting if not self._indexed or p.completion_index == n]
            if fitting:
                found[place.name] = fitting[0]
                waiting.remove(fitting[0])
        return found

    def ahead(
        self, moves: Sequence[Move], start: State, pods: Mapping[str, Explanation]
    ) -> tuple[str, ...]:
        """The events of a run that begins where the status is shown."""
        narrator, state = self._ground.narrator, start
        here = self._there(start)
        texts = []
        for move in moves:
            if move.events:
                text = narrator.play(state, move._replace(syncs=()), settle=False).event
                texts.append(self._text(text, here, pods))
            after = narrator.play(state, move, settle=False).end
            for place in [p for p in here if self._has_ended(p, after)]:
                del here[place]
            state = after
        return tuple(texts)

    def _has_ended(self, place: str, state: State) -> bool:
        machine = self._ground.narrator.machine
        value = dict(machine.named(state))
        return not value.get(f"{place}.held") or value.get(f"{place}.end") != "Running"

    def _text(
        self, event: str, here: dict[str, ObservedPod], pods: Mapping[str, Explanation]
    ) -> str:
        names = {}
        for place in self._ground.pod.places:
            index = place.name[5:].rstrip("_")
            names[place.name] = (
                f"the next pod of index {index}" if self._indexed else "the next pod"
            )
        names |= {place: pod.pod.name for place, pod in here.items()}
        for taken in list(here):
            if event.startswith(f"{taken} "):
                way = self._way(event.split()[1], pods.get(here[taken].title))
                return _inside(worded(renamed(event, names)), way)
        delayed = {p.name: f"index {p.name[5:].rstrip('_')}" for p in self._ground.pod.places}
        return worded(renamed(event, delayed if event.startswith("delay of") else names))

    @staticmethod
    def _way(verb: str, pod: Explanation | None) -> tuple[str, ...]:
        """What has to happen inside of a pod first."""
        if pod is None or pod.future is None:
            return ()
        wanted = _WAYS.get(verb)
        ways = [p for p in pod.future.prospects if p.name == wanted and p.verdict == "can"]
        return ways[0].events if ways else ()


def _inside(event: str, way: tuple[str, ...]) -> str:
    """An event of a pod with what leads there inside of it; both tell the same exit code."""
    if not way:
        return event
    code = re.search(r" with exit (\d+)$", event)
    exits = re.search(r" exits \d+$", way[-1])
    if code is not None and exits is not None:
        way = (*way[:-1], f"{way[-1][: exits.start()]} exits {code[1]}")
    elif code is not None:
        event = event[: code.start()]
    return f"{event} ({', then '.join(way)})"


def failure_policy(pod: ObservedPod, ground: Ground) -> str:
    """What the Job's podFailurePolicy makes of a pod's failure, by the rules: FailJob, Ignore,
    FailIndex or Count.  ``ground`` has the pod itself in a place."""
    narrator = ground.narrator
    state = dict(narrator.machine.named(narrator.start(ground.pod.policy)))
    for fact in pod.facts:
        name = f"{fact.container}.{fact.name}" if fact.container else fact.name
        if name in state:
            state[name] = fact.value
    reason = pod.value("conditionReason_DisruptionTarget")
    if pod.value("conditionStatus_DisruptionTarget") == "True" and reason:
        state["disruption"] = reason
    own = next(p for p in ground.pod.places if dict(p.fields).get("pod"))
    at = narrator.machine.state_of(state)
    for name, action in (("isFatal", "FailJob"), ("isIgnored", "Ignore"),
                         ("failsIndex", "FailIndex")):  # fmt: skip
        if narrator.machine.value(ground.grounder.observed(name, own), at):
            return action
    return "Count"
