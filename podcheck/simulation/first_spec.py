"""A first spec to start from: one with comments, or one about the pods of a manifest with a table
of what is true of them today."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from podcheck.compiler.plan import make_plan
from podcheck.compiler.pod_plan import PodPlan
from podcheck.declarations.pack import Pack
from podcheck.declarations.pod import Role
from podcheck.declarations.spec import Spec
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.lexer import written
from podcheck.simulation.play import CannotPlayError
from podcheck.simulation.transition_table import IMPOSSIBLE, transition_table

MOST = 12  # pods of a manifest that get a table; a spec about more is one that nobody reads

# Rows of a table: what happens to a container that runs, and to the pod.
OF_CONTAINER = ("exits 0", "exits nonzero", "is OOMKilled", "fails livenessProbe")
OF_POD = ("pod is deleted", "pod is evicted", "node is lost")

COMMENTED = """\
# What a pod is like.  To take one from its manifest: pod web from "deploy.yaml" Deployment/web
pod job {
  container work
  container helper
}

# A table: a row for each event, a column for each restartPolicy.  A cell is a phase,
# or a word of kubectl's column STATUS in double quotes; `any` claims nothing.
table "one container ends" for job from Running {
  | event             | OnFailure | Never   |
  | work exits 0      | Running   | Running |
  | work exits 1      | Running   | Running |
  | work is OOMKilled | Running   | Running |
}

# A scenario: one event after the other.
scenario "the last one to end decides" for job from Running under Never {
  when work exits 1    then phase = Running and STATUS = "Error"
  when helper exits 0  then phase = Failed
}

# A check covers every run, of any length.
check "a failed job never looks like a success" for job under Never assuming only exits {
  never phase = Succeeded and work.exitCode != 0
}

# A common belief that is wrong: podcheck shows a run that disproves it (with -v).
refute "one failure fails the pod" for job from Running under Never {
  when work exits nonzero then phase = Failed
}
"""


class Described(NamedTuple):
    """A workload to write about: the name of its pod in the spec, and how the spec refers to it
    (``Deployment/web``)."""

    name: str
    reference: str


def about_manifest(manifest: str, described: Sequence[Described]) -> str:
    """The declarations of the pods, to be loaded before there can be tables."""
    lines = [
        f'pod {written(one.name)} from "{manifest}" {one.reference}' for one in described[:MOST]
    ]
    return "\n".join(lines) + "\n"


def with_tables(manifest: str, described: Sequence[Described], spec: Spec, pack: Pack) -> str:
    """The spec about a manifest: its pods, each with a table of what is true of it today.

    ``spec`` are the declarations of :func:`about_manifest`, loaded; they have no errors.
    """
    plan = make_plan(spec, pack, Diagnostics())
    pods = {p.pod.name: p for p in plan.pods}
    parts = [
        f"# Made from {manifest}: what is true of its pods today.  Change a cell to what you want\n"
        "# to be true; `podcheck verify` proves it or shows a run that ends otherwise.\n"
        + about_manifest(manifest, described)
    ]
    if len(described) > MOST:
        parts.append(f"# {len(described) - MOST} more workloads are in the manifest.\n")
    for one in described[:MOST]:
        parts.append(_table(one, pods[one.name]))
    return "\n".join(part for part in parts if part)


def _table(one: Described, plan: PodPlan) -> str:
    policy = plan.pod.policy
    events = _events(plan)
    for start in ("Running", "created"):
        try:
            found = transition_table(plan, start, events, (policy,), "phase", Diagnostics())
        except CannotPlayError:
            continue  # this start is not reached, or the table is too large
        if found is None:
            continue
        rows = [row for row in found.rows if row[1][0] != IMPOSSIBLE]
        if rows:
            head = (
                f'table "{one.reference.replace(chr(34), "")}" for {written(one.name)} from {start}'
            )
            lines = [f"  | {event} | {values[0]} |" for event, values in rows]
            return "\n".join([head + " {", f"  | event | {policy} |", *lines, "}"]) + "\n"
    return ""


def _events(plan: PodPlan) -> list[str]:
    names = [written(c.name) for c in plan.pod.containers if c.role is not Role.INIT]
    probed = {written(c.name) for c in plan.pod.containers if "livenessProbe" in c.probes}
    found = [
        f"{name} {what}"
        for name in names
        for what in OF_CONTAINER
        if "livenessProbe" not in what or name in probed
    ]
    return [*found, *OF_POD]
