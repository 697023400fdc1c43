"""Scenario claims on a hand-built kubelet: verdicts, least runs, settling, vacuity."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from solve_systems import PHASE, POLICY, STATE, Kubelet, initial, one_of

from podcheck.core.answers import Answer, Move, Proved, Refuted, Run, Unknown, Vacuous
from podcheck.core.claims import Automaton, Edge, Part, ScenarioClaim, Start
from podcheck.core.system import Action, Input, TransitionSystem, Variable
from podcheck.core.terms import BOOL, FALSE, TRUE, Sort, Term, Value, ite, not_, var
from podcheck.symbolic import scenarios as scenario_module
from podcheck.symbolic.session import Session, Workspace
from podcheck.symbolic.smt_solver import Budget

CODE = Sort("code", "code", (0, 1, 137))
TWO = Kubelet(2, code=CODE).system()
EVENTS = {a.name: a for a in TWO.events}
RUNNING = one_of(PHASE, "phase", "Running")
SUCCEEDED = one_of(PHASE, "phase", "Succeeded")
FAILED = one_of(PHASE, "phase", "Failed")


def edge(
    source: int,
    target: int,
    *names: str,
    allowed: Mapping[str, tuple[Value, ...]] | None = None,
    then: Term | None = None,
    at_once: Term | None = None,
    kill: tuple[Value, ...] | None = None,
    events: Mapping[str, Action] = EVENTS,
) -> Edge:
    """An edge of the step that its source numbers; ``allowed`` limits every part."""
    parts = tuple(Part(events[n], allowed or {}) for n in names)
    return Edge(source, target, parts, kill, at_once, then, source, " and ".join(names))


def new(policy: str, system: TransitionSystem = TWO) -> Start:
    return Start(policy, initial(system, policy=policy), False, "created")


def ask(
    *edges: Edge, policy: str = "Never", session: Session | None = None, accept: int | None = None
) -> Answer:
    nodes = 1 + max(max(e.source, e.target) for e in edges)
    automaton = Automaton(nodes, edges, nodes - 1 if accept is None else accept)
    claim = ScenarioClaim(TWO, (new(policy),), automaton)
    (answer,) = (session or Session(TWO)).scenario(claim)
    return answer


def run_of(answer: Answer) -> Run:
    assert isinstance(answer, Refuted)
    return answer.run


def test_both_exits_with_zero_succeed() -> None:
    zero = {"c0.newCode": (0,), "c1.newCode": (0,)}
    steps = (
        edge(0, 1, "c0 exits", allowed=zero, then=RUNNING),
        edge(1, 2, "c1 exits", allowed=zero, then=SUCCEEDED),
    )
    assert ask(*steps) == Proved(None, "every sequence of the pattern", engine="paths")
    assert ask(*steps, policy="OnFailure") == Proved(
        None, "every sequence of the pattern", engine="paths"
    )
    assert isinstance(ask(*steps, policy="Always"), Refuted)


def test_the_counterexample_is_the_least() -> None:
    answer = ask(edge(0, 1, "c0 exits"), edge(1, 2, "c1 exits", then=SUCCEEDED))
    first, second, third = run_of(answer).moves
    assert first == Move((), ({}, {}))  # the syncs that start the pod
    assert second.events == (("c0 exits", {"c0.newCode": 0}),)
    assert third.events == (("c1 exits", {"c1.newCode": 1}),)
    assert (second.edge, third.edge) == (0, 1)
    assert run_of(answer).violated == "then"


def test_fewer_steps_come_before_smaller_inputs_and_edges() -> None:
    long = (edge(0, 1, "c0 exits"), edge(1, 3, "c1 exits", then=RUNNING))
    short = edge(0, 2, "c1 exits", then=not_(RUNNING)), edge(2, 3, "c0 exits")
    run = run_of(ask(*long, *short))
    assert [m.edge for m in run.moves] == [None, 2]


def test_among_equals_the_first_edge_is_taken() -> None:
    alike = [edge(0, 1, f"c{i} exits", then=not_(RUNNING)) for i in (1, 0)]
    run = run_of(ask(*alike))
    assert run.moves[1].edge == 0
    assert run.moves[1].events[0][0] == "c1 exits"


def test_an_impossible_step_is_named() -> None:
    answer = ask(edge(0, 1, "c0 exits"), edge(1, 2, "c0 exits"), edge(2, 3, "c1 exits"))
    assert isinstance(answer, Vacuous)
    assert answer.step == 1
    assert answer.reason == "`c0 exits` can't happen there"


def test_a_violation_before_an_impossible_step_counts() -> None:
    answer = ask(edge(0, 1, "c0 exits", then=FAILED), edge(1, 2, "c0 exits"))
    assert isinstance(answer, Refuted)


def test_together_means_no_sync_between() -> None:
    codes = {"c0.newCode": (0,), "c1.newCode": (1,)}
    both = edge(0, 1, "c0 exits", "c1 exits", allowed=codes, then=FAILED, at_once=FAILED)
    assert isinstance(ask(both), Proved)
    assert isinstance(ask(edge(0, 1, "c0 exits", "c0 exits")), Vacuous)


def test_at_once_is_the_first_status_that_differs() -> None:
    # a container in back-off: terminated first, waiting once it has settled
    settle = edge(0, 1, "c0 exits")
    crash = edge(
        1, 2, "c0 exits",
        at_once=one_of(STATE, "c0.state", "terminated"),
        then=one_of(STATE, "c0.state", "waiting"),
    )  # fmt: skip
    assert isinstance(ask(settle, crash, policy="Always"), Proved)
    late = crash._replace(at_once=crash.then, then=None)
    assert run_of(ask(settle, late, policy="Always")).violated == "at once"


def test_at_once_is_the_settled_status_if_nothing_changes() -> None:
    assert isinstance(ask(edge(0, 1, at_once=RUNNING)), Proved)


def test_kill_codes_limit_the_syncs_that_follow() -> None:
    deleted = edge(0, 1, "pod is deleted", then=SUCCEEDED)
    run = run_of(ask(deleted))
    told = [s for s in run.moves[1].syncs if s]
    assert told == [{"c1.killCode": 1}]  # the least code, of the last container
    assert isinstance(ask(deleted._replace(kill_codes=(0,))), Proved)
    run = run_of(ask(deleted._replace(kill_codes=(0, 137))))
    assert run.moves[1].syncs[1] == {"c0.killCode": 0, "c1.killCode": 137}


def test_each_start_is_judged_on_its_own() -> None:
    automaton = Automaton(2, (edge(0, 1, "c0 exits", "c1 exits", then=RUNNING),), 1)
    claim = ScenarioClaim(TWO, tuple(new(p) for p in map(str, POLICY.values)), automaton)
    always, on_failure, never = Session(TWO).scenario(claim)
    assert isinstance(always, Proved)
    assert run_of(on_failure).moves[1].events[0][1] == {"c0.newCode": 0}
    assert isinstance(never, Refuted)


def test_a_repeated_event_is_proved_only_up_to_a_bound() -> None:
    count = Sort("n", "count", tuple(range(30)))
    system = clock(count)
    tick = {a.name: a for a in system.events}
    loop = Automaton(1, (edge(0, 0, "tick", then=not_(one_of(count, "n", 20)), events=tick),), 0)
    claim = ScenarioClaim(system, (Start("", {"n": 0}, True, "zero"),), loop)
    (answer,) = Session(system, budget=Budget(max_layers=5)).scenario(claim)
    assert isinstance(answer, Proved)
    assert answer.bound == 5
    (answer,) = Session(system, budget=Budget(max_layers=25)).scenario(claim)
    assert len(run_of(answer).moves) == 21


def test_a_repeated_event_is_proved_for_ever_when_states_repeat() -> None:
    events = {"c0 exits": EVENTS["c0 exits"], "c0 backoff ends": EVENTS["c0 backoff ends"]}
    fail = {"c0.newCode": (1,)}
    answer = ask(
        edge(0, 1, "c0 exits", allowed=fail, events=events),
        edge(1, 1, "c0 exits", allowed=fail, then=RUNNING),
        edge(1, 1, "c0 backoff ends", then=RUNNING),
        policy="Always",
        accept=1,
    )
    assert answer == Proved(None, "every sequence of the pattern", engine="paths")


def clock(count: Sort, *, forever: bool = False) -> TransitionSystem:
    """A counter that events advance; a flag that syncs toggle forever if asked."""
    from podcheck.core.terms import add, const

    n, flag = var("n", count), var("flag", BOOL)
    variables = [Variable("n", count, 0, "", "n", True)]
    updates = {}
    if forever:
        variables.append(Variable("flag", BOOL, False, "", "flag"))
        updates = {"flag": not_(flag), "n": ite(flag, n, n)}
    more = {"n": ite(flag, add(n, const(count, 1)), n) if forever else add(n, const(count, 1))}
    tick = Action("tick", "tick", "tick", "", TRUE, (), more)
    sync = Action("sync", "", "", "", TRUE, (), updates)
    return TransitionSystem("clock", tuple(variables), sync, (tick,))


def test_a_pod_that_never_settles_is_unknown() -> None:
    count = Sort("n", "count", (0, 1, 2))
    system = clock(count, forever=True)
    tick = {a.name: a for a in system.events}
    automaton = Automaton(2, (edge(0, 1, "tick", then=one_of(count, "n", 0), events=tick),), 1)
    start = Start("", {"n": 0, "flag": False}, True, "zero")
    claim = ScenarioClaim(system, (start,), automaton)
    (answer,) = Session(system).scenario(claim)
    assert answer == Unknown("the pod has not settled after 64 syncs")


def lagging(steps: int) -> tuple[TransitionSystem, Action]:
    """A published flag that follows an event after this many syncs, unless an input stops it."""
    from podcheck.core.terms import add, and_, const, eq, or_

    count = Sort("lag", "count", tuple(range(steps + 1)))
    lag, shown, begun = var("lag", count), var("shown", BOOL), var("begun", BOOL)
    slow = var("slow", BOOL)
    top = const(count, steps)
    sync = Action(
        "sync", "", "", "", TRUE, (Input("slow", BOOL, "race"),),
        {
            "lag": ite(begun, add(lag, const(count, 1)), lag),
            "shown": or_(shown, and_(eq(lag, top), not_(slow))),
        },
    )  # fmt: skip
    begin = Action("begins", "begins", "begins", "", not_(begun), (), {"begun": TRUE}, early=True)
    variables = (
        Variable("lag", count, 0, "", "lag"),
        Variable("shown", BOOL, False, "", "shown", True),
        Variable("begun", BOOL, False, "", "begun"),
    )
    return TransitionSystem("lagging", variables, sync, (begin,)), begin


@pytest.mark.parametrize("steps", [1, 7, 40])
def test_the_number_of_syncs_is_proved_not_guessed(steps: int) -> None:
    system, begin = lagging(steps)
    shown = var("shown", BOOL)
    events = {"begins": begin}
    automaton = Automaton(2, (edge(0, 1, "begins", then=not_(shown), events=events),), 1)
    start = Start("", initial(system), True, "idle")
    session = Session(system)
    (answer,) = session.scenario(ScenarioClaim(system, (start,), automaton))
    assert len(run_of(answer).moves[1].syncs) == steps + 1
    (answer,) = Session(system, budget=Budget(max_syncs=steps - 1)).scenario(
        ScenarioClaim(system, (start,), automaton)
    )
    assert isinstance(answer, Unknown)


def test_races_take_their_first_value_unless_assumed() -> None:
    system, begin = lagging(1)
    automaton = Automaton(
        2, (edge(0, 1, "begins", then=var("shown", BOOL), events={"begins": begin}),), 1
    )
    start = Start("", initial(system), True, "idle")
    claim = ScenarioClaim(system, (start,), automaton)
    session = Session(system)
    assert isinstance(session.scenario(claim)[0], Proved)
    # a sync may be slow forever: then the pod need not settle
    assert isinstance(session.scenario(claim._replace(races=True))[0], Unknown)
    assert isinstance(session.scenario(claim)[0], Proved)


@pytest.mark.parametrize("early", [True, False])
def test_an_early_event_comes_before_the_first_sync(early: bool) -> None:
    seen, late = var("seen", BOOL), var("late", BOOL)
    variables = tuple(Variable(n, BOOL, False, "", n) for n in ("seen", "late"))
    sync = Action("sync", "", "", "", TRUE, (), {"seen": TRUE})
    comes = Action("comes", "comes", "comes", "", TRUE, (), {"late": seen}, early=early)
    system = TransitionSystem("greeting", variables, sync, (comes,))
    on_time = edge(0, 1, "comes", then=not_(late), events={"comes": comes})
    start = Start("", initial(system), False, "created")
    claim = ScenarioClaim(system, (start,), Automaton(2, (on_time,), 1))
    assert isinstance(Session(system).scenario(claim)[0], Proved if early else Refuted)
    too_late = on_time._replace(then=late)
    claim = ScenarioClaim(system, (start,), Automaton(2, (too_late,), 1))
    assert isinstance(Session(system).scenario(claim)[0], Refuted if early else Proved)


@pytest.mark.parametrize("together", [False, True])
def test_merging_paths_changes_no_answer(monkeypatch: pytest.MonkeyPatch, together: bool) -> None:
    if together:
        monkeypatch.setattr(scenario_module, "MAX_PATHS", 0)
    any_exit = [
        edge(i, i + 1, f"c{j} exits", then=not_(SUCCEEDED)) for i in range(2) for j in range(2)
    ]
    run = run_of(ask(*any_exit))
    assert [m.edge for m in run.moves] == [None, 0, 3]
    assert [dict(m.events[0][1]) for m in run.moves[1:]] == [{"c0.newCode": 0}, {"c1.newCode": 0}]
    assert isinstance(ask(*any_exit[:2], any_exit[2], policy="Always"), Proved)
    vacuous = ask(edge(0, 1, "c0 exits"), edge(1, 2, "c0 exits"), edge(0, 1, "c0 exits"))
    assert isinstance(vacuous, Vacuous)


def test_answers_do_not_depend_on_earlier_claims() -> None:
    claims = [
        (edge(0, 1, "c0 exits", then=RUNNING),),
        (edge(0, 1, "c0 exits", allowed={"c0.newCode": (1, 137)}, then=FAILED),),
        (edge(0, 1, "pod is deleted", then=SUCCEEDED),),
        (edge(0, 1, "c0 exits"), edge(1, 2, "c1 exits", then=SUCCEEDED)),
    ]
    shared = Session(TWO, workspace=Workspace())
    together = [ask(*edges, session=shared) for edges in claims]
    again = [ask(*edges, session=shared) for edges in reversed(claims)][::-1]
    alone = [ask(*edges) for edges in claims]
    assert together == alone == again


def test_no_resources_is_unknown_never_a_pass() -> None:
    edges = (edge(0, 1, "c0 exits", then=FAILED),)
    starved = Session(TWO, budget=Budget(rlimit=1))
    answer = ask(*edges, session=starved)
    assert isinstance(answer, Unknown)
    assert "resource limit" in answer.reason
    hurried = Session(TWO, budget=Budget(expired=lambda units=0: "timed out"))
    assert ask(*edges, session=hurried) == Unknown("timed out")


def test_a_pattern_of_nothing_holds() -> None:
    answer = ask(edge(0, 1, then=RUNNING))
    assert isinstance(answer, Proved)
    assert isinstance(ask(edge(0, 1, "c0 exits", allowed={"c0.newCode": ()})), Vacuous)
    assert isinstance(ask(edge(0, 1, then=FALSE)), Refuted)
