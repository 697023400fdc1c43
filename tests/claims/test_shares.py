"""The time of a run is shared: a hard claim does not keep easy ones waiting."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from command_line import Shell
from sampling import sampled

from podcheck.checker.spec_files import Checker
from podcheck.checker.time_shares import Shares
from podcheck.cli.limits import Limits
from podcheck.core.effort import TIME, RanOut
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.parser import parse
from podcheck.language.source import Source
from podcheck.results.verdicts import ClaimResult, Verdict
from podcheck.symbolic.watchdog import LOOK_S, watch_for
from podcheck.verification.options import Options

MAINS = "\n".join(f"  container c{n}" for n in range(6))
BIG = f"pod big {{\n  init setup\n  sidecar side\n{MAINS}\n}}\n"
HARD = 'check "hard {0}" under Always {{ never c0.restartCount = 50 and c1.restartCount = 49 }}\n'
EASY = 'scenario "easy {0}" under Never {{ when setup exits {0} then phase = Failed }}\n'


class Ticking:
    """A clock that goes on by so much whenever somebody looks at it."""

    def __init__(self, tick: float = 0.01) -> None:
        self.now = 0.0
        self._tick = tick

    def __call__(self) -> float:
        self.now += self._tick
        return self.now


def shared(texts: Sequence[str], seconds: float) -> tuple[list[ClaimResult], float]:
    """The claims of some texts, and when it was over, by a clock that ticks when it is asked."""
    clock = Ticking()
    limits = Limits(seconds, clock=clock)
    checker = Checker(Options(expired=limits, stories="none", answered=lambda *_: None))
    shares = Shares(limits, len(texts))
    files = [checker.open_source(Source(f"{n}.pod", text), None) for n, text in enumerate(texts)]
    for file in files:
        shares.first(file)
    shares.rest()
    return [claim for file in files for claim in file.result().claims], clock.now


def verdicts(claims: Sequence[ClaimResult], word: str) -> set[Verdict]:
    return {claim.verdict for claim in claims if claim.title.startswith(word)}


def test_hard_claims_before_easy_ones() -> None:
    hard = "".join(HARD.format(n) for n in range(3))
    easy = "".join(EASY.format(n) for n in range(1, 5))
    found, _ = shared([BIG + hard + easy], 40)
    assert verdicts(found, "hard") == {Verdict.UNKNOWN}
    assert verdicts(found, "easy") == {Verdict.HOLDS}
    assert [c.title for c in found] == [
        "hard 0",
        "hard 1",
        "hard 2",
        *(f"easy {n}" for n in range(1, 5)),
    ]


def test_a_hard_file_before_easy_ones() -> None:
    found, _ = shared([BIG + HARD.format(0), *(BIG + EASY.format(n) for n in range(1, 4))], 40)
    assert verdicts(found, "hard") == {Verdict.UNKNOWN}
    assert verdicts(found, "easy") == {Verdict.HOLDS}


def test_what_easy_claims_leave_is_for_the_hard_ones() -> None:
    """A claim that needs more than an even share, but no more than there is."""
    alone = (
        BIG + 'check "alone" under Never { always (phase = Failed implies next phase = Failed) }\n'
    )
    _, needed = shared([alone], 1_000_000)
    beside = alone + "".join(EASY.format(n) for n in range(1, 10))
    _, all_ = shared([beside], 1_000_000)
    found, end = shared([beside], all_ + needed)
    assert {claim.verdict for claim in found} == {Verdict.HOLDS}
    assert needed > (all_ + needed) / 10, "or an even share were enough"
    assert end <= all_ + needed + 1


def test_the_last_claim_has_all_the_time() -> None:
    _, needed = shared([BIG + EASY.format(1)], 1_000_000)
    (claim,), _ = shared([BIG + EASY.format(1)], needed + 1)
    assert claim.verdict is Verdict.HOLDS


@pytest.mark.parametrize("seconds", sampled([0.02, 0.3, 1, 3, 10], 5, 1))
def test_no_verdict_depends_on_the_time(seconds: float) -> None:
    texts = [BIG + EASY.format(1) + HARD.format(0) + EASY.format(2), BIG + EASY.format(3)]
    whole = {claim.title: claim.verdict for claim in shared(texts, 30)[0]}
    for claim in shared(texts, seconds)[0]:
        assert claim.verdict in (Verdict.UNKNOWN, whole[claim.title])


def test_files_that_were_not_begun_are_named(shell: Shell) -> None:
    names = [shell.write(f"{n}.pod", BIG + EASY.format(n + 1)) for n in range(3)]
    done = shell("verify", *names, "--timeout", "0.001")
    assert done.code == 4
    assert "Not begun: 2 files (1.pod, 2.pod)." in " ".join(done.out.split())
    for form in ("json", "junit", "sarif", "github", "markdown", "html", "mermaid", "svg"):
        other = shell("verify", *names, "--timeout", "0.001", "--format", form)
        assert (other.code, other.err) == (4, "")
        assert "2.pod" in other.out or form in ("svg", "markdown")


# ---- reading ---------------------------------------------------------------------------------


def test_reading_ends_with_the_time() -> None:
    def over() -> None:
        raise RanOut(TIME)

    text = BIG + EASY.format(0) * 3
    assert parse(Source("a.pod", text), Diagnostics(over)).items
    with pytest.raises(RanOut):
        parse(Source("a.pod", text * 300), Diagnostics(over))


@pytest.mark.parametrize(
    "many",
    [
        "".join(f"pod p{n} {{ container app }}\n" for n in range(40)),
        BIG + "".join(EASY.format(n % 256) for n in range(400)),
        BIG + 'check "c" {\n' + "  never phase = Failed\n" * 400 + "}\n",
        BIG
        + 'table "t" {\n'
        + "| event | Never |\n"
        + "| setup exits 1 | Failed |\n" * 400
        + "}\n",
    ],
    ids=["pods", "claims", "conditions", "rows"],
)
def test_grounding_ends_with_the_time(many: str) -> None:
    asked: list[int] = []

    def expired(units: int = 0) -> str:
        asked.append(units)
        return ""

    checker = Checker(Options(expired=expired, answered=lambda *_: None))
    read = len(asked)
    checker.open_source(Source("a.pod", many), None)
    assert len(asked) > read


# ---- one question ----------------------------------------------------------------------------


def test_one_long_question_is_interrupted(shell: Shell) -> None:
    """z3 and the SAT solver ask nobody while they work on one question."""
    name = shell.write("a.pod", BIG + HARD.format(0))
    for engine in ("bounded", "pdr"):
        begun = time.monotonic()
        done = shell("verify", name, "--engine", engine, "--timeout", "2")
        assert done.code in (1, 4)
        assert time.monotonic() - begun < 12


def test_a_watch_interrupts_only_what_works() -> None:
    class Passed:
        def __call__(self) -> str:
            return TIME

        def left(self) -> float | None:
            return 0.0

    stopped: list[int] = []
    limit = Passed()
    watch = watch_for(limit)
    assert watch_for(limit) is watch
    time.sleep(3 * LOOK_S)
    assert not stopped
    watch.stop = lambda: stopped.append(1)
    end = time.monotonic() + 10
    while not stopped and time.monotonic() < end:
        time.sleep(LOOK_S)
    watch.stop = None
    assert stopped
