"""How many rules of the pack some spec depends on: every guard is negated, one at a time.

A negated guard is *noticed* if some claim of the catalogue changes its verdict.  A rule that
nobody notices is untested, whatever it says.

    python tests/tools/mutation.py                 the whole pack, the score and the survivors
    python tests/tools/mutation.py --sample 20     every twentieth guard
    python tests/tools/mutation.py --rule TEXT     guards of the rules whose name holds TEXT
    python tests/tools/mutation.py --file job.rules --specs jobs
                                                   those of one file, by the specs of one folder
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from podcheck.checker.outcomes import verify  # noqa: E402
from podcheck.compiler.plan import make_plan  # noqa: E402
from podcheck.declarations.pack import Line, Pack, RuleList  # noqa: E402
from podcheck.declarations.spec import Spec  # noqa: E402
from podcheck.explanation.narrator import Narrator  # noqa: E402
from podcheck.language.diagnostics import Diagnostics  # noqa: E402
from podcheck.language.parser import Node  # noqa: E402
from podcheck.loading.rules import load_pack  # noqa: E402
from podcheck.loading.specs import load_spec  # noqa: E402
from podcheck.verification.options import Options  # noqa: E402

OPTIONS = Options(max_steps=8_000, stories="none")

# Guards that no spec can notice, and why.
EQUIVALENT = {
    "newPodReason: reason of the API": "the API has no reason that the kubelet's cache lacks",
    "next error: started": "a stale error of a container that runs is never shown",
    "next hadNotInitialized: stop begins": "the status changes no more once stopping began",
}


@dataclass(frozen=True, slots=True)
class Guard:
    """A guard of the pack: its list (and which one of that name), its line; or an event."""

    table: str  # "decides", "nexts" or "events"
    name: str
    place: int = 0
    line: int = 0


@cache
def pack() -> Pack:
    return load_pack()


def guards() -> list[Guard]:
    """Every guard of the pack, in the order of the text."""
    found = []
    for table in ("decides", "nexts"):
        for name, lists in getattr(pack(), table).items():
            for place, rules in enumerate(lists):
                for number, line in enumerate(rules.lines):
                    if line.guard is not None:
                        found.append(Guard(table, name, place, number))
    found += [Guard("events", e.phrase) for e in pack().events.values() if e.guard is not None]
    return found


def identity(guard: Guard) -> str:
    if guard.table == "events":
        return f"event: {guard.name}"
    return _list(guard).lines[guard.line].rule.identity


def file_of(guard: Guard) -> str:
    """The file of the pack that a guard is in."""
    if guard.table == "events":
        return pack().events[guard.name].declared.source.name
    return _list(guard).lines[guard.line].source.name


def _list(guard: Guard) -> RuleList:
    rules: RuleList = getattr(pack(), guard.table)[guard.name][guard.place]
    return rules


def _negated(node: Node | None) -> Node:
    assert node is not None
    result = Node("not_", [node])
    result.start, result.end = node.start, node.end
    return result


def mutant(guard: Guard) -> Pack:
    """The pack with one guard negated."""
    original = pack()
    changed = replace_fields(original)
    if guard.table == "events":
        event = original.events[guard.name]
        changed.events[guard.name] = event._replace(guard=_negated(event.guard))
        return changed
    rules = _list(guard)
    line: Line = rules.lines[guard.line]
    lines = list(rules.lines)
    lines[guard.line] = line._replace(guard=_negated(line.guard))
    lists = list(getattr(original, guard.table)[guard.name])
    lists[guard.place] = rules._replace(lines=tuple(lines))
    getattr(changed, guard.table)[guard.name] = lists
    return changed


def replace_fields(original: Pack) -> Pack:
    """A pack whose tables can be changed without touching the original's."""
    return replace(
        original,
        decides=dict(original.decides),
        nexts=dict(original.nexts),
        events=dict(original.events),
    )


# ---- verdicts ----------------------------------------------------------------------------


FOLDER = [""]  # of specs/, whose specs are looked at


@cache
def specs() -> dict[str, Spec]:
    """Every spec of the folder, parsed once."""
    found = {}
    for path in sorted((ROOT / "specs" / FOLDER[0]).rglob("*.pod")):
        spec = load_spec(str(path), Diagnostics())
        assert spec is not None
        found[str(path.relative_to(ROOT))] = spec
    return found


def verdicts(path: str, rules: Pack) -> Iterator[str]:
    """The verdict of every outcome of a spec, one after the other; an error is a verdict."""
    try:
        diagnostics = Diagnostics()
        plan = make_plan(specs()[path], rules, diagnostics)
        if diagnostics.has_errors:
            yield "error"
            return

        def narrate(index: int) -> Narrator:
            raise LookupError

        for result in verify(plan.compiled(()), OPTIONS, narrate):
            yield result.verdict.value
    except Exception as error:  # a mutant may break anything; that is being noticed, too
        yield f"crash: {type(error).__name__}"


@cache
def expected(path: str) -> tuple[str, ...]:
    """The verdicts of a spec under the rules as they are."""
    return tuple(verdicts(path, pack()))


@cache
def takes_part(path: str) -> frozenset[str]:
    """The lists of rules and the events that take part in a spec's systems.

    (A rule whose guard is false for every pod of a spec leaves no trace in its systems.)
    """
    names: set[str] = set()
    for pod in make_plan(specs()[path], pack(), Diagnostics()).compiled(()).pods:
        names |= {d.name for d in pod.system.decisions}
        names |= {f"event: {a.event}" for a in pod.system.events}
    return frozenset(names)


def noticed_by(guard: Guard) -> str | None:
    """The first spec whose verdicts change when a guard is negated."""
    changed = mutant(guard)
    table = identity(guard) if guard.table == "events" else _list(guard).lines[0].rule.decision
    for path in sorted(specs(), key=lambda p: (len(specs()[p].claims), p)):
        if table not in takes_part(path):
            continue
        wanted = expected(path)
        seen = 0
        for verdict in verdicts(path, changed):
            if seen >= len(wanted) or verdict != wanted[seen]:
                return path
            seen += 1
        if seen != len(wanted):
            return path
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sample", type=int, default=1, help="every this many guards")
    parser.add_argument("--rule", default="", help="only rules whose name holds this text")
    parser.add_argument("--file", default="", help="only rules of this file of the pack")
    parser.add_argument("--specs", default="", help="only specs of this folder of specs/")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    FOLDER[0] = arguments.specs
    chosen = [g for g in guards() if arguments.rule in identity(g) and arguments.file in file_of(g)]
    chosen = chosen[:: arguments.sample]
    survivors = []
    for path in specs():  # once, for all processes
        takes_part(path)
        expected(path)
    with ProcessPoolExecutor(arguments.jobs, get_context("fork")) as pool:
        for guard, by in zip(chosen, pool.map(noticed_by, chosen), strict=True):
            print(f"{identity(guard)}: {by or 'unnoticed'}", file=sys.stderr, flush=True)
            if by is None:
                survivors.append(identity(guard))
    unnoticed = [name for name in survivors if name not in EQUIVALENT]
    right = len(chosen) - len(unnoticed)
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} negated guards noticed,")
    print(f"{len(survivors) - len(unnoticed)} can't be: {right / max(1, len(chosen)):.1%}")
    for name in survivors:
        print(f"  survives: {name} ({EQUIVALENT.get(name, 'no spec is about it')})")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
