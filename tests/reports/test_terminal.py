"""What a terminal shows: its width, colours by meaning, what repeats shown once."""

from __future__ import annotations

import random
import re
import sys
from pathlib import Path

import pytest
from command_line import POD

from podcheck import verify_text
from podcheck.cli import streams
from podcheck.report import timeline, timeline_text
from podcheck.report.repetitions import parts
from podcheck.report.tables import render
from podcheck.report.terminal import Style, length
from podcheck.report.text import render_lines
from podcheck.report.tones import BAD, DONE, NONE, RUN, WAIT, tone
from podcheck.results.stories import ContainerStatus, PodStatus, StoryStep, TransitionTable

TURNS = (
    'scenario "turns" for one from Running under Always {{\n'
    "  when app exits 1 followed by {{app exits 1 followed by backoff ends}} x {times}\n"
    "  then phase = Failed\n}}\n"
)


def shown(times: int, style: Style) -> list[str]:
    return list(render_lines(verify_text(POD + TURNS.format(times=times)), style))


# ---- width and colours --------------------------------------------------------------------------


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_a_report_is_as_wide_as_the_terminal(width: int) -> None:
    """Runs use all of it, sentences up to 100 columns; colours take no room and change no word."""
    plain = shown(2, Style(False, width))
    assert max(map(len, plain)) <= max(width, 63)  # a container's state is not cut
    coloured = shown(2, Style(True, width))
    assert [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in coloured] == plain
    assert [length(line) for line in coloured] == [len(line) for line in plain]
    blocks = sum(line.lstrip().startswith("step ") for line in plain)
    assert blocks == {40: 5, 60: 2, 80: 2}.get(width, 1)


@pytest.mark.parametrize(
    ("columns", "is_terminal", "width"),
    [("132", True, 132), ("132", False, 80), ("9", True, 40)],
)
def test_the_width_of_what_is_printed(
    columns: str, is_terminal: bool, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal, raising=False)
    monkeypatch.setenv("COLUMNS", columns)
    assert streams.width() == width


MEANS = {
    RUN: ["running", "Running"],
    DONE: ["exited 0", "Succeeded", "Completed", "Init:ExitCode:0"],
    BAD: [
        "exited 1", "OOMKilled 137", "Failed", "Error", "OOMKilled", "CrashLoopBackOff", "Evicted",
        "Init:Error", "Init:CrashLoopBackOff", "Init:OOMKilled", "ImagePullBackOff", "ErrImagePull",
        "Init:ErrImagePull", "CreateContainerConfigError", "ContainerStatusUnknown", "Unknown",
        "InvalidImageName", "ErrImageNeverPull", "RunContainerError", "StartError", "ExitCode:3",
        "Init:ImagePullBackOff", "PostStartHookError", "ContainerCannotRun", "Signal:9",
    ],
    WAIT: ["Pending", "ContainerCreating", "PodInitializing", "Terminating", "Init:0/2"],
    NONE: ["-"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("word", "meaning"), [(word, meaning) for meaning, words in MEANS.items() for word in words]
)
def test_a_state_has_the_colour_of_what_it_means(word: str, meaning: str) -> None:
    assert tone(word) == meaning


def test_the_colours_of_a_run() -> None:
    lines = "\n".join(shown(1, Style(True)))
    for painted in ("\x1b[32mrunning", "\x1b[31mCrashLoopBackOff", "\x1b[1mbackoff ends\x1b"):
        assert painted in lines
    assert "\x1b" not in "\n".join(shown(1, Style(False)))


# ---- repetitions --------------------------------------------------------------------------------


def test_what_repeats_is_shown_at_first_and_at_last() -> None:
    lines = "\n".join(shown(7, Style(False, 200)))
    assert "4-13" in lines and "steps 2-3 again," in lines and "5 times" in lines
    assert lines.count("backoff ends  ") == 2 - lines.count("backoff ends\n")
    last = [line.split()[-1] for line in lines.splitlines() if "RESTARTS" in line]
    assert last == ["8"], "the last one is shown with its count"
    assert lines.count("'backoff ends'") == 7, "the command has all events"


def grid_of(events: str) -> timeline.Timeline:
    return timeline.timeline([_step(e, n) for n, e in enumerate(events)])


def _step(event: str, restarts: int = 0) -> StoryStep:
    container = ContainerStatus("c", f"after {event}", restarts, True)
    return StoryStep(event, PodStatus("Running", "", "1/1", event, str(restarts), (container,)), ())


@pytest.mark.parametrize("seed", range(60))
def test_folded_steps_are_like_those_that_are_shown(seed: int) -> None:
    """Any sequence with repetitions: each step is shown, or is like the one it is folded into."""
    chance = random.Random(seed)
    events: list[str] = []
    while len(events) < 30:
        piece = [chance.choice("abc") for _ in range(chance.randint(1, 4))]
        events += piece * chance.choice((1, 1, 2, 3, 6))
    grid = timeline.timeline([_step(e, n) for n, e in enumerate(events)])
    covered: list[int] = []
    for shown in timeline_text.folded(grid):
        if not isinstance(shown, timeline_text.Fold):
            covered.append(shown.step)
            continue
        (a, b), hidden = shown.of, range(shown.first, shown.last + 1)
        assert len(hidden) == (b - a + 1) * shown.times >= 3
        assert [events[s] for s in hidden] == events[a : b + 1] * shown.times
        covered += hidden
    assert covered == list(range(len(events)))


@pytest.mark.parametrize("seed", range(40))
def test_parts_make_up_the_sequence(seed: int) -> None:
    chance = random.Random(seed)
    keys = [chance.randint(0, 1) for _ in range(chance.randint(0, 40))]
    rebuilt: list[int] = []
    for place, period, times in parts(keys, 2):
        assert place == len(rebuilt) and (times == 1 or period * (times - 1) >= 2)
        rebuilt += keys[place : place + period] * times
    assert rebuilt == keys


def test_a_block_begins_with_all_of_a_status() -> None:
    """Also where its first column stands for steps that repeat others."""
    for width in range(60, 100):
        lines = timeline_text.lines(grid_of("abcabcabcabcabcabcbc"), Style(False, width))
        for number, line in enumerate(lines):
            if line.startswith("step "):
                first = len(line) - len(line[4:].lstrip())
                columns = [m.start() for m in re.finditer(r"(?<=  )\d", line)]
                real = next(c for c in columns if "-" not in line[c:].split()[0])
                below = lines[number + 1 : number + 12]
                phase = next(x for x in below if x.startswith("phase"))
                assert phase[real:].startswith("Running"), (width, first)


def test_a_marked_step_is_not_folded() -> None:
    """Where a run begins to repeat forever is said at its column."""
    grid = timeline.timeline([_step("a", n) for n in range(12)], loop=5)
    lines = timeline_text.lines(grid, Style(False, 500))
    assert "5" in lines[0].split() and "[from here it" in "\n".join(lines)


# ---- tables -------------------------------------------------------------------------------------

WIDE = TransitionTable(
    "p", "Running", "STATUS", ("Always", "Never"),
    (("some init container exits nonzero", ("Init:Error or Init:CrashLoopBackOff or Unknown", "-")),
     ("x", ("Running", "Completed or Error or ContainerStatusUnknown"))),
)  # fmt: skip


@pytest.mark.parametrize("width", [60, 80])
def test_a_wide_table_wraps_its_cells(width: int) -> None:
    lines = render(WIDE, "text", Style(False, width)).splitlines()
    assert max(map(len, lines)) <= width
    words = sorted(" ".join(lines).split())
    assert words == sorted(render(WIDE, "text").split())


def test_the_cells_of_a_table_have_the_colours_of_what_they_mean() -> None:
    coloured = render(WIDE, "text", Style(True, 60))
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == render(WIDE, "text", Style(False, 60))
    assert "\x1b[31mInit:Error\x1b[0m or" in coloured and "\x1b[32mRunning" in coloured
    assert "\x1b" not in render(WIDE._replace(column="READY"), "text", Style(True, 60))


def test_a_table_that_goes_into_a_file_has_a_line_for_each_row(tmp_path: Path) -> None:
    assert len(render(WIDE, "text").splitlines()) == 3
    assert len(render(WIDE, "text", Style(False, 200)).splitlines()) == 3
