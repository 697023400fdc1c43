"""A line on a terminal that says what is being worked on, for anything over a second."""

from __future__ import annotations

import shutil
import threading
import time
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from podcheck.compiler.questions import ClaimHead

PATIENCE_S = 1.0  # a claim that takes no longer is not referred to
EVERY_S = 0.2
ERASE = "\r\x1b[2K"


class ProgressLine:
    """Writes the line from a thread of its own, since the solver may be busy for long."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self._lock = threading.Lock()
        self._text = ""
        self._depth = ""
        self._since = 0.0
        self._shown = False
        threading.Thread(target=self._work, daemon=True).start()

    def claim(self, head: ClaimHead) -> None:
        """A claim is begun."""
        place = f"{head.span.source.name}:{head.span.line}"
        with self._lock:
            self._erase()
            self._text = f'{place}  {head.kind} "{head.title}"'
            self._depth = ""
            self._since = time.monotonic()

    def text(self, text: str) -> None:
        """Something that was begun with the first such text has come so far."""
        with self._lock:
            self._since = self._since or time.monotonic()
            self._text, self._depth = text, ""

    def depth(self, number: int | None, unit: str = "event") -> None:
        """The search for a violation goes this many of a unit deep (None: through every state)."""
        if number is None:
            self._depth = ", state by state"
        else:
            self._depth = f", {number} {unit}{'s' if number != 1 else ''} deep"

    def clear(self) -> None:
        """Take the line away, until the next claim begins."""
        with self._lock:
            self._erase()
            self._text = ""

    def _erase(self) -> None:
        if self._shown:
            self.stream.write(ERASE)
            self.stream.flush()
            self._shown = False

    def _work(self) -> None:
        while True:
            time.sleep(EVERY_S)
            with self._lock:
                elapsed = time.monotonic() - self._since
                if self._text and elapsed > PATIENCE_S:
                    self._write(elapsed)

    def _write(self, elapsed: float) -> None:
        tail = f"{self._depth}, {elapsed:.0f} s"
        room = shutil.get_terminal_size().columns - len(tail) - 2
        text = "".join(c if c.isprintable() else "?" for c in self._text)
        if len(text) > room:
            text = text[: max(0, room - 3)] + "..."
        self.stream.write(f"{ERASE}{text}{tail}")
        self.stream.flush()
        self._shown = True
