"""What is said of an observed status, as plain values: all that a renderer knows."""

from __future__ import annotations

from typing import NamedTuple

from podcheck.results.stories import PodStatus, RuleFired, StoryStep

EXPLAINED, IMPOSSIBLE, UNKNOWN = "explained", "impossible", "unknown"
EXIT_EXPLAINED, EXIT_IMPOSSIBLE, EXIT_INPUT, EXIT_UNKNOWN = 0, 1, 2, 4


class ContainerNow(NamedTuple):
    """A container's line: ``text`` is its state, ``last`` how it ended before (or empty)."""

    name: str
    role: str
    text: str
    restarts: int | None
    ready: bool | None
    last: str


class Now(NamedTuple):
    """The status: kubectl's columns, the rule that decides the phase (None: not known), the
    containers, and what keeps the pod from being further, a sentence each."""

    phase: str
    reason: str
    status: str
    ready: str
    restarts: str
    rule: RuleFired | None
    containers: tuple[ContainerNow, ...]
    obstacles: tuple[str, ...]


class Repeat(NamedTuple):
    """The steps from ``first`` to ``last`` happen ``times`` times more, after the first time."""

    first: int
    last: int
    times: int


class History(NamedTuple):
    """A run that ends in the status, replayed by the interpreter.

    ``plausibility`` is the class of its most unusual event; ``passing``: the kubelet's next sync
    changes the status.  ``short`` names the counts that stand for all larger ones, if the run
    could not be repeated up to them.
    """

    steps: tuple[StoryStep, ...]
    repeats: tuple[Repeat, ...]
    plausibility: str
    passing: bool
    short: tuple[str, ...]


class Prospect(NamedTuple):
    """A state of affairs, such as `phase Succeeded`, and whether it can still come.

    ``verdict`` is `can` (``events`` lead there; ``inside``: none of them comes from outside of the
    pod; ``plausibility`` is the class of the most unusual one), `never` (proved), or `unknown`.
    """

    name: str
    verdict: str
    events: tuple[str, ...]
    inside: bool
    plausibility: str


class Future(NamedTuple):
    """What comes next: by itself, what would change the status, and what can still be reached.

    ``itself`` are events that come without anybody's doing, each with the status after it;
    ``stuck``: nothing inside of the pod changes the status; then ``repairs`` would, and stopping
    the pod by ``stops``.
    """

    itself: tuple[tuple[str, PodStatus], ...]
    stuck: bool
    final: bool
    repairs: tuple[str, ...]
    stops: tuple[str, ...]
    prospects: tuple[Prospect, ...]


class Advice(NamedTuple):
    """What to do, and a command for it (or empty)."""

    text: str
    command: str


class Impossible(NamedTuple):
    """Why a status is impossible: the smallest part that is (``minimal`` unless the limits were
    reached), and the nearest status that a run reaches: what is different there."""

    core: tuple[tuple[str, str], ...]  # path, what stands there
    minimal: bool
    nearest: tuple[tuple[str, str, str], ...]  # path, what stands there, what would
    causes: tuple[str, ...]


class PodStory(NamedTuple):
    """What pods of one shape and status share."""

    verdict: str
    now: Now
    history: History | None = None
    future: Future | None = None
    impossible: Impossible | None = None
    limit: str = ""


class Explanation(NamedTuple):
    """What is said of one pod; ``waits``: what has to happen before a kubelet sees it, or empty."""

    namespace: str
    name: str
    policy: str
    kubernetes: str
    verdict: str
    now: Now
    history: History | None
    future: Future | None
    advice: tuple[Advice, ...]
    impossible: Impossible | None
    unknown: tuple[str, ...]
    limit: str = ""
    waits: str = ""

    @property
    def title(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


class JobPod(NamedTuple):
    """A pod of the Job: its index (None: it has none), what kubectl shows of it, and what becomes
    of its failure by podFailurePolicy (empty: it has not failed, or there is no such policy)."""

    name: str
    completion_index: int | None
    phase: str
    status: str
    policy: str


class JobNow(NamedTuple):
    """The status: kubectl's columns, the numbers of the status, the rule by which it ends (None:
    it goes on), the pods, and what it waits for, a sentence each."""

    status: str
    completions: str
    counts: tuple[tuple[str, int], ...]
    rule: RuleFired | None
    pods: tuple[JobPod, ...]
    waits: tuple[str, ...]
    notes: tuple[str, ...]


class JobStep(NamedTuple):
    """A line of a Job's history: what happens, kubectl's columns after it, pods made so far, and
    how many of them have failed and succeeded."""

    event: str
    status: str
    completions: str
    made: int
    failed: int
    succeeded: int


class JobHistory(NamedTuple):
    """A run of the Job and its pods that ends in the status, replayed by the interpreter.

    ``plausibility`` is the class of its most unusual event; ``passing``: the next sync changes the
    status.
    """

    steps: tuple[JobStep, ...]
    plausibility: str
    passing: bool


class JobExplanation(NamedTuple):
    """What is said of one Job; ``headline`` in a few words.  ``limit``: why something is not
    known."""

    namespace: str
    name: str
    policy: str
    kubernetes: str
    verdict: str
    headline: str
    now: JobNow
    history: JobHistory | None
    prospects: tuple[Prospect, ...]
    advice: tuple[Advice, ...]
    impossible: Impossible | None
    unknown: tuple[str, ...]
    limit: str = ""

    @property
    def title(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


class Explanations(NamedTuple):
    """Explanations of the pods and Jobs of an input, in its order; ``skipped`` objects were
    neither."""

    pods: tuple[Explanation, ...]
    skipped: int = 0
    jobs: tuple[JobExplanation, ...] = ()

    def exit_code(self) -> int:
        """0: all explained; 1: one is impossible; 4: one is not known."""
        verdicts = {pod.verdict for pod in self.pods} | {job.verdict for job in self.jobs}
        if IMPOSSIBLE in verdicts:
            return EXIT_IMPOSSIBLE
        return EXIT_UNKNOWN if UNKNOWN in verdicts else EXIT_EXPLAINED


class LogLine(NamedTuple):
    """A status of a log: its phase and containers, whether it can follow the one before it
    (`possible`, by ``events``; `impossible`, which is proved; `unknown`)."""

    phase: str
    containers: tuple[str, ...]
    verdict: str
    events: tuple[str, ...]


class PodLog(NamedTuple):
    """What is said of the statuses of one pod, in order."""

    name: str
    policy: str
    lines: tuple[LogLine, ...]

    def exit_code(self) -> int:
        """0: all are possible; 1: one is not; 4: one is not known."""
        verdicts = {line.verdict for line in self.lines}
        if IMPOSSIBLE in verdicts:
            return EXIT_IMPOSSIBLE
        return EXIT_UNKNOWN if UNKNOWN in verdicts else EXIT_EXPLAINED
