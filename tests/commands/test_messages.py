"""What users type, and the answers: `tests/messages/*.txt` are golden pairs.

The words by which messages find what is meant are data (`podcheck/language/user_words.py`);
here every right-hand side is held against the grammar and the rules.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from podcheck.api import verify
from podcheck.arguments import Spec
from podcheck.cli.group import COMMANDS
from podcheck.cli.main import main
from podcheck.compiler.plan import make_plan
from podcheck.core.terms import Term, not_, variables
from podcheck.declarations.pack import Define
from podcheck.elaboration.grounder import Grounder
from podcheck.elaboration.hints import status_words
from podcheck.elaboration.scope import Binding
from podcheck.explanation.narrator import Narrator
from podcheck.explanation.obstacles import PREFIX, opposites, parts_of
from podcheck.language import user_words
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.lexer import KEYWORDS
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.loading.specs import spec_of
from podcheck.results.verdicts import Verdict

HERE = Path(__file__).parent.parent / "messages"
PAIRS = sorted(p.stem for p in HERE.glob("*.txt"))


# ---- golden pairs --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAIRS)
def test_what_is_typed_has_its_answer(
    name: str,
    tmp_path: Path,
    golden: Callable[[Path, str], None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pair = HERE / f"{name}.txt"
    head, _, rest = pair.read_text(encoding="utf-8").partition("--- spec.pod\n")
    spec, _, session = rest.partition("---\n")
    (tmp_path / "spec.pod").write_text(spec, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    shown = ""
    for command in re.findall(r"^\$ podcheck ?(.*)$", session, re.MULTILINE):
        with pytest.raises(SystemExit) as stopped:
            main(shlex.split(command))
        captured = capsys.readouterr()
        shown += f"$ podcheck {command}\n{captured.out}{captured.err}exit {stopped.value.code}\n"
    unwrapped = " ".join(shown.split())
    for wanted in re.findall(r"^# says: (.*)$", head, re.MULTILINE):
        assert wanted in unwrapped
    golden(pair, f"{head}--- spec.pod\n{spec}---\n{shown}")


# ---- the words -----------------------------------------------------------------------------------

RICH = """pod web {
  activeDeadlineSeconds: 600
  volume scratch
  init setup { mount scratch }
  sidecar proxy { startupProbe livenessProbe readinessProbe }
  container app { startupProbe livenessProbe readinessProbe mount scratch }
}
"""


def errors_of(text: str) -> list[str]:
    report = verify(Spec(text, "spec"), bound=1)
    return [d.message for f in report.files for d in f.diagnostics if d.is_error]


def filled(texts: Iterator[str]) -> list[str]:
    return sorted({t.replace("{c}", "app") for t in texts})


@pytest.mark.parametrize(
    "event", filled(e for meant in user_words.EVENTS_MEANT.values() for e in meant)
)
def test_every_event_that_is_meant_exists(event: str) -> None:
    assert not errors_of(f'{RICH}scenario "s" for web {{ when {event} }}\n')


@pytest.mark.parametrize(
    "name",
    filled(
        n
        for table in (user_words.CONTAINER_FIELDS, user_words.POD_FIELDS)
        for meant in table.values()
        for n in meant
    ),
)
def test_every_field_that_is_meant_exists(name: str) -> None:
    equal = f"{name} = {name}" if "=" not in name and "condition" not in name else name
    assert not errors_of(f'{RICH}check "c" for web {{ always {equal} }}\n')


def test_every_keyword_that_is_meant_exists() -> None:
    meant = set(user_words.KEYWORDS_MEANT.values()) - {"="}
    words = {*meant, *user_words.SPEC_DECLARATIONS, *user_words.OTHER_DECLARATIONS}
    assert words <= KEYWORDS


def test_every_kind_that_is_meant_exists() -> None:
    pack = load_pack()
    assert set(user_words.KINDS_MEANT.values()) <= {*pack.kinds(), *pack.groups}


def test_every_value_that_is_meant_exists() -> None:
    pack = load_pack()
    values = {str(v) for sort in pack.sorts.values() for v in sort.values}
    values |= {"Always", "OnFailure", "Never"}
    assert {v for meant in user_words.VALUES_MEANT.values() for v in meant} <= values


def test_every_command_that_is_meant_exists() -> None:
    first = {meant.split()[0] for meant in user_words.COMMANDS_MEANT.values()}
    assert first <= {*COMMANDS, "--version", "--help"}


def test_no_user_word_hides_a_word_of_podcheck() -> None:
    """What a table answers must not be right as it is."""
    pack = load_pack()
    declared = {w for e in pack.events.values() for w in e.words}
    published = {n for n, v in pack.container_state.items() if v.published}
    assert not published & set(user_words.CONTAINER_FIELDS)
    assert not set(user_words.COMMANDS_MEANT) & set(COMMANDS)
    assert declared >= user_words.EVENT_VERBS


@pytest.mark.parametrize("word", sorted(user_words.STATUS_PHASES))
def test_a_word_of_the_status_goes_with_its_phase(word: str) -> None:
    assert word in status_words(load_pack())
    phase = user_words.STATUS_PHASES[word]
    for pod in ("container app", "container app container helper", "init setup container app"):
        text = (
            f'pod web {{ {pod} }}\nfind "f" for web {{ STATUS = "{word}" and phase = {phase} }}\n'
        )
        if verify(Spec(text, "spec"), bound=2).claims[0].verdict is Verdict.HOLDS:
            return
    raise AssertionError(f"no small pod shows {word} while it is {phase}")


# ---- obstacles -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def narrator() -> Narrator:
    return Narrator(planned(RICH)[0])


def planned(text: str) -> list[Grounder]:
    """The pods of a spec."""
    spec = spec_of(Source("spec", text), None, Diagnostics())
    return [pod.grounder for pod in make_plan(spec, load_pack(), Diagnostics()).pods]


JOBS = """
job sleeping {
  suspend: true  completions: 3  parallelism: 2  activeDeadlineSeconds: 60
  completionMode: Indexed  backoffLimitPerIndex: 1
  pod { restartPolicy: Never  container work }
}
job pair { parallelism: 2  pod { restartPolicy: OnFailure  container work } }
"""


@pytest.fixture(scope="module")
def narrators(narrator: Narrator) -> list[Narrator]:
    return [narrator, *map(Narrator, planned(JOBS))]


def test_each_part_of_a_condition_has_its_sentence(narrators: list[Narrator]) -> None:
    """What can be false of an event's condition is said in words, by a definition of the pack; but
    for what it asks of an exit code that the event names."""
    unsaid = []
    for narrator in narrators:
        known: dict[Term, str] = dict(opposites(narrator))
        named = {v.name for v in narrator.system.variables}
        unsaid += [
            (name, str(part))
            for name in narrator.grounder.events
            for part in parts_of(narrator.grounder.guard(name))
            if not part.is_const and not_(part) not in known and variables([part]) <= named
        ]
    assert not unsaid


def test_each_obstacle_is_the_opposite_of_some_part(narrators: list[Narrator]) -> None:
    used: set[int] = set()
    for narrator in narrators:
        elaborator = narrator.grounder.elaborator
        guards = [narrator.grounder.guard(name) for name in narrator.grounder.events]
        parts = {not_(part) for guard in guards for part in parts_of(guard)}
        for define in obstacles(narrator):
            choices: list[list[Binding]] = [[c] for c in elaborator.parts]
            values = choices if define.parameters else [[]]
            fitting = [v for v in values if elaborator.declared.accepts(define, v)]
            if any(elaborator.declared.defined(define, v) in parts for v in fitting):
                used.add(id(define))
    assert not [define.name for define in obstacles(narrators[0]) if id(define) not in used]


def obstacles(narrator: Narrator) -> list[Define]:
    """The definitions of the pack that say why an event can't happen."""
    named = narrator.pack.defines.items()
    return [define for name, found in named if name.startswith(PREFIX) for define in found]
