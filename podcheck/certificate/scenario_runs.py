"""A run of a scenario, played along its pattern: every event, every code and every rest."""

from __future__ import annotations

from collections.abc import Sequence

from podcheck.certificate.run_player import Player
from podcheck.core.answers import Move, Run
from podcheck.core.claims import Edge, ScenarioClaim
from podcheck.explicit.interpreter import Interpreter, ReplayDiffers, State


def replay_pattern(claim: ScenarioClaim, machine: Interpreter, run: Run) -> None:
    """Raises ``ReplayDiffers`` unless a run follows the claim's pattern to a violation."""
    player = Player(machine)
    player.begin(run.start.state, run.start.settled)
    opening, *moves = run.moves
    if opening.events or opening.edge is not None or not moves:
        raise ReplayDiffers("it does not begin as a run does")
    player.open(opening, _edge(claim, moves[0]))
    node = 0
    for number, move in enumerate(moves):
        edge = _edge(claim, move)
        if edge.source != node:
            raise ReplayDiffers("it leaves the pattern")
        source, passed = player.state, player.take(move, edge)
        node = edge.target
        if number == len(moves) - 1:
            _violated(machine, edge, run.violated, source, passed)


def _edge(claim: ScenarioClaim, move: Move) -> Edge:
    if move.edge is None:
        raise ReplayDiffers("it has a move that is no step of the pattern")
    return claim.automaton.edges[move.edge]


def _violated(
    machine: Interpreter, edge: Edge, which: str, source: State, passed: Sequence[State]
) -> None:
    condition, judged = edge.then, passed[-1]
    if which == "at once":
        condition, judged = edge.at_once, machine.first_published(source, passed)
    if condition is None or machine.value(condition, judged):
        raise ReplayDiffers("the claim is not violated at its end")
