"""`assuming at most N KIND` leaves of a pattern the sequences that have no more such events.

Each claim is answered by every engine as the first word of its title says.
"""

from __future__ import annotations

import pytest

from podcheck.checker.spec_files import Checker
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.verification.options import Options

CLAIMS = """pod one { container app }
pod two { container app  container helper }
scenario "VACUOUS: none is left" for one from Running under Never assuming at most 0 exits {
  when app exits 0 then phase = Failed
}
scenario "VACUOUS: two are too many" for one from Running under Always assuming at most 1 exits {
  when {app exits 1 followed by time passes} x 2 then phase = Failed
}
scenario "VACUOUS: two at once" for two from Running under Never assuming at most 1 exits {
  when every container at once exits 1 then phase = Running
}
scenario "VACUOUS: after its start" for one from any Running under Always
    assuming only exits, backoff, at most 1 exits {
  when {app exits 1 followed by app backoff ends} x 2 then phase = Failed
}
find "VACUOUS: no witness" for one from Running under Always assuming at most 1 exits {
  when app exits 1 when app exits 1 then app.restartCount >= 1
}
scenario "HOLDS: one of two or three" for one from Running under Always assuming at most 1 exits {
  when {app exits 1 followed by time passes} x 1..3 then app.restartCount = 1
}
scenario "FAILS: two of three" for one from Running under Always assuming at most 2 exits {
  when {app exits 1 followed by time passes} x 1..3 then app.restartCount = 1
}
scenario "FAILS: what comes before the limit" for one from Running under Always
    assuming at most 1 exits {
  when app exits 1 then app.restartCount = 2
  when app exits 1 then phase = Running
}
scenario "HOLDS: without end, but for exits" for two from Running under Never
    assuming at most 1 exits {
  when {any container exits 1 or time passes} repeatedly then phase = Running
}
scenario "FAILS: without end, and two exits" for two from Running under Never
    assuming at most 2 exits {
  when {any container exits 1 or time passes} repeatedly then phase = Running
}
scenario "HOLDS: another kind counts apart" for one from Running under Always
    assuming at most 1 exits, at most 1 OOM kills {
  when app exits 1 when app is OOMKilled then app.lastState = terminated
}
"""


@pytest.mark.parametrize("engine", ["auto", "explicit", "induction", "pdr", "bounded"])
def test_a_limit_leaves_the_sequences_within_it(engine: str) -> None:
    checker = Checker(Options(engine=engine, stories="none"), load_pack())
    claims = checker.check_source(Source("limited.pod", CLAIMS), None).claims
    said = {claim.title: str(claim.verdict) for claim in claims}
    assert said == {title: title.partition(":")[0] for title in said}
    assert len(said) == 11
