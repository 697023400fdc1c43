"""What of a pod its hazards depend on."""

from __future__ import annotations

from podcheck.manifests.workload import Controller
from podcheck.model.pods import Container, Pod


def facts_of(controller: Controller) -> dict[str, bool]:
    """What hazards may ask of the object that makes the pods, by name."""
    job = controller.job
    return {"jobHasDeadline": job is not None and job.deadline_s is not None}


def shape_of(pod: Pod, controller: Controller) -> str:
    """A text that two pods share only if they have the same hazards: all but the name."""
    containers = [_container(c) for c in pod.containers]
    facts = (pod.policy, pod.static, pod.deadline_s is not None, pod.volumes)
    made = (controller.kind, sorted(facts_of(controller).items()))
    return repr((made, facts, sorted(pod.empty_dirs), containers))


def _container(c: Container) -> tuple[object, ...]:
    rules = [(r.operator, r.codes, r.action) for r in c.rules]
    probes = sorted(c.probes)
    return (c.name, str(c.role), str(c.policy), rules, probes, c.ports, c.host_ports, c.mounts)
