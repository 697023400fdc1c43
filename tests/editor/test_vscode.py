"""The extension for VS Code: its grammar, its manifest, what it asks of the server."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from places import ROOT

from podcheck.editor import server
from podcheck.language.lexer import KEYWORDS
from podcheck.version import VERSION

VSCODE = ROOT / "editors" / "vscode"
HERE = Path(__file__).parent
# Words of rule packs, which the grammar of specs leaves alone
OF_RULES = frozenset(
    """after all as before by condition count decide define early else event eventually first for
    from gate group hazard if implies in input is kind last main next no of off order otherwise
    overrides policy published refuse rules since sort start state sum true false warn
    where""".split()
)  # fmt: skip


def grammar() -> str:
    return (VSCODE / "syntaxes" / "podcheck.tmLanguage.json").read_text(encoding="utf-8")


def test_every_keyword_has_a_colour() -> None:
    """A new word of the language is one of the grammar too, or of rule packs alone."""
    words = set(re.findall(r"[A-Za-z]+", grammar()))
    assert words >= KEYWORDS - OF_RULES


def test_no_word_of_the_grammar_is_unknown() -> None:
    data = json.loads(grammar())["repository"]
    for name in ("declaration", "keyword", "logic", "pods"):
        for found in re.findall(r"[^!]\(\?:([a-zA-Z|]+)\)", json.dumps(data[name])):
            assert set(found.split("|")) - {"only"} <= KEYWORDS, name


def test_the_manifest_names_what_is_there() -> None:
    package = json.loads((VSCODE / "package.json").read_text(encoding="utf-8"))
    assert package["version"] == VERSION
    script = (VSCODE / package["main"]).read_text(encoding="utf-8")
    for grammar in package["contributes"]["grammars"]:
        assert (VSCODE / grammar["path"]).is_file()
    for language in package["contributes"]["languages"]:
        assert (VSCODE / language["configuration"]).is_file()
    for command in package["contributes"]["commands"]:
        assert f'"{command["command"]}"' in script
    assert f'"{server.SHOW_REPORT}"' in script and '"podcheck/report"' in script


NODE = shutil.which("node")
MODULES = os.environ.get("PODCHECK_NODE_MODULES", "")


@pytest.mark.skipif(
    NODE is None or not MODULES, reason="needs node, and vscode-textmate: PODCHECK_NODE_MODULES"
)
def test_the_colours_of_a_spec(golden: Callable[[Path, str], None]) -> None:
    assert NODE is not None
    done = subprocess.run(
        [NODE, VSCODE / "test" / "tokens.js", HERE / "colours.pod"],
        capture_output=True, text=True, env={**os.environ, "NODE_PATH": MODULES}, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    golden(HERE / "colours.tokens", done.stdout)
