"""What podcheck reads of manifests, and what it says about wrong ones.

Each `manifests/NAME.yaml` (or `.json`) has a `manifests/NAME.EXT.expected`: the workloads that were
read, then what is wrong.  A new case is a new manifest; `pytest --update-goldens` writes the other
file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from manifest_refusals import check_manifest
from places import TESTS

from podcheck.declarations.pack import Pack
from podcheck.declarations.pod import Container, Port
from podcheck.language.diagnostics import Diagnostics
from podcheck.loading.rules import load_pack
from podcheck.loading.sources import read_source
from podcheck.manifests.selection import path_of
from podcheck.manifests.workload import JobFacts, Workload
from podcheck.report.terminal import PLAIN
from podcheck.report.text import render_diagnostic

FOLDER = TESTS / "manifests"
MANIFESTS = sorted(
    p.name for p in FOLDER.iterdir() if p.is_file() and p.suffix not in (".expected", ".py")
)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack()


def port_text(port: Port) -> str:
    return f"{port.address}:{port.number}/{port.protocol}".removeprefix(":")


def container_lines(c: Container) -> Iterator[str]:
    yield f"  {c.role} {c.name}" + (f", restartPolicy {c.policy}" if c.policy else "")
    yield from (f"    {r.operator} {list(r.codes)}: {r.action}" for r in c.rules)
    for name, values in (
        ("probes", sorted(c.probes)),
        ("hooks", sorted(c.hooks)),
        ("ports", [port_text(p) for p in c.ports]),
        ("host ports", [port_text(p) for p in c.host_ports]),
        ("mounts", list(c.mounts)),
        ("fields", [f"{k}={v}" for k, v in c.fields]),
    ):
        if values:
            yield f"    {name}: {', '.join(values)}"


def workload_lines(w: Workload) -> Iterator[str]:
    (pod,) = w.declaration.members
    owner = f" of a {pod.owner}" if pod.owner else ""
    static = ", static" if pod.static else ""
    yield f"{path_of(w)} in line {w.span.line}: restartPolicy {pod.policy}{owner}{static}"
    if w.controller.replicas is not None:
        yield f"  replicas: {w.controller.replicas}"
    if w.controller.job is not None:
        plain = JobFacts()
        for field in fields(plain):
            value = getattr(w.controller.job, field.name)
            if value != getattr(plain, field.name):
                listed = value if isinstance(value, tuple) else (value,)
                yield from (f"  {field.name}: {item}" for item in listed)
    if pod.deadline_s is not None:
        yield f"  activeDeadlineSeconds: {pod.deadline_s}"
    if w.annotations:
        yield f"  annotations: {dict(w.annotations)}"
    if pod.volumes:
        empty = [f"{v} (emptyDir)" if v in pod.empty_dirs else v for v in pod.volumes]
        yield f"  volumes: {', '.join(empty)}"
    if pod.fields:
        yield f"  fields: {', '.join(f'{k}={v}' for k, v in pod.fields)}"
    for c in pod.containers:
        yield from container_lines(c)


def told(path: str, pack: Pack) -> str:
    """What was read of a manifest, and what is wrong with it, as a person would want to see it."""
    diagnostics = Diagnostics()
    source = read_source(path, path, diagnostics)
    assert source is not None
    manifest = check_manifest(source, pack, diagnostics)
    lines = [line for w in manifest.workloads for line in workload_lines(w)]
    if manifest.skipped:
        lines.append("skipped: " + ", ".join(f"{n} x {kind}" for kind, n in manifest.skipped))
    for d in diagnostics.sorted():
        lines += ["", *render_diagnostic(d, PLAIN)]
    return "".join(f"{line}\n" for line in lines)


@pytest.mark.parametrize("name", MANIFESTS)
def test_manifest(
    name: str,
    golden: Callable[[Path, str], None],
    pack: Pack,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(FOLDER)
    golden(FOLDER / f"{name}.expected", told(name, pack))


def test_every_golden_file_has_its_manifest() -> None:
    assert sorted(p.stem for p in FOLDER.glob("*.expected")) == MANIFESTS
