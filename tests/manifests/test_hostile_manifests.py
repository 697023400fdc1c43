"""Manifests that mean no good: one clear error each, in little time and memory."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import TESTS

from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.loading.sources import MAX_MANIFEST_BYTES, read_source, read_stream
from podcheck.manifests.reader import read_manifest
from podcheck.manifests.workload import Manifest

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: app\n"
LIST = "{apiVersion: v1, kind: List, items: [%s]}"
PAIRS = list(zip("abcdefghijk", "bcdefghijkl", strict=True))


def bomb(first: str, rest: str) -> str:
    """Anchors, each of which stands for ten times what the one before does."""
    lines = [f"a: &a {first}"]
    lines += [f"{n}: &{n} {rest % ', '.join([f'*{before}'] * 10)}" for before, n in PAIRS]
    return "\n".join(lines) + "\n"


def codes(text: str) -> list[str]:
    diagnostics = Diagnostics()
    read_manifest(Source("a.yaml", text), diagnostics)
    return [d.code for d in diagnostics.sorted()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("[" * 200_000, ["E321"], id="200000-brackets"),
        pytest.param("{a: " * 200_000, ["E321"], id="200000-braces"),
        pytest.param('{"a":' * 200_000, ["E321"], id="200000-braces-of-JSON"),
        pytest.param("- " * 200_000, ["E321"], id="200000-dashes"),
        pytest.param("? " * 200_000, ["E320"], id="200000-question-marks"),
        pytest.param(POD + "status: " + "[" * 150 + "]" * 150, ["E321"], id="deep-in-the-status"),
        pytest.param("\n".join(" " * i + "a:" for i in range(2_000)), ["E321"], id="a-staircase"),
        pytest.param(bomb("[x, x]", "[%s]"), ["E322"], id="a-bomb-of-lists"),
        pytest.param(bomb(LIST % "x", LIST), ["E322"], id="a-bomb-of-Lists"),
        pytest.param(bomb("{x: y}", "{u: [%s]}"), ["E322"], id="a-bomb-of-objects"),
        pytest.param(bomb("{x: y}", "{<<: [%s]}"), ["E322"], id="a-bomb-of-merges"),
        pytest.param("[" + "[]," * 1_100_000 + "]", ["E322"], id="1100000-values"),
        pytest.param("a: &a {b: *a}\n", ["E325"], id="an-alias-of-itself"),
        pytest.param("--- 1\n" * 100_001, ["E322"], id="100001-documents"),
        pytest.param("{} " * 100_001, ["E322"], id="100001-objects"),
        pytest.param(
            POD + "    image: x\n" * 1_000, ["W344"] * 100 + ["W405"], id="1000-duplicates"
        ),
        pytest.param(
            POD + "".join(f"    zigzag{i}: 1\n" for i in range(100_000)),
            ["E339"] + ["W340"] * 99 + ["W405"],
            id="100000-unknown-fields",
        ),
        pytest.param(
            POD + "".join(f"  - name: c{i}\n" for i in range(20_000)),
            ["E404"],
            id="20000-containers",
        ),
        pytest.param(POD.replace("app", "a" * 5_000_000), ["E336"], id="5-MB-of-a-name"),
        pytest.param(POD + "    ports: " + "9" * 1_000_000, ["E331"], id="1-MB-of-digits"),
        pytest.param('a: "' + '\\"' * 2_000_000, ["E320"], id="4-MB-of-escaped-quotes"),
        pytest.param('{{ "' + '\\"' * 2_000_000, ["E326"], id="4-MB-of-quotes-in-a-template"),
        pytest.param(" " * 30_000_000, [], id="30-MB-of-spaces"),
        pytest.param("\n" * 30_000_000, [], id="30-MB-of-lines"),
        pytest.param("{{ a }}\n" * 500_000, ["E326"], id="500000-templates"),
        pytest.param("---\na: {{ b }}\n" * 50_000, ["E326"], id="50000-templates-in-documents"),
        pytest.param("a: \x00b", ["E327"], id="a-NUL"),
        pytest.param("a: b\x1b[31m", ["E327"], id="an-escape"),
        pytest.param(POD.replace("{", "!!python/object/new:a.B {"), ["E323"], id="a-python-tag"),
    ],
)  # fmt: skip
def test_hostile_text(text: str, expected: list[str]) -> None:
    start = time.process_time()
    assert sorted(codes(text)) == sorted(expected)
    assert time.process_time() - start < 30  # some take five seconds; without a limit, hours


def test_depth_kills_no_process(tmp_path: Path) -> None:
    """PyYAML's loader, which recurses in C, ends with a segmentation fault here."""
    path = tmp_path / "deep.yaml"
    path.write_text("[" * 400_000 + "\n---\n" + POD)
    code = (
        "import sys\n"
        "from podcheck.language.diagnostics import Diagnostics\n"
        "from podcheck.manifests.reader import read_manifest\n"
        "from podcheck.loading.sources import read_source\n"
        "found = Diagnostics()\n"
        "source = read_source(sys.argv[1], 'deep.yaml', found)\n"
        "print([w.name for w in read_manifest(source, found).workloads])\n"
        "print([d.code for d in found.sorted()])\n"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "['web']\n['E321']\n")


# ---- bytes -------------------------------------------------------------------------------------


def read(path: Path, data: bytes) -> tuple[Manifest | None, Diagnostics]:
    path.write_bytes(data)
    diagnostics = Diagnostics()
    source = read_source(str(path), path.name, diagnostics)
    return (read_manifest(source, diagnostics) if source else None), diagnostics


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(POD.replace("\n", "\r\n").encode(), id="CRLF"),
        pytest.param(POD.replace("\n", "\r").encode(), id="CR"),
        pytest.param(POD.encode("utf-8-sig"), id="a-byte-order-mark"),
        pytest.param(b"---\n" + POD.encode("utf-8-sig"), id="a-byte-order-mark-further-down"),
        pytest.param(POD.replace("\n", "\t\n").encode(), id="tabs-at-the-ends-of-lines"),
        pytest.param(POD.replace("app", "app\t# a tab").encode(), id="a-tab-before-a-comment"),
        pytest.param(POD.replace("web", "\u0077eb").encode() + b"# \xc3\xa9", id="UTF-8"),
        pytest.param(POD.rstrip("\n").encode(), id="no-line-end"),
    ],
)
def test_what_kubectl_takes_is_taken(data: bytes, tmp_path: Path) -> None:
    manifest, diagnostics = read(tmp_path / "a.yaml", data)
    assert not diagnostics.sorted()
    assert manifest is not None and [w.name for w in manifest.workloads] == ["web"]


@pytest.mark.parametrize(
    ("data", "code", "place"),
    [
        pytest.param(POD.encode() + b"# \xff\xfe", "E005", (7, 3), id="not-UTF-8"),
        pytest.param(POD.encode("utf-16") + b"x", "E005", (7, 1), id="half-of-UTF-16"),
        pytest.param(POD.encode("utf-16-be"), "E327", (1, 1), id="UTF-16-without-a-mark"),
        pytest.param(POD.encode() + b"\tcommand: []\n", "E320", (7, 1), id="a-tab"),
        pytest.param(POD.replace("app", "a\0pp").encode(), "E327", (6, 12), id="a-NUL"),
        pytest.param(b"\xed\xa0\x80: 1", "E005", (1, 1), id="half-a-character"),
        pytest.param(b'a: "\\ud800"\n', "E320", (1, 7), id="half-a-character-escaped"),
        pytest.param(b"%TAG ! tag:x,2026:\n---\n" + POD.encode() + b"  - !a {name: b}\n", "E323",
                     (9, 5), id="a-tag-of-a-directive"),
    ],
)  # fmt: skip
def test_wrong_bytes(data: bytes, code: str, place: tuple[int, int], tmp_path: Path) -> None:
    _, diagnostics = read(tmp_path / "a.yaml", data)
    (found,) = diagnostics.sorted()
    assert (found.code, (found.span.line, found.span.column)) == (code, place)


class Endless(io.RawIOBase):
    """A pipe that never runs dry of spaces."""

    served = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        buffer[:] = b" " * len(buffer)
        self.served += len(buffer)
        return len(buffer)


def test_no_more_is_read_of_a_pipe_than_a_manifest_may_have() -> None:
    pipe = Endless()
    diagnostics = Diagnostics()
    stream = io.BufferedReader(pipe)
    assert read_stream(stream, "stdin", diagnostics, MAX_MANIFEST_BYTES) is None
    assert [d.code for d in diagnostics.sorted()] == ["E401"]
    assert pipe.served < MAX_MANIFEST_BYTES + 1_000_000


# ---- chance ------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [*"\n\n  -:{}[],&*!|>'\"%@`#?\t<~", "---\n", "...\n", "- ", ": ", "\n  ", "a", "&a ", "*a",
     "<<: ", "!!str ", "{{ x }}", "apiVersion: v1\n", "kind: Pod\n", "kind: List\n", "metadata:",
     "name: ", "spec:", "containers:", "items:", "0x", "\\u", "\ufeff", "é", "😀", "\x00", "\x85"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=60).map("".join))
@settings(max_examples=300, deadline=None)
def test_no_text_is_a_fault(text: str) -> None:
    """Whatever it is, it is read or diagnosed, each place inside of the text."""
    diagnostics = Diagnostics()
    read_manifest(Source("a.yaml", text), diagnostics)
    for found in diagnostics.sorted():
        assert 0 <= found.span.start <= found.span.end <= len(text) + 1
        assert found.message.isprintable() and found.hint.isprintable()


@given(st.integers(0, 5_000), st.integers(0, 40), PIECES)
@settings(max_examples=300, deadline=None)
def test_no_damaged_manifest_is_a_fault(at: int, length: int, piece: str) -> None:
    text = (TESTS / "manifests" / "pod.yaml").read_text(encoding="utf-8")
    at %= len(text)
    codes(text[:at] + piece + text[at + length :])
