"""The command that a counterexample prints comes to what the claim says is wrong."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from command_line import Shell
from sampling import sampled

from podcheck.api import verify_text
from podcheck.language.lexer import written
from podcheck.results.stories import Story

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
    assuming no stop from outside, no image change, no reboot, no sandbox death {
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


# ---- names and paths that a shell, or the language, takes for something else ---------------------

# Keywords, words of events, digits first, and what a shell acts upon.
NAMES = (
    "exit", "2048", "pod", "from", "x", "a b", "it's", "$HOME", 'say "x"', "back\\slash", "--help",
    "a;b*~#!", "crowd(2)", "ünï", "with exit 3",
)  # fmt: skip
PATHS = (
    "my spec.pod", "-dash.pod", "--help.pod", "$HOME.pod", "it's.pod", 'a"b.pod', "a;b.pod",
    "*.pod", "~/x.pod", "sub dir/#a.pod", "back\\slash.pod", "&.pod",
)  # fmt: skip


@pytest.fixture
def shell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(tmp_path, capsys)


def commands(text: str) -> list[str]:
    """What a report for a terminal prints after `Replay:`, each with its further lines."""
    found: list[str] = []
    goes_on = False
    for line in text.splitlines():
        if goes_on:
            found[-1] += f"\n{line}"
        elif line.strip().startswith("Replay:"):
            found.append(line.strip().removeprefix("Replay:"))
        else:
            continue
        goes_on = line.endswith("\\")
    return found


def arguments(command: str) -> list[str]:
    """What a shell hands to podcheck for a command that is pasted."""
    script = f'podcheck() {{ printf "%s\\0" "$@"; }}\n{command}\n'
    done = subprocess.run(["sh", "-c", script], capture_output=True, check=True)
    assert not done.stderr
    return done.stdout.decode().split("\0")[:-1]


def replayed(shell: Shell, path: str) -> list[tuple[Any, Any]]:
    """For each counterexample in a file: its last status, and that of its printed command."""
    report = json.loads(shell("verify", path, "--format", "json").out)
    stories = [
        o["story"] for c in report["files"][0]["claims"] for o in c["outcomes"] if o["story"]
    ]
    printed = commands(shell("verify", path).out)
    assert len(printed) == len(stories) > 0
    found = []
    for story, command in zip(stories, printed, strict=True):
        asked = arguments(command)
        assert asked == arguments(story["replay"])
        done = shell(*asked, "--format", "json")
        assert done.code == 0, done.err
        found.append((story["steps"][-1]["status"], json.loads(done.out)["steps"][-1]["status"]))
    return found


@pytest.mark.parametrize("name", sampled(NAMES, 3))
def test_a_pasted_replay_of_any_name(shell: Shell, name: str) -> None:
    quoted, other = written(name), written(f"{name} too")
    path = shell.write(
        "spec.pod",
        f"""pod {quoted} {{ init {other} container {quoted} {{ livenessProbe }} container c }}
pod second {{ container c }}
scenario "a" for {quoted} from Running under Never {{
  when {quoted} exits 1 then phase = Succeeded
}}
scenario "b" for {quoted} from Starting({other}) under Always {{
  when {other} exits 0
  when {quoted} fails livenessProbe with exit 3 then {quoted}.lastExitCode = 2
}}
scenario "c" for {quoted} from Running under Never {{
  when {quoted} exits 1 together with c exits 2 then phase = Running
}}
find "d" for {quoted} assuming only exits {{ {quoted}.lastExitCode = 7 }}
""",
    )
    found = replayed(shell, path)
    assert len(found) == 4
    assert [a for a, _ in found] == [b for _, b in found]


def test_a_table_of_all_events_of_a_container_whose_name_needs_quotes(shell: Shell) -> None:
    path = shell.write("spec.pod", 'pod "2048" { container "exit" }\n')
    done = shell("table", path, "--under", "Never")
    assert done.code == 0, done.err
    assert '"exit" exits nonzero' in done.out


@pytest.mark.parametrize("path", PATHS)
def test_a_pasted_replay_of_any_path(shell: Shell, path: str) -> None:
    claim = 'scenario "a" from Running under Never { when app exits 1 then phase = Succeeded }\n'
    shell.write(path, "pod one { container app }\n" + claim)
    ((shown, played),) = replayed(shell, f"./{path}")
    assert shown == played


@pytest.mark.parametrize("name", ["exit", "2048", "true", "null", "1e3", "on", "y"])
def test_repro_of_names_that_need_quotes(shell: Shell, name: str) -> None:
    import yaml

    quoted = written(name)
    path = shell.write(
        "spec.pod",
        f"""pod p {{ container {quoted} }}
scenario "a" from Running under Never {{ when {quoted} exits 1 then phase = Succeeded }}
""",
    )
    done = shell("repro", path, "-o", "out")
    assert done.code == 0, done.err
    pod = yaml.safe_load(Path("out/pod.yaml").read_text(encoding="utf-8"))
    assert [c["name"] for c in pod["spec"]["containers"]] == [name]
    assert f"let_go {name}\n" in Path("out/run.sh").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["a b", "$HOME", 'say "x"', "--help", "crowd(2)", "ünï"])
def test_repro_refuses_names_that_no_cluster_takes(shell: Shell, name: str) -> None:
    path = shell.write(
        "spec.pod",
        f"""pod p {{ container {written(name)} }}
scenario "a" from Running under Never {{ when {written(name)} exits 1 then phase = Succeeded }}
""",
    )
    done = shell("repro", path)
    assert done.code == 2
    assert f"`{name}` can't be a name on a cluster" in done.err


# ---- families ----------------------------------------------------------------------------------


def test_the_replay_of_a_family_plays_the_member_that_fails(shell: Shell) -> None:
    path = shell.write(
        "crowd.pod",
        """pod crowd { container c[1..3] }
pod mixed { init i[1..2]  container c[2..3] }
table "one" for crowd from Running {
  | event | Never |
  | any container exits 1 | Running |
}
refute "two" for mixed from Running under Never {
  when every container at once exits 1 then phase = Running
}
""",
    )
    found = replayed(shell, path)
    assert [a for a, _ in found] == [b for _, b in found]
    asked = [arguments(c) for c in commands(shell("verify", path).out)]
    assert asked[0][asked[0].index("--pod") + 1] == "crowd(1)"
    text = shell("verify", path).out
    assert "for crowd(1), from Running, under Never" in text
    sizes = {}
    for member in ("crowd(1)", "crowd(2)", "crowd(3)", "crowd", "mixed(2,3)", "mixed(2, 3)"):
        status = json.loads(shell("run", path, "--pod", member, "--format", "json").out)
        sizes[member] = len(status["steps"][-1]["status"]["containers"])
        assert shell("table", path, "--pod", member, "c1 exits 1").code == 0
    assert list(sizes.values()) == [1, 2, 3, 3, 5, 5]
    wrong = shell("run", path, "--pod", "crowd(4)")
    assert wrong.code == 2
    assert "crowd (crowd(1) to crowd(3)), mixed (mixed(1,2) to mixed(2,3))" in wrong.err


def test_repro_of_a_family_is_about_the_member_that_fails(shell: Shell) -> None:
    import yaml

    path = shell.write(
        "crowd.pod",
        """pod crowd { container c[1..3] }
scenario "the last decides" from Running under Never {
  when every container exits 1 then phase = Failed and READY = "0/1"
}
""",
    )
    assert shell("repro", path, "-o", "out").code == 0
    pod = yaml.safe_load(Path("out/pod.yaml").read_text(encoding="utf-8"))
    assert [c["name"] for c in pod["spec"]["containers"]] == ["c1", "c2"]
