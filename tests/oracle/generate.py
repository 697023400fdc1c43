"""Random specs: small pods, and claims of every kind that brute force can decide.

Half of what is claimed is about what the abstractions of an engine could get wrong: counts
compared with each other and with sums, exit codes compared with each other, sets of codes, rules
that a spec overrides.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

POLICIES = ("Always", "OnFailure", "Never")
CODES = (
    "0", "1", "0", "1", "42", "137", "143", "nonzero", "any", "1..9", "{1, 42}", "not in {0, 1}",
    "not in {0, 137}", "{0, 3, 255}", "126..255",
)  # fmt: skip
KINDS = (
    "exits", "OOM kills", "backoff", "image failures", "start failures", "deletion", "eviction",
    "readiness", "probe failures", "sandbox death", "kubelet restart", "lost records",
    "node loss", "reboot", "deadline", "nothing", "node shutdown", "preemption", "rejection",
    "image change", "probe errors", "volumes",
)  # fmt: skip
OF_THE_POD = (
    "backoff ends", "time passes", "nothing happens", "pod is deleted", "pod is force deleted",
    "pod is drained", "pod is evicted for a taint", "pod is evicted", "pod is preempted",
    "pod makes room for a critical pod", "sandbox dies", "node reboots", "kubelet restarts",
    "node is lost", "node returns", "node is removed", "node is out of service",
    "node shuts down", "sandbox creation fails", "sandbox creation works",
    "pod is rejected with OutOfcpu", "pod is deleted with exit 0",
)  # fmt: skip


class Case(NamedTuple):
    """A spec with one or more claims, and what kind of claim it is about."""

    kind: str
    text: str


class Shape(NamedTuple):
    """A pod: its text, and what claims have to know of it."""

    text: str
    containers: tuple[str, ...]
    roles: dict[str, str]
    probes: dict[str, tuple[str, ...]]
    deadline: bool

    @property
    def mains(self) -> list[str]:
        return [c for c in self.containers if self.roles[c] == "container"]

    @property
    def first(self) -> list[str]:
        """Init containers and sidecars."""
        return [c for c in self.containers if self.roles[c] != "container"]


class Writer:
    """Writes one random spec."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def pick(self, *choices: str) -> str:
        return self.chance.choice(choices)

    def maybe(self, probability: float) -> bool:
        return self.chance.random() < probability

    # ---- pods --------------------------------------------------------------------------------

    def shape(self, most: int = 2, rules: float = 0.15, alone: float = 0.5) -> Shape:
        """A pod `p` of one or two main containers, at times with an init container or sidecar;
        ``alone`` is how likely there is one."""
        mains = self.chance.sample(("app", "helper", "bee"), 1 if self.maybe(alone) else most)
        containers = [(c, "container") for c in mains]
        if self.maybe(0.25):
            containers.insert(0, ("ini", "init"))
        if self.maybe(0.2):
            containers.insert(
                self.chance.randint(0, len(containers) - len(mains)), ("sid", "sidecar")
            )
        lines, probes = [], {}
        if self.maybe(0.3):
            lines.append(f"restartPolicy: {self.pick(*POLICIES)}")
        deadline = self.maybe(0.1)
        if deadline:
            lines.append("activeDeadlineSeconds: 60")
        for name, role in containers:
            own = [p for p in PROBES if role != "init" and self.maybe(0.15)]
            probes[name] = tuple(own)
            items = [*own, *(self.exit_rules(role) if self.maybe(rules) else ())]
            lines.append(f"{role} {name}" + (" { " + "\n    ".join(items) + " }" if items else ""))
        text = "pod p {\n  " + "\n  ".join(lines) + "\n}\n"
        return Shape(text, tuple(c for c, _ in containers), dict(containers), probes, deadline)

    def exit_rules(self, role: str) -> list[str]:
        if role == "sidecar":
            return []
        policies = POLICIES if role == "container" else ("OnFailure", "Never")
        codes = ("0", "1", "42", "nonzero", "1..9", "{1, 42}", "not in {0, 42}", "any", "137")
        rules = [
            f"on exit {self.pick(*codes)}: {'Restart' if self.maybe(0.7) else 'RestartAllContainers'}"
            for _ in range(self.chance.randint(0, 2))
        ]
        return [f"restartPolicy: {self.pick(*policies)}", *rules]

    # ---- events ------------------------------------------------------------------------------

    def event(self, pod: Shape, codes: Sequence[str] = CODES) -> str:
        if self.maybe(0.25):
            return self.pick(*OF_THE_POD, *(["deadline passes"] * 8 if pod.deadline else []))
        return self.event_of(self.chance.choice(pod.containers), pod, codes)

    def event_of(self, c: str, pod: Shape, codes: Sequence[str] = CODES) -> str:
        """An event of a container."""
        if self.maybe(0.5):
            return f"{c} exits {self.pick(*codes)}"
        found = [
            f"{c} is OOMKilled", f"a process of {c} is OOMKilled", f"{c} backoff ends",
            f"{c} runs for a while", f"{c} runs for ten minutes", f"{c} image pull fails",
            f"{c} image can be pulled", f"{c} image pull is tried again", f"{c} image is pulled",
            f"{c} start fails with {self.pick('CreateContainerError', 'RunContainerError')}",
            f"{c} start works", f"record of {c} is lost", f"{c} becomes unknown",
        ]  # fmt: skip
        probes = pod.probes[c]
        if "livenessProbe" in probes:
            found += [f"{c} fails livenessProbe"] * 4
        if "startupProbe" in probes:
            found += [f"{c} fails startupProbe", f"{c} passes startupProbe"] * 3
        if "readinessProbe" in probes:
            found += [f"{c} becomes ready", f"{c} becomes unready"] * 3
        if pod.roles[c] != "init":
            found.append(f"{c} postStart hook fails")
        if pod.roles[c] == "container":
            found.append(f"{c} image is changed")
        return self.pick(*found)

    def pattern(self, pod: Shape, depth: int = 1) -> str:
        if depth == 0 or self.maybe(0.45):
            return self.event(pod)
        several = len(pod.containers) > 1
        a, b = self.pattern(pod, depth - 1), self.pattern(pod, depth - 1)
        forms = [
            f"{{{a} followed by {b}}}", f"{{{a} or {b}}}", f"{{{a}}} x {self.pick('2', '1..2', '3')}",
            f"in any order {{{self.event(pod)}; {self.event(pod)}}}",
            f"any {self.pick('', 'main ')}container exits {self.pick(*CODES)}",
            f"every {self.pick('', 'main ')}container exits {self.pick(*CODES)}",
            f"every main container at once exits {self.pick(*CODES)}",
            f"anything but {self.pick('exits', 'backoff', 'image failures')}",
        ]  # fmt: skip
        if several:
            one, two = self.chance.sample(pod.containers, 2)
            forms.append(
                f"{{{one} exits {self.pick(*CODES)} together with {two} exits {self.pick(*CODES)}}}"
            )
        if self.maybe(0.1):
            return f"{{{self.event_of(self.chance.choice(pod.containers), pod)}}} repeatedly"
        return self.pick(*forms)

    # ---- conditions ----------------------------------------------------------------------------

    def atom(self, pod: Shape) -> str:
        c = self.chance.choice(pod.containers)
        other = self.chance.choice(pod.containers)
        forms: list[Callable[[], str]] = [
            self.phase, self.phase, self.phase,
            lambda: f"{c}.state = {self.pick('waiting', 'running', 'terminated', 'absent')}",
            lambda: f"{c}.state = {self.pick('waiting', 'running', 'terminated')}",
            lambda: self.code_test(c, other), lambda: self.code_test(c, other),
            lambda: self.count_test(c, other), lambda: self.count_test(c, other),
            lambda: f"{c}.reason = {self.pick(*REASONS)}",
            lambda: f"{c}.{self.pick('ready', 'started', 'backingOff')}",
            lambda: self.pick("deleted", "gone"),
            lambda: "condition " + self.pick("Ready", "Initialized", "ContainersReady"),
            lambda: f"{c}.lastState = terminated",
            lambda: f"({self.pick('some', 'every', 'no')} container: {self.of_container()})",
            lambda: f"count(container: {self.pick('ready', 'started')}) >= {self.pick('1', '2')}",
            lambda: f'STATUS = "{self.pick(*STATUSES)}"',
            lambda: f'READY = "{self.pick("0/1", "1/1", "1/2", "2/2")}"',
            lambda: f"reason = {self.pick('none', 'Evicted', 'DeadlineExceeded')}",
            lambda: f"policy = {self.pick(*POLICIES)}",
        ]  # fmt: skip
        return self.chance.choice(forms)()

    def phase(self) -> str:
        return self.pick(
            "phase = Failed", "phase = Succeeded", "phase = Pending", "phase = Running",
            "phase in {Succeeded, Failed}", "phase != Running",
        )  # fmt: skip

    def of_container(self) -> str:
        return self.pick(
            "restartCount > 0", "ready", "exitCode != 0", "reason = Error", "lastExitCode = 1",
            "restartCount + 1 = 2",
        )  # fmt: skip

    def code_test(self, c: str, other: str) -> str:
        """Exit codes against numbers, each other, sets and ranges."""
        code = f"{c}.{self.pick('exitCode', 'exitCode', 'lastExitCode')}"
        theirs = f"{other}.{self.pick('exitCode', 'lastExitCode')}"
        number = self.pick("0", "1", "42", "77", "137", "254")
        return self.pick(
            f"{code} {self.pick('=', '!=', '<', '>=')} {number}",
            f"{code} in {{{number}, 3}}", f"{code} not in {{{number}, 100..120}}",
            f"{code} {self.pick('=', '!=', '<', '<=')} {theirs}", f"{code} in {{{theirs}}}",
            f"{code} in {{{theirs}}}", f"{code} not in {{{theirs}}}",
            f"{code} in {{{theirs}, {number}}}", f"{code} in {{{number}..{int(number) + 1}}}",
        )  # fmt: skip

    def count_test(self, c: str, other: str) -> str:
        """Counts against numbers, each other and sums."""
        count = f"{c}.restartCount"
        theirs = self.pick(f"{other}.restartCount", f"{other}.restartCount", "RESTARTS")
        number = self.pick("0", "1", "2", "3", "1 + 1", "0 + 1", "2 + 1", "3 + 4")
        sign = self.pick("=", "!=", "<", ">=", ">")
        return self.pick(
            f"{count} {sign} {number}", f"{count} {sign} {theirs}",
            f"{count} + {self.pick('1', '2')} {sign} {theirs}", f"{count} in {{{theirs}, 2}}",
            f"{count} in {{1..3}}", f"RESTARTS {sign} {count} + {other}.restartCount",
            f"RESTARTS {sign} {number}", f"{count} + {theirs} {sign} {number}",
            f"sum(container: restartCount) {sign} {theirs}",
        )  # fmt: skip

    def condition(self, pod: Shape, depth: int = 1) -> str:
        if depth == 0 or self.maybe(0.5):
            return self.atom(pod)
        a, b = self.condition(pod, depth - 1), self.condition(pod, depth - 1)
        return self.pick(f"({a} and {b})", f"({a} or {b})", f"not ({a})", f"({a} implies {b})", a)

    # ---- rules of a spec's own ------------------------------------------------------------------

    def override(self) -> str:
        """A rule of the pack replaced by one with numbers of its own."""
        code, count = self.pick("1", "3", "77", "200"), self.pick("1", "2", "3")
        running = "(some c in main: c.newState = running)"
        line = self.pick(
            f'"something runs" = {running} : if (some c in main: c.newExitCode = {code}) then Failed else Running',
            f'"something runs" = {running} : if (some c in main: c.restartCount >= {count}) then Failed else Running',
            f'"something runs" = {running} and (no c in main: c.exitCode in {{{code}, 9}}) : Running',
            f'"over, all with 0" = (every c in main: c.newState = terminated and c.newExitCode in {{0, {code}}}) : Succeeded',
            f'"computedPhase: otherwise" = true : if (some c in main: c.newExitCode > {code}) then Failed else Succeeded',
            f'"next attempt: next attempt" = creates(c) and (c.record != none or c.logs) : c.attempt + {count}',
            f'"next code: killed" = killed(c) : if c.restartCount = {count} then {code} else 0',
        )  # fmt: skip
        return f'rule "own" overrides {line}\n  -- As this spec says.\n'

    # ---- heads -------------------------------------------------------------------------------

    def assuming(self, pod: Shape, most: int = 2) -> str:
        """A few kinds of events, at times with a limit; seldom none at all."""
        kinds = self.chance.sample(
            KINDS[: self.chance.choice((3, 9, len(KINDS)))], self.chance.randint(1, most)
        )
        found = [f"only {', '.join(kinds)}"]
        if self.maybe(0.2):
            found.append(f"at most {self.pick('0', '1', '2', '3')} {self.chance.choice(kinds)}")
        if self.maybe(0.1):
            found.append("races")
        return "assuming " + ", ".join(found)

    def under(self) -> str:
        return "under " + self.pick(*POLICIES, *POLICIES, "every policy", "Never, Always")

    def start(self, pod: Shape, anywhere: float = 0.15) -> str:
        if self.maybe(anywhere):
            if self.maybe(0.5):
                return f"from any {self.pick('Running', 'Pending', 'Failed', 'Succeeded')}"
            return f"from any state where {self.condition(pod)}"
        if pod.first and self.maybe(0.15):
            return f"from Starting({self.chance.choice(pod.first)})"
        return self.pick("from Running", "from Running", "", "from created")

    # ---- claims ------------------------------------------------------------------------------

    def steps(self, pod: Shape, last_only: bool = False) -> str:
        count = self.chance.choice((1, 1, 2, 3))
        found = []
        for number in range(count):
            when = f"when {self.pattern(pod, self.chance.randint(0, 2 if count == 1 else 1))}"
            is_last = number == count - 1
            if not last_only and self.maybe(0.25):
                when += f" at once {self.condition(pod)}"
            if is_last or (not last_only and self.maybe(0.4)):
                when += f" then {self.condition(pod)}"
            found.append(when)
        return " ".join(found)

    def scenario(self, pod: Shape) -> str:
        start = self.start(pod)
        assuming = self.assuming(pod) if "any" in start else ""
        word = self.pick("scenario", "scenario", "scenario", "refute")
        return f'{word} "c" for p {start} {self.under()} {assuming} {{ {self.steps(pod)} }}\n'

    def check(self, pod: Shape) -> str:
        word, formula = self.pick("check", "check", "refute"), self.formula(pod)
        head = f"for p {self.start(pod)} {self.under()} {self.assuming(pod)}"
        return f'{word} "c" {head} {{ {formula} }}\n'

    def formula(self, pod: Shape) -> str:
        inner = self.condition(pod, 2)
        if self.maybe(0.15):
            inner = f"({self.condition(pod)} implies next {self.atom_for_next(pod)})"
            return f"{self.pick('always', 'never')} {inner}"
        if self.maybe(0.1):
            count = f"{self.chance.choice(pod.containers)}.restartCount"
            return f"always next {count} {self.pick('>=', '<=', '=')} {count}" + self.pick(
                "", " + 1"
            )
        return f"{self.pick('always', 'never', 'never', 'stays')} {inner}"

    def atom_for_next(self, pod: Shape) -> str:
        return f"({self.atom(pod)})"

    def find(self, pod: Shape) -> str:
        start = self.start(pod)
        if self.maybe(0.5):
            assuming = self.assuming(pod) if "any" in start else ""
            return (
                f'find "c" for p {start} {self.under()} {assuming} {{ {self.steps(pod, True)} }}\n'
            )
        head = f"for p {start} {self.under()} {self.assuming(pod)}"
        return f'find "c" {head} {{ {self.condition(pod, 2)} }}\n'

    def table(self, pod: Shape) -> str:
        """Rows from one or more starts; cells with phases, columns and conditions."""
        with_start = self.maybe(0.5)
        head = f"for p from {self.pick('Running', 'created')}" if not with_start else "for p"
        columns = [c for c in POLICIES if self.maybe(0.7)] or ["Never"]
        lines = ["| " + " | ".join(["from"] * with_start + ["event", *columns]) + " |"]
        for _ in range(self.chance.randint(1, 3)):
            cells = [self.cell(pod) for _ in columns]
            event = self.pattern(pod, 1)
            starts = [self.pick("Running", "created")] * with_start
            lines.append("| " + " | ".join([*starts, event, *cells]) + " |")
        return f'table "c" {head} {{\n  ' + "\n  ".join(lines) + "\n}\n"

    def cell(self, pod: Shape) -> str:
        cell = self.pick(
            "Running", "Succeeded", "Failed", "Pending", "Running or Pending",
            "Succeeded or Failed", '"Error"', '"Completed"', '"CrashLoopBackOff"',
            f"({self.condition(pod)})", f"({self.condition(pod)})", "any",
        )  # fmt: skip
        return f"!{cell}" if self.maybe(0.15) and cell != "any" else cell

    def promise(self, pod: Shape) -> str:
        fair = self.pick(
            "", ", every container exits eventually",
            f", {self.chance.choice(pod.containers)} exits eventually",
        )  # fmt: skip
        head = f"for p {self.start(pod, 0.05)} {self.under()} {self.assuming(pod)}{fair}"
        a, b = self.condition(pod), self.condition(pod)
        formula = self.pick(f"eventually {a}", f"{a} leads to {b}", f"{a} until {b}")
        return f'{self.pick("check", "check", "refute")} "c" {head} {{ {formula} }}\n'


PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
REASONS = ("Error", "Completed", "OOMKilled", "CrashLoopBackOff", "ErrImagePull", "none",
           "ContainerCreating", "ContainerStatusUnknown")  # fmt: skip
STATUSES = ("Running", "Completed", "Error", "CrashLoopBackOff", "Pending", "Terminating",
            "OOMKilled", "NotReady", "Init:0/1")  # fmt: skip


# ---- kinds of cases ------------------------------------------------------------------------------


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
    elif minor < 36 and writer.maybe(0.3):
        head = f"kubernetes 1.36, kubelet 1.{minor}\n" if minor >= 33 else head
    claim = writer.pick("scenario", "scenario", "check", "find", "table")
    return head + pod.text + str(getattr(writer, claim)(pod))


CASES: dict[str, tuple[int, Callable[[Writer], str]]] = {
    "scenario": (5, _plain(Writer.scenario)),
    "check": (4, _plain(Writer.check)),
    "find": (3, _plain(Writer.find)),
    "table": (2, _plain(Writer.table)),
    "promise": (3, _promise),
    "counts": (3, _counts),
    "codes": (3, _codes),
    "override": (3, _override),
    "exit-rules": (1, _exit_rules),
    "pair": (1, _pair),
    "alike": (1, _alike),
    "family": (1, _family),
    "release": (2, _release),
}


def case(seed: str, only: Sequence[str] = ()) -> Case:
    """A random spec; the same for the same seed."""
    chance = random.Random(seed)
    kinds = [k for k, (weight, _) in CASES.items() for _ in range(weight) if not only or k in only]
    kind = chance.choice(kinds)
    return Case(kind, CASES[kind][1](Writer(chance)))
