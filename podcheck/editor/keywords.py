"""What the words of the language mean: a sentence for each, and the part of the reference that
teaches it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Keyword(NamedTuple):
    """A sentence about a word, and the heading of ``grammar/README.md`` that it is under."""

    sentence: str
    section: str


_SECTIONS: Mapping[str, Mapping[str, str]] = {
    "Files": {
        "include": "Reads another spec: its pods and rules are known here too.",
        "kubernetes": "The release that the claims are about; the newest one unless it is named.",
        "gates": "Turns feature gates of Kubernetes on or off.",
        "off": "Turns a feature gate off.",
    },
    "Pods": {
        "pod": "Declares a pod, by its containers or from a manifest.",
        "job": "Declares a Job with its pod; in a claim, the status of the Job.",
        "container": "A main container; in a claim, a container that is left open.",
        "init": "An init container: it ends before the main containers are started.",
        "sidecar": "An init container with restartPolicy Always: it runs beside the main ones.",
        "main": "The main containers, those that are neither init containers nor sidecars.",
        "static": "A static pod: the kubelet has it from a file, not from the API server.",
        "port": "A port that the container listens on.",
        "hostPort": "A port of the node that the container listens on.",
        "volume": "A volume of the pod, by its name and kind.",
        "mount": "The container mounts this volume.",
        "exit": "Exit codes: `on exit 3: Restart` is a rule of restartPolicyRules.",
        "on": "Begins a rule of a container or a Job; behind a feature gate, turns it on.",
        "with": "What else an event says, such as the exit code: `with exit 1`.",
    },
    "Tables": {
        "table": "Scenarios as a table: a row for each event, a column for each restartPolicy.",
    },
    "Scenarios": {
        "scenario": "Claims what holds after events.",
        "when": "The events; what `then` says holds after them.",
        "then": "What holds once the kubelet has settled; in `observe`, what is shown later.",
        "at": "`at once`: in the first status that differs, settled or not.",
        "for": "Which pods the claim is about.",
        "under": "The restartPolicies that the claim is judged under.",
        "once": "`at once`: in the first status that differs, settled or not.",
    },
    "Checks": {
        "check": "Claims something of all states of all runs, of any length.",
        "always": "Holds in every state that can be reached; with `next`, on every step.",
        "never": "Holds in no state that can be reached.",
        "stays": "Where it holds once, it goes on holding.",
        "next": "The value one small step later, after a sync or an event.",
    },
    "Promises": {
        "eventually": "Every fair run reaches a state in which this holds.",
        "leads": "`A leads to B`: after each `A` there comes a `B`, in every fair run.",
        "to": "`A leads to B`: after each `A` there comes a `B`, in every fair run.",
        "until": "`A until B`: `A` holds until `B` does, and `B` comes.",
    },
    "Finds and refutations": {
        "find": "Claims that some run reaches this state, and shows such a run.",
        "refute": "A belief that is wrong: the claim passes if a run disproves it.",
        "observe": "Statuses that are published one after the other in one run.",
    },
    "Where a run starts": {
        "from": "Where runs start: `created`, `Running`, ...; for a pod, the manifest it is in.",
        "state": "`from any state where A`: every state with `A` is a start.",
        "where": "`from any state where A`: every state with `A` is a start.",
        "start": "A state by name that runs can start from.",
    },
    "Assumptions": {
        "assuming": "Restricts the runs that the claim is about.",
        "only": "`assuming only exits`: events of other kinds do not happen.",
        "most": "`at most 3 exits`: events of this kind happen no more often.",
        "races": "Where Kubernetes leaves an outcome to timing, every outcome counts.",
        "no": "`assuming no exits`: they do not happen; in an expression, none of them.",
    },
    "Patterns of events": {
        "followed": "`A followed by B`: `A`, the kubelet settles, then `B`.",
        "by": "`A followed by B`: `A`, the kubelet settles, then `B`.",
        "together": "`A together with B`: the kubelet sees both in one sync.",
        "order": "`in any order {A; B}`: all orders of these events.",
        "repeatedly": "Once or more often.",
        "anything": "Any single event; `anything but exits` leaves a kind out.",
        "but": "`anything but exits`: any single event of another kind.",
        "nonzero": "Every exit code but 0.",
        "any": "Whichever it is, the claim holds; in a cell, claims nothing.",
        "other": "`every other container`: each but the one that was named.",
        "as": "Gives a name, to refer to it later.",
        "or": "In a pattern, either event; in an expression, at least one is true.",
    },
    "Expressions": {
        "condition": "A condition of the pod by its name, as in `condition Ready`.",
        "implies": "`A implies B`: wherever `A` holds, so does `B`.",
        "and": "Both are true.",
        "not": "The contrary.",
        "true": "Always so.",
        "false": "Never so.",
        "in": "`phase in {Pending, Running}`: one of these values.",
        "is": "A word of an event, as in `app is OOMKilled`.",
        "of": "A word of an event, as in `a probe of app errs`.",
        "some": "At least one of them.",
        "every": "Each of them.",
        "count": "How many of the containers satisfy this.",
        "sum": "The sum over the containers.",
        "all": "All containers.",
        "first": "The first of the containers, in the order of the manifest.",
        "last": "The last of the containers, in the order of the manifest.",
        "after": "The containers after this one, in the order of the manifest.",
        "before": "The containers before this one, in the order of the manifest.",
        "if": "`if A then B else C`.",
        "else": "`if A then B else C`.",
        "policy": "The restartPolicy that the claim is judged under.",
        "gate": "Whether a feature gate is on.",
        "since": "`since 1.34`: whether the release is this one or newer.",
    },
    "Your own rules": {
        "rule": "Takes the place of one of Kubernetes's rules, for the claims of this file.",
        "rules": "The rules of a container or a Job, one after the other.",
        "overrides": "Names the rule whose place this one takes.",
        "otherwise": "What holds where nothing before applies.",
        "event": "An event of the rule pack.",
    },
}

KEYWORDS: Mapping[str, Keyword] = {
    word: Keyword(sentence, section)
    for section, words in _SECTIONS.items()
    for word, sentence in words.items()
}
