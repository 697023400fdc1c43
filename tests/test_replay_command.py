"""The command that a counterexample prints comes to what the claim says is wrong."""

from __future__ import annotations

from podcheck import verify_text
from podcheck.verdict import Story

POD = "pod two { container app  container helper }\n"


def story_of(claim: str) -> Story:
    story = verify_text(POD + claim).claims[0].outcomes[0].story
    assert story is not None
    return story


def test_the_exit_code_of_stopped_containers_is_named() -> None:
    claim = """scenario "d" for two from Running under Never {
      when pod is deleted then phase = Succeeded
    }"""
    assert story_of(claim).replay.endswith("'pod is deleted with exit 1'")


def test_a_run_that_the_command_cannot_play_prints_none() -> None:
    """Events that arrive before the pod has settled: `podcheck run` lets it settle."""
    claim = """check "c" for two under OnFailure
    assuming no stop from outside, no image change {
      never phase = Failed
    }"""
    assert story_of(claim).replay == ""


def test_the_events_of_a_preparation_are_left_to_the_command() -> None:
    """`--from Running` lets the init container exit; it can't do so again."""
    report = verify_text("""pod batch { init fetch  container worker }
    scenario "s" for batch from Running under Never {
      when worker exits 1 then phase = Succeeded
    }""")
    story = report.claims[0].outcomes[0].story
    assert story is not None
    assert story.replay == (
        "podcheck run spec --pod batch --under Never --from Running 'worker exits 1'"
    )
