"""What of a pod its hazards depend on."""

from __future__ import annotations

from podcheck.manifests.workload import Controller
from podcheck.model.pods import Container, Pod


def facts_of(controller: Controller) -> dict[str, bool]:
    """What hazards may ask of the object that makes the pods, by name."""
    job = controller.job
    return {"jobHasDeadline": job is not None and job.deadline_s is not None}


def shape_of(pod: Pod, controller: Controller) -> str:
    """A text that two pods share only if their audits say the same: all but the name counts."""
    containers = [_container(c) for c in pod.containers]
    facts = (pod.policy, pod.static, pod.deadline_s is not None, pod.volumes, pod.fields)
    made = (pod.owner, sorted(facts_of(controller).items()))
    return repr((made, facts, sorted(pod.empty_dirs), containers))


def _container(c: Container) -> tuple[object, ...]:
    rules = [(r.operator, r.codes, r.action) for r in c.rules]
    ports = [[tuple(p) for p in listed] for listed in (c.ports, c.host_ports)]
    sets = (sorted(c.probes), sorted(c.hooks))
    return (c.name, str(c.role), str(c.policy), rules, sets, ports, c.mounts, c.fields)
