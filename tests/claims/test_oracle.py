"""A sample of what `tests/oracle/run.py` and `tests/oracle/laws.py` do at length.

podcheck's answers against a third reading of the rules, and against each other; planted faults.
"""

from __future__ import annotations

import ast

import pytest
from oracle import laws, run
from oracle.cases import CASES
from oracle.others import OTHERS
from oracle.plants import PLANTS
from places import TESTS

from podcheck.declarations.pack import Pack
from podcheck.loading import rules

HERE = TESTS / "oracle"
SEED = 21
DATA = ("spec", "pack", "pod", "overrides")  # modules of podcheck.declarations
READING = (
    "values", "expressions", "names", "machine", "codes", "sequences", "states", "promises",
    "asked", "claims",
)  # fmt: skip


@pytest.fixture(scope="module")
def pack() -> Pack:
    return rules.load_pack()


@pytest.fixture(autouse=True)
def one_pack(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PODCHECK_CACHE", "off")
    monkeypatch.setattr(rules, "load_pack", lambda name="": pack)


@pytest.mark.parametrize("kind", CASES)
def test_verify_agrees_with_the_oracle(kind: str, pack: Pack) -> None:
    figures, differences = run.Figures(), []
    for number in range(3):
        written, engine, found = run.one(SEED, number, [kind], pack)
        figures.add(kind, found, 0)
        if found.differences:
            differences.append(run.shown(number, written, engine, found.differences))
    assert not differences, "\n".join(differences)
    assert figures.words["agreed"] > 0, "the oracle decided nothing"


@pytest.mark.parametrize(("kind", "cases"), [("run", 6), ("cells", 3), ("certificate", 2)])
def test_other_commands_agree_with_the_oracle(kind: str, cases: int, pack: Pack) -> None:
    assert kind in OTHERS
    for number in range(cases):
        written, engine, found = run.one(SEED, number, [kind], pack)
        assert not found.differences, run.shown(number, written, engine, found.differences)


def test_laws(pack: Pack) -> None:
    for number in range(8):
        found = laws.attempt(SEED, number, [], pack)
        assert not found.complaint, "\n".join([found.law, found.complaint, *found.texts])


# Those that few cases show; `python tests/oracle/run.py --plant NAME` tries the others.
@pytest.mark.parametrize(
    ("name", "seed"),
    [("counts", 1), ("code-pairs", 1), ("exit-rules", 1), ("neighbour", 2), ("usual-outcome", 1)],
)
def test_a_planted_fault_is_noticed(name: str, seed: int, pack: Pack) -> None:
    cases, _ = run.find_plant(name, seed, 12, pack)
    assert cases, f"nobody notices that {PLANTS[name].what}"


@pytest.mark.parametrize("module", READING)
def test_the_oracle_shares_only_syntax_and_declarations(module: str) -> None:
    tree = ast.parse((HERE / f"{module}.py").read_text())
    found = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module}
    of_podcheck = {name for name in found if name.startswith("podcheck")}
    declarations = {f"podcheck.declarations.{name}" for name in DATA} | {"podcheck.loading.specs"}
    others = of_podcheck - declarations
    assert all(name.startswith("podcheck.language.") for name in others), others
