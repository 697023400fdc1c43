"""A manifest as the API server would look at it: read, and held against the rule pack."""

from __future__ import annotations

from podcheck.compiler.refusals import ApiServer
from podcheck.declarations.pack import Pack
from podcheck.declarations.releases import RECORDED, Release
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.manifests.reader import read_manifest
from podcheck.manifests.workload import Manifest


def check_manifest(
    source: Source, pack: Pack, diagnostics: Diagnostics, version: Release = RECORDED
) -> Manifest:
    """The manifest; what is wrong with it, and what would be refused, is in the diagnostics."""
    manifest = read_manifest(source, diagnostics)
    server = ApiServer(pack, version)
    for workload in manifest.workloads:
        server.check(workload.declaration, diagnostics)
    return manifest
