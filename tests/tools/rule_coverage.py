"""In which specs of the catalogue each line of the rule pack decides, and each event happens.

Every claim is played (`podcheck/explanation/fired_rules.py`).

    python tests/tools/rule_coverage.py                the lines and events that fire nowhere
    python tests/tools/rule_coverage.py --all          every line with the specs in which it fires
    python tests/tools/rule_coverage.py --rule TEXT    only rules whose name holds TEXT
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from podcheck.compiler.plan import make_plan  # noqa: E402
from podcheck.explanation.fired_rules import fired_in as fired_in_pod  # noqa: E402
from podcheck.explanation.fired_rules import identity  # noqa: E402
from podcheck.language.diagnostics import Diagnostics  # noqa: E402
from podcheck.loading.rules import load_pack  # noqa: E402
from podcheck.loading.specs import load_spec  # noqa: E402

SPECS = sorted(str(p.relative_to(ROOT)) for p in (ROOT / "specs").rglob("*.pod"))

# Lines that no run of a kubelet comes to, and why; recorded calls of single functions reach most.
UNREACHABLE = {
    "computedPhase: no containers": "the API server admits no pod without main containers",
    "computedPhase: no status yet": "a status of the kubelet leaves no container out",
    "next readyCondition: completed in the end": "a cache that says Succeeded says PodCompleted",
    "initWord: no reason": "the runtime has a word for every exit",
    "STATUS: lost with its node": "no part of Kubernetes gives a pod the reason NodeLost any more",
    "STATUS: rest runs": "a pod is not Ready once one of its containers has completed",
}


def identities() -> list[str]:
    """Every line and every event of the pack, in the order of the text."""
    pack = load_pack()
    lists = [*pack.decides.values(), *pack.nexts.values()]
    lines = [identity(line.rule) for rules in lists for r in rules for line in r.lines]
    return list(dict.fromkeys([*lines, *(f"event: {phrase}" for phrase in pack.events)]))


# ---- the catalogue -------------------------------------------------------------------------------


def fired_in(path: str) -> tuple[str, set[str]]:
    """The lines that fire in a spec, and the events that happen."""
    spec = load_spec(str(ROOT / path), Diagnostics())
    assert spec is not None
    found: set[str] = set()
    for plan in make_plan(spec, load_pack(), Diagnostics()).pods:
        if not plan.questions:
            continue
        found |= fired_in_pod(plan).fired
    return path, found


def coverage(jobs: int = 2) -> dict[str, list[str]]:
    """For each line and event the specs in which it fires."""
    found: dict[str, list[str]] = {name: [] for name in identities()}
    with ProcessPoolExecutor(jobs) as pool:
        for path, names in pool.map(fired_in, SPECS):
            for name in names & found.keys():
                found[name].append(path)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--all", action="store_true", help="list every line with its specs")
    parser.add_argument("--rule", default="", help="only rules whose name holds this text")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    found = {n: specs for n, specs in coverage(arguments.jobs).items() if arguments.rule in n}
    idle = [n for n, specs in found.items() if not specs]
    print(f"{len(found) - len(idle)} of {len(found)} lines and events fire in some spec")
    for name in idle:
        print(f"  never: {name} ({UNREACHABLE.get(name, 'no spec comes to it')})")
    if arguments.all:
        for name, specs in found.items():
            if specs:
                more = f" and {len(specs) - 3} more" if len(specs) > 3 else ""
                print(f"  {name}: {', '.join(specs[:3])}{more}")
    return 1 if set(idle) - UNREACHABLE.keys() else 0


if __name__ == "__main__":
    sys.exit(main())
