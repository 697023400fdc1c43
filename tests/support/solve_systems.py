"""Small transition systems, built by hand, that the solver's tests and measurements share."""

from __future__ import annotations

from podcheck.core.system import Action, Input, TransitionSystem, Variable
from podcheck.core.terms import (
    BOOL,
    FALSE,
    TRUE,
    Sort,
    Term,
    Value,
    add,
    and_,
    const,
    eq,
    ite,
    member,
    not_,
    or_,
    var,
)

POLICY = Sort("policy", "enum", ("Always", "OnFailure", "Never"))
PHASE = Sort("phase", "enum", ("Pending", "Running", "Succeeded", "Failed"))
RECORD = Sort("record", "enum", ("none", "running", "exited"))
STATE = Sort("state", "enum", ("absent", "waiting", "running", "terminated"))
ERROR = Sort("error", "enum", ("none", "CrashLoopBackOff", "ErrImagePull"))
WORKER = Sort("worker", "enum", ("running", "stopping", "stopped", "finished"))
CODE = Sort("code", "code", tuple(range(256)))
RESTARTS = Sort("restarts", "count", (0, 1, 2, 3))
AGE = Sort("age", "count", (0, 1, 2))


def one_of(sort: Sort, name: str, *values: Value) -> Term:
    """``name in values`` for the variable of that name."""
    return member(var(name, sort), frozenset(values))


def cases(*alternatives: tuple[Term, Term], otherwise: Term) -> Term:
    """A first-match list."""
    result = otherwise
    for guard, value in reversed(alternatives):
        result = ite(guard, value, result)
    return result


class Kubelet:
    """A rough kubelet: containers that run, exit, back off, restart, and are killed."""

    def __init__(self, containers: int, *, code: Sort = CODE) -> None:
        self.code = code
        self.names = [f"c{i}" for i in range(containers)]

    def var(self, container: str, field: str, sort: Sort) -> Term:
        return var(f"{container}.{field}", sort)

    def restarts(self, code: Term) -> Term:
        policy = var("policy", POLICY)
        ok = member(code, frozenset((0,)))
        return or_(
            one_of(POLICY, "policy", "Always"),
            and_(one_of(POLICY, "policy", "OnFailure"), not_(ok)),
            and_(eq(policy, const(POLICY, "Never")), FALSE),
        )

    def container(self, c: str) -> tuple[list[Variable], dict[str, Term], Input]:
        record, code = self.var(c, "record", RECORD), self.var(c, "code", self.code)
        recent, entry = self.var(c, "recent", BOOL), self.var(c, "entry", BOOL)
        age, error = self.var(c, "age", AGE), self.var(c, "error", ERROR)
        state, shown = self.var(c, "state", STATE), self.var(c, "exitCode", self.code)
        last, lastcode = self.var(c, "last", BOOL), self.var(c, "lastCode", self.code)
        count = self.var(c, "restarts", RESTARTS)
        kill = var(f"{c}.killCode", self.code)
        working = one_of(WORKER, "worker", "running")
        running = member(record, frozenset(("running",)))
        exited = member(record, frozenset(("exited",)))
        nothing = member(record, frozenset(("none",)))
        over = self.over()
        starts = and_(working, not_(over), or_(nothing, and_(exited, self.restarts(code))))
        refused = and_(starts, entry, recent, not_(member(age, frozenset((2,)))))
        goes = and_(starts, not_(refused))
        killed = and_(one_of(WORKER, "worker", "stopping"), running)
        first_seen = and_(exited, not_(member(state, frozenset(("terminated",)))))
        waits = and_(exited, member(error, frozenset(("CrashLoopBackOff",))))
        again = and_(exited, goes)
        updates = {
            f"{c}.record": cases(
                (goes, const(RECORD, "running")),
                (killed, const(RECORD, "exited")),
                otherwise=record,
            ),
            f"{c}.code": ite(killed, kill, code),
            f"{c}.recent": cases((killed, TRUE), (goes, FALSE), otherwise=recent),
            f"{c}.entry": cases((again, TRUE), otherwise=entry),
            f"{c}.age": cases((again, const(AGE, 0)), otherwise=age),
            f"{c}.error": cases(
                (refused, const(ERROR, "CrashLoopBackOff")),
                (goes, const(ERROR, "none")),
                otherwise=error,
            ),
            f"{c}.state": cases(
                (running, const(STATE, "running")),
                (waits, const(STATE, "waiting")),
                (exited, const(STATE, "terminated")),
                otherwise=const(STATE, "waiting"),
            ),
            f"{c}.exitCode": ite(exited, code, shown),
            f"{c}.why": ite(waits, error, const(ERROR, "none")),
            f"{c}.last": or_(last, waits, and_(running, member(state, frozenset(("terminated",))))),
            f"{c}.lastCode": ite(waits, code, lastcode),
            f"{c}.restarts": ite(again, add(count, const(RESTARTS, 1)), count),
            f"{c}.ready": and_(running, not_(first_seen)),
        }
        sorts = {
            "record": RECORD,
            "code": self.code,
            "recent": BOOL,
            "entry": BOOL,
            "age": AGE,
            "error": ERROR,
            "state": STATE,
            "exitCode": self.code,
            "why": ERROR,
            "last": BOOL,
            "lastCode": self.code,
            "restarts": RESTARTS,
            "ready": BOOL,
        }
        public = {"state", "exitCode", "why", "last", "lastCode", "restarts", "ready"}
        declared = [
            Variable(f"{c}.{f}", s, s.values[0], c, f, f in public) for f, s in sorts.items()
        ]
        return declared, updates, Input(f"{c}.killCode", self.code, "kill", c)

    def over(self) -> Term:
        return one_of(PHASE, "phase", "Succeeded", "Failed")

    def phase(self) -> Term:
        ended, alive, fine, fresh = [], [], [], []
        for c in self.names:
            exited = one_of(RECORD, f"{c}.record", "exited")
            code = self.var(c, "code", self.code)
            ended.append(and_(exited, not_(self.restarts(code))))
            alive.append(or_(one_of(RECORD, f"{c}.record", "running"), exited))
            fine.append(and_(exited, member(code, frozenset((0,)))))
            fresh.append(one_of(RECORD, f"{c}.record", "none"))
        stopping = not_(one_of(WORKER, "worker", "running"))
        return cases(
            (self.over(), var("phase", PHASE)),
            (or_(*fresh), const(PHASE, "Pending")),
            (and_(*fine, or_(stopping, *ended)), const(PHASE, "Succeeded")),
            (and_(*ended), const(PHASE, "Failed")),
            (or_(*alive), const(PHASE, "Running")),
            otherwise=const(PHASE, "Pending"),
        )

    def system(self) -> TransitionSystem:
        variables = [
            Variable("policy", POLICY, "Always", "", "policy"),
            Variable("phase", PHASE, "Pending", "", "phase", True),
            Variable("worker", WORKER, "running", "", "worker"),
            Variable("deleting", BOOL, False, "", "deleting", True),
        ]
        worker, deleting = var("worker", WORKER), var("deleting", BOOL)
        new_phase = self.phase()
        terminal = member(new_phase, frozenset(("Succeeded", "Failed")))
        updates: dict[str, Term] = {
            "phase": new_phase,
            "worker": cases(
                (
                    and_(one_of(WORKER, "worker", "running"), or_(terminal, deleting)),
                    const(WORKER, "stopping"),
                ),
                (one_of(WORKER, "worker", "stopping"), const(WORKER, "stopped")),
                (one_of(WORKER, "worker", "stopped"), const(WORKER, "finished")),
                otherwise=worker,
            ),
        }
        inputs, events = [], []
        for c in self.names:
            declared, changes, kill = self.container(c)
            variables += declared
            updates |= changes
            inputs.append(kill)
            events += self.events(c)
        events.append(
            Action(
                "pod is deleted", "pod is deleted", "deleted", "", not_(deleting), (),
                {"deleting": TRUE},
            )
        )  # fmt: skip
        sync = Action("sync", "", "", "", TRUE, tuple(inputs), updates)
        return TransitionSystem("pod", tuple(variables), sync, tuple(events))

    def events(self, c: str) -> list[Action]:
        running = one_of(RECORD, f"{c}.record", "running")
        code = Input(f"{c}.newCode", self.code, "code", c)
        exits = Action(
            f"{c} exits", "c exits", "exits", c, running, (code,),
            {
                f"{c}.record": const(RECORD, "exited"),
                f"{c}.code": var(f"{c}.newCode", self.code),
                f"{c}.recent": TRUE,
            },
        )  # fmt: skip
        expires = Action(
            f"{c} backoff ends", "c backoff ends", "backoff", c,
            one_of(ERROR, f"{c}.error", "CrashLoopBackOff"), (),
            {f"{c}.recent": FALSE},
        )  # fmt: skip
        return [exits, expires]


def initial(system: TransitionSystem, **changes: Value) -> dict[str, Value]:
    """The initial state, with some variables set (``__`` stands for a dot)."""
    state = {v.name: v.initial for v in system.variables}
    for name, value in changes.items():
        state[name.replace("__", ".")] = value
    return state
