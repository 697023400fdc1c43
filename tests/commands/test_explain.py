"""Every code that podcheck can print is explained, and every explanation's example triggers it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from manifest_refusals import check_manifest
from places import PACKAGE

from podcheck.cli.explain import explanations
from podcheck.cli.main import main
from podcheck.compiler.plan import make_plan
from podcheck.declarations.pack import Pack, build_pack
from podcheck.declarations.releases import RECORDED
from podcheck.language.diagnostic_codes import PACK_EXAMPLES
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.manifest_codes import MANIFEST_EXAMPLES
from podcheck.language.parser import parse
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.loading.specs import spec_of
from podcheck.report.printable import plain

KNOWN = explanations()
CODE = re.compile(r"\b[EW]\d{3}\b")

# What no spec can trigger, and the tests that do: a file's bytes, and rule packs.
TRIGGERED_ELSEWHERE = {
    "E005": "bad/not_utf8.pod",
    "E006": "test_unreadable",
    "E108": "test_wrong_rule_packs",
    "E110": "test_wrong_rule_packs",
    "E111": "test_wrong_rule_packs",
    "E126": "test_hazards.py",
    "E127": "test_audit.py",
    "E128": "test_audit.py",
    "E129": "test_audit.py",
    "E337": "bad/pods_of_manifests.pod",
    "E338": "bad/pods_of_manifests.pod",
    "E339": "test_hostile_manifests.py",
    "W345": "test_config.py",
    "W346": "test_rendered.py",
    "E381": "test_observed_reader.py",
    "E382": "test_observed_reader.py",
    "E401": "test_bad_specs.py",
    "W405": "test_too_many_warnings",
    "E901": "test_cli.py",
}


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack()


def codes_in_source() -> set[str]:
    """Every code that the package mentions outside of the explanations themselves."""
    found: set[str] = set()
    for path in [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.rules")]:
        if path.parent.name != "language" or path.name not in (
            "diagnostic_codes.py",
            "manifest_codes.py",
        ):
            found |= set(CODE.findall(path.read_text(encoding="utf-8")))
    return found


def codes_of(text: str, pack: Pack, suffix: str = ".pod") -> set[str]:
    diagnostics = Diagnostics()
    if suffix == ".yaml":
        release = re.match(r"# podcheck audit --kubernetes (\d+)\.(\d+)\n", text)
        version = (int(release[1]), int(release[2])) if release else RECORDED
        check_manifest(Source("a.yaml", text), pack, diagnostics, version)
        return {d.code for d in diagnostics.sorted()}
    make_plan(spec_of(Source("a.pod", text), None, diagnostics), pack, diagnostics)
    return {d.code for d in diagnostics.sorted()}


def test_every_code_is_explained_and_every_explanation_is_of_a_code() -> None:
    assert codes_in_source() == set(KNOWN)


def test_pack_examples_are_of_codes_of_the_pack(pack: Pack) -> None:
    assert {*PACK_EXAMPLES, *MANIFEST_EXAMPLES} == {r.code for r in pack.refusals}
    assert not {*PACK_EXAMPLES} & {*MANIFEST_EXAMPLES}


@pytest.mark.parametrize("code", list(KNOWN))
def test_example(code: str, pack: Pack) -> None:
    example = KNOWN[code].example
    if not example:
        assert code in TRIGGERED_ELSEWHERE
        return
    found = codes_of(example, pack, KNOWN[code].suffix)
    assert found == {code} | ({"E003"} if code == "E405" else set())


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ("define a = true\nstate of pod { x: Nothing = a }\n", "E108"),
        (
            "decide a: bool = first\n  otherwise : b\ndecide b: bool = first\n  otherwise : a\n",
            "E110",
        ),
        ('decide a: bool = first\n  "x" policy = Never : true\n', "E111"),
    ],
)
def test_wrong_rule_packs(rules: str, code: str, pack: Pack) -> None:
    diagnostics = Diagnostics()
    sources = [Source("wrong.rules", rules)]
    wrong = build_pack([parse(s, diagnostics) for s in sources], diagnostics)
    if not diagnostics.has_errors:
        wrong.sorts.update(pack.sorts)
        wrong.pod_state.update(pack.pod_state)
        text = 'pod one { container app }\ncheck "c" { always a }\n'
        make_plan(spec_of(Source("a.pod", text), None, diagnostics), wrong, diagnostics)
    assert {d.code for d in diagnostics.sorted()} == {code}


def test_too_many_warnings() -> None:
    diagnostics = Diagnostics()
    source = Source("a.pod", "x" * 300)
    for i in range(150):
        diagnostics.add("W301", source.span(i, i + 1), "Something.")
    found = diagnostics.sorted()
    assert [d.code for d in found] == ["W301"] * 100 + ["W405"]
    assert not diagnostics.has_errors


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as stopped:
        main(["explain", *arguments])
    captured = capsys.readouterr()
    return stopped.value.code, captured.out, captured.err


def test_unreadable(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["verify", str(tmp_path / "nothing.pod")])
    assert stopped.value.code == 2
    assert "E006" in capsys.readouterr().out


@pytest.mark.parametrize("code", list(KNOWN))
def test_command(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, code)
    assert (status, err) == (0, "")
    assert out.startswith(f"{code}  ")
    assert all(len(line) <= 80 for line in out.splitlines())
    shown = out.partition("Example:\n\n")[2].rstrip().splitlines()
    for line, written in zip(shown, KNOWN[code].example.rstrip().split("\n"), strict=False):
        assert plain(written).rstrip().startswith(line.removesuffix("...").removeprefix("    "))


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys)
    assert status == 0
    assert set(re.findall(r"^  ([EW]\d{3})  ", out, re.MULTILINE)) == set(KNOWN)
    assert all(len(line) <= 80 for line in out.splitlines())


def test_small_letters_and_brackets_are_fine(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "e101")[1] == run(capsys, "[E101]")[1]


def test_unknown_code(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "E3011")
    assert status == 2
    assert "Did you mean `E" in err
