"""Runs that a limit of time or memory stops: never a pass, how far they came, what they leave."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from command_line import FAILS, HOLDS, NEVER_DEEP, POD, Finished, Shell
from sampling import sampled

from podcheck.checker.spec_files import Checker
from podcheck.cli.limits import Limits
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.results.verdicts import ClaimResult, Verdict
from podcheck.storage import package_data
from podcheck.verification.options import Options

CONTAINERS = "  ".join(f"container c{n}" for n in range(12))
BIG = f"pod big {{ {CONTAINERS} }}\n\n"
TERMINAL = (
    'check "terminal" under Always {\n'
    "  always (phase in {Succeeded, Failed} implies next phase = phase)\n}\n"
)
ENDS = (
    'check "ends" under Never assuming only exits, every container exits eventually {\n'
    "  eventually phase in {Succeeded, Failed}\n}\n"
)
EXITS = "under Never assuming only exits"
PACK = load_pack()
NO_TIME = ("--timeout", "0.001")
LISTED = ("--engine", "explicit", "--effort", "3", "--memory", "200")


def alone(*arguments: str) -> Finished:
    """podcheck in a process of its own, whose memory is its own too."""
    command = [sys.executable, "-m", "podcheck", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    return Finished((done.returncode, done.stdout, done.stderr))


class Countdown:
    """A limit that is passed once it has been asked about this many times."""

    def __init__(self, after: int) -> None:
        self.after = after
        self.asked = 0

    def __call__(self, units: int = 0) -> str:
        self.asked += 1
        return "timed out" if self.asked > self.after else ""


def settled(text: str, after: int | Countdown, **options: Any) -> ClaimResult:
    """The one claim of a text, when the time runs out as it is asked about this many times."""
    expired = Countdown(after) if isinstance(after, int) else after
    options = {"stories": "none", **options}
    checker = Checker(Options(expired=expired, **options), PACK)  # so that no result is kept
    (claim,) = checker.check_source(Source("a.pod", text), None).claims
    return claim


# ---- memory --------------------------------------------------------------------------------------


def test_explicit_search_ends_when_the_memory_is_used_up(shell: Shell) -> None:
    """A table of more than 200 MB; the claim after it is not begun."""
    name = shell.write("a.pod", BIG + TERMINAL + ENDS)
    done = alone("verify", name, *LISTED, "--format", "json")
    report = json.loads(done.out)
    assert (done.code, report["exit_code"], done.err) == (4, 4, "")
    assert report["stopped"] == "memory limit reached"
    assert (report["settled"], report["open"]) == (0, 2)
    first, second = (c["outcomes"][0] for c in report["files"][0]["claims"])
    assert first["detail"] == "memory limit reached"
    assert first["progress"]["states"] > 10_000
    assert second["progress"] == {"events": None, "frame": None, "states": None}
    assert second["detail"] == "memory limit reached with no result"


def test_what_was_settled_before_is_reported(shell: Shell) -> None:
    name = shell.write("a.pod", POD + HOLDS + "# never seen\n")
    other = shell.write("b.pod", BIG + TERMINAL)
    done = alone("verify", name, other, *LISTED)
    assert done.code == 4
    assert done.out.startswith('HOLDS   scenario "holds"')
    assert "  Memory limit reached; " in done.out
    assert "\nMemory limit reached: 1 claim decided, 1 open.\n" in done.out
    assert done.out.endswith("2 claims: 1 holds, 1 is unknown\n")


@pytest.mark.parametrize("body", [HOLDS, NEVER_DEEP, ENDS], ids=["scenario", "check", "promise"])
def test_too_little_to_begin_with_is_unknown(shell: Shell, body: str) -> None:
    """Enough for Python, not for the solver."""
    name = shell.write("a.pod", POD + body + "# new to the cache\n")
    done = alone("verify", name, "--memory", "32")
    assert (done.code, done.err) == (4, "")
    assert "Memory limit reached with no result." in done.out


def test_less_than_python_takes_is_refused(shell: Shell) -> None:
    done = alone("verify", shell.write("a.pod", POD + HOLDS), "--memory", "1")
    assert done.code == 2
    assert "podcheck takes more than 1 MB before it begins" in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("value", ["0", "-5", "x", "1.5"])
@pytest.mark.parametrize("command", ["verify", "audit"])
def test_no_amount_of_memory(shell: Shell, command: str, value: str) -> None:
    done = shell(command, shell.write("a.pod", POD + HOLDS), "--memory", value)
    assert done.code == 2
    assert "--memory" in done.err


def test_what_was_freed_again_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """The run has left something out by then."""
    taken = [100_000_000]  # the system may take back memory at any time, so none is measured
    monkeypatch.setattr("podcheck.cli.limits.resident", lambda: taken[0])
    limits = Limits(megabytes=140)
    assert not limits()
    taken[0] = 180_000_000
    assert limits() == "memory limit reached"
    taken[0] = 100_000_000
    assert limits() == "memory limit reached"
    assert not pickle.loads(pickle.dumps(limits))()


def test_an_audit_has_the_same_limits(shell: Shell) -> None:
    spec = "{containers: [{name: a, image: b}]}"
    text = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {spec}\n"
    done = alone("audit", shell.write("a.yaml", text), "--memory", "32", "--no-cache")
    assert done.code == 4
    assert "Not decided: memory limit reached" in done.out


# ---- how far it came -----------------------------------------------------------------------------


def test_search_and_prover_say_how_far_they_came(shell: Shell) -> None:
    claim = settled(POD + NEVER_DEEP, 3_000)
    (outcome,) = claim.outcomes
    assert claim.verdict is Verdict.UNKNOWN
    assert outcome.detail == "timed out"
    assert outcome.frame is not None
    assert 1 < outcome.frame < 200
    (outcome,) = settled(POD + NEVER_DEEP, 3_000, engine="induction").outcomes
    assert outcome.verdict is Verdict.UNKNOWN
    assert outcome.bound is not None
    assert outcome.bound > 0


def test_the_words_are_these(shell: Shell) -> None:
    done = shell("verify", *NO_TIME, shell.write("a.pod", POD + NEVER_DEEP))
    assert done.out == (
        'UNKNOWN check "deep"                                                     a.pod:3\n'
        "        for one, from created, under Always, assuming only exits, backoff\n\n"
        "  Timed out with no result. Raise `--timeout`, or restrict events with\n"
        "  `assuming`.\n\n"
        "    4 |   never app.restartCount = 1000\n"
        "      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n\n"
        "Timed out: 0 claims decided, 1 open.\n"
        "1 claim: 1 is unknown\n"
    )


def test_explicit_search_counts_its_states() -> None:
    (outcome,) = settled(BIG + TERMINAL, 10, engine="explicit").outcomes
    assert outcome.verdict is Verdict.UNKNOWN
    assert outcome.states is not None
    assert outcome.states > 100


def test_a_promise_says_how_far_it_came() -> None:
    """A fair run of five containers has many states."""
    pod = "pod five { container a  container b  container c  container d  container e }\n\n"
    for after in (1, 5, 30, 120):
        claim = settled(pod + ENDS.replace("only exits, ", ""), after)
        assert claim.verdict is Verdict.UNKNOWN
        (outcome,) = claim.outcomes
        assert outcome.detail.startswith("timed out")
        found = (outcome.bound, outcome.states) != (None, None)
        assert found or "with no result" in outcome.detail
    assert found


PREMISE = """check "it" {} {{
  always ({} implies phase = Failed)
}}
"""


@pytest.mark.parametrize("after", sampled([0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233], 3))
@pytest.mark.parametrize(
    ("claim", "ever"),
    [
        (HOLDS, "HOLDS"),
        (FAILS, "FAILS"),
        (ENDS, "HOLDS"),
        (NEVER_DEEP, "UNKNOWN"),
        (PREMISE.format("under Never", "app.restartCount = 3"), "FAILS"),
        (PREMISE.format(EXITS, "phase = Succeeded and app.restartCount = 1"), "VACUOUS"),
    ],
)
def test_whenever_time_runs_out_no_verdict_is_wrong(claim: str, ever: str, after: int) -> None:
    assert settled(POD + claim, after).verdict.value in (ever, "UNKNOWN")


def test_a_proof_that_may_be_empty_is_no_pass() -> None:
    """Time runs out after the proof, while it is looked for a run that its premise refers to."""
    text = POD + PREMISE.format(EXITS, "phase = Succeeded and app.restartCount = 1")
    whole = Countdown(1_000_000)
    assert settled(text, whole).verdict is Verdict.VACUOUS
    found = [settled(text, whole.asked - back) for back in range(1, 30, 3)]
    assert {claim.verdict for claim in found} <= {Verdict.VACUOUS, Verdict.UNKNOWN}
    assert any("it is not known whether" in claim.detail for claim in found)


def test_json_has_the_facts(shell: Shell) -> None:
    promise = f'check "it" {ANY} {{\n  eventually phase = Failed\n}}\n'
    name = shell.write("a.pod", POD + NEVER_DEEP + promise)
    done = shell("verify", *NO_TIME, name, "--format", "json", "--dump-smt2", "open")
    report = json.loads(done.out)
    jsonschema.validate(report, json.loads(package_data.read("report", "schema.json")))
    assert (report["settled"], report["open"]) == (0, 2)
    assert report["stopped"] == "timed out"
    left = [c["outcomes"][0]["left"] for c in report["files"][0]["claims"]]
    assert left[0] == {"file": "open/a.pod/claim-1.pod-1.question-1.deep.smt2", "missing": ""}
    assert left[1]["file"] == ""
    assert left[1]["missing"].startswith("Only claims from created, or from a named state")


def test_a_stopped_run_is_not_kept(shell: Shell) -> None:
    name = shell.write("a.pod", POD + HOLDS + "# seen here first\n")
    assert shell("verify", *NO_TIME, name).code == 4
    assert shell("verify", name).code == 0
    assert shell("verify", *NO_TIME, name).code == 0  # settled, and known from then on


# ---- from every state of a kind ------------------------------------------------------------------

ANY = "from any state where phase = Running under Always assuming only exits, backoff"


def test_a_bound_holds_of_every_start_not_of_the_first() -> None:
    text = f'{POD}check "it" {ANY}, at most 4 exits {{\n  never app.restartCount = 3\n}}\n'
    checker = Checker(Options(bound=1, stories="none"))
    (claim,) = checker.check_source(Source("a.pod", text), None).claims
    assert claim.verdict is Verdict.FAILS


def test_what_is_bounded_at_each_start_is_bounded() -> None:
    when = "when {app exits 1 followed by app backoff ends} repeatedly then app.restartCount < 50"
    some = ANY.replace("Running under", "Running and app.restartCount < 2 under")
    text = f'{POD}scenario "it" {some} {{\n  {when}\n}}\n'
    checker = Checker(Options(engine="bounded", stories="none"))
    (claim,) = checker.check_source(Source("a.pod", text), None).claims
    assert claim.verdict is Verdict.BOUNDED
    assert claim.outcomes[0].bound == 12


@pytest.mark.parametrize(
    ("start", "first"),
    [
        (ANY, ""),
        (ANY.replace("any state where phase = Running", "Running"), "app exits 1 followed by "),
    ],
)
@pytest.mark.parametrize(("least", "verdict"), [(50, Verdict.FAILS), (0, Verdict.HOLDS)])
def test_what_repeats_is_followed_for_as_long_as_it_takes(
    start: str, first: str, least: int, verdict: Verdict
) -> None:
    """No bound, and a violation that is deeper than the solver looks."""
    then = "app.restartCount < 50" if least else "phase = Running"
    when = f"when {first}{{app exits 1 followed by app backoff ends}} repeatedly then {then}"
    text = f'{POD}scenario "it" {start} {{\n  {when}\n}}\n'
    (claim,) = Checker(Options(stories="none")).check_source(Source("a.pod", text), None).claims
    assert claim.verdict is verdict


# ---- questions for other solvers -----------------------------------------------------------------

FAIR = f"{EXITS}, every container exits eventually"
ASKED = (  # the kind, from where and under what, the body, and what a run without limits says
    ("check", "under Never", "always (phase = Failed implies next phase = Failed)", "HOLDS"),
    ("check", "under Always, Never assuming only exits", "never app.restartCount = 1", "FAILS"),
    ("check", "from Running under Never", "always app.restartCount = 0", "FAILS"),
    ("find", "under OnFailure assuming only exits", "app.restartCount = 1", "HOLDS"),
    ("find", EXITS, "app.restartCount = 1", "FAILS"),
    ("check", FAIR, "eventually app.apiState = terminated", "HOLDS"),  # of the phase z3 takes long
    ("check", EXITS, "eventually phase in {Succeeded, Failed}", "FAILS"),
    ("check", FAIR, "phase = Running leads to phase in {Succeeded, Failed}", "HOLDS"),
    ("check", FAIR, "phase = Pending until phase != Pending", "HOLDS"),
    ("check", FAIR, "phase = Pending until phase = Failed", "FAILS"),
    ("scenario", "from Running under Never", "when app exits 1 then phase = Failed", "HOLDS"),
    ("scenario", "from Running under Never", "when app exits 0 then phase = Failed", "FAILS"),
    ("find", "from Running under Never", "when app exits then phase = Failed", "HOLDS"),
    ("check", "from any Failed under Never", "always phase = Failed", "HOLDS"),
)


def written(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*.smt2"))}


@pytest.mark.slow
def test_z3_decides_what_was_left_as_podcheck_would(shell: Shell) -> None:
    claims = [f'{a[0]} "{n}" {a[1]} {{\n  {a[2]}\n}}\n' for n, a in enumerate(ASKED)]
    name = shell.write("a.pod", POD + "\n".join(claims))
    done = shell("verify", *NO_TIME, name, "--dump-smt2", "open")
    assert (done.code, done.err) == (4, "")
    assert f"{len(ASKED)} open questions in open\n" in done.out
    texts = written(shell.folder / "open")
    assert len(texts) == len(ASKED)
    again = shell("verify", name, "--format", "json")
    verdicts = [c["verdict"] for c in json.loads(again.out)["files"][0]["claims"]]
    assert verdicts == [verdict for *_, verdict in ASKED]
    program = Path(sysconfig.get_path("scripts")) / "z3"
    paths = sorted(texts, key=lambda path: int(path.split("claim-")[1].split(".")[0]))
    for (kind, *_, verdict), path in zip(ASKED, paths, strict=True):
        holds = (verdict == "HOLDS") == (kind != "find")
        command = [str(program), "-T:120", str(shell.folder / "open" / path)]
        answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert answer == ("sat\n" if holds else "unsat\n"), path


def test_the_same_bytes_again(shell: Shell) -> None:
    name = shell.write("a.pod", POD + NEVER_DEEP + ENDS)
    for folder in ("one", "two"):
        assert alone("verify", *NO_TIME, name, "--no-cache", "--dump-smt2", folder).code == 4
    texts = written(shell.folder / "one")
    assert len(texts) == 2
    assert texts == written(shell.folder / "two")
    first = next(iter(texts.values())).decode()
    assert first.startswith('; check "deep"\n; for one, from created, under Always, assuming only')


def test_a_settled_run_leaves_nothing_and_is_no_other_run(shell: Shell) -> None:
    """Whether it is kept or not: with and without the option, twice each."""
    name = shell.write("a.pod", POD + HOLDS + "# nobody has it\n")
    for _ in range(2):
        assert "open question" not in shell("verify", name).out
        done = shell("verify", name, "--dump-smt2", "open")
        assert done.code == 0
        assert "0 open questions in open\n" in done.out
    assert not (shell.folder / "open").exists()


def test_a_folder_that_holds_something_is_refused(shell: Shell) -> None:
    name = shell.write("open/a.pod", POD + HOLDS + "# of its own\n")
    done = shell("verify", name, "--dump-smt2", "open")
    assert done.code == 2
    assert "The folder `open` is not empty." in done.err
    done = shell("verify", name, "--dump-smt2", name)
    assert done.code == 2


def test_a_folder_that_cannot_be_made_is_an_error(shell: Shell) -> None:
    name = shell.write("a.pod", POD + NEVER_DEEP)
    done = shell("verify", *NO_TIME, name, "--dump-smt2", "a.pod/open")
    assert done.code not in (0, 4)
    assert "can't be written" in done.err
    assert "Traceback" not in done.err


def test_a_promise_from_any_state_can_not_be_written(shell: Shell) -> None:
    text = f'{POD}check "it" {ANY} {{\n  eventually app.restartCount = 1000\n}}\n'
    done = shell("verify", *NO_TIME, shell.write("a.pod", text), "--dump-smt2", "open")
    assert "its question can't be written" in " ".join(done.out.split())
    assert not (shell.folder / "open").exists()


def test_not_with_two_engines(shell: Shell) -> None:
    done = shell("verify", shell.write("a.pod", POD + HOLDS), "--cross-check", "--dump-smt2", "d")
    assert done.code == 2
    assert "`--dump-smt2`" in done.err


def test_a_find_is_content_with_one_witness_where_more_would_cost_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Under the other policies it is not known then, and said what asks for them."""
    find = 'find "it" for one under Always, Never { app.reason = CrashLoopBackOff }\n'
    whole = settled(POD + find, 1_000_000)
    monkeypatch.setattr("podcheck.symbolic.portfolio.FOUND", -1)
    part = settled(POD + find, 1_000_000)
    assert (whole.verdict, part.verdict) == (Verdict.HOLDS, Verdict.HOLDS)
    found = [(o.verdict.value, o.detail, o.advice) for o in part.outcomes]
    assert [o.verdict.value for o in whole.outcomes] == ["HOLDS", "FAILS"]
    assert found[1] == (
        "UNKNOWN",
        "one witness is enough, and another policy has one",
        "To look for one here, name this policy alone.",
    )
