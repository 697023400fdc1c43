"""The public functions: what others build on."""

from __future__ import annotations

import inspect
import json
import pkgutil
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from places import TESTS

import podcheck
from podcheck import api
from podcheck.cli.main import main

POD = "pod two { container app  container helper }\n\n"
HOLDS = 'scenario "holds" from Running under Never {\n  when app exits 1 then phase = Running\n}\n'
FAILS = HOLDS.replace("holds", "fails").replace("phase = Running", "phase = Failed")
VACUOUS = HOLDS.replace("holds", "vacuous").replace("exits 1", "image is pulled")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "two.pod"
    file.write_text(POD + HOLDS + FAILS)
    return file


def test_the_public_names_are_these() -> None:
    """A name that is gone breaks somebody's program: say so in the changelog."""
    assert podcheck.__all__ == [
        "Differences", "Explanations", "InputError", "Play", "Report", "Reproduction", "Spec",
        "TransitionTable", "Verdict",
        "audit", "diff", "explain", "load", "repro", "run", "table", "verify", "verify_text",
    ]  # fmt: skip
    assert dir(podcheck) == sorted(podcheck.__all__)
    assert all(getattr(podcheck, name).__doc__ for name in podcheck.__all__)


SIGNATURES = """\
audit(*manifests: 'Path', severity: 'Severity' = 'warning',\
 kubernetes: 'str | None' = None) -> 'Report'
diff(old: 'str', new: 'str', spec: 'Path | Spec', *, pod: 'str | None' = None,\
 under: 'Sequence[Policy]' = ('Always', 'OnFailure', 'Never')) -> 'Differences'
explain(status: 'Path | str', *, kubernetes: 'str | None' = None) -> 'Explanations'
load(path: 'Path') -> 'Spec'
repro(spec: 'Path | Spec', claim: 'str | int | None' = None) -> 'Reproduction'
run(spec: 'Path | Spec', *events: 'str', pod: 'str | None' = None, under: 'Policy | None' = None,\
 start: 'str' = 'created') -> 'Play'
table(spec: 'Path | Spec', *events: 'str', pod: 'str | None' = None,\
 under: 'Sequence[Policy]' = ('Always', 'OnFailure', 'Never'), start: 'str' = 'Running',\
 column: 'Column' = 'phase') -> 'TransitionTable'
verify(*specs: 'Path | Spec', bound: 'int | None' = None, effort: 'int' = 1) -> 'Report'
verify_text(text: 'str', *, name: 'str' = 'spec', bound: 'int | None' = None,\
 effort: 'int' = 1) -> 'Report'
"""


def test_the_signatures_are_these() -> None:
    functions = [n for n in podcheck.__all__ if n.islower()]
    lines = [f"{n}{inspect.signature(getattr(api, n))}" for n in functions]
    assert "\n".join([*lines, ""]) == SIGNATURES


# ---- verify -------------------------------------------------------------------------------------


def test_a_report_as_text_and_json_is_what_the_command_prints(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = podcheck.verify("two.pod")
    with pytest.raises(SystemExit) as stopped:
        main(["verify", "two.pod"])
    assert capsys.readouterr().out == f"{report}\n"
    assert stopped.value.code == report.exit_code() == 1
    assert json.loads(report.json())["exit_code"] == 1


def test_paths_folders_and_loaded_specs(path: Path) -> None:
    spec = podcheck.load(path)
    assert [*spec] == [path.read_text(), str(path), str(path.parent)]
    report = podcheck.verify(path, path.parent, spec, podcheck.Spec(POD + HOLDS, "a text"))
    assert [f.path for f in report.files] == [str(path), str(path), str(path), "a text"]
    assert [len(f.claims) for f in report.files] == [2, 2, 2, 1]


def test_a_bound_that_was_asked_for_is_known_to_the_report() -> None:
    assert podcheck.verify_text(POD + HOLDS, bound=2).bounded
    assert not podcheck.verify_text(POD + HOLDS).bounded


def test_assert_holds() -> None:
    podcheck.verify_text(POD + HOLDS).assert_holds()
    with pytest.raises(AssertionError) as raised:
        podcheck.verify_text(POD + HOLDS + FAILS).assert_holds()
    told = str(raised.value)
    assert told.startswith("2 claims: 1 holds, 1 fails\n\n")
    assert 'FAILS   scenario "fails"' in told
    assert "Replay:" in told
    assert 'HOLDS   scenario "holds"' not in told


@pytest.mark.parametrize("text", ["", POD, POD + VACUOUS, POD + HOLDS.replace("phase", "phaze")])
def test_what_checks_nothing_or_is_wrong_does_not_hold(text: str) -> None:
    with pytest.raises(AssertionError):
        podcheck.verify_text(text).assert_holds()


def test_nothing_at_all_does_not_hold() -> None:
    with pytest.raises(AssertionError, match="nothing was checked"):
        podcheck.verify().assert_holds()


# ---- run and table ------------------------------------------------------------------------------


def test_run(path: Path) -> None:
    play = podcheck.run(path, "app exits 1", "helper exits 0", under="Never", start="Running")
    assert [s.status.phase for s in play.steps] == ["Running", "Running", "Failed"]
    assert play == podcheck.run(
        podcheck.load(path), "app exits 1", "helper exits 0", under="Never", start="Running"
    )


def test_table(path: Path) -> None:
    found = podcheck.table(path, "any container exits 0", under=["OnFailure", "Never"])
    assert found.rows == (("any container exits 0", ("Running", "Running")),)
    assert len(podcheck.table(podcheck.Spec(POD)).rows) > 5


def test_an_exit_code_of_an_event_is_told_apart(path: Path) -> None:
    found = podcheck.table(path, "app exits 0", "app exits 7", column="STATUS", under=["Never"])
    assert [cells for _, cells in found.rows] == [("NotReady",), ("Error",)]


# ---- what is wrong ------------------------------------------------------------------------------

WRONG: list[tuple[Callable[[], object], str]] = [
    (lambda: podcheck.load("none.pod"), "error[E006] none.pod:1:1: File not found"),
    (lambda: podcheck.run("none.pod"), "error[E006] none.pod:1:1: File not found"),
    (lambda: podcheck.run("two.pod", "app exitss 1"), "Did you mean `app exits`?"),
    (lambda: podcheck.table("two.pod", "app exitss 1"), "Did you mean `app exits`?"),
    (lambda: podcheck.run("two.pod", pod="tow"), "There is no pod `tow`. Did you mean `two`?"),
    (lambda: podcheck.run("two.pod", start="Runing"), "A run can't start from `Runing`."),
    (lambda: podcheck.table("two.pod", start="Runing"), "A table can't start from `Runing`."),
    (lambda: podcheck.run("two.pod", under="never"), "Did you mean `Never`?"),  # type: ignore[arg-type]
    (lambda: podcheck.table("two.pod", column="status"), "Did you mean `STATUS`?"),  # type: ignore[arg-type]
    (lambda: podcheck.table(podcheck.Spec("pod a {")), "error[E0"),
    (lambda: podcheck.run(podcheck.Spec('include "two.pod"')), "error[E007]"),
]


@pytest.mark.parametrize(("call", "says"), WRONG, ids=range(len(WRONG)))
def test_wrong_input(call: Callable[[], object], says: str, path: Path) -> None:
    with pytest.raises(podcheck.InputError) as raised:
        call()
    assert says in str(raised.value)


def test_all_errors_of_a_spec_at_once(path: Path) -> None:
    path.write_text(POD + HOLDS.replace("phase", "phaze") + FAILS.replace("Failed", "Faild"))
    with pytest.raises(podcheck.InputError) as raised:
        podcheck.load(path)
    assert [d.span.line for d in raised.value.diagnostics] == [4, 7]
    assert str(raised.value).count("^^^^^") == 2
    assert podcheck.verify(path).exit_code() == 2  # a report has them, and raises nothing


# ---- statuses and releases ----------------------------------------------------------------------

UNKNOWN: Any = ["never"]
STATUS = TESTS / "observation" / "pods" / "completed-yet-restarted.yaml"


def test_an_explanation_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    explained = podcheck.explain(STATUS)
    with pytest.raises(SystemExit) as stopped:
        main(["explain", str(STATUS)])
    assert capsys.readouterr().out == f"{explained}\n"
    assert stopped.value.code == explained.exit_code()
    assert repr(explained) == "<Explanations: batch/report-x7k2p explained>"
    assert podcheck.explain(STATUS.read_text()) == explained


def test_differences_are_what_the_command_prints(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = podcheck.diff("1.36", "1.36", "two.pod", under=["Never"])
    with pytest.raises(SystemExit):
        main(["diff", "1.36", "1.36", "two.pod", "--under", "Never"])
    assert capsys.readouterr().out == f"{found}\n"
    assert repr(found) == "<Differences of 1.36 and 1.36: two under Never equal>"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: podcheck.explain(STATUS, kubernetes="9.9"), "1.28 to 1.37"),
        (lambda: podcheck.explain("none.yaml"), "File not found"),
        (lambda: podcheck.explain("a: 1\n"), "There is no Pod in this input"),
        (lambda: podcheck.diff("1", "1.36", "two.pod"), "1.28 to 1.37"),
        (lambda: podcheck.diff("1.35", "1.36", "two.pod", pod="tow"), "Did you mean `two`?"),
        (lambda: podcheck.diff("1.35", "1.36", "two.pod", under=UNKNOWN), "Did you mean `Never`?"),
    ],
)
def test_what_explain_and_diff_refuse(call: Callable[[], object], says: str, path: Path) -> None:
    with pytest.raises(podcheck.InputError, match=re.escape(says)):
        call()


def test_a_report_can_be_read_where_it_is_shown(path: Path) -> None:
    assert repr(podcheck.verify("two.pod")) == "<Report: 2 claims: 1 holds, 1 fails>"


def test_a_run_and_a_table_read_as_the_commands_print_them(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    played = podcheck.run(path, "app exits 1", under="Never", start="Running")
    found = podcheck.table(path, "any container exits 0", under=["Never"])
    for args, value in (
        (["run", "two.pod", "app exits 1", "--under", "Never", "--from", "Running"], played),
        (["table", "two.pod", "any container exits 0", "--under", "Never"], found),
    ):
        with pytest.raises(SystemExit):
            main(args)
        assert capsys.readouterr().out == f"{value}\n"
    assert repr(played) == "<Play: two under Never, 1 event, then Running>"
    assert repr(found) == "<TransitionTable: phase of two after 1 event, under Never>"
    assert repr(podcheck.load("two.pod")) == "<Spec 'two.pod': 8 lines>"
    assert repr(podcheck.audit("nope")) == (
        "<Report: 1 input error. No workload was found: nothing was audited.>"
    )


# ---- arguments of a wrong kind ------------------------------------------------------------------

# a right call of each function, and what no argument of any of them may be
CALLS: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "audit": (("x.yaml",), {"severity": "error", "kubernetes": "1.36"}),
    "diff": (("1.35", "1.36", "two.pod"), {"pod": "two", "under": ["Never"]}),
    "explain": (("x.yaml",), {"kubernetes": "1.36"}),
    "load": (("two.pod",), {}),
    "repro": (("two.pod",), {"claim": 1}),
    "run": (("two.pod", "app exits 1"), {"pod": "two", "under": "Never", "start": "created"}),
    "table": (
        ("two.pod", "app exits 1"),
        {"pod": "two", "under": ["Never"], "start": "Running", "column": "phase"},
    ),
    "verify": (("two.pod",), {"bound": 1, "effort": 1}),
    "verify_text": ((POD,), {"name": "a", "bound": 1, "effort": 1}),
}
STRANGE: list[Any] = [1.5, True, b"Never", {"Never"}, [3], object(), podcheck.Verdict]


def test_every_function_is_called_here() -> None:
    assert set(CALLS) == {n for n in podcheck.__all__ if n.islower()}
    for name, (_, named) in CALLS.items():
        parameters = inspect.signature(getattr(api, name)).parameters
        kinds = {inspect.Parameter.KEYWORD_ONLY}
        assert {n for n, p in parameters.items() if p.kind in kinds} <= set(named), name


@pytest.mark.parametrize("name", CALLS)
def test_an_argument_of_a_wrong_kind_is_named(name: str, path: Path) -> None:
    """Each argument of each function, in turn, with values of every kind that it can't be."""
    args, named = CALLS[name]
    function = getattr(podcheck, name)
    for strange in STRANGE:
        for place in range(len(args)):
            with pytest.raises(podcheck.InputError, match=r"^`[a-z]+` is .+, not .+\.$"):
                function(*args[:place], strange, *args[place + 1 :], **named)
        for word in named:
            with pytest.raises(podcheck.InputError, match=rf"^`{word}` is .+, not .+\.$"):
                function(*args, **{**named, word: strange})


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: podcheck.explain(""), "`status` is an empty text."),
        (lambda: podcheck.explain(" \n"), "`status` is an empty text."),
        (lambda: podcheck.load(""), "`path` is an empty text."),
        (lambda: podcheck.verify(UNKNOWN), "`specs` is a path or a podcheck.Spec, not ['never']."),
        (lambda: podcheck.verify(podcheck.Spec("", UNKNOWN)), "`Spec.name` is a text"),
        (lambda: podcheck.load(podcheck.Spec("")), "`path` is a path, not <Spec"),  # type: ignore[arg-type]
        (lambda: podcheck.verify("two.pod", bound=0), "a whole number from 1 to 50, not 0."),
        (lambda: podcheck.verify("two.pod", effort=9), "a whole number from 1 to 8, not 9."),
        (lambda: podcheck.table("two.pod", under="Never"), "such as ['Never'], not 'Never'."),  # type: ignore[arg-type]
        (lambda: podcheck.table("two.pod", under=[]), "Always, OnFailure, Never, not []."),
        (lambda: podcheck.audit("x", kubernetes=UNKNOWN), "`kubernetes` is a text or None"),
        (lambda: podcheck.repro("two.pod", UNKNOWN), "its number from 1, or None"),
    ],
)
def test_an_error_says_what_is_allowed(call: Callable[[], object], says: str, path: Path) -> None:
    with pytest.raises(podcheck.InputError, match=re.escape(says)):
        call()


# ---- audit --------------------------------------------------------------------------------------

PAIR = """\
apiVersion: v1
kind: Pod
metadata: {name: pair}
spec:
  restartPolicy: Never
  containers: [{name: first, image: busybox}, {name: second, image: busybox}]
"""
DEAD = "dead-container-goes-unnoticed"


def test_manifests_are_audited(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (path.parent / "k8s").mkdir()
    (path.parent / "k8s" / "pair.yaml").write_text(PAIR, encoding="utf-8")
    report = podcheck.audit("k8s")
    assert report.exit_code() == 1
    assert DEAD in {o.label for c in report.claims for o in c.outcomes}
    with pytest.raises(SystemExit):
        main(["audit", "k8s"])
    assert str(report) == capsys.readouterr().out.rstrip("\n")
    assert podcheck.audit("k8s/pair.yaml", severity="error").exit_code() == 0
    ignored = f"ignore: [{{hazard: {DEAD}, reason: both matter}}]\n"
    (path.parent / "podcheck.yaml").write_text(ignored, encoding="utf-8")
    assert podcheck.audit(path.parent / "k8s").exit_code() == 0


def test_no_module_has_the_name_of_a_public_function() -> None:
    """It would take the function's place once it is imported."""
    modules = {m.name for m in pkgutil.iter_modules(podcheck.__path__)}
    assert modules & set(podcheck.__all__) == set()


def test_what_is_wrong_with_an_audit_is_raised(path: Path) -> None:
    with pytest.raises(podcheck.InputError, match="warnin"):
        podcheck.audit("x.yaml", severity="warnin")  # type: ignore[arg-type]
    with pytest.raises(podcheck.InputError, match="knows Kubernetes"):
        podcheck.audit("x.yaml", kubernetes="1.12")
    assert podcheck.audit("x.yaml").exit_code() == 2
    (path.parent / "podcheck.yaml").write_text("ignor: 1\n", encoding="utf-8")
    with pytest.raises(podcheck.InputError, match="Did you mean `ignore`"):
        podcheck.audit("x.yaml")
