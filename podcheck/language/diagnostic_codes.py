"""The explanation of every diagnostic code, with an example that triggers it.

Codes in bands: 0xx syntax, 1xx names, 2xx types, 3xx manifests, and what the API server refuses
or warns of, 4xx limits, 5xx engines, 9xx faults of podcheck.  A code is never used again for
something else.  Many codes of band 3xx are declared by the rule pack, which has their text; here
they have only an example.  Those of manifests stand in ``manifest_codes.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a code means.  ``example`` is a file that triggers it, a spec if its name ends in
    ``.pod``; it is empty if no file can."""

    title: str
    text: str
    example: str = ""
    suffix: str = ".pod"


_POD = "pod one { container app }\n\n"


def _scenario(step: str, start: str = "Running") -> str:
    return f'{_POD}scenario "example" for one from {start} under Never {{\n  {step}\n}}\n'


def _check(body: str, assuming: str = "") -> str:
    assumption = f" assuming {assuming}" if assuming else ""
    return f'{_POD}check "example" for one under Never{assumption} {{\n  {body}\n}}\n'


def _pod(item: str, head: str = "") -> str:
    return f"{head}pod one {{\n  {item}\n}}\n"


_SYNTAX = {
    "E001": Explanation(
        "a word or sign stands where it can't",
        "The text can't be read from this place on.  The hint names what could stand there, or "
        "what is probably missing before it.  Each declaration is read by itself: one that can't "
        "be read does not hide the errors of the others.",
        _scenario("when app exits 0 phase = Succeeded"),
    ),
    "E002": Explanation(
        "a bracket without its partner",
        "Every `{`, `(` and `[` needs its closing partner in the same declaration.  A word that "
        "begins a declaration, at the left margin, ends the one before it.",
        "pod one { container app\n",
    ),
    "E003": Explanation(
        "a sign that is not part of the language",
        "Specs use `=` to compare, `and`, `or` and `not` to combine, `1..5` for a range, and "
        "nothing between the items of a list but a space or a new line.  A name that begins "
        "with a digit, or has other signs than letters, digits, `_` and `-`, is written in "
        "double quotes.",
        _scenario("when app exits 0 then phase == Succeeded"),
    ),
    "E004": Explanation(
        "a text without its closing quote",
        'A text in quotes ends on the line on which it begins.  Inside it, `\\"` is a quote.',
        'pod "one { container app }\n',
    ),
    "E005": Explanation(
        "the file is not UTF-8",
        "Specs and manifests are UTF-8 text.  Save the file in that encoding; the place shown is "
        "the first byte that does not fit.",
    ),
    "E006": Explanation(
        "the file can't be read",
        "There is no such file, or you may not read it, or it is no file at all.",
    ),
    "E007": Explanation(
        "an include or a manifest that is not allowed or not there",
        "A spec may name files of its own folder and of the folders below it, and no others: "
        "checking a spec never reads anything else on your disk.",
        'include "../common.pod"\n',
    ),
    "E008": Explanation(
        "a table whose rows are not whole",
        "Each row of a table stands on a line of its own and begins and ends with a `|`.  Every "
        "cell says something; `any` says that nothing is claimed.",
        _POD + 'table "example" for one from Running {\n'
        "  | event       | Never\n  | app exits 0 | Succeeded |\n}\n",
    ),
}

_NAMES = {
    "E101": Explanation(
        "the pod has no such container",
        "A claim refers to a container that its pod does not declare, or of containers of a "
        "role (`init`, `sidecar`, `main`) of which the pod has none.",
        _scenario("when ap exits 0 then phase = Succeeded"),
    ),
    "E102": Explanation(
        "there is no such pod",
        "A claim names a pod that neither this file nor one it includes declares.",
        _POD + 'check "example" for on3 { never phase = Failed }\n',
    ),
    "E103": Explanation(
        "there is no such restart policy or column",
        "The policies are Always, OnFailure and Never, spelt as in Kubernetes.  The columns of "
        "a table are `event`, `pod`, `from` and the policies.",
        _pod("restartPolicy: never\n  container app"),
    ),
    "E104": Explanation(
        "there is no such event",
        "`podcheck rules events` lists every event with its wording.",
        _scenario("when app is OOMkilled then phase = Failed"),
    ),
    "E105": Explanation(
        "there is nothing of this name",
        "An expression reads a field, a condition or a value that does not exist.  What a claim "
        "can see of the pod: phase, reason, STATUS, READY, RESTARTS, `condition Ready`, policy, "
        "deleted; of a container: state, reason, exitCode, lastState, restartCount, ready, "
        "started, backingOff.",
        _check("never phse = Failed"),
    ),
    "E106": Explanation(
        "two pods of one name",
        "Claims name pods, so each needs a name of its own, in included files too.",
        _POD + _POD,
    ),
    "E107": Explanation(
        "two containers of one name",
        "Names are unique among all containers of a pod, init containers included.",
        _pod("init app\n  container app"),
    ),
    "E108": Explanation(
        "a rule pack names a sort that it does not declare",
        "Sorts are `bool`, `count`, `exit code`, `text` and those that the pack declares with "
        "`sort`.  Only the author of a rule pack meets this.",
    ),
    "E109": Explanation(
        "there is no such feature gate",
        "Only the gates that change what becomes of a pod are known; `podcheck rules show "
        "gates` lists them with the releases that switch them.",
        "gates SidecarContainer on\n\n" + _POD,
    ),
    "E110": Explanation(
        "a rule depends on itself",
        "A list of rules asks, by way of others, for its own value.  Only the author of a rule "
        "pack meets this.",
    ),
    "E111": Explanation(
        "a list of rules has no `otherwise`",
        "A `decide` must have a value in every case, so its last line is `otherwise`, or one "
        "that always applies.  Only the author of a rule pack meets this.",
    ),
    "E112": Explanation(
        "a declaration for rule packs in a spec",
        "Words such as `define`, `decide` and `event` declare rules.  They stand in rule packs.",
        "sort Colour { red, green }\n\n" + _POD,
    ),
    "E113": Explanation(
        "an unknown version of Kubernetes",
        "The rules cover the releases from 1.28 to 1.37. A node may be behind the API server, "
        "never ahead of it: `kubernetes 1.36, kubelet 1.35`.",
        "kubernetes 1.12\n\n" + _POD,
    ),
    "E114": Explanation(
        "a pod or container has no such field",
        "Only what decides over restarts and statuses can be said of a pod: images, commands "
        "and resources make no difference to the rules and are left out.",
        _pod('container app { image: "busybox" }'),
    ),
    "E115": Explanation(
        "a pattern of events that makes no sense",
        "`together with` joins single events; `every other container` needs an `any container "
        "as x` before it, so that it is clear which one is left out.",
        _scenario("when every other container exits 1 then phase = Failed"),
    ),
    "E116": Explanation(
        "an event that can't happen to this container or pod",
        "A probe that is not declared can't fail, a deadline that is not set can't pass.  The "
        "hint says what to declare.",
        _scenario("when app fails livenessProbe then phase = Failed"),
    ),
    "E117": Explanation(
        "an event with a detail that it does not take",
        "Only `exits` takes an exit code.  How containers end that the kubelet stops is said by "
        "`with exit CODE`; some events take a `with KIND`.  `podcheck rules events` lists them.",
        _scenario("when pod is deleted 3 then phase = Failed"),
    ),
    "E118": Explanation(
        "an assumption about an unknown kind of event",
        "An assumption narrows what may happen by kinds of event: `no deletion, no eviction`, "
        "`only exits, backoff`, `at most 3 exits`.  `podcheck rules events` lists the kinds.  What "
        "must come is said of events: `every container exits eventually`.",
        _check("never phase = Pending", "no miracles"),
    ),
    "E119": Explanation(
        "a claim that does not say which pod it is about",
        "`for POD` may be left out only in a file with one pod.",
        _POD + 'pod two { container app }\n\ncheck "example" { never phase = Failed }\n',
    ),
    "E120": Explanation(
        "a claim with the wrong kind of body",
        "A scenario holds `when` steps; a check holds `always`, `never`, `stays`, `eventually` "
        "or `leads to`; a find holds one condition, `when` steps or `observe`; a refute holds "
        "`observe`, or what a scenario or a check holds.  `observe` is the only line of its claim.",
        _check("phase = Running"),
    ),
    "E121": Explanation(
        "a run can't start from there",
        "`from created` (also when nothing is said) is a pod just created, `from Running` a pod "
        "whose containers all run for the first time.  `from any PHASE` and `from any state "
        "where CONDITION` stand for every reachable state of that kind.",
        _scenario("when app exits 0 then phase = Succeeded", "running"),
    ),
    "E122": Explanation(
        "a table whose rows do not match its head",
        "Each row has as many cells as the head, no column stands twice, and one column is "
        "`event`.",
        _POD + 'table "example" for one from Running {\n'
        "  | event       | Always  | Never |\n  | app exits 0 | Running |\n}\n",
    ),
    "E123": Explanation(
        "a table cell that is no status",
        "A cell is a phase, several phases joined by `or`, a kubectl word in quotes, a "
        "condition in parentheses, `any`, or one of these with a `!` before it, which says that "
        "it must be refuted.",
        _POD + 'table "example" for one from Running {\n'
        "  | event       | Always           |\n  | app exits 0 | CrashLoopBackOff |\n}\n",
    ),
}

_LATER = {
    "E124": Explanation(
        "`next` where there is no next state",
        "`next` is for a check or a refute, behind `always` or `never`, where it refers to "
        "the state one step later; it does not look two steps ahead.  A scenario says what comes "
        "later by another `when`.",
        _scenario("when app exits 0 then next phase = Failed"),
    ),
    "E125": Explanation(
        "an unknown rule",
        "A `rule ... overrides ...` takes the place of one line of the rule pack's lists, named as "
        "`podcheck rules list` names it; where several lines have one name, the list's name and a "
        "colon stand before it: `computedPhase: otherwise`.",
        'rule "what if" overrides "something rns" = true : Failed\n'
        + _scenario("when app exits 0 then phase = Failed"),
    ),
    "E126": Explanation(
        "a hazard that is incomplete",
        "A library of hazards holds hazards alone, each of a name of its own.  One has a severity, "
        "the kinds of workload it is for, and behind `--` a sentence that says what goes wrong, "
        "`Fix:` with what to change, and in brackets where that is written.",
    ),
    "E127": Explanation(
        "an unknown hazard",
        "An annotation `podcheck.dev/ignore` or a podcheck.yaml names a hazard that the library of "
        "`podcheck audit` does not have; `podcheck audit --list` lists all.",
    ),
    "E128": Explanation(
        "a hazard ignored without a reason",
        "Who meets an exception later wants to know why it was made: "
        "`podcheck.dev/ignore: HAZARD: REASON`, or `reason:` beside `hazard:` in a podcheck.yaml.",
    ),
    "E129": Explanation(
        "a file of exceptions or a baseline that can't be used",
        "A podcheck.yaml has a list `ignore`, each item with `hazard` (or `code`, of an input "
        "error), `reason` and, if it is not for all, `workloads` and `files`: patterns such as "
        "`Job/*`, `Deployment/shop/web` and `charts/*`; a list `exclude` of files to leave out; "
        "and `podTemplates`.  `podcheck config schema` prints its schema.  A baseline is "
        "what `podcheck audit --write-baseline` has written.",
    ),
}

_TYPES = {
    "E201": Explanation(
        "a value of the wrong kind",
        "Both sides of a comparison must be of one kind: phases with phases, container reasons "
        "with container reasons.  A condition is true or false; a phase by itself is none.",
        _scenario("when app is OOMKilled then phase = OOMKilled"),
    ),
    "E202": Explanation(
        "an order or a sum of what has none",
        "`<`, `<=`, `>` and `>=` compare counts and exit codes, `+` adds counts or joins texts.",
        _check("never phase < Failed"),
    ),
    "E203": Explanation(
        "no exit code",
        "Exit codes go from 0 to 255.  A range names the smaller code first.",
        _scenario("when app exits 300 then phase = Failed"),
    ),
    "E204": Explanation(
        "a number out of its range",
        "Ports go from 1 to 65535, activeDeadlineSeconds from 1 to 2147483647, a family of "
        "containers from 1 to 32, a repetition from 1 to 100.  A claim compares counts with "
        "numbers up to 1000.",
        _pod("container app { port 70000 }"),
    ),
    "E205": Explanation(
        "two counts compared where that can't be decided",
        "Restart counts grow without end.  A claim with `always`, `never` or `then` may compare "
        "two of them.  A promise (`eventually`, `leads to`, `until`), `from any state where`, a "
        "rule of your own and a comparison inside `count(...)` may only compare a count with a "
        "number.",
        "pod two { container app  container helper }\n"
        'check "example" { eventually app.restartCount > helper.restartCount }\n',
    ),
    "W206": Explanation(
        "claims that contradict each other",
        "Two claims, or two cells or formulas, ask the same question (the same pod, start, policy, "
        "assumptions and events) and expect answers that no status meets together, so at least "
        "one of them is wrong.  Each still gets its own verdict.",
        _POD + 'table "example" for one from Running {\n'
        "  | event       | Never     |\n"
        "  | app exits 0 | Succeeded |\n"
        "  | app exits 0 | Failed    |\n}\n",
    ),
}

_LIMITS = {
    "E401": Explanation(
        "the file is too large, or includes too many",
        "A spec may have a million bytes, and so may a manifest that it names; a manifest by "
        "itself 32 million.  Split it into several files.  A spec may include 50 files.",
    ),
    "E402": Explanation(
        "the text is nested too deep",
        "Brackets, and chains of `not`, `implies` and `+`, may be 120 levels deep.  Split a long "
        "condition into several claims.",
        _check("never " + "not " * 150 + "phase = Failed"),
    ),
    "E403": Explanation(
        "a pattern that stands for too many events",
        "A pattern may stand for 20,000 single events, and `in any order` may hold eight.",
        _scenario(
            "when in any order {"
            + "; ".join(f"app exits {i}" for i in range(9))
            + "} then phase = Failed"
        ),
    ),
    "E404": Explanation(
        "too many containers",
        "A pod may have 32 containers here, and its families 64 members together.",
        _pod("container a[1..30]\n  container b[1..30]"),
    ),
    "E405": Explanation(
        "more errors than are shown",
        "Of one file the first hundred errors and warnings are shown.  Mend these first.",
        "`\n" * 101,
    ),
    "W405": Explanation(
        "more warnings than are shown",
        "Of one file the first hundred errors and warnings are shown.",
    ),
}

_INTERNAL = {
    "E901": Explanation(
        "podcheck is at fault",
        "Something happened that must not happen: podcheck broke off, or its two readings of "
        "the rules disagree.  The details are in the file that the message names.  No verdict "
        "was given; please report it.",
    ),
}

_SERVER = {
    "E305": Explanation(
        "a pod without a main container",
        "The API server refuses a pod that has only init containers and sidecars.",
        _pod("sidecar proxy"),
    ),
}

EXPLANATIONS: Mapping[str, Explanation] = {
    **_SYNTAX, **_NAMES, **_LATER, **_TYPES, **_SERVER, **_LIMITS, **_INTERNAL,
}  # fmt: skip

_OWN = "restartPolicy: Never"

# Examples for the codes that the rule pack declares.
PACK_EXAMPLES: Mapping[str, str] = {
    "E301": _pod("container app { on exit 1: Restart }"),
    "E302": _pod(
        f"container app {{\n    {_OWN}\n"
        + "".join(f"    on exit {i}: Restart\n" for i in range(1, 22))
        + "  }"
    ),
    "E303": _pod("init migrate { startupProbe }\n  container app"),
    "E304": _pod(f"container app {{ {_OWN} }}", "kubernetes 1.33\n\n"),
    "E306": _pod(
        f"container app {{ {_OWN}  on exit 42: RestartAllContainers }}", "kubernetes 1.35\n\n"
    ),
    "E308": _pod("container app { hostPort 80 }\n  container web { hostPort 80 }"),
    "E309": _pod("container app { mount scratch }"),
    "E310": _pod("sidecar proxy { on exit 1: Restart }\n  container app", "kubernetes 1.35\n\n"),
    "E311": _pod("init proxy { restartPolicy: Always }\n  container app"),
    "E312": _pod("sidecar proxy { restartPolicy: Never }\n  container app"),
    "W301": _pod("container app { port 80 }\n  container web { port 80 }"),
    "W302": _pod(f"container app {{ {_OWN}  on exit 1..5: Restart  on exit 3: Restart }}"),
    "W305": _pod("sidecar proxy\n  container app", "kubernetes 1.28\n\n"),
    "W306": _pod(f"init migrate {{ {_OWN} }}\n  container app", "kubernetes 1.28\n\n"),
    "W307": _pod(f"container app {{ {_OWN} }}", "kubernetes 1.34\n\n"),
    "W308": _pod("sidecar proxy { on exit 1: Restart }\n  container app", "kubernetes 1.34\n\n"),
    "W303": _pod(f"container app {{ {_OWN}  on exit {{}}: Restart }}"),
}
