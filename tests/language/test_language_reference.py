"""Every example of the language reference (grammar/README.md) is checked.

A fenced block that begins with ```` ```pod ```` is a spec.  Unless it declares pods of its own it
stands behind the page's first block.  Its claims hold; or a word after `pod` says what comes out
instead: a verdict (FAILS, VACUOUS, UNKNOWN) or the code of a diagnostic (E105).  A block marked
`file=NAME` is a file that later blocks include.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from places import ROOT

from podcheck.cli.main import main
from podcheck.compiler.starts import prepared_events
from podcheck.core.terms import BOOL
from podcheck.declarations.pack import Pack, build_pack
from podcheck.declarations.pod import Container, Pod, Port, Role
from podcheck.elaboration.grounder import Grounder
from podcheck.elaboration.scope import Scope, Settings
from podcheck.explicit.interpreter import Interpreter
from podcheck.explicit.preparations import prepare
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.lexer import KEYWORDS
from podcheck.language.parser import parse
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack

PAGE = ROOT / "grammar" / "README.md"
FENCE = re.compile(r"^```(\w+) *([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Example:
    line: int
    marks: tuple[str, ...]
    text: str


def examples() -> list[Example]:
    page = PAGE.read_text(encoding="utf-8")
    return [
        Example(page.count("\n", 0, m.start()) + 1, tuple(m[2].split()), m[3])
        for m in FENCE.finditer(page)
        if m[1] == "pod"
    ]


EXAMPLES = examples()
FILES = {
    mark.removeprefix("file="): m[3]
    for m in FENCE.finditer(PAGE.read_text(encoding="utf-8"))
    for mark in m[2].split()
    if mark.startswith("file=")
}
PODS = EXAMPLES[0].text


def expected(example: Example) -> str:
    return " ".join(m for m in example.marks if "=" not in m)


def outcome(report: dict[str, Any]) -> str:
    """The worst verdict, or the codes of the diagnostics."""
    codes = sorted({d["code"] for f in report["files"] for d in f["diagnostics"]})
    if codes:
        return " ".join(codes)
    verdicts = {c["verdict"] for f in report["files"] for c in f["claims"]}
    for word in ("INTERNAL ERROR", "FAILS", "VACUOUS", "UNKNOWN", "HOLDS to k"):
        if word in verdicts:
            return word
    return ""


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"line {e.line}")
def test_an_example_is_what_the_page_says(
    example: Example,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    own = example is EXAMPLES[0] or re.search(r"^(pod|job|include) ", example.text, re.MULTILINE)
    text = example.text if own else PODS + example.text
    (tmp_path / "example.pod").write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["verify", "--format", "json", "example.pod"])
    report = json.loads(capsys.readouterr().out)
    assert outcome(report) == expected(example), f"{PAGE}:{example.line}"


def test_the_page_names_every_keyword_of_specs() -> None:
    text = PAGE.read_text(encoding="utf-8")
    packs_only = set(
        """decide define early group input kind published refuse warn sort start
        state sum gate else if first last before after all override overrides rule rules
        otherwise since next container""".split()
    )
    for word in KEYWORDS - packs_only:
        assert re.search(rf"\b{word}\b", text), f"{PAGE} does not show `{word}`"


def test_the_page_lists_every_event() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for event in load_pack().events.values():
        actor = event.actor
        name = "pod2" if event.declared.source.name.endswith("job.rules") else "app"
        phrase = " ".join(name if w == actor else w for w in event.words)
        assert f"`{phrase}" in text, f"{PAGE} does not list `{phrase}`"
        assert f"| {event.kind} |" in text, f"{PAGE} does not list the kind {event.kind}"


def test_the_page_lists_every_status_field() -> None:
    text = PAGE.read_text(encoding="utf-8")
    pack = load_pack()
    for name, variable in pack.container_state.items():
        if variable.published and name != "apiState":
            assert f"`app.{name}`" in text, f"{PAGE} does not list app.{name}"
    for name in ("phase", "reason", "STATUS", "READY", "RESTARTS", "deleted", "policy"):
        assert f"`{name}`" in text


# ---- the rules' reference ------------------------------------------------------------------------

RULES_PAGE = ROOT / "podcheck" / "rules" / "README.md"


def toy_pack() -> tuple[Pack, Diagnostics]:
    """The pack that the page's blocks make up."""
    page = RULES_PAGE.read_text(encoding="utf-8")
    blocks = [m[3] for m in FENCE.finditer(page) if m[1] == "rules"]
    diagnostics = Diagnostics()
    trees = [parse(Source(f"block {i}", b), diagnostics) for i, b in enumerate(blocks, 1)]
    return build_pack(trees, diagnostics), diagnostics


def test_the_pack_of_the_rules_reference_runs() -> None:
    pack, diagnostics = toy_pack()
    assert not diagnostics.sorted()
    init = Container("setup", Role.INIT)
    probes = frozenset({"startupProbe"})
    main = [Container(n, Role.MAIN, probes=probes, ports=(Port(80),)) for n in ("app", "helper")]
    pod = Pod("toy", (init, *main))
    grounder = Grounder(pack, pod, Settings((1, 36), {}), diagnostics)
    machine = Interpreter(grounder.system(grounder.every_variable(), grounder.events))
    assert not diagnostics.sorted()
    prepared = prepare(
        machine,
        "Never",
        "Running",
        prepared_events(grounder, "Running"),
        grounder.elaborator.expr(
            pack.preparations["Running"].condition, Scope(Source("", ""), {}), BOOL
        ),
    )
    assert prepared is not None
    state = machine.state_of(prepared.start.state)
    for event, code, phase in (("app exits", 1, "Running"), ("helper exits", 0, "Failed")):
        assert machine.possible(event, state, {f"{event}: exitCode": code})
        state = machine.apply(event, state, {f"{event}: exitCode": code})
        settled = machine.settle(state)
        state = settled[-1] if settled else state
        assert machine.named(state)["phase"] == phase


def test_every_line_of_a_pack_has_a_sentence_and_a_source() -> None:
    for pack in (toy_pack()[0], load_pack()):
        for rule in pack.rules():
            assert rule.sentence.endswith("."), rule.identity
            assert rule.cites, rule.identity


def test_the_page_names_every_file_of_the_pack() -> None:
    page = RULES_PAGE.read_text(encoding="utf-8")
    for path in (RULES_PAGE.parent / "kubernetes").glob("*.rules"):
        assert f"`{path.name}`" in page, path.name
