"""Laws: what must agree between two ways of saying, or of asking, the same.

A law writes a random spec, or several, has podcheck verify it and says what does not agree (nothing
if all does).  No law knows what Kubernetes does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Protocol

from oracle.generate import CODES, POLICIES, Shape, Writer

H, F, V = "HOLDS", "FAILS", "VACUOUS"
DECIDED = (H, F, V)
Verdicts = dict[str, str]


class Says(Protocol):
    """podcheck's verdicts about a spec, by title; a spec that it refuses ends the law."""

    def __call__(self, text: str, engine: str = "auto", bound: int | None = None) -> Verdicts: ...


Law = Callable[[Writer, Says], str]
LAWS: dict[str, Law] = {}


def law(function: Law) -> Law:
    LAWS[function.__name__] = function
    return function


def decided(*verdicts: str) -> bool:
    return all(v in DECIDED for v in verdicts)


def opposite(one: str, other: str) -> bool:
    """Do a claim and its refutation (or a find of its contrary) agree?"""
    return not decided(one, other) or (one, other) in ((H, F), (F, H), (V, V))


def all_of(verdicts: Sequence[str]) -> str:
    """The verdict of a claim that says all of these."""
    return F if F in verdicts else V if V in verdicts else H


def _one(w: Writer) -> str:
    return f"under {w.pick(*POLICIES)}"


def _start(w: Writer, pod: Shape) -> str:
    return w.start(pod, anywhere=0.08)


def _complaints(*found: str) -> str:
    return "; ".join(x for x in found if x)


def _differ(what: str, one: str, other: str) -> str:
    return f"{what}: {one}, {other}" if decided(one, other) and one != other else ""


def _implies(verdicts: Verdicts, one: str, other: str) -> str:
    """If the first claim holds the second does not fail."""
    bad = verdicts[one] == H and verdicts[other] == F
    return f"`{one}` holds and `{other}` fails" if bad else ""


# ---- checks, finds, refutations ----------------------------------------------------------------------


@law
def never_is_always_not(w: Writer, says: Says) -> str:
    pod = w.shape()
    p, head = w.condition(pod, 2), f"{_start(w, pod)} {_one(w)} {w.assuming(pod)}"
    v = says(
        pod.text + f'check "never" {head} {{ never {p} }}\n'
        f'check "not" {head} {{ always not ({p}) }}\n'
        f'check "or" {head} {{ always (false or not ({p})) }}\n'
        f'refute "refute" {head} {{ never {p} }}\n'
    )
    return _complaints(
        _differ("never, always not", v["never"], v["not"]), _differ("or", v["not"], v["or"]),
        "" if opposite(v["never"], v["refute"]) else f"refute {v['refute']} of {v['never']}",
    )  # fmt: skip


@law
def a_find_is_a_never_with_races(w: Writer, says: Says) -> str:
    pod = w.shape()
    p, head = w.condition(pod, 2), f"{_start(w, pod)} {_one(w)}"
    kinds = w.assuming(pod).removesuffix(", races")
    v = says(
        pod.text + f'find "find" {head} {kinds} {{ {p} }}\n'
        f'check "races" {head} {kinds}, races {{ never {p} }}\n'
        f'check "calm" {head} {kinds} {{ never {p} }}\n'
        f'check "other" {head} {kinds} {{ always phase = Pending }}\n'
    )
    agree = opposite(v["find"], v["races"])
    if (v["find"], v["races"]) == (F, V):  # no state there could be has it, but there are runs
        agree = v["other"] != V
    found = "" if agree else f"find {v['find']}, never {v['races']}"
    return _complaints(found, _implies(v, "races", "calm"))


@law
def a_conjunction_is_its_parts(w: Writer, says: Says) -> str:
    pod = w.shape()
    p, q = w.condition(pod), w.condition(pod)
    head = f"{_start(w, pod)} {_one(w)} {w.assuming(pod)}"
    v = says(
        pod.text + f'check "both" {head} {{ always {p}\n always {q} }}\n'
        f'check "and" {head} {{ always (({p}) and ({q})) }}\n'
        f'check "p" {head} {{ always {p} }}\ncheck "q" {head} {{ always {q} }}\n'
        f'check "stays" {head} {{ stays {p} }}\n'
        f'check "kept" {head} {{ always (({p}) implies next ({p})) }}\n'
    )
    parts = [v["p"], v["q"]]
    found = [
        f"{k} {v[k]}, its parts {parts}" for k in ("both", "and")
        if decided(v[k], *parts) and (F in parts) is not (v[k] == F)
    ]  # fmt: skip
    return _complaints(*found, _differ("stays, always next", v["stays"], v["kept"]))


@law
def fewer_events_break_less(w: Writer, says: Says) -> str:
    pod = w.shape()
    kinds = w.chance.sample(("exits", "OOM kills", "backoff", "readiness", "deletion"), 2)
    body = f"{{ {w.pick('never', 'always', 'stays')} {w.condition(pod)} }}"
    head = f"{w.pick('', 'from Running')} {_one(w)} assuming only"
    both = ", ".join(kinds)
    v = says(
        pod.text + f'check "both" {head} {both} {body}\ncheck "one" {head} {kinds[0]} {body}\n'
        f'check "two" {head} {both}, at most 2 {kinds[0]} {body}\n'
        f'check "many" {head} {both}, at most 40 {kinds[0]} {body}\n'
        f'check "no" {head} {both}, no {kinds[1]} {body}\n'
    )
    found = [_implies(v, "both", k) for k in ("one", "two", "many", "no")]
    return _complaints(*found, _implies(v, "many", "two"), _differ("no", v["one"], v["no"]))


@law
def a_bound_hides_but_never_adds(w: Writer, says: Says) -> str:
    pod = w.shape(most=1)
    p, head = w.condition(pod), f"{w.pick('', 'from Running')} {_one(w)} {w.assuming(pod)}"
    text = pod.text + (
        f'check "check" {head} {{ {w.pick("never", "always", "stays")} {p} }}\n'
        f'find "find" {head} {{ {p} }}\n'
    )
    v, within = says(text), says(text, bound=2)
    found = [
        f"{k}: {v[k]}, within 2 events {within[k]}" for k, bad in (("check", F), ("find", H))
        if within[k] == bad and v[k] != bad and decided(v[k])
    ]  # fmt: skip
    return _complaints(*found)


# ---- scenarios, tables, families -----------------------------------------------------------------------


@law
def a_pattern_is_what_it_stands_for(w: Writer, says: Says) -> str:
    pod = w.shape()
    a, b = w.pattern(pod, 1), w.pattern(pod, 1)
    c, code, named = w.chance.choice(pod.containers), w.pick(*CODES), pod.containers
    whole, parts = w.chance.choice([
        (f"{{{a}}} or {{{b}}}", [a, b]),
        (f"{{{a}}} x 2", [f"{{{a}}} followed by {{{a}}}"]),
        (f"{{{a}}} x 1..2", [a, f"{{{a}}} followed by {{{a}}}"]),
        (f"in any order {{ {a}; {b} }}", [f"{{{a}}} followed by {{{b}}}", f"{{{b}}} followed by {{{a}}}"]),
        (f"any container exits {code}", [f"{x} exits {code}" for x in named]),
        (f"every container exits {code}", [f"in any order {{ {'; '.join(f'{x} exits {code}' for x in named)} }}"]),
        (f"every main container at once exits {code}", [" together with ".join(f"{x} exits {code}" for x in pod.mains)]),
        (f"{c} exits {{1, 42}}", [f"{c} exits 1", f"{c} exits 42"]),
        (f"{c} exits any", [f"{c} exits 0", f"{c} exits nonzero"]),
        (f"{c} exits not in {{0, 1}}", [f"{c} exits 2..255"]),
    ])  # fmt: skip
    head, then = f"{_start(w, pod)} {_one(w)}", w.condition(pod)
    claims = [
        f'scenario "{n}" {head} {{ when {p} then {then} }}\n' for n, p in enumerate([whole, *parts])
    ]
    v = list(says(pod.text + "".join(claims)).values())
    first, *rest = v
    wanted = F if F in rest else H if H in rest else V
    return _differ(f"{whole} and {rest}", first, wanted) if decided(*v) else ""


@law
def more_policies_are_each_policy(w: Writer, says: Says) -> str:
    pod = w.shape()
    if w.maybe(0.4):
        body = f"{{ {w.pick('never', 'always')} {w.condition(pod)} }}"
        kind, head = "check", f"{w.pick('', 'from Running')}"
        assuming = w.assuming(pod, 1)
    else:
        kind, head, assuming = "scenario", w.pick("", "from Running"), ""
        body = f"{{ when {w.pattern(pod, 1)} then {w.condition(pod)} }}"
    v = says(
        pod.text
        + f'{kind} "all" {head} under every policy {assuming} {body}\n'
        + "".join(f'{kind} "{q}" {head} under {q} {assuming} {body}\n' for q in POLICIES)
    )
    each = [v[q] for q in POLICIES]
    if not decided(*v.values()) or (kind == "check" and V in v.values()):
        return ""
    return _differ(f"each policy {each}", v["all"], all_of(each))


@law
def a_table_is_a_scenario_a_cell(w: Writer, says: Says) -> str:
    pod, start = w.shape(), w.pick("Running", "created")
    event = w.pattern(pod, 1)
    cells = {q: w.pick("Running", "Succeeded", "Failed", "Running or Pending") for q in POLICIES}
    then = {q: f"phase in {{{cell.replace(' or ', ', ')}}}" for q, cell in cells.items()}
    v = says(
        pod.text + f'table "table" for p from {start} {{\n| event | Always | OnFailure | Never |\n'
        f"| {event} | {cells['Always']} | {cells['OnFailure']} | {cells['Never']} |\n}}\n"
        + "".join(f'scenario "{q}" from {start} under {q} {{ when {event} then {then[q]} }}\n' for q in POLICIES)
        + f'table "not" for p {{\n| from | event | Never |\n| {start} | {event} | !({then["Never"]}) |\n}}\n'
    )  # fmt: skip
    each = [v[q] for q in POLICIES]
    found = _differ(f"scenarios {each}", v["table"], all_of(each)) if decided(*each) else ""
    agrees = opposite(v["Never"], v["not"])
    return _complaints(found, "" if agrees else f"cell `!` {v['not']} of {v['Never']}")


@law
def a_family_is_its_members(w: Writer, says: Says) -> str:
    body = w.pick("", "", " { readinessProbe }")
    other = w.pick("", "container zed\n", "init ini\n", "sidecar sid\n")
    head, event = f"{w.pick('', 'from Running')} {_one(w)}", w.pick(
        f"any container exits {w.pick(*CODES)}", f"every container exits {w.pick(*CODES)}",
        "pod is deleted", "any container is OOMKilled",
    )  # fmt: skip
    then = w.pick(w.phase(), "(some container: restartCount > 0)", "count(container: ready) >= 1")
    text = f"pod fam {{ {other} container c[1..2]{body} }}\n"
    text += f"pod m1 {{ {other} container c1{body} }}\n"
    text += f"pod m2 {{ {other} container c1{body}\n container c2{body} }}\n"
    v = says(
        text + "".join(
            f'scenario "{name}" for {name} {head} {{ when {event} then {then} }}\n'
            for name in ("fam", "m1", "m2")
        )
        + f'scenario "list" for m1, m2 {head} {{ when {event} then {then} }}\n'
    )  # fmt: skip
    members = all_of([v["m1"], v["m2"]]) if decided(v["m1"], v["m2"]) else "UNKNOWN"
    return _complaints(_differ("members", v["fam"], members), _differ("list", v["list"], members))


@law
def a_claim_and_its_contrary(w: Writer, says: Says) -> str:
    pod = w.shape()
    event, p = w.pattern(pod, 1), w.condition(pod)
    q, head = w.condition(pod), f"from Running {_one(w)}"
    v = says(
        pod.text + f'scenario "p" {head} {{ when {event} then {p} }}\n'
        f'scenario "not p" {head} {{ when {event} then not ({p}) }}\n'
        f'scenario "p and q" {head} {{ when {event} then ({p}) and ({q}) }}\n'
        f'scenario "q" {head} {{ when {event} then {q} }}\n'
        f'refute "refute p" {head} {{ when {event} then {p} }}\n'
        f'find "find not p" {head} {{ when {event} then not ({p}) }}\n'
    )
    parts = [v["p"], v["q"]]
    return _complaints(
        "p and not p hold" if v["p"] == v["not p"] == H else "",
        "" if opposite(v["p"], v["refute p"]) else f"refute {v['refute p']} of {v['p']}",
        f"p fails, but no run shows it: {v['find not p']}"
        if v["p"] == F and v["find not p"] in (F, V) else "",
        f"p and q {v['p and q']}, parts {parts}"
        if decided(v["p and q"], *parts) and (F in parts) is not (v["p and q"] == F) else "",
    )  # fmt: skip


# ---- promises, starts ------------------------------------------------------------------------------------


@law
def promises_follow_from_each_other(w: Writer, says: Says) -> str:
    pod = w.shape(most=1)
    p, q = w.condition(pod), w.condition(pod)
    head = f"{w.pick('', 'from Running')} {_one(w)} {w.assuming(pod, 2)}"
    claims = {
        "eventually p": f"eventually {p}", "eventually p or q": f"eventually ({p} or {q})",
        "q until p": f"{q} until {p}", "true until p": f"true until {p}",
        "true leads to p": f"true leads to {p}", "q leads to p": f"{q} leads to {p}",
        "p leads to p": f"{p} leads to {p}", "always p": f"always {p}", "never p": f"never {p}",
    }  # fmt: skip
    v = says(pod.text + "".join(f'check "{t}" {head} {{ {f} }}\n' for t, f in claims.items()))
    pairs = [
        ("eventually p", "eventually p or q"), ("q until p", "eventually p"),
        ("eventually p", "true until p"), ("true until p", "eventually p"),
        ("true leads to p", "eventually p"), ("true leads to p", "q leads to p"),
        ("always p", "eventually p"), ("always p", "true leads to p"),
    ]  # fmt: skip
    never = "never p, but eventually p" if v["never p"] == v["eventually p"] == H else ""
    itself = "p leads to p fails" if v["p leads to p"] == F else ""
    return _complaints(*(_implies(v, a, b) for a, b in pairs), never, itself)


@law
def any_start_covers_each(w: Writer, says: Says) -> str:
    pod = w.shape(most=1)
    a, p, where = w.pattern(pod, 0), w.condition(pod), w.atom(pod)
    under, kinds = _one(w), w.assuming(pod, 2)
    head = f"{under} {kinds} {{ when {a} then {p} }}\n"
    v = says(
        pod.text + f'scenario "any" from any state where true {head}'
        f'scenario "where" from any state where {where} {head}'
        f'scenario "other" from any state where not ({where}) {head}'
        f'scenario "start" from any state where {where} {under} {kinds} {{ when nothing happens then phase = phase }}\n'
        f'find "found" {under} {kinds} {{ {where} }}\n'
    )
    parts = [v["where"], v["other"]]
    split = decided(v["any"], *parts) and (F in parts) is not (v["any"] == F)
    return f"any state {v['any']}, split {parts}" if split else ""


# ---- what is beside a claim, and how it is asked ---------------------------------------------------------


@law
def engines_agree(w: Writer, says: Says) -> str:
    pod = w.shape()
    claim = w.pick("scenario", "check", "check", "find", "promise")
    text = pod.text + str(getattr(w, claim)(pod))
    found = {e: says(text, e)["c"] for e in ("auto", "explicit", "induction", "pdr")}
    known = {e: v for e, v in found.items() if v in DECIDED}
    return str(known) if len(set(known.values())) > 1 else ""


@law
def an_unrelated_claim_changes_nothing(w: Writer, says: Says) -> str:
    pod = w.shape()
    claim = w.pick("scenario", "check", "find", "promise", "table")
    text, c = pod.text + str(getattr(w, claim)(pod)), pod.mains[0]
    other = (
        f'scenario "other" for p from Running under Never {{ when {c} exits {{3, 7, 99, 200}} '
        f"then {c}.exitCode in {{3, 99, 120..130}} or {c}.restartCount >= 5 or phase = Failed }}\n"
    )
    return _differ("alone, beside another claim", says(text)["c"], says(text + other)["c"])


@law
def names_and_order_change_nothing(w: Writer, says: Says) -> str:
    pod = w.shape()
    claim = w.pick("scenario", "check", "promise")
    text = pod.text + str(getattr(w, claim)(pod))
    if "STATUS" in text:
        return ""  # kubectl shows the word of the first container by name
    names = w.chance.sample(("zulu", "alpha", "mike", "x-1", "kilo"), len(pod.containers))
    renamed = dict(zip(pod.containers, names, strict=True))
    pattern = re.compile(r"\b(" + "|".join(pod.containers) + r")\b")
    other = pattern.sub(lambda m: renamed[m.group()], text)
    return _differ("renamed", says(text)["c"], says(other)["c"])


@law
def a_release_is_its_gates(w: Writer, says: Says) -> str:
    minor = w.chance.choice((28, 29, 31, 33, 34, 35, 36))
    pod = w.shape(rules=0.2 if minor >= 35 else 0.0)
    gates = {
        "PodReadyToStartContainersCondition": minor >= 29,
        "ChangeContainerStatusOnKubeletRestart": minor < 35, "SidecarContainers": minor >= 29,
        "ContainerRestartRules": minor >= 35, "RestartAllContainersOnContainerExits": minor >= 36,
    }  # fmt: skip
    claim = pod.text + str(getattr(w, w.pick("scenario", "check"))(pod))
    listed = ", ".join(f"{name} {'on' if on else 'off'}" for name, on in gates.items())
    release = f"kubernetes 1.{minor}\n"
    plain = says(release + claim)["c"]
    return _complaints(
        _differ("gates", plain, says(f"{release}gates {listed}\n{claim}")["c"]),
        _differ("kubelet", plain, says(f"kubernetes 1.{minor}, kubelet 1.{minor}\n{claim}")["c"]),
    )


@law
def a_finished_init_container_changes_nothing(w: Writer, says: Says) -> str:
    """Where only main containers exit, or wait, or are OOM killed."""
    pod = w.shape(rules=0.0)
    if pod.first:
        return ""
    events = []
    for _ in range(w.chance.randint(1, 3)):
        c = w.chance.choice(pod.mains)
        events.append(w.pick(f"{c} exits {w.pick(*CODES)}", f"{c} is OOMKilled", "time passes"))
    steps = " ".join(f"when {e}" for e in events)
    then = w.pick(w.phase(), f"{pod.mains[0]}.restartCount >= 1", "condition Ready")
    claim = f'scenario "c" for p from Running {_one(w)} {{ {steps} then {then} }}\n'
    longer = pod.text.replace("pod p {", "pod p {\n  init prior", 1)
    return _differ("with an init container", says(pod.text + claim)["c"], says(longer + claim)["c"])
