"""Property claims on hand-built systems: induction, bounded search, limits on events."""

from __future__ import annotations

from collections.abc import Mapping

from solve_systems import PHASE, POLICY, RESTARTS, Kubelet, initial, one_of

from podcheck.core.answers import Answer, Proved, Refuted, Unknown
from podcheck.core.claims import PropertyClaim, Start
from podcheck.core.effort import TIME
from podcheck.core.system import Action, TransitionSystem, Variable
from podcheck.core.terms import (
    BOOL,
    TRUE,
    Sort,
    Term,
    add,
    and_,
    const,
    eq,
    implies,
    ite,
    le,
    not_,
    or_,
    var,
)
from podcheck.symbolic.session import Session
from podcheck.symbolic.smt_solver import Budget

CODE = Sort("code", "code", (0, 1, 137))
TWO = Kubelet(2, code=CODE).system()
TERMINAL = one_of(PHASE, "phase", "Succeeded", "Failed")
FAILED = one_of(PHASE, "phase", "Failed")


def ask(
    condition: Term,
    policy: str = "Never",
    *,
    kinds: tuple[str, ...] = ("exits", "backoff", "deleted"),
    at_most: Mapping[str, int] | None = None,
    budget: Budget | None = None,
) -> Answer:
    start = Start(policy, initial(TWO, policy=policy), False, "created")
    events = tuple(a for a in TWO.events if a.kind in kinds)
    claim = PropertyClaim(TWO, (start,), condition, events, at_most or {})
    (answer,) = Session(TWO, budget=budget).property(claim)
    return answer


def events_of(answer: Answer) -> list[str]:
    assert isinstance(answer, Refuted)
    assert answer.run.violated == "condition"
    return [name for move in answer.run.moves for name, _ in move.events]


def test_a_terminal_phase_stays() -> None:
    stays = implies(TERMINAL, eq(var("phase'", PHASE), var("phase", PHASE)))
    assert ask(stays) == Proved(None, "k-induction, k = 1", engine="induction")


def test_on_failure_is_never_failed_without_deletion() -> None:
    assert isinstance(ask(not_(FAILED), "OnFailure", kinds=("exits", "backoff")), Proved)
    assert isinstance(ask(not_(FAILED), "Always", kinds=("exits", "backoff")), Proved)


def test_the_run_has_the_fewest_events_then_the_fewest_syncs() -> None:
    answer = ask(not_(FAILED), kinds=("exits", "backoff"))
    assert events_of(answer) == ["c0 exits", "c1 exits"]
    assert isinstance(answer, Refuted)
    assert [len(m.syncs) for m in answer.run.moves] == [1, 0, 1]
    assert [dict(i) for m in answer.run.moves for _, i in m.events] == [
        {"c0.newCode": 0},
        {"c1.newCode": 1},
    ]


def test_a_violation_at_the_start_needs_no_step() -> None:
    answer = ask(not_(one_of(PHASE, "phase", "Pending")))
    assert isinstance(answer, Refuted)
    assert [(m.events, m.syncs) for m in answer.run.moves] == [((), ())]


def test_limits_on_events_are_kept() -> None:
    assert events_of(ask(not_(FAILED), at_most={"exits": 2, "deleted": 0})) == [
        "c0 exits",
        "c1 exits",
    ]
    answer = ask(not_(FAILED), at_most={"exits": 1, "deleted": 0, "backoff": 0})
    assert answer == Proved(None, "every sequence of events", engine="bounded")
    restarted = not_(one_of(RESTARTS, "c0.restarts", 2))
    assert isinstance(
        ask(restarted, "Always", at_most={"exits": 1, "deleted": 0, "backoff": 1}), Proved
    )
    assert isinstance(ask(restarted, "Always", at_most={"exits": 2, "deleted": 0}), Refuted)


def test_find_gives_a_witness_or_says_there_is_none() -> None:
    start = Start("Never", initial(TWO, policy="Never"), False, "created")
    reached = and_(one_of(PHASE, "phase", "Succeeded"), not_(var("deleting", BOOL)))
    claim = PropertyClaim(TWO, (start,), reached, TWO.events, {})
    session = Session(TWO)
    (answer,) = session.find(claim)
    assert events_of(answer) == ["c0 exits", "c1 exits"]
    never = and_(one_of(RESTARTS, "c0.restarts", 1), one_of(POLICY, "policy", "Never"))
    (answer,) = session.find(claim._replace(condition=never))
    assert isinstance(answer, Proved)


def counter(top: int, step: int) -> TransitionSystem:
    """A counter that an event advances by ``step`` and a sync leaves alone; wraps at ``top``."""
    sort = Sort(f"up to {top}", "count", tuple(range(top + 1)))
    n = var("n", sort)
    over = le(const(sort, top + 1 - step), n)
    updates = {"n": ite(over, const(sort, 0), add(n, const(sort, step)))}
    advance = Action("advances", "advances", "advances", "", TRUE, (), updates)
    sync = Action("sync", "", "", "", TRUE, (), {})
    return TransitionSystem("counter", (Variable("n", sort, 0, "", "n"),), sync, (advance,))


def test_an_invariant_helps_the_induction() -> None:
    system = counter(20, 2)  # 0, 2, ..., 18, 20 and again
    sort = system.variables[0].sort
    start = Start("", {"n": 0}, True, "zero")
    claim = PropertyClaim(system, (start,), not_(one_of(sort, "n", 15)), system.events, {})
    (alone,) = Session(system).property(claim)
    assert alone == Unknown("no proof by induction", 6)
    even = one_of(sort, "n", *range(0, 21, 2))
    (helped,) = Session(system).property(claim, [even])
    assert helped == Proved(None, "k-induction, k = 1", engine="induction")


def test_deeper_induction_needs_a_deeper_base() -> None:
    system = counter(9, 2)
    sort = system.variables[0].sort
    claim = PropertyClaim(
        system,
        (Start("", {"n": 0}, True, "zero"), Start("", {"n": 5}, True, "five")),
        or_(not_(one_of(sort, "n", 3)), not_(one_of(sort, "n", 3))),
        system.events,
        {},
    )
    zero, five = Session(system).property(claim)
    assert zero == Proved(
        None, "k-induction, k = 2", engine="induction"
    )  # nothing but 1 leads to 3
    assert isinstance(five, Proved)
    odd = claim._replace(starts=(Start("", {"n": 1}, True, "one"),))
    assert events_of(Session(system).property(odd)[0]) == ["advances"]


def test_an_event_that_changes_nothing_is_still_a_step() -> None:
    system = counter(9, 2)
    idle = Action("idles", "idles", "idles", "", TRUE, (), {})
    system = system._replace(events=(*system.events, idle))
    n, after = var("n", system.variables[0].sort), var("n'", system.variables[0].sort)
    claim = PropertyClaim(
        system, (Start("", {"n": 0}, True, "zero"),), not_(eq(n, after)), (idle,), {}
    )
    (answer,) = Session(system).property(claim)
    assert isinstance(answer, Refuted)


def test_resources_and_time_give_unknown_never_a_pass() -> None:
    starved = ask(not_(FAILED), "OnFailure", budget=Budget(rlimit=1))
    assert isinstance(starved, Unknown)
    late = ask(not_(FAILED), "OnFailure", budget=Budget(expired=lambda units=0: TIME))
    assert late == Unknown(TIME)  # before anything was searched
