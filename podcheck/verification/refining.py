"""A run of a more ordinary class in place of the one that an engine found, if there is one."""

from __future__ import annotations

from collections.abc import Callable

from podcheck.core.answers import Answer, Proved, Refuted, Vacuous, events_of


def refined(answer: Refuted, level: int, ask: Callable[[int], Answer]) -> Refuted:
    """An answer whose run is of class ``level``, or a run of a more ordinary class.

    ``ask`` says what is known of runs with events of a class up to the one that it is given.
    """
    ordinary = True
    for most in range(level):
        found = ask(most)
        if isinstance(found, Refuted):
            shorter = events_of(answer.run) < events_of(found.run)
            return found._replace(
                engine=answer.engine, most_ordinary=ordinary,
                shorter=answer.run.moves if shorter else (),
            )  # fmt: skip
        ordinary = ordinary and isinstance(found, (Proved, Vacuous))
    return answer._replace(most_ordinary=ordinary)
