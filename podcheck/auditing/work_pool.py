"""Who does the work of an audit: any executor of ``concurrent.futures``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from enum import Enum
from functools import partial
from typing import Any, Protocol

from podcheck.auditing.work_items import Work, done, own_state


class Lost(Enum):
    """A piece of work that came to no end, since who did it came to one."""

    LOST = "lost"


LOST = Lost.LOST


class Here(Executor):
    """Does all work in this process, each piece when its result is asked for."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        return _Later(partial(fn, *args, **kwargs))


class _Later(Future[Any]):
    def __init__(self, work: Callable[[], Any]) -> None:
        super().__init__()
        self._work = work

    def result(self, timeout: float | None = None) -> Any:
        return self._work()


class Crew(Protocol):
    """Who has executors.

    ``lost`` are the exceptions by which they say that a worker has died.
    """

    lost: tuple[type[Exception], ...]

    def executor(self, work: Sequence[Work]) -> Executor:
        """One that is right for so much work."""

    def renew(self) -> None:
        """Workers have died: others are wanted."""


class Alone:
    """A crew of this process."""

    lost: tuple[type[Exception], ...] = ()

    def executor(self, work: Sequence[Work]) -> Executor:
        return Here()

    def renew(self) -> None:
        """Nobody has died."""


def audit_with(
    executor: Executor, work: Sequence[Work], lost: tuple[type[Exception], ...] = ()
) -> Iterator[Any]:
    """What comes of each piece of work, in order, or ``LOST``.

    Raises whatever went wrong in a piece of work, and leaves the rest undone.
    """
    futures = [_submitted(executor, piece, lost) for piece in work]
    try:
        for future in futures:
            yield _result(future, lost)
    finally:
        for future in futures:
            if isinstance(future, Future):
                future.cancel()


def all_done(crew: Crew, work: Sequence[Work]) -> Iterator[tuple[int, Any]]:
    """The same by a crew whose workers may die: the place of each piece, and what comes of it.

    What is lost is done again, after the others; what is lost again is then done alone, so that a
    piece that kills whoever does it takes no other with it.  If it is lost a third time, it stays
    ``LOST``.
    """
    again: list[int] = []
    groups = [list(range(len(work)))]
    for attempt in range(3):
        for group in groups:
            if attempt:
                crew.renew()
            pieces = [work[n] for n in group]
            results = audit_with(crew.executor(pieces), pieces, crew.lost)
            for n, result in zip(group, results, strict=True):
                if result is LOST:
                    again.append(n)
                else:
                    yield n, result
        groups = [again] if attempt == 0 and again else [[n] for n in again]
        lost, again = again, []
    yield from ((n, LOST) for n in lost)


def _submitted(
    executor: Executor, piece: Work, lost: tuple[type[Exception], ...]
) -> Future[Any] | Lost:
    try:
        return executor.submit(done, piece, own_state())
    except lost:
        return LOST


def _result(future: Future[Any] | Lost, lost: tuple[type[Exception], ...]) -> Any:
    if not isinstance(future, Future):
        return future
    try:
        return future.result()
    except lost:
        return LOST
