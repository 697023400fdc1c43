"""Property directed reachability: can a run come to a set of states?  For runs of any length.

Frames over-approximate the states of runs of this many steps: ``F_0`` is the starts, and a step
from ``F_i`` leads into ``F_i+1``.  A cube that is to be excluded is blocked frame by frame,
each time by a generalised cube that no step from the frame before leads into.  Where two frames
are equal, their cubes are never reached at all: they are *lemmas*, and serve every later
question about the same transition.

After Bradley (VMCAI 2011) and Een, Mishchenko, Brayton (FMCAD 2011); the cubes have sets of
values where those have bits.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from podcheck.symbolic.container_symmetry import Copies
from podcheck.symbolic.cubes import Cube, cube_of, full_mask, includes
from podcheck.symbolic.reachable_states import KnownStates
from podcheck.symbolic.smt_solver import GaveUpError
from podcheck.symbolic.transition import Step, Transition

WIDENED = 4  # values; a variable of more is kept or dropped, but not given further values


class Obligation(NamedTuple):
    """A cube to exclude: by ``step`` each state of it leads into the cube of ``then``."""

    cube: Cube
    step: Step | None
    then: Obligation | None


class OutOfQuotaError(GaveUpError):
    """As many questions were asked as were allowed; what was learnt is kept."""


class Helpers(Protocol):
    """What else may exclude cubes: engines on coarser transitions."""

    def block(self, cube: Cube, level: int) -> bool:
        """Exclude a cube from a frame; false if they can't."""

    def propagate(self, top: int) -> None:
        """Move what they exclude to later frames."""

    def excluded(self) -> Iterator[tuple[Cube, int | None]]:
        """What they exclude, as :meth:`Pdr.excluded` has it."""

    def news(self) -> Sequence[tuple[Cube, int | None]]:
        """What of that is new since this was last asked."""

    def is_empty(self, level: int) -> bool:
        """Do they exclude the same from a frame and from the next?"""


class Pdr:
    """Frames and lemmas of one transition from some starts."""

    def __init__(
        self,
        transition: Transition,
        starts: Sequence[Sequence[int]],
        known: KnownStates,
        *,
        helpers: Helpers | None = None,
        told: Callable[[Cube, int | None], None] | None = None,
        deeper: Callable[[int, str], None] | None = None,
    ) -> None:
        """``known`` are states that runs come to, the starts among them.

        A transition whose condition is one on states is asked about steps from states that
        meet it: so do all states before the first that violates it.

        ``told`` gets every cube that is excluded from a frame, or as a lemma (``None``);
        ``deeper`` of how many steps are looked at, for who waits for an answer.
        """
        self.transition = transition
        self._known = known
        # after a failure: steps from a known state, by its place, to the goal
        self.origin = 0
        self.trace: list[Step] = []
        self.lemmas: list[Cube] = []
        self.questions = 0
        self.frame = 0  # no run of this many steps fails the condition
        self.quota: int | None = None  # questions that may still be asked
        self._helpers = helpers
        self._told = told
        self._deeper = deeper
        at_start = [tuple((i, 1 << start[i]) for i in transition.visible) for start in starts]
        self._levels = [transition.inside_one(at_start)]  # the literal of each frame
        self._frames: list[list[Cube]] = [[]]  # cubes by the last frame that excludes them
        self._sequence = 0
        self._copies = Copies(transition.machine.variables, transition.visible)

    @contextmanager
    def limited(self, quota: int) -> Iterator[None]:
        """At most this many questions inside."""
        before, self.quota = self.quota, quota
        try:
            yield
        finally:
            self.quota = before

    # ---- the question ----------------------------------------------------------------------

    def proves(self) -> bool:
        """Whether no run reaches a state from which a step fails the transition's condition.

        Raises ``GaveUpError`` when the budget or the quota runs out; what was learnt is kept.
        """
        goal = -self.transition.meets
        missed = self.transition.misses([self.transition.meets])
        level = 0
        while True:
            self.need(level)
            if self._deeper is not None:
                self._deeper(level + 1, "step")
            while self._possible([*self._levels[level:], goal]):
                step = self.transition.step()
                if not self.block(self._lifted(step, missed), level):
                    self.trace.append(step)
                    return False
            if not self._possible([goal]):
                return True
            self.frame = max(self.frame, level + 1)
            self.propagate(level)
            level += 1

    def _possible(self, literals: Sequence[int]) -> bool:
        """Is there a step under these literals, from a state that no lemma excludes?"""
        self.questions += 1
        if self.quota is not None:
            if self.quota <= 0:
                raise OutOfQuotaError("it asked the solver as often as it may")
            self.quota -= 1
        return self.transition.possible([self.transition.met, *literals])

    # ---- blocking --------------------------------------------------------------------------

    def block(self, cube: Cube, top: int) -> bool:
        """Exclude a cube from a frame and all before it; false if a run comes to it."""
        self.need(top)
        queue: list[tuple[int, int, Obligation]] = []
        self._push(queue, top, Obligation(cube, None, None))
        while queue:
            level, _, wanted = heapq.heappop(queue)
            origin = self._known.first_within(wanted.cube)
            assert level or origin is not None, "the starts are known"
            if origin is not None:
                self.origin, self.trace = origin, _trace(wanted)
                return False
            if self.is_blocked(wanted.cube, level):
                continue
            if self._is_helped(wanted.cube, level):
                continue
            core, found = self._consecution(wanted.cube, level, traced=True)
            if core is None:
                assert found is not None
                self._push(queue, level - 1, Obligation(*found, wanted))
                self._push(queue, level, wanted)
                continue
            general = self._generalise(core, level)
            reached = self._exclude(general, level, top)
            for copy in self._copies.of(general):
                same = None if self.is_blocked(copy, level) else self._smaller(copy, level)
                if same is not None:
                    self._exclude(same, level, top)
            if reached < top:
                self._push(queue, reached + 1, wanted)
        return True

    def _is_helped(self, cube: Cube, level: int) -> bool:
        if self._helpers is None:
            return False
        blocked = self._helpers.block(cube, level)
        self._hear(self._helpers)
        return blocked

    def _hear(self, helpers: Helpers) -> None:
        for cube, level in helpers.news():
            self.assume(cube, level)

    def _push(
        self, queue: list[tuple[int, int, Obligation]], level: int, wanted: Obligation
    ) -> None:
        self._sequence += 1
        heapq.heappush(queue, (level, self._sequence, wanted))

    def is_blocked(self, cube: Cube, level: int) -> bool:
        frames = (self.lemmas, *self._frames[level:])
        return any(includes(known, cube) for frame in frames for known in frame)

    def _exclude(self, cube: Cube, level: int, top: int) -> int:
        """Exclude a cube from frame ``level`` and as many of the next as it can be.

        Returns the last of them, ``top`` if it is a lemma.
        """
        core = self._unreached(cube, None)
        if core is not None:
            self._learn(core)
            return top
        while level < top and self._unreached(cube, level + 1) is not None:
            level += 1
        self._add(cube, level)
        return level

    def need(self, level: int) -> None:
        """Make the frames up to that level; each excludes what the later ones do."""
        while len(self._levels) <= level:
            self._levels.append(self.transition.solver.fresh())
            self._frames.append([])

    def assume(self, cube: Cube, level: int | None) -> None:
        """Take over that a cube is excluded from a frame, or from all (``None``)."""
        outside = self.transition.outside(False, cube)
        if level is None:
            self.transition.solver.add(outside)
        else:
            self.need(level)
            self.transition.solver.add([-self._levels[level], *outside])

    def _add(self, cube: Cube, level: int) -> None:
        for frame in self._frames[: level + 1]:
            frame[:] = [known for known in frame if not includes(cube, known)]
        self._frames[level].append(cube)
        self.assume(cube, level)
        if self._told is not None:
            self._told(cube, level)

    def _learn(self, lemma: Cube) -> None:
        if any(includes(known, lemma) for known in self.lemmas):
            return
        self.lemmas = [known for known in self.lemmas if not includes(lemma, known)]
        for frame in self._frames:
            frame[:] = [cube for cube in frame if not includes(lemma, cube)]
        self.lemmas.append(lemma)
        self.assume(lemma, None)
        if self._told is not None:
            self._told(lemma, None)

    # ---- consecution -----------------------------------------------------------------------

    def _unreached(self, cube: Cube, level: int | None) -> Cube | None:
        """A part of the cube that no step from outside it, in the frame before, leads into.

        ``level`` None asks about steps from any state that no lemma excludes; ``None`` is the
        answer if there is such a step.
        """
        return self._consecution(cube, level, traced=False)[0]

    def _consecution(
        self, cube: Cube, level: int | None, traced: bool
    ) -> tuple[Cube | None, tuple[Cube, Step] | None]:
        """As :meth:`_unreached`; ``traced``: if there is a step, that, and states it leads from."""
        transition = self.transition
        frames = [] if level is None else self._levels[level - 1 :]
        into = transition.literals(True, cube)
        outside = transition.solver.named(transition.outside(False, cube))
        before = core = None
        if self._possible([*frames, outside, *into]):
            if traced:
                step = transition.step()
                before = self._predecessors(cube, step), step
        else:
            found = transition.core()
            kept = tuple(p for p, a in zip(cube, into, strict=True) if a in found)
            core = self._known.apart(kept, cube)
        transition.retire(outside)
        return core, before

    def _predecessors(self, cube: Cube, step: Step) -> Cube:
        missed = self.transition.misses(self.transition.outside(True, cube))
        before = self._lifted(step, missed)
        self.transition.retire(missed)
        return before

    def _lifted(self, step: Step, missed: int) -> Cube:
        """The states from which the step does the same: ``missed``, a literal of what
        it does not do, can't hold of it."""
        transition = self.transition
        whole = tuple((i, 1 << step.state[i]) for i in transition.visible)
        literals = transition.literals(False, whole)
        self.questions += 1
        determined = transition.always([*step.choice, missed, *literals])
        assert determined, "a step is determined by its state and its choice"
        core = transition.core()
        cube = tuple(p for p, a in zip(whole, literals, strict=True) if a in core)
        for pair in cube:  # a core is seldom a least one
            rest = tuple(p for p in cube if p != pair)
            if len(rest) < len(cube):
                literals = transition.literals(False, rest)
                if transition.always([*step.choice, missed, *literals]):
                    core = transition.core()
                    cube = tuple(p for p, a in zip(rest, literals, strict=True) if a in core)
        return cube

    # ---- generalisation --------------------------------------------------------------------

    def _generalise(self, cube: Cube, level: int) -> Cube:
        """A larger cube that is not reached either: without some variables, or more values."""
        for pair in reversed(cube):
            if pair in cube:
                cube = self._smaller(tuple(p for p in cube if p != pair), level) or cube
        masks = dict(cube)
        for index, _ in cube:
            variable = self.transition.machine.variables[index]
            count = len(variable.sort.values)
            for position in range(count if count <= WIDENED else 0):
                wider = masks[index] | 1 << position
                if wider in (masks[index], full_mask(variable)):
                    continue
                widened = cube_of({**masks, index: wider})
                if not self._known.within(widened) and self._unreached(widened, level) is not None:
                    masks[index] = wider
        return cube_of(masks)

    def _smaller(self, cube: Cube, level: int) -> Cube | None:
        """The cube, or a part of it, if it is not reached either."""
        if not cube or self._known.within(cube):
            return None
        return self._unreached(cube, level)

    # ---- propagation -----------------------------------------------------------------------

    def propagate(self, top: int) -> None:
        """Move cubes to later frames; what two equal frames exclude becomes lemmas."""
        self.need(top + 1)
        if self._helpers is not None:
            self._helpers.propagate(top)
            self._hear(self._helpers)
        for level in range(1, top + 1):
            for cube in list(self._frames[level]):
                if cube in self._frames[level]:
                    core = self._unreached(cube, level + 1)
                    if core is not None:
                        self._add(core, level + 1)
            if self.is_empty(level) and (self._helpers is None or self._helpers.is_empty(level)):
                for cube in [c for frame in self._frames[level + 1 :] for c in frame]:
                    self._learn(cube)
                return

    def excluded(self) -> Iterator[tuple[Cube, int | None]]:
        """Every cube with the last frame that excludes it, ``None`` for a lemma."""
        yield from ((lemma, None) for lemma in self.lemmas)
        for level, frame in enumerate(self._frames):
            yield from ((cube, level) for cube in frame)

    def is_empty(self, level: int) -> bool:
        """Are a frame and the next equal?"""
        return level >= len(self._frames) or not self._frames[level]


def _trace(reached: Obligation) -> list[Step]:
    """The steps from the states of an obligation to the cube first asked about."""
    steps: list[Step] = []
    at: Obligation | None = reached
    while at is not None and at.step is not None:
        steps.append(at.step)
        at = at.then
    return steps
