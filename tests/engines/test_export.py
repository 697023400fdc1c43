"""The exports refer to exactly the system that podcheck searches itself.

Z3 and Spin read the exported texts; what they find is compared with the interpreter.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sysconfig
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
import sized_pods
import spin
from random_systems import Dice
from safety_questions import asked
from sample_terms import TERMS
from sampling import sampled
from solve_explicit import ExplicitProperty, value

from podcheck.core import operators as model_operators
from podcheck.core.claims import PropertyClaim, Start
from podcheck.core.substitution import substituted
from podcheck.core.system import Action, TransitionSystem, Variable
from podcheck.core.terms import TRUE, Sort, Term, Value, add, const, eq, le, or_, var
from podcheck.core.terms import variables as variables_of
from podcheck.explicit.explorer import Explorer
from podcheck.explicit.interpreter import Interpreter
from podcheck.explicit.properties import Complete, search
from podcheck.export import operators, promela, smt
from podcheck.transform.safety import Safety, safety

needs_spin = pytest.mark.spin


@pytest.fixture(autouse=True)
def _spin_is_there(request: pytest.FixtureRequest) -> None:
    """`.ci/run` sets REQUIRE_SPIN, so that there no test is passed over."""
    if request.node.get_closest_marker("spin") and not spin.available():
        if os.environ.get("REQUIRE_SPIN"):
            pytest.fail("Spin and gcc are required here, and are not installed")
        pytest.skip("needs Spin and gcc (Debian: apt-get install spin gcc)")


def reached(question: Safety) -> int | None:
    """How many states podcheck's explicit search reaches; None if it meets a violation."""
    explorer = Explorer(Interpreter(question.system), True, 2_000_000)
    found = search(
        explorer, question.starts, question.system.events, {}, question.condition
    )  # fmt: skip
    return found.states if isinstance(found, Complete) else None


def stored(question: Safety, folder: Path) -> int | None:
    """How many states Spin stores of the question's own; None if it meets a violation."""
    model = "\n".join([*promela.program(question), ""])
    found = spin.run(model, folder, optimise="-O1", memory_mb=2000, seconds=300)
    assert found.verdict in ("holds", "fails"), found.output
    before_the_start = len(question.starts) > 1
    return found.states - before_the_start if found.verdict == "holds" else None


def z3_answers(lines: Iterable[str]) -> list[str]:
    """What the z3 program (it comes with the package) says to each `(check-sat)`."""
    program = Path(sysconfig.get_path("scripts")) / "z3"
    done = subprocess.run(
        [program, "-in", "-T:600"], input="\n".join(lines), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
    return done.stdout.split()


def horn_answer(question: Safety) -> str:
    """What Spacer says of the Horn clauses: sat, unsat or unknown."""
    (answer,) = z3_answers(smt.horn(question))
    return answer


# ---- every operator ------------------------------------------------------------------------


def leaves(term: Term) -> dict[str, Sort]:
    sorts: dict[str, Sort] = {}
    stack = [term]
    while stack:
        each = stack.pop()
        if each.op == "var":
            sorts[each.value] = each.sort
        stack += each.args
    return dict(sorted(sorts.items()))


def cases(term: Term) -> list[tuple[dict[str, Value], Value]]:
    """Every assignment to the variables of a term, and what the interpreter makes of it."""
    sorts = leaves(term)
    found = []
    for values in itertools.product(*(s.values for s in sorts.values())):
        named = dict(zip(sorts, values, strict=True))
        found.append((named, value(term, named)))
    return found


def question_about(sorts: Mapping[str, Sort], condition: Term = TRUE) -> Safety:
    """A system with those variables that never moves."""
    declared = tuple(Variable(n, s, s.values[0], "", n) for n, s in sorts.items())
    system = TransitionSystem("values", declared, Action("sync", "", "", "", TRUE, (), {}), ())
    start = Start("", {v.name: v.initial for v in declared}, True, "start")
    return Safety(system, (start,), condition)


@pytest.mark.parametrize("term", TERMS, ids=repr)
def test_smt_lib_agrees_with_the_interpreter(term: Term) -> None:
    system = smt.SmtSystem(question_about(leaves(term)))
    found = system.printed([term])
    facts = []
    for named, result in cases(term):
        given = [f"(= |{n}| {system.literal(leaves(term)[n], v)})" for n, v in named.items()]
        wanted = f"(= {found.texts[term]} {system.literal(term.sort, result)})"
        facts.append(f"(=> {smt.conjunction(given)} {wanted})")
    assert facts
    wrong = " ".join(smt.bound(found, [f"(not (and true {' '.join(facts)}))"]))
    lines = [*system.declarations(), *system.definitions()]
    lines += [f"(assert {system.call('domain', system.state)})", "(check-sat)"]
    assert z3_answers([*lines, f"(assert {wrong})", "(check-sat)"]) == ["sat", "unsat"]


@needs_spin
def test_promela_agrees_with_the_interpreter(tmp_path: Path) -> None:
    """All operators in one model, which asserts what each is for every assignment."""
    declarations: list[str] = []
    assertions: list[tuple[str, str]] = []
    for number, term in enumerate(TERMS):
        names = {n: var(f"{n}{number}", s) for n, s in leaves(term).items()}
        renamed = substituted([term], names)[term]
        sorts = leaves(renamed)
        writer = promela.Program(question_about(sorts))
        declarations += [f"int {writer.name(n)};" for n in sorts]
        for named, result in cases(renamed):
            chosen = [
                f"{writer.name(n)} = {writer.literal(sorts[n], v)};" for n, v in named.items()
            ]
            wanted = f"{writer.in_full(renamed)} == {writer.literal(term.sort, result)}"
            assertions.append((" ".join(chosen), wanted))

    def verdict(steps: list[str]) -> str:
        lines = [*declarations, "init { d_step {", *steps, "skip } }", ""]
        return spin.run("\n".join(lines), tmp_path, optimise="-O0", seconds=300).verdict

    assert verdict([f"{given} assert({wanted});" for given, wanted in assertions]) == "holds"
    # and a wrong expectation is noticed
    given, wanted = assertions[-1]
    assert verdict([f"{given} assert(!({wanted}));"]) == "fails"


def test_every_operator_has_its_texts() -> None:
    assert set(operators.OPERATORS) == set(model_operators.OPERATORS)


# ---- random systems ------------------------------------------------------------------------

SEEDS = range(12)


def random_question(seed: int) -> tuple[PropertyClaim, Safety]:
    claim = Dice(seed).property()
    if seed % 3 == 0:
        claim = claim._replace(at_most={"first": 2})
    return claim, safety(claim)


@pytest.mark.parametrize("seed", sampled(range(60), 6))
def test_the_question_is_the_claims(seed: int) -> None:
    """Assumptions, races and slicing: naive enumeration of the whole claim says the same."""
    claim = Dice(seed).property()
    on_steps = any(n.endswith("'") for n in variables_of([claim.condition]))
    nearest = ExplicitProperty(claim, on_steps).nearest(claim.starts[0])
    assert (reached(safety(claim)) is None) == (nearest is not None)


def test_limits_on_events_are_counted() -> None:
    claim, question = random_question(0)
    explorer = Explorer(Interpreter(claim.system), claim.races, 2_000_000)
    found = search(explorer, claim.starts, claim.events, claim.at_most, claim.condition)
    assert isinstance(found, Complete) == (reached(question) is not None)


@pytest.mark.parametrize("seed", sampled(range(60), 6))
def test_spacer_agrees_on_random_systems(seed: int) -> None:
    _, question = random_question(seed)
    assert horn_answer(question) == ("unsat" if reached(question) is None else "sat")


@needs_spin
@pytest.mark.parametrize("seed", SEEDS)
def test_spin_stores_the_reachable_states_of_random_systems(seed: int, tmp_path: Path) -> None:
    _, question = random_question(seed)
    assert stored(question, tmp_path) == reached(question)


def test_the_seeds_hold_and_fail() -> None:
    """Else the comparisons with Spin and Spacer would say little."""
    answers = [reached(random_question(seed)[1]) for seed in SEEDS]
    assert None in answers
    assert max(a for a in answers if a is not None) > 5


@pytest.mark.parametrize("seed", sampled(range(5), 2))
def test_the_definitions_describe_every_step(seed: int) -> None:
    """All pairs of states that `trans` allows are the steps of the system, and no others."""
    _, question = random_question(seed)
    system = smt.SmtSystem(question)
    lines = [*system.declarations(), *system.definitions()]
    lines += [f"(assert {system.call('domain', system.state)})"]
    lines += [f"(assert {system.call('trans', system.state, system.inputs, system.next)})"]
    steps = [_pair(system, *step) for step in sorted(_steps(question), key=repr)]
    for step in steps:
        lines += ["(push)", f"(assert {step})", "(check-sat)", "(pop)"]
    lines += [f"(assert (not (or {' '.join(steps)})))", "(check-sat)"]
    assert z3_answers(lines) == ["sat"] * len(steps) + ["unsat"]


Pair = tuple[tuple[Value, ...], tuple[Value, ...]]


def _pair(system: smt.SmtSystem, before: tuple[Value, ...], after: tuple[Value, ...]) -> str:
    """That the declared states are those two."""
    sorts = [v.sort for v in system.asked.system.variables] * 2
    declared = (*system.state, *system.next)
    found = []
    for each, sort, value_ in zip(declared, sorts, (*before, *after), strict=True):
        found.append(f"(= {each.name} {system.literal(sort, value_)})")
    return smt.conjunction(found)


def _steps(question: Safety) -> set[Pair]:
    machine = Interpreter(question.system)
    explorer = Explorer(machine, True, 2_000_000)
    found: set[Pair] = set()
    for state in itertools.product(*(v.sort.values for v in question.system.variables)):
        for action in question.system.actions():
            found |= {(state, after) for _, after in explorer.after(action, state)}
    return found


@pytest.mark.parametrize("seed", sampled(range(12), 3))
def test_the_definitions_prove_what_is_inductive(seed: int) -> None:
    """The reachable states as an invariant: it starts, is kept and is safe; less of it is not."""
    _, question = random_question(seed)
    system = smt.SmtSystem(question)
    states = sorted(_closure(question), key=repr)
    holds = reached(question) is not None
    initial, step, safe = _obligations(system, states)
    assert (initial, step, safe == "unsat") == ("unsat", "unsat", holds)
    assert "sat" in _obligations(system, states[:-1])[:2]


def _closure(question: Safety) -> set[tuple[Value, ...]]:
    machine = Interpreter(question.system)
    explorer = Explorer(machine, True, 2_000_000)
    todo = [machine.state_of(s.state) for s in question.starts]
    found = set(todo)
    while todo:
        state = todo.pop()
        for action in question.system.actions():
            for _, after in explorer.after(action, state):
                if after not in found:
                    found.add(after)
                    todo.append(after)
    return found


def _obligations(system: smt.SmtSystem, states: list[tuple[Value, ...]]) -> list[str]:
    """Whether the set of states can be left at the start, by a step, by the property."""
    sorts = [v.sort for v in system.asked.system.variables]
    disjuncts = ["false"]
    for state in states:
        parts = zip(system.state, sorts, state, strict=True)
        disjuncts.append(
            smt.conjunction(f"(= {d.name} {system.literal(s, x)})" for d, s, x in parts)
        )
    before, after = system.call("inv", system.state), system.call("inv", system.next)
    step = system.call("trans", system.state, system.inputs, system.next)
    wanted = system.call("property", system.state)
    if system.asked.on_steps:
        wanted = f"(=> {step} {system.call('property', system.state, system.next)})"
    lines = [*system.declarations(), *system.definitions()]
    lines += system.function("inv", system.state, [f"(or {' '.join(disjuncts)})"])
    for given, then in (
        (system.call("init", system.state), before),
        (f"(and {before} {step})", after),
        (before, wanted),
    ):
        lines += ["(push)", f"(assert (not (=> {given} {then})))", "(check-sat)", "(pop)"]
    return z3_answers(lines)


@needs_spin
def test_a_condition_on_steps_leaves_the_step_alone(tmp_path: Path) -> None:
    """The condition's shared terms are computed amid those of the step."""
    count = Sort("count", "count", (0, 1, 2, 3))
    j, k, m, n = (var(name, count) for name in "jkmn")
    more, twice = add(n, const(count, 1)), add(m, m)
    sync = Action("sync", "", "", "", TRUE, (), {"j": more, "k": more})
    events = (
        Action("up", "up", "up", "", or_(le(j, k), le(k, j)), (), {"n": more}),
        Action("on", "on", "on", "", TRUE, (), {"m": add(m, const(count, 1))}),
    )
    declared = tuple(Variable(name, count, 0, "", name) for name in "jkmn")
    system = TransitionSystem("steps", declared, sync, events)
    small, large = le(twice, var("m'", count)), le(const(count, 2), twice)
    condition = or_(small, large, eq(twice, const(count, 0)))
    start = Start("", dict.fromkeys("jkmn", 0), True, "start")
    question = Safety(system, (start,), condition)
    assert question.on_steps
    assert stored(question, tmp_path) == reached(question) == 52


# ---- pods ----------------------------------------------------------------------------------

SMALL = """
pod one { container app }
pod two { container app  container helper { restartPolicy: Never } }
pod job { init prepare  container work }
pod served { sidecar proxy { startupProbe }  container work }
check "1" for one under every policy assuming only exits, backoff {
  always (phase in {Succeeded, Failed} implies next phase = phase)
}
check "2" for one under OnFailure assuming only exits, OOM kills, deletion {
  always (phase = Succeeded implies app.exitCode = 0)
  never phase = Failed
}
check "3" for two from Running under Never assuming at most 2 exits, only exits, deletion {
  never helper.restartCount > 0
}
check "4" for job under Never assuming only exits, deletion, sandbox death, races {
  always (phase = Succeeded implies work.exitCode = 0)
}
find "5" for served under Always assuming only exits, probe failures {
  proxy.restartCount > 0 and work.restartCount = 0
}
check "6" for job under OnFailure assuming only exits, backoff {
  never phase = Failed
}
"""
# which of them have a state or step that violates the condition
VIOLATED = {"1": False, "2": True, "3": False, "4": False, "5": True, "6": False}
ALSO = [
    pytest.param(claim, marks=pytest.mark.slow) for claim in ("2", "4", "5")
]  # and minutes for 6


@pytest.mark.parametrize("claim", ["1", "3", *ALSO])
def test_spacer_agrees_on_pods(claim: str) -> None:
    assert horn_answer(asked(SMALL, claim)) == ("unsat" if VIOLATED[claim] else "sat")


@pytest.mark.parametrize("claim", VIOLATED)
def test_explicit_search_agrees_on_pods(claim: str) -> None:
    assert (reached(asked(SMALL, claim)) is None) == VIOLATED[claim]


@needs_spin
@pytest.mark.parametrize("claim", VIOLATED)
def test_spin_stores_the_reachable_states_of_pods(claim: str, tmp_path: Path) -> None:
    question = asked(SMALL, claim)
    assert stored(question, tmp_path) == reached(question)


def test_the_text_is_linear_in_the_terms() -> None:
    """A term that doubles with each level, where nothing is shared, stays small."""
    count = Sort("count", "count", tuple(range(5)))
    term = var("n", count)
    for _ in range(200):
        term = add(term, add(term, const(count, 1)))
    question = question_about({"n": count}, eq(term, const(count, 4)))
    sizes = size(smt.horn(question)), size(promela.program(question))
    assert max(sizes) < 100_000


def size(lines: Iterable[str]) -> int:
    """Characters."""
    return sum(len(line) + 1 for line in lines)


def test_a_large_pod_has_a_text_of_bounded_size() -> None:
    shape = sized_pods.Shape(16, alike=False, around=True, rules=True)
    question = asked(sized_pods.spec(shape, sized_pods.HOLDING[0]))
    assert size(promela.program(question)) < 1_000_000
    # each clause names every variable, so this grows with the product of clauses and variables
    assert size(smt.horn(question)) < 10_000_000
