"""Manifests in the cache: what comes back is what was read, and bytes of others call nothing."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest
from command_line import Shell
from places import TESTS

from podcheck.auditing import work_items
from podcheck.auditing.kept_manifests import dumped, loaded
from podcheck.auditing.work_items import read
from podcheck.language.source import Source

MANIFESTS = sorted((TESTS / "manifests").glob("*.yaml")) + sorted(
    (TESTS / "hazards").glob("*.yaml")
)


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_what_comes_back_is_what_was_read(path: Path) -> None:
    source = Source(path.name, path.read_text("utf-8"))
    manifest = read(source)
    back = loaded(dumped(manifest), source)
    assert back == manifest
    assert all(w.span.source is source for w in manifest.manifest.workloads)
    assert source.text[:200] not in dumped(manifest).decode("latin-1")


class Called:
    """Pickled, it makes a folder when it is read."""

    def __init__(self, *call: object) -> None:
        self.call = call

    def __reduce__(self) -> tuple[object, ...]:
        return self.call[0], self.call[1:]


@pytest.mark.parametrize(
    "value",
    [Called(os.mkdir, "made"), (Called(os.mkdir, "made"),), Called(eval, "1"), 3, "text"],
    ids=["a call", "a call in a tuple", "eval", "a number", "a text"],
)
def test_bytes_of_others_call_nothing(
    value: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert loaded(pickle.dumps(value), Source("a.yaml", "")) is None
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("data", [b"", b"x", b"\x80\x05", pickle.dumps(read(Source("a", "")))[:-9]])
def test_bytes_that_are_no_manifest_are_none(data: bytes) -> None:
    assert loaded(data, Source("a.yaml", "")) is None


def test_a_file_is_parsed_once(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "kind: Pod\napiVersion: v1\nmetadata: {name: a}\n"
    text += "spec: {containers: [{name: a, image: b}]}\n"
    for name in "ab":
        shell.write(f"{name}.yaml", text.replace("name: a}\n", f"name: {name}}}\n"))
    first = shell("audit", ".", "--severity", "info").out
    parsed: list[str] = []

    def counted(source: Source, *rest: object) -> work_items.ReadManifest:
        parsed.append(source.name)
        return read(source, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(work_items, "read", counted)
    assert shell("audit", ".", "--severity", "info").out == first
    assert not parsed
    shell.write("b.yaml", text.replace("name: a", "name: c"))
    assert shell("audit", ".", "--severity", "info").out != first
    assert parsed == ["b.yaml"]
