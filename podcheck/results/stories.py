"""Stories: what happens in a run, status by status, and which rules decide it."""

from __future__ import annotations

from typing import NamedTuple


class RuleFired(NamedTuple):
    """A rule of the pack that decided something: what, for which container, its value."""

    decision: str
    name: str
    container: str
    value: str
    sentence: str
    cites: str


class RuleCited(NamedTuple):
    """A rule of the pack, whatever it decides: its list, its name, what it says and its source."""

    decision: str
    name: str
    sentence: str
    cites: str


class ContainerStatus(NamedTuple):
    """A container as the API server shows it; ``text`` is one short phrase."""

    name: str
    text: str
    restarts: int
    ready: bool


class PodStatus(NamedTuple):
    """A published status: the phase and kubectl's columns.

    ``job`` has what is beside it: of the pod's Job its state and counts, and its other pods.
    """

    phase: str
    reason: str
    ready: str
    status: str
    restarts: str
    containers: tuple[ContainerStatus, ...]
    job: tuple[tuple[str, str], ...] = ()


class StoryStep(NamedTuple):
    """One line of a story: an event (or the start), the status after it, the rules that fired."""

    event: str
    status: PodStatus
    rules: tuple[RuleFired, ...]
    on_the_way: tuple[PodStatus, ...] = ()


class ObservedAt(NamedTuple):
    """Where a run shows an observation (the first is 1): the story's step, and the place among
    the step's statuses, those on the way and the last."""

    number: int
    step: int
    place: int


class Replay(NamedTuple):
    """How `podcheck run` plays a story again: the file, the pod, its restartPolicy, where the
    run starts, the events, each as one text, and the release, if it is not the spec's own."""

    spec: str
    pod: str
    policy: str
    start: str
    events: tuple[str, ...]
    release: str = ""

    @property
    def command(self) -> str:
        """The command line, quoted for a shell."""
        spec = f"./{self.spec}" if self.spec[:1] == "-" != self.spec else self.spec  # no option
        parts = ["podcheck", "run", spec, "--pod", self.pod, "--under", self.policy]
        if self.start != "created":
            parts += ["--from", self.start]
        if self.release:
            parts += ["--kubernetes", self.release]
        return " ".join(map(_quoted, (*parts, *self.events)))


def _quoted(word: str) -> str:
    """A word for a shell.  One with signs that can't be printed is written with their bytes, as
    bash, zsh and POSIX (since 2024) have it: ``$'a\\012b'``."""
    import shlex  # only reports with a story need it

    if word.isprintable():
        return shlex.quote(word)
    signs = [
        c if c.isprintable() and c not in "\\'"
        else "".join(f"\\{byte:03o}" for byte in c.encode("utf-8", "surrogateescape"))
        for c in word
    ]  # fmt: skip
    return f"$'{''.join(signs)}'"


class Story(NamedTuple):
    """A counterexample or witness, replayed by the interpreter.

    One that goes on forever has a ``loop``: the steps after ``steps[loop]`` lead back to
    there, and repeat; if it is the last step, nothing more happens.  After step ``unavoidable``
    nothing that the claim leaves open could avoid the violation (None: it is not known).  A claim
    `from any` state begins after ``steps[begins]``; what is before leads there.

    ``plausibility`` is the class of its most unusual event, ``unusual`` names what is of that class
    unless it is the most ordinary one.  ``observed`` says where the statuses are shown that the
    claim observes in order.  Unless it is ``most_ordinary`` a run of a more ordinary
    class may exist; unless it is ``shortest`` a shorter one of the same class.  ``shorter`` has the
    events of a shorter run of a more unusual class, if one is known.
    """

    policy: str
    start: str
    steps: tuple[StoryStep, ...]
    expected: str
    actual: tuple[tuple[str, str], ...]  # the observations that the condition reads
    decided_by: tuple[RuleFired, ...]
    why: str
    would_hold: tuple[str, ...]
    replayed: Replay | None  # None: `podcheck run` can't play it
    loop: int | None = None
    unavoidable: int | None = None
    begins: int | None = None
    shortest: bool = True
    plausibility: str = "ordinary"
    unusual: tuple[str, ...] = ()
    most_ordinary: bool = True
    shorter: tuple[str, ...] = ()
    observed: tuple[ObservedAt, ...] = ()

    @property
    def replay(self) -> str:
        """The command that plays it again, or an empty text."""
        return "" if self.replayed is None else self.replayed.command


class Play(NamedTuple):
    """A played sequence; ``notes`` say what was chosen where an event left something open."""

    pod: str
    policy: str
    start: str
    steps: tuple[StoryStep, ...]
    notes: tuple[str, ...]


class TransitionTable(NamedTuple):
    """Rows of cells: the event, then for each policy every value it can lead to.

    A cell lists the values in the order of their sort, joined by ` or `; ``-`` means that
    the event can't happen there.
    """

    pod: str
    start: str
    column: str
    policies: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
