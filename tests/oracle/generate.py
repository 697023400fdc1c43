"""Random pods, events, conditions and claims: small enough for brute force.

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

    def observations(self, pod: Shape) -> str:
        """Statuses in order, most of them of a pod that goes on."""
        c = self.chance.choice(pod.containers)
        forms = (
            self.phase, lambda: f'STATUS = "{self.pick(*STATUSES)}"', lambda: self.atom(pod),
            lambda: f"{c}.state = {self.pick('waiting', 'running', 'terminated')}",
            lambda: f"{c}.restartCount = {self.pick('0', '1', '2')}",
            lambda: f"{c}.exitCode = {self.pick('0', '1', '137')}",
            lambda: self.pick("condition Ready", "not condition Ready"),
        )  # fmt: skip
        listed = [self.chance.choice(forms)() for _ in range(self.chance.choice((1, 2, 2, 3, 4)))]
        head = f"for p {self.start(pod)} {self.under()} {self.assuming(pod, self.chance.choice((1, 1, 2)))}"
        return f'{self.pick("find", "refute")} "c" {head} {{ observe {" then ".join(listed)} }}\n'

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
