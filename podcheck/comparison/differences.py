"""What two releases of Kubernetes make of one pod: short runs after which its status differs, or a
proof that it never does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property

from podcheck.comparison.lockstep import Lockstep
from podcheck.comparison.product import (
    NEVER_APART,
    Observed,
    all_equal,
    likely,
    product,
    splitting,
)
from podcheck.comparison.switches import Switch
from podcheck.compiler.engine_claims import property_claim
from podcheck.compiler.finite_questions import finite
from podcheck.compiler.pod_plan import PodPlan
from podcheck.compiler.questions import Assumptions, From, PodQuestions, PropertyQuestion
from podcheck.core.answers import Answer, Move, Proved, Refuted, Unknown
from podcheck.core.effort import Effort
from podcheck.core.finite_cut import Cuts
from podcheck.core.system import PLAUSIBILITY, TransitionSystem
from podcheck.core.terms import Term, Value
from podcheck.declarations.pack import Pack
from podcheck.declarations.pod import Pod
from podcheck.elaboration.grounder import Grounder
from podcheck.elaboration.names import job_fields
from podcheck.elaboration.scope import Stop
from podcheck.explanation.narrator import Narrator, Played
from podcheck.explicit.interpreter import NotSettled, ReplayDiffers, State
from podcheck.results.differences import Comparison, Difference, Differing, Refused, Side
from podcheck.results.stories import Replay
from podcheck.symbolic.session import Session, Workspace
from podcheck.symbolic.smt_solver import Budget, GaveUpError
from podcheck.transform.environment import without_races
from podcheck.verification.options import Options
from podcheck.verification.pod_context import PodContext
from podcheck.verification.properties import Properties

SHARED = "policy"
NEVER_ACTS = "no rule that differs ever acts otherwise"
NO_RULE = "no rule that this pod depends on differs"
MOST = 8  # differences that are shown of a pod
SEARCH = 1_500_000  # units for runs of each class at level 1: half a second or so
EFFORT = 15_000_000  # units for a proof that nothing differs, some five seconds at level 1
PUBLISHED = ("phase", "reason", "READY", "STATUS", "RESTARTS")
CLAIMED = {"apiState": "state"}  # published fields that a claim reads by another name
TEXTS = ("READY", "STATUS")  # that an API server makes of the rest
JOB_CONDITION = "jobCondition_"
CONDITION = "condition_"  # begins the names of definitions that are conditions of a pod
# Published fields that belong together, by the first of them.
FIELDS = {
    "exitCode": "apiState",
    "reason": "apiState",
    "lastExitCode": "lastState",
    "lastReason": "lastState",
}


class Pair:
    """One pod under the rules of two releases, ready to be compared under any policy."""

    def __init__(
        self,
        spec: str,
        plans: tuple[PodPlan, PodPlan],
        releases: tuple[str, str],
        switched: Iterable[tuple[Switch, tuple[PodPlan, PodPlan]]] = (),
        refused: tuple[Refused, ...] = (),
    ) -> None:
        """``switched`` has the pod under each release with one switch of the other one;
        ``refused`` is why one of the two releases does not take the pod, if it does not."""
        self.spec, self.plans, self.releases = spec, plans, releases
        self.refused = refused
        if refused:  # it has no status under one of them
            return
        self._switched = switched
        self.first, self.second = (_system(plan.grounder) for plan in plans)
        self.observed = list(_observed(plans[0].grounder, plans[1].grounder))
        self.rules = self.first != self.second or any(
            o.first is not o.second for o in self.observed
        )

    @property
    def pod(self) -> Pod:
        return self.plans[0].pod

    @cached_property
    def narrators(self) -> tuple[Narrator, Narrator]:
        one, other = self.plans
        return Narrator(one.grounder), Narrator(other.grounder)

    @cached_property
    def _switches(self) -> list[tuple[Switch, list[tuple[Narrator, dict[str, Term]]]]]:
        """The switches that the pod's status depends on, each with both releases that have it as
        the other one, and what is observed then."""
        found = []
        for switch, plans in self._switched:
            with suppress(Stop):  # the two releases can't be mixed so
                systems = [_system(plan.grounder) for plan in plans]
                terms = [_shown(plan.grounder) for plan in plans]
                known = [_shown(plan.grounder) for plan in self.plans]
                if (systems, terms) != ([self.first, self.second], known):
                    narrators = [Narrator(plan.grounder) for plan in plans]
                    found.append((switch, list(zip(narrators, terms, strict=True))))
        return found

    def first_run(self, policy: str, options: Options, far: bool) -> Difference | None:
        """The first run that a search comes to, if it comes to one, near the pod's creation or
        ``far`` from it."""
        both = self._lockstep(policy)
        sought = {o.aspect for o in self.observed}
        runs = self._far if far else self._near
        for moves in runs(both, sought, policy, options) if self.rules else ():
            if not isinstance(moves, Proved):
                return self._difference(policy, moves, self.observed)[0]
        return None

    def _lockstep(self, policy: str) -> Lockstep:
        codes = (code for c in self.pod.containers for r in c.rules for code in r.codes)
        return Lockstep(self.first, self.second, self.observed, policy, codes)

    def compared(self, policies: Sequence[str], options: Options) -> list[Comparison]:
        """The pod under each policy, or why one of the releases does not take it."""
        if self.refused:
            return [Comparison(self.pod.member, "", "different", "", (), self.refused)]
        return [self.compare(policy, options) for policy in policies]

    def compare(self, policy: str, options: Options) -> Comparison:
        """The pod from its creation on.

        Of what its status shows differently, as many aspects as ``MOST`` are found, each by a run
        of its own, of ordinary events if there is one; what Kubernetes leaves to timing comes out
        as usual.  The runs are shown as the interpreter plays them under each release.
        """
        member = self.pod.member
        if not self.rules:
            return Comparison(member, policy, "equal", NO_RULE)
        left, found = self.observed, list[Difference]()
        both = self._lockstep(policy)
        answer: Answer = Unknown("")
        for moves in self._runs(both, policy, options):
            if isinstance(moves, Proved):
                answer = moves
                break
            difference, shown = self._difference(policy, moves, left)
            found.append(difference)
            aspects = {o.aspect for o in left if o.name in shown}
            left = [o for o in left if o.aspect not in aspects]
            if len(found) == MOST:
                break
        else:
            answer = self._rest(left, policy, options, both.exhausted)
        if isinstance(answer, Refuted):
            found.append(self._difference(policy, answer.run.moves, left)[0])
        proof = answer.by if isinstance(answer, Proved) else ""
        verdict = "different" if found else "equal" if proof else "unknown"
        return Comparison(member, policy, verdict, proof, tuple(found))

    def _rest(self, left: Sequence[Observed], policy: str, options: Options, hard: bool) -> Answer:
        """Is what is left the same in both, whatever happens?  Without ``hard`` only if that is
        soon known."""
        first = self.first.slice([o.first for o in left])
        second = self.second.slice([o.second for o in left])
        if first == second and all(o.first is o.second for o in left):
            return Proved(None, NO_RULE)
        if not hard and options.effort == 1:
            return Unknown("")
        condition = all_equal(first, second, [SHARED], left)
        return _always(product(first, second, [SHARED]), condition, policy, options)

    def _runs(
        self, both: Lockstep, policy: str, options: Options
    ) -> Iterator[Sequence[Move] | Proved]:
        """Runs that show differences, each another, those of more ordinary events first."""
        sought = {o.aspect for o in self.observed}
        number = len(sought)
        yield from self._near(both, sought, policy, options)
        if len(sought) == number:
            yield from self._far(both, sought, policy, options)

    def _near(
        self,
        both: Lockstep,
        sought: set[str],
        policy: str,
        options: Options,
        begun: Sequence[Move] = (),
    ) -> Iterator[Sequence[Move]]:
        for most in range(len(PLAUSIBILITY)):
            for found in both.search(sought, most, _effort(options, SEARCH), begun):
                sought -= found.aspects
                yield found.moves

    def _far(
        self, both: Lockstep, sought: set[str], policy: str, options: Options
    ) -> Iterator[Sequence[Move] | Proved]:
        """Runs that begin as one does on which a rule that differs acts; that there is no such
        run is a proof."""
        lemmas = self.plans[0].grounder.lemmas(self.first)
        system = splitting(self.first, self.second)._replace(lemmas=lemmas)
        answer = _always(system, NEVER_APART, policy, options)
        if isinstance(answer, Proved):
            yield answer._replace(by=NEVER_ACTS)
        elif isinstance(answer, Refuted):
            yield from self._near(both, sought, policy, options, answer.run.moves)

    def _difference(
        self, policy: str, moves: Sequence[Move], observed: Sequence[Observed]
    ) -> tuple[Difference, frozenset[str]]:
        """A run under each release, and the names of what is observed differently at its end.

        Raises ``ReplayDiffers`` if nothing is.
        """
        narrators = self.narrators
        stops = [_stop_code(narrators[0], move) for move in moves]
        played = [_played(narrator, policy, moves, stops) for narrator in narrators]
        ends = [moves[-1].end for moves in played]
        shown = frozenset(
            o.name
            for o in observed
            if narrators[0].machine.value(o.first, ends[0])
            != narrators[1].machine.value(o.second, ends[1])
        )
        if not shown:
            raise ReplayDiffers("no difference is left when the run is played")
        sides = []
        for narrator, ways, release in zip(narrators, played, self.releases, strict=True):
            events = tuple(
                _written(narrator, move, stop)
                for move, stop in zip(ways, stops, strict=True)
                if move.events
            )
            member = self.pod.member
            replay = Replay(self.spec, member, policy, "created", events, release)
            status = narrator.status(ways[-1].end)
            sides.append(Side(release, status, narrator.step(ways[-1]).rules, replay))
        differing = tuple(_differing(narrators, ends))
        because = tuple(self._because(policy, moves, stops, shown, ends))
        return Difference(sides[0].replay.events, sides[0], sides[1], differing, because), shown

    def _because(
        self,
        policy: str,
        moves: Sequence[Move],
        stops: Sequence[Value | None],
        shown: frozenset[str],
        ends: Sequence[State],
    ) -> Iterator[Differing]:
        """The switches each of which makes something of what is shown differ so: with it alone the
        first release shows what the second does, or without it the second what the first does."""
        one, other = self.narrators
        terms = [(o.name, o.first, o.second) for o in self.observed if o.name in shown]
        both = [
            (name, (first, second))
            for name, a, b in terms
            if (first := one.machine.value(a, ends[0]))
            != (second := other.machine.value(b, ends[1]))
        ]
        for switch, mixed in self._switches:
            for (narrator, observed), place in zip(mixed, (1, 0), strict=True):
                try:
                    end = _played(narrator, policy, moves, stops)[-1].end
                except ReplayDiffers:
                    continue
                shares = (
                    narrator.machine.value(observed[n], end) == values[place]
                    for n, values in both
                    if n in observed
                )
                if any(shares):
                    yield from switch.asked
                    break


def _effort(options: Options, units: int) -> Effort:
    return Effort(options.effort, options.expired, units)


def _always(system: TransitionSystem, condition: Term, policy: str, options: Options) -> Answer:
    """Does a condition hold in every state, whatever happens?"""
    whole = PropertyQuestion(
        0, "", (policy,), From("created", "created", None, "created"), "holds", Assumptions(),
        condition=condition,
    )  # fmt: skip
    cut = finite(system, [whole], {}, Cuts())
    lemmas = system.lemmas or likely(cut.system)
    (question,) = cut.questions
    assert isinstance(question, PropertyQuestion)
    asked = PodQuestions(system.pod, 0, cut.system._replace(lemmas=lemmas), (question,), {}, "")
    options = options._replace(expired=_effort(options, EFFORT))
    context = PodContext(asked, options, Workspace(), {})
    claim = property_claim(asked, question, (context.created(policy),))
    budget = Budget(expired=options.expired, minimal=False)  # nobody reads this invariant
    try:
        properties = Properties(Session(asked.system, budget=budget), options)
        return properties.answers(claim, sought=True)[0]
    except (GaveUpError, NotSettled) as error:
        return Unknown(str(error))


def _system(grounder: Grounder) -> TransitionSystem:
    """What the published status of a pod depends on."""
    terms = [*grounder.published(), *(t for _, t in _conditions(grounder))]
    return without_races(grounder.system(terms))


def _conditions(grounder: Grounder) -> Iterator[tuple[str, Term]]:
    for name in grounder.pack.defines:
        if name.startswith(CONDITION):
            yield name, grounder.observed(name)


def _shown(grounder: Grounder) -> dict[str, Term]:
    """What the API server shows of the pod, by the names of what is observed."""
    found = {str(term.value): term for term in grounder.published()}
    found |= dict(_conditions(grounder))
    return found | {name: grounder.observed(name) for name in TEXTS}


def _observed(first: Grounder, second: Grounder) -> Iterator[Observed]:
    """What the API server shows of the pod in both releases."""
    others = {str(term.value): term for term in second.published()}
    roles = {c.name: c.role.value for c in first.pod.containers}
    for term in first.published():
        name = str(term.value)
        container, _, field = name.rpartition(".")
        if name in others:
            aspect = f"{roles.get(container, '')} {FIELDS.get(field, field)}"
            yield Observed(name, aspect if container else name, term, others[name])
    conditions = dict(_conditions(second))
    for name, term in _conditions(first):
        if name in conditions:
            yield Observed(name, name, term, conditions[name])
    for name in TEXTS:
        one, other = first.observed(name), second.observed(name)
        if one is not other:  # else equal, because what it reads is
            yield Observed(name, name, one, other)


# ---- the run -----------------------------------------------------------------------------------


def _stop_code(narrator: Narrator, move: Move) -> Value | None:
    """What the containers exit with that a move stops, if they share a code."""
    kills = {i.name for i in narrator.system.sync.inputs if i.role == "kill"}
    codes = {v for given in move.syncs for name, v in given.items() if name in kills}
    return next(iter(codes)) if len(codes) == 1 else None


def _written(narrator: Narrator, move: Played, stop: Value | None) -> str:
    """An event as the command line has to write it."""
    text = narrator.command(move)
    return text if stop is None else f"{text} with exit {stop}"


def _played(
    narrator: Narrator, policy: str, moves: Sequence[Move], stops: Sequence[Value | None]
) -> list[Played]:
    """A run's events under one release, each after the last has settled."""
    state = narrator.start(policy)
    played: list[Played] = []
    known = narrator.machine.actions
    for move, stop in zip(moves, stops, strict=True):
        events = tuple(
            (name, {i.name: given[i.name] for i in known[name].inputs if i.name in given})
            for name, given in move.events
        )
        codes = None if stop is None else [stop]
        played.append(narrator.play(state, Move(events, ()), kill_codes=codes))
        state = played[-1].end
    return played


def _differing(
    narrators: Sequence[Narrator], ends: Sequence[State]
) -> Iterator[tuple[str, str, str]]:
    """What two statuses differ in, as kubectl and specs call it, with both values."""
    pack, pod = narrators[0].pack, narrators[0].pod
    for name in PUBLISHED:
        yield from _unequal(
            name, [n.observe(name, s) for n, s in zip(narrators, ends, strict=True)]
        )
    for name in pack.defines:
        if name.startswith(CONDITION):
            values = [n.pod_value(name, s) for n, s in zip(narrators, ends, strict=True)]
            yield from _unequal(f"condition {name.removeprefix(CONDITION)}", values)
    for shown, name in _of_job(pack) if pod.places else ():
        values = [n.pod_value(name, s) for n, s in zip(narrators, ends, strict=True)]
        yield from _unequal(shown, values)
    fields = [CLAIMED.get(name, name) for name, v in pack.container_state.items() if v.published]
    for c in pod.containers:
        for field in fields:
            values = [n.field_value(c.name, field, s) for n, s in zip(narrators, ends, strict=True)]
            yield from _unequal(f"{c.name}.{field}", values)


def _of_job(pack: Pack) -> Iterator[tuple[str, str]]:
    """What the status of a Job says: as specs call it, and as the rules do."""
    for field in job_fields(pack):
        yield f"job.{field}", f"job{field[0].upper()}{field[1:]}"
    for name in pack.defines:
        if name.startswith(JOB_CONDITION):
            yield f"condition {name.removeprefix(JOB_CONDITION)}", name


def _unequal(name: str, values: Sequence[object]) -> Iterator[tuple[str, str, str]]:
    if values[0] != values[1]:
        yield name, str(values[0]), str(values[1])
