"""How far an audit is, on a terminal."""

from __future__ import annotations

import sys

from podcheck.cli.progress import ProgressLine


class AuditProgress:
    """How far an audit is, on a terminal."""

    def __init__(self, files: int) -> None:
        self._line = ProgressLine(sys.stderr) if sys.stderr.isatty() else None
        self._total = files
        self._read = 0

    def read_one(self) -> None:
        """One more file has been read."""
        self._read += 1
        self._show(f"{self._read:,} of {self._total:,} files read")

    def searched(self, count: int, new: int) -> None:
        """Of the new pods in what was read, this many have been searched."""
        files = f"{self._read:,} of {self._total:,} files read"
        self._show(f"{files}, {count} of {new} pods unlike any before" if new else files)

    def clear(self) -> None:
        """Take the line away."""
        if self._line is not None:
            self._line.clear()

    def _show(self, text: str) -> None:
        if self._line is not None:
            self._line.text(text)
