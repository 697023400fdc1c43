"""The lists of `docs/where-to-change.md`, each walked for a toy in a copy of the package."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from places import ROOT

PAGE = (ROOT / "docs" / "where-to-change.md").read_text(encoding="utf-8")


def steps(title: str) -> list[str]:
    """The steps of a list."""
    section = PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\d\. (.*)$", section, re.MULTILINE)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with a copy of the package, to be changed."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "podcheck", tmp_path / "podcheck", ignore=ignore)
    shutil.copytree(ROOT / "grammar", tmp_path / "grammar")
    return tmp_path


def podcheck(copy: Path, *arguments: str) -> tuple[int, str]:
    """The exit code and the output of the copy."""
    done = subprocess.run(
        [sys.executable, "-m", "podcheck", *arguments],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy), "PODCHECK_CACHE": "off"},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


def replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{path}: {old}"
    path.write_text(text.replace(old, new), encoding="utf-8")


# ---- the stranger's test -------------------------------------------------------------------------


def test_each_change_is_one_package_that_its_sign_names() -> None:
    rows = re.findall(r"^\| [^|]+ \| `(podcheck/\w+/)` \(`([\w.]+)`\)", PAGE, re.MULTILINE)
    assert len(rows) == 5
    architecture = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for package, name in rows:
        assert f"`{package.removeprefix('podcheck/')}`" in architecture
        assert list((ROOT / package).rglob(name)), f"{package}{name}"
        assert f"`{name}`" in (ROOT / package / "README.md").read_text(encoding="utf-8")


# ---- the lists -----------------------------------------------------------------------------------


@pytest.mark.parametrize("title", ["A rule", "A hazard", "An engine", "A report", "A release"])
def test_each_list_has_five_steps_whose_files_are_there(title: str) -> None:
    found = steps(title)
    assert len(found) == 5
    for name in re.findall(r"`((?:podcheck|tests|docs|specs)/[\w/.-]+)`", " ".join(found)):
        if "NAME" not in name:
            assert (ROOT / name).exists(), name


def test_a_rule(copy: Path) -> None:
    """A toy: a container that ended with 7 gives the pod the word Seven."""
    code, shown = podcheck(copy, "rules", "show", "STATUS")
    assert code == 0 and "first main word" in shown
    spec = "pod web { container app }\n"
    claim = (
        'scenario "s" for web from Running under Never {\n'
        '  when app exits 7 then STATUS = "Seven"\n}\n'
    )
    line = "looksAtMains and (some c in main: c.exitCode = 7)"
    (copy / "a.pod").write_text(spec + claim, encoding="utf-8")
    assert podcheck(copy, "verify", "a.pod")[0] == 1
    trial = f'rule "seven" overrides "first main word" = {line}: "Seven"\n'
    (copy / "b.pod").write_text(spec + trial + claim, encoding="utf-8")
    code, shown = podcheck(copy, "verify", "b.pod")
    assert code == 0, shown
    rules = copy / "podcheck" / "rules" / "kubernetes" / "kubectl.rules"
    replaced(
        rules,
        "decide STATUS: text = first\n",
        "decide STATUS: text = first\n"
        f'  "seven"  {line} : "Seven"\n    -- A toy. [printers.go:printPod]\n',
    )
    code, shown = podcheck(copy, "verify", "a.pod")
    assert code == 0, shown


TOY_HAZARD = """
hazard "toy-ends-with-7" info
  for every main container as c
  -- Container {c} may end with 7.
  -- Fix: Let {c} end with 0.
  -- [https://example.org/toy]
  find from Running { when c exits 7 then c.exitCode = 7 }
"""
MANIFEST = """apiVersion: v1
kind: Pod
metadata: {name: toy}
spec:
  restartPolicy: Never
  containers: [{name: app, image: app}]
"""


def test_a_hazard(copy: Path) -> None:
    (copy / "toy.yaml").write_text(MANIFEST, encoding="utf-8")
    library = copy / "podcheck" / "hazards" / "restarts.pod"
    library.write_text(library.read_text(encoding="utf-8") + TOY_HAZARD, encoding="utf-8")
    code, shown = podcheck(copy, "audit", "toy.yaml", "--severity", "info")
    assert code == 1 and "toy-ends-with-7" in shown and "Container `app` may end with 7." in shown
    code, shown = podcheck(copy, "explain", "toy-ends-with-7")
    assert code == 0 and "Let C end with 0" in shown


TOY_ENGINE = '''"""A toy: says that it does not know."""

from podcheck.core.answers import Unknown


class Toy:
    def __init__(self, session, options):
        pass

    def answers(self, claim, *, sought=False):
        return [Unknown("a toy knows nothing") for _ in claim.starts]
'''


def test_an_engine(copy: Path) -> None:
    (copy / "podcheck" / "verification" / "toy.py").write_text(TOY_ENGINE, encoding="utf-8")
    replaced(
        copy / "podcheck" / "verification" / "engines.py",
        '    "auto": ("usual_order", "UsualOrder"),\n',
        '    "auto": ("usual_order", "UsualOrder"),\n    "toy": ("toy", "Toy"),\n',
    )
    (copy / "a.pod").write_text(
        'pod web { container app }\ncheck "c" for web { never phase = Failed }\n', encoding="utf-8"
    )
    code, shown = podcheck(copy, "verify", "--engine", "toy", "a.pod")
    assert code == 4 and "A toy knows nothing" in shown


def test_a_report(copy: Path) -> None:
    (copy / "podcheck" / "report" / "toy.py").write_text(
        '"""A toy: how many claims there are."""\n\n\n'
        'def render(report):\n    return f"{len(report.claims)} claims\\n"\n',
        encoding="utf-8",
    )
    replaced(
        copy / "podcheck" / "report" / "formats.py",
        "FORMATS = (\n",
        'FORMATS = (\n    Format("toy", (".toy",), "toy"),\n',
    )
    (copy / "a.pod").write_text(
        'pod web { container app }\nfind "c" for web { phase = Failed }\n', encoding="utf-8"
    )
    code, shown = podcheck(copy, "verify", "a.pod", "--format", "toy", "-o", "a.toy")
    assert (code, shown) == (0, "1 claims\n")
    assert (copy / "a.toy").read_text(encoding="utf-8") == "1 claims\n"


def test_a_release(copy: Path) -> None:
    version = copy / "podcheck" / "version.py"
    version.write_text(
        re.sub(r'VERSION = ".*"', 'VERSION = "9.8.7"', version.read_text(encoding="utf-8")),
        encoding="utf-8",
    )
    assert podcheck(copy, "--version") == (0, "podcheck 9.8.7\n")
    stated = [
        path
        for path in (copy / "podcheck").rglob("*.py")
        if "9.8.7" in path.read_text(encoding="utf-8")
    ]
    assert stated == [version]
