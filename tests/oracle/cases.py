"""Random specs of many kinds, each of which shows what an engine could get wrong."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from oracle.generate import CODES, POLICIES, Shape, Writer


class Case(NamedTuple):
    """A spec with one or more claims, and what kind of claim it is about."""

    kind: str
    text: str


def _plain(claim: Callable[[Writer, Shape], str]) -> Callable[[Writer], str]:
    def write(writer: Writer) -> str:
        pod = writer.shape()
        return pod.text + claim(writer, pod)

    return write


def _promise(writer: Writer) -> str:
    pod = writer.shape(most=1)
    return pod.text + writer.promise(pod)


def _counts(writer: Writer) -> str:
    """Restarts, some of them with the back-off waited for, and counts compared."""
    pod = writer.shape(rules=0.0, alone=0.2)
    names = list(pod.containers)
    c, other = names[-1], writer.chance.choice(names)
    again = "{%s exits %s followed by time passes} x %s"
    steps = [
        "when "
        + again % (x, writer.pick("1", "nonzero", "any"), writer.pick("1", "2", "3", "1..2"))
        for x in (c, other)[: writer.chance.randint(1, 2)]
    ]
    condition = writer.count_test(c, other)
    if writer.maybe(0.3):
        condition += writer.pick(" and ", " or ") + writer.count_test(other, c)
    policy = writer.pick("Always", "Always", "OnFailure")
    if writer.maybe(0.3):
        head = f"for p {writer.pick('', 'from Running')} under {policy}"
        kinds, most = writer.pick("exits", "exits, backoff", "OOM kills, backoff"), ""
        if writer.maybe(0.5):  # no more restarts than exits
            number, sign = writer.chance.choice((1, 2)), writer.pick(">", "<=", "=")
            kinds, most = "exits, backoff", f", at most {number} exits"
            condition = f"{c}.restartCount {sign} {number}" + writer.pick("", " + 1")
        word = writer.pick("check", "refute", "find")
        formula = writer.pick("never", "always") + " " if word != "find" else ""
        claim = f'{word} "c" {head} assuming only {kinds}{most} {{ {formula}({condition}) }}\n'
    else:
        word = writer.pick("scenario", "scenario", "find", "refute")
        claim = f'{word} "c" for p from Running under {policy} {{ {" ".join(steps)} then {condition} }}\n'
    return pod.text + claim


def _codes(writer: Writer) -> str:
    """Exit codes compared with each other and with numbers."""
    if writer.maybe(0.5):
        return _code_pair(writer)
    pod = writer.shape(alone=0.2)
    names = list(pod.containers)
    c, other = names[-1], writer.chance.choice(names)
    condition = writer.code_test(c, other)
    if writer.maybe(0.3):
        condition = f"({condition} {writer.pick('and', 'or')} {writer.code_test(other, c)})"
    if writer.maybe(0.3):
        condition = f"not ({condition})"
    codes = writer.pick("nonzero", "nonzero", "any", *CODES)
    theirs = codes if writer.maybe(0.5) else writer.pick(*CODES)
    exits = [
        f"when {x} exits {said}" for x, said in {other: theirs, c: codes}.items()
    ]  # fmt: skip
    if writer.maybe(0.3):
        exits.append(f"when {writer.event(pod)}")
    word = writer.pick("scenario", "scenario", "find", "refute")
    under = writer.pick("under Never", "under Never", writer.under())
    return pod.text + (
        f'{word} "c" for p from Running {under} {{ {" ".join(exits)} then {condition} }}\n'
    )


def _code_pair(writer: Writer) -> str:
    """Two containers whose codes are drawn from one set: nothing but the claim tells them apart."""
    pod = writer.shape(rules=0.0, alone=0.0)
    a, b = writer.chance.sample(pod.mains, 2)
    codes = writer.pick("nonzero", "nonzero", "any", "2..255", "not in {0, 137}", "{3, 4, 5}")
    one, other = f"{a}.exitCode", f"{b}.exitCode"
    condition = writer.pick(
        f"{one} = {other}", f"{one} != {other}", f"{one} <= {other}", f"{one} in {{{other}}}",
        f"{one} in {{{other}, 0}}", f"{one} not in {{{other}}}", f"not ({one} in {{{other}}})",
    )  # fmt: skip
    word, under = (
        writer.pick("scenario", "find", "refute"),
        writer.pick("Never", "Never", "OnFailure"),
    )
    steps = f"when {a} exits {codes} when {b} exits {codes} then {condition}"
    return f'{pod.text}{word} "c" for p from Running under {under} {{ {steps} }}\n'


def _exit_rules(writer: Writer) -> str:
    """Containers with restartPolicyRules, and claims that do not have their numbers."""
    pod = writer.shape(rules=1.0)
    c = writer.chance.choice(pod.containers)
    codes = writer.pick("nonzero", "any", "2..255", "not in {0, 1}")
    again = writer.pick("", "", f" when {writer.event(pod)}")
    word = writer.pick("scenario", "find", "refute")
    then = writer.pick(writer.phase(), f"{c}.state = running", f"{c}.restartCount >= 1")
    head = f'{word} "c" for p from Running {writer.under()}'
    return f"{pod.text}{head} {{ when {c} exits {codes}{again} then {then} }}\n"


def _override(writer: Writer) -> str:
    """A rule of the pack with numbers in its place, and a claim that has none of them."""
    pod = writer.shape(rules=0.0, alone=0.2)
    if writer.maybe(0.3):
        claim = writer.pick("scenario", "check", "find", "table")
        return pod.text + writer.override() + str(getattr(writer, claim)(pod))
    c, policy = writer.chance.choice(pod.mains), writer.pick(*POLICIES)
    codes, again = (
        writer.pick("nonzero", "any", "not in {0, 1}", "2..255"),
        writer.pick("2", "3", "4"),
    )
    event = writer.pick(
        f"{c} exits {codes}", f"{c} exits {codes}", f"any container exits {codes}",
        f"{{{c} exits 1 followed by time passes}} x {again}", "pod is deleted",
    )  # fmt: skip
    then = writer.pick(
        writer.phase(), writer.phase(), writer.count_test(c, c), f"{c}.state = running"
    )
    word = writer.pick("scenario", "scenario", "find", "refute")
    head = f'{word} "c" for p from Running under {policy}'
    return f"{pod.text}{writer.override()}{head} {{ when {event} then {then} }}\n"


def _pair(writer: Writer) -> str:
    """Two or three claims of one kind about one pod: none may get the answer of another."""
    pod = writer.shape()
    kind = writer.pick("scenario", "find")
    head = f"for p from Running under {writer.pick(*POLICIES)}"
    if kind == "find":
        head += f" assuming only {writer.pick('exits', 'exits, backoff', 'OOM kills, deletion')}"
    text = pod.text
    for title in "cde"[: writer.chance.randint(2, 3)]:
        when = f"when {writer.event(pod)} then " if kind == "scenario" else ""
        text += f'{kind} "{title}" {head} {{ {when}{writer.condition(pod)} }}\n'
    return text


def _alike(writer: Writer) -> str:
    """Two containers that are alike, or nearly so, and a check that tells them apart."""
    bodies = ["", " { readinessProbe }", " { livenessProbe }"]
    one = writer.pick(*bodies)
    other = one if writer.maybe(0.7) else writer.pick(*bodies)
    number = writer.pick("0", "1", "3")
    condition = writer.pick(
        f"app.restartCount {writer.pick('=', '<', '>=')} {number}",
        f"app.exitCode {writer.pick('=', '<', '>=')} {number}",
        "app.state = running and helper.state = terminated", "app.ready and not helper.ready",
        "app.restartCount <= helper.restartCount", "app.lastState = absent",
    )  # fmt: skip
    kinds = writer.pick("exits", "exits, readiness", "OOM kills, backoff", "exits, at most 1 exits")
    head = f"for p from {writer.pick('Running', 'created')} under {writer.pick(*POLICIES)}"
    formula = f"{writer.pick('never', 'always', 'stays')} ({condition})"
    pod = f"pod p {{\n  container app{one}\n  container helper{other}\n}}\n"
    return f'{pod}check "c" {head} assuming only {kinds} {{ {formula} }}\n'


def _limited(writer: Writer) -> str:
    """Sequences of which `at most N` of a kind leaves some, or none."""
    pod = writer.shape(rules=0.0)
    c = writer.chance.choice(pod.containers)
    event = writer.pick(
        f"{{{c} exits {writer.pick(*CODES)} followed by time passes}} x {writer.pick('2', '1..3')}",
        f"{{{c} exits 1 or pod is deleted}} x 2", writer.pattern(pod, 2),
        f"every container at once exits {writer.pick(*CODES)}", f"{{{writer.event(pod)}}} repeatedly",
    )  # fmt: skip
    then, kind = writer.condition(pod), writer.pick("exits", "exits", "deletion", "backoff")
    word, start = writer.pick("scenario", "find", "refute"), writer.start(pod)
    most = f"at most {writer.pick('0', '1', '1', '2', '3')} {kind}"
    only = "only exits, backoff, deletion, " if "any" in start else ""
    head = f'{word} "c" for p {start} under {writer.pick(*POLICIES)} assuming {only}{most}'
    middle = f" then {writer.atom(pod)} when {writer.event(pod)}" if word != "find" else ""
    middle = middle if writer.maybe(0.3) else ""
    return f"{pod.text}{head} {{ when {event}{middle} then {then} }}\n"


def _family(writer: Writer) -> str:
    body = writer.pick(
        "", "", " { readinessProbe }", " { restartPolicy: Never\n    on exit 1: Restart }"
    )
    other = writer.pick("", "", "\n  init ini", "\n  sidecar sid")
    text = f"pod p {{{other}\n  container c[1..2]{body}\n}}\n"
    event = writer.pick(
        f"any container exits {writer.pick(*CODES)}",
        f"every container exits {writer.pick(*CODES)}",
        f"any main container as x exits {writer.pick(*CODES)} followed by every other main container exits 1",
        f"every main container at once exits {writer.pick(*CODES)}",
        "pod is deleted", "any container is OOMKilled", "anything",
    )  # fmt: skip
    condition = writer.pick(
        writer.phase(), "(some container: restartCount > 0)", "count(container: ready) >= 1",
        "(every container: exitCode = 0)", "sum(container: restartCount) = RESTARTS",
    )  # fmt: skip
    if writer.maybe(0.7):
        start = writer.pick("", "from Running")
        return (
            text
            + f'scenario "c" for p {start} {writer.under()} {{ when {event} then {condition} }}\n'
        )
    kinds = writer.pick("exits", "exits, backoff", "deletion", "readiness")
    return (
        text + f'check "c" for p {writer.under()} assuming only {kinds} {{ never {condition} }}\n'
    )


def _release(writer: Writer) -> str:
    """Another release, or gates set by hand."""
    minor = writer.chance.choice((28, 29, 31, 32, 33, 34, 35, 36))
    pod = writer.shape(rules=0.15 if minor >= 35 else 0.0)
    head = f"kubernetes 1.{minor}\n"
    if minor >= 35 and writer.maybe(0.4):
        head += f"gates RestartAllContainersOnContainerExits {writer.pick('on', 'off')}\n"
    elif minor == 28 and "sidecar" in pod.text:  # or the API server would make it an init container
        head += "gates SidecarContainers on\n"
    elif minor < 36 and writer.maybe(0.3):
        head = f"kubernetes 1.36, kubelet 1.{minor}\n" if minor >= 33 else head
    claim = writer.pick("scenario", "scenario", "check", "find", "table")
    return head + pod.text + str(getattr(writer, claim)(pod))


CASES: dict[str, tuple[int, Callable[[Writer], str]]] = {
    "scenario": (5, _plain(Writer.scenario)),
    "check": (4, _plain(Writer.check)),
    "find": (3, _plain(Writer.find)),
    "observations": (2, _plain(Writer.observations)),
    "table": (2, _plain(Writer.table)),
    "promise": (3, _promise),
    "counts": (3, _counts),
    "codes": (3, _codes),
    "override": (3, _override),
    "exit-rules": (1, _exit_rules),
    "pair": (1, _pair),
    "alike": (1, _alike),
    "limited": (1, _limited),
    "family": (1, _family),
    "release": (2, _release),
}


def case(seed: str, only: Sequence[str] = ()) -> Case:
    """A random spec; the same for the same seed."""
    chance = random.Random(seed)
    kinds = [k for k, (weight, _) in CASES.items() for _ in range(weight) if not only or k in only]
    kind = chance.choice(kinds)
    return Case(kind, CASES[kind][1](Writer(chance)))
