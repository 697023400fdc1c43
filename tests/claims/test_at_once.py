"""`at once` is about one status, whoever looks: the solver, explicit search, the interpreter that
replays, the story, and certificates."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from sampling import sampled

from podcheck.certificate import writer
from podcheck.certificate.validator import certify
from podcheck.checker.spec_files import Checker
from podcheck.core.terms import FALSE
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.loading.specs import spec_of
from podcheck.results.verdicts import ClaimResult, Outcome, Verdict
from podcheck.simulation.play import choose_pod
from podcheck.verification.options import Options

POD = (
    "pod one {\n  init i\n  sidecar s\n"
    "  container app { startupProbe readinessProbe livenessProbe }\n}\n"
)
CONDITIONS = (
    "phase = Running", 'READY = "1/2"', 'STATUS = "Terminating"',
    "app.restartCount = 0 and not gone",
)  # fmt: skip
ATOMS = (
    *CONDITIONS, "phase = Pending", "phase = Failed", "deleted", "app.state = running", "app.ready",
    "s.state = terminated", "app.lastExitCode = 1", 'STATUS = "Error"', "RESTARTS = 0",
)  # fmt: skip
DECIDED = (Verdict.HOLDS, Verdict.FAILS, Verdict.VACUOUS)


def every_event() -> list[str]:
    """Each event that the pod can meet, with any code that it leaves open."""
    source = Source("one.pod", POD)
    plan = choose_pod(spec_of(source, None, Diagnostics()), load_pack(), Diagnostics(), None)
    grounder = plan.grounder
    return [
        f"{name} any" if any(i.role == "code" for i in instance.inputs) else name
        for name, instance in grounder.events.items()
        if grounder.guard(name) is not FALSE
    ]


def verified(text: str, engine: str) -> tuple[ClaimResult, ...]:
    checker = Checker(Options(engine=engine, stories="all"), load_pack())  # nothing is cached
    return checker.check_source(Source("one.pod", POD + text), None).claims


def agreed(text: str) -> list[Outcome]:
    """The outcomes of all claims, which both engines give."""
    usual, explicit = verified(text, "auto"), verified(text, "explicit")
    assert usual
    for claim, other in zip(usual, explicit, strict=True):
        found = [(o.policy, o.verdict, o.detail) for o in claim.outcomes]
        assert all(verdict in DECIDED for _, verdict, _ in found), found
        assert [v[:2] for v in found] == [(o.policy, o.verdict) for o in other.outcomes], (
            claim.title
        )
    return [o for claim in usual for o in claim.outcomes]


STARTS = ("", "from Running ", "from Starting(i) ")


@pytest.mark.parametrize("start", sampled(STARTS, 3, 1))
def test_every_event_under_every_policy_by_every_engine(start: str) -> None:
    """One of the conditions after each event, another one from each start."""
    first = STARTS.index(start)
    agree_on_events(start, lambda event, number: (event + first) % len(CONDITIONS) == number)


@pytest.mark.slow
@pytest.mark.parametrize("start", STARTS)
def test_every_condition_after_every_event(start: str) -> None:
    agree_on_events(start, lambda event, number: True)


def agree_on_events(start: str, chosen: Callable[[int, int], bool]) -> None:
    found = agreed(
        "".join(
            f'scenario "{event}: {number}" {start}under every policy {{\n'
            f"  when {event} at once {condition}\n}}\n"
            for place, event in enumerate(every_event())
            for number, condition in enumerate(CONDITIONS)
            if chosen(place, number)
        )
    )
    counts = {v: sum(o.verdict is v for o in found) for v in DECIDED}
    assert all(counts.values()), counts


def a_step(chance: random.Random, events: list[str]) -> str:
    event = chance.choice(events)
    if chance.random() < 0.2:
        event += f" together with {chance.choice(events)}"
    said = [chance.choice(ATOMS) for _ in range(chance.choice((1, 1, 2)))]
    condition = chance.choice((" and ", " or ")).join(said)
    then = f" then {chance.choice(ATOMS)}" if chance.random() < 0.3 else ""
    return f"  when {event} at once {condition}{then}\n"


def a_claim(chance: random.Random, events: list[str], number: int) -> str:
    start = chance.choice(("", "from Running "))
    steps = "".join(a_step(chance, events) for _ in range(chance.choice((1, 2, 2, 3))))
    kind = chance.choice(("scenario", "scenario", "refute"))
    races = chance.choice(("", "", " assuming races"))
    return f'{kind} "{number}" {start}under every policy{races} {{\n{steps}}}\n'


@pytest.mark.parametrize("seed", sampled(range(2), 2))
def test_claims_that_nobody_would_write(seed: int) -> None:
    chance, events = random.Random(seed), every_event()
    agreed("".join(a_claim(chance, events, n) for n in range(25)))


def test_certificates_are_about_the_same_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PODCHECK_CACHE", "off")
    text = "".join(
        f'scenario "{event}: {number}" from Running under Always, Never {{\n'
        f"  when {event} at once {condition}\n}}\n"
        for event in ("pod is deleted", "app exits any")
        for number, condition in enumerate(CONDITIONS)
    )
    Path("one.pod").write_text(POD + text)
    certificates = writer.Certificates(Options(stories="none"))
    options = Options(stories="none", answered=certificates.answered)
    file = Checker(options).open("one.pod")
    verdicts = [o.verdict for c in file.result().claims for o in c.outcomes]
    assert file.compiled is not None
    texts = certificates.files(file.compiled)
    words = [c.word for c in certify({n.removeprefix("one.pod/"): t for n, t in texts.items()}, 60)]
    assert set(words) == {"PROVED", "REPLAYS"}
    assert words.count("REPLAYS") == verdicts.count(Verdict.FAILS)
    assert set(verdicts) == {Verdict.HOLDS, Verdict.FAILS}


def test_other_claims_of_the_file_do_not_change_what_is_published() -> None:
    """A dead sandbox shows in a condition first, which a claim about states does not read."""
    asked = [
        f'scenario "{event}" from Running under Always {{ when {event} at once {said} }}\n'
        for event in ("sandbox dies", "node is lost", "app fails livenessProbe")
        for said in ("app.state = running", "app.restartCount = 0", 'READY = "2/2"')
    ]
    alone = [outcome.verdict for text in asked for outcome in verified(text, "auto")[0].outcomes]
    beside = [o.verdict for claim in verified("".join(asked), "auto") for o in claim.outcomes]
    assert alone == beside
    assert alone[0] is Verdict.HOLDS


def test_the_story_shows_the_status_that_is_compared() -> None:
    (claim,) = verified(
        'scenario "x" from Running { when pod is deleted at once phase = Failed then gone }\n',
        "auto",
    )
    (outcome,) = claim.outcomes
    assert outcome.story is not None
    assert outcome.span.source.text[outcome.span.start : outcome.span.end] == "phase = Failed"
    assert outcome.story.expected == "phase = Failed"
    assert outcome.story.actual == (("phase", "Running"),)
    assert outcome.story.why.startswith("In the first status published, the pod is Running (")
    assert outcome.story.steps[-1].on_the_way[0].status == "Terminating"
    assert outcome.story.replayed is not None
