"""Where things are in a checkout."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "podcheck"
SPECS = ROOT / "specs"
TESTS = ROOT / "tests"
RECORDINGS = TESTS / "recordings"
