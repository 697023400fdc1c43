"""A Ctrl-C while z3 works ends the run, not only the question at hand."""

from __future__ import annotations

import os
import signal
import sys
import threading

import pytest

from podcheck.symbolic.smt_solver import Budget, Checker
from podcheck.symbolic.z3_context import Arena


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_an_interrupted_question_is_a_keyboard_interrupt() -> None:
    """The question is a pigeonhole problem, which takes z3 far longer than the signal."""
    holes = 11
    arena = Arena()
    checker = Checker(arena, Budget(rlimit=4_000_000_000))
    sits = [[arena.fresh(0) for _ in range(holes)] for _ in range(holes + 1)]
    for pigeon in sits:
        checker.assume(arena.or_(*pigeon))
    for hole in range(holes):
        for one in range(holes + 1):
            for other in range(one):
                both = arena.and_(sits[one][hole], sits[other][hole])
                checker.assume(arena.not_(both))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # it may be ignored
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            checker.check()
    finally:
        timer.cancel()
        signal.signal(signal.SIGINT, before)
