"""What two releases of Kubernetes make of one pod: the fewest events after which its status
differs, or a proof that it never does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from podcheck.comparison.product import Observed, all_equal, likely, product
from podcheck.compiler.engine_claims import property_claim
from podcheck.compiler.finite_questions import finite
from podcheck.compiler.pod_plan import PodPlan
from podcheck.compiler.questions import Assumptions, From, PodQuestions, PropertyQuestion
from podcheck.core.answers import Answer, Move, Proved, Refuted, Run, Unknown
from podcheck.core.effort import Effort
from podcheck.core.finite_cut import Cuts
from podcheck.core.system import TransitionSystem
from podcheck.core.terms import Term
from podcheck.elaboration.grounder import Grounder
from podcheck.explanation.narrator import Narrator, Played
from podcheck.explicit.interpreter import NotSettled, ReplayDiffers, State
from podcheck.results.differences import Comparison, Difference, Side
from podcheck.results.stories import Replay
from podcheck.symbolic.session import Session, Workspace
from podcheck.symbolic.smt_solver import Budget, GaveUpError
from podcheck.transform.environment import without_races
from podcheck.verification.options import Options
from podcheck.verification.pod_context import PodContext
from podcheck.verification.properties import Properties

SHARED = "policy"
NO_RULE = "no rule that this pod depends on differs"
MOST = 4  # differences that are shown of a pod
EFFORT = 15_000_000  # units for each search, some five seconds at level 1
PUBLISHED = ("phase", "reason", "READY", "STATUS", "RESTARTS")
CLAIMED = {"apiState": "state"}  # published fields that a claim reads by another name
TEXTS = ("READY", "STATUS")  # that an API server makes of the rest
CONDITION = "condition_"  # begins the names of definitions that are conditions of a pod


def compare(
    spec: str,
    plans: tuple[PodPlan, PodPlan],
    releases: tuple[str, str],
    policy: str,
    options: Options,
) -> Comparison:
    """One pod under the rules of two releases, from its creation on.

    Of what its status shows differently, as many as ``MOST`` are found, each by a run of its own
    with events of ordinary lives if there is one; what Kubernetes leaves to timing comes out as
    usual.  The runs are shown as the interpreter plays them under each release.
    """
    first, second = (_system(plan.grounder) for plan in plans)
    observed = list(_observed(plans[0].grounder, plans[1].grounder))
    member, found = plans[0].pod.member, list[Difference]()
    both = product(first, second, [SHARED])
    ordinary = {e.kind for e in both.events if e.ordinary}
    rare = frozenset(e.kind for e in both.events) - ordinary
    for excluded in dict.fromkeys((rare, frozenset[str]())):
        detail = ""
        while len(found) < MOST:
            if first == second and all(o.first is o.second for o in observed):
                return _found(member, policy, found, NO_RULE)
            condition = all_equal(first, second, [SHARED], observed)
            answer = _answer(both, condition, excluded, policy, plans[0], options)
            if not isinstance(answer, Refuted):
                detail = answer.by if isinstance(answer, Proved) else ""
                break
            difference, shown = _difference(spec, plans, releases, policy, answer.run, observed)
            found.append(difference)
            observed = [o for o in observed if o.name not in shown]
    return _found(member, policy, found, detail if len(found) < MOST else "")


def _found(member: str, policy: str, found: list[Difference], proved: str) -> Comparison:
    verdict = "different" if found else "equal" if proved else "unknown"
    return Comparison(member, policy, verdict, proved, tuple(found))


def _answer(
    both: TransitionSystem,
    condition: Term,
    excluded: frozenset[str],
    policy: str,
    plan: PodPlan,
    options: Options,
) -> Answer:
    """Does a condition hold of both systems, whatever happens but the excluded kinds?"""
    whole = PropertyQuestion(
        0, "", (policy,), From("created", "created", None, "created"), "holds",
        Assumptions(excluded=excluded), condition=condition,
    )  # fmt: skip
    cut = finite(both, [whole], {}, Cuts())
    system = cut.system._replace(lemmas=likely(cut.system))
    (question,) = cut.questions
    assert isinstance(question, PropertyQuestion)
    asked = PodQuestions(both.pod, 0, system, (question,), {}, both.pod)
    effort = Effort(options.effort, options.expired, EFFORT)
    options = options._replace(expired=effort)
    context = PodContext(asked, options, Workspace(), {})
    claim = property_claim(asked, question, (context.created(policy),))
    budget = Budget(expired=effort, minimal=False)  # nobody reads this invariant
    try:
        properties = Properties(Session(system, budget=budget), options)
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


def _observed(first: Grounder, second: Grounder) -> Iterator[Observed]:
    """What the API server shows of the pod in both releases."""
    others = {str(term.value): term for term in second.published()}
    for term in first.published():
        if str(term.value) in others:
            yield Observed(str(term.value), term, others[str(term.value)])
    conditions = dict(_conditions(second))
    for name, term in _conditions(first):
        if name in conditions:
            yield Observed(name, term, conditions[name])
    for name in TEXTS:
        one, other = first.observed(name), second.observed(name)
        if one is not other:  # else equal, because what it reads is
            yield Observed(name, one, other)


# ---- the run -----------------------------------------------------------------------------------


def _difference(
    spec: str,
    plans: tuple[PodPlan, PodPlan],
    releases: tuple[str, str],
    policy: str,
    run: Run,
    observed: Sequence[Observed],
) -> tuple[Difference, frozenset[str]]:
    """The run under each release, and the names of what is observed differently at its end.

    Raises ``ReplayDiffers`` if nothing is.
    """
    narrators = [Narrator(plan.grounder) for plan in plans]
    played = [_played(narrator, policy, run) for narrator in narrators]
    ends = [moves[-1].end for moves in played]
    shown = [
        o.name
        for o in observed
        if narrators[0].machine.value(o.first, ends[0])
        != narrators[1].machine.value(o.second, ends[1])
    ]
    if not shown:
        raise ReplayDiffers("no difference is left when the run is played")
    sides = []
    for narrator, moves, release in zip(narrators, played, releases, strict=True):
        events = tuple(narrator.command(move) for move in moves if move.events)
        replay = Replay(spec, plans[0].pod.member, policy, "created", events, release)
        status = narrator.status(moves[-1].end)
        sides.append(Side(release, status, narrator.step(moves[-1]).rules, replay))
    differing = tuple(_differing(narrators, ends))
    return Difference(sides[0].replay.events, sides[0], sides[1], differing), frozenset(shown)


def _played(narrator: Narrator, policy: str, run: Run) -> list[Played]:
    """The run's events under one release, each after the last has settled."""
    state = narrator.start(policy)
    played: list[Played] = []
    known = narrator.machine.actions
    stopped = {i.name for i in narrator.system.sync.inputs if i.role == "kill"}
    for number, move in enumerate(run.moves):
        events = tuple(
            (name, {i.name: given[i.name] for i in known[name].inputs if i.name in given})
            for name, given in move.events
        )
        kills = [v for sync in move.syncs for name, v in sync.items() if name in stopped]
        if events or not number:
            played.append(narrator.play(state, Move(events, ()), kill_codes=kills[-1:] or None))
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
    fields = [CLAIMED.get(name, name) for name, v in pack.container_state.items() if v.published]
    for c in pod.containers:
        for field in fields:
            values = [n.field_value(c.name, field, s) for n, s in zip(narrators, ends, strict=True)]
            yield from _unequal(f"{c.name}.{field}", values)


def _unequal(name: str, values: Sequence[object]) -> Iterator[tuple[str, str, str]]:
    if values[0] != values[1]:
        yield name, str(values[0]), str(values[1])
