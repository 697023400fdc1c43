"""A pod spec of the API as the pod that the rules speak of."""

from __future__ import annotations

from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Span
from podcheck.manifests import schema
from podcheck.manifests.fields import Fields
from podcheck.model.pods import POLICIES, PROBES, Container, ExitRule, Pod, Role
from podcheck.model.spec import MAX_CONTAINERS, PodDeclaration

OPERATORS = ("In", "NotIn")
ACTIONS = ("Restart", "RestartAllContainers")


def read_pod(
    name: str,
    spec: Fields,
    span: Span,
    diagnostics: Diagnostics,
    owner: str = "",
    static: bool = False,
    claimed: tuple[str, ...] = (),
) -> PodDeclaration:
    """The pod of a pod spec.  ``claimed`` are volumes that the controller adds."""
    volumes, empty_dirs = _volumes(spec, claimed)
    containers, places = _containers(spec, diagnostics)
    pod = Pod(
        name,
        containers,
        policy=spec.word("restartPolicy", POLICIES) or "Always",
        static=static,
        deadline_s=spec.number("activeDeadlineSeconds", 1),
        volumes=volumes,
        empty_dirs=empty_dirs,
    )
    return PodDeclaration(name, (pod,), span, places)


def _volumes(spec: Fields, claimed: tuple[str, ...]) -> tuple[tuple[str, ...], frozenset[str]]:
    """The names of the volumes, and which are an emptyDir, as one that says nothing is."""
    names = list(claimed)
    empty = set()
    for volume in spec.objects("volumes", schema.VOLUME):
        name = volume.text("name")
        names.append(name)
        if "emptyDir" in volume or set(volume.node.entries) <= {"name"}:
            empty.add(name)
    return tuple(names), frozenset(empty)


def _containers(
    spec: Fields, diagnostics: Diagnostics
) -> tuple[tuple[Container, ...], dict[str, Span]]:
    found: list[Container] = []
    places: dict[str, Span] = {}
    for listed, init in (("initContainers", True), ("containers", False)):
        for fields in spec.objects(listed, schema.CONTAINER):
            container = _container(fields, init, spec)
            span = fields.value_place("name")
            if not container.name:
                diagnostics.add("E334", fields.place("name"), "This container has no name.")
            elif container.name in places:
                message = f"There are two containers called `{container.name}`."
                diagnostics.add("E107", span, message)
            places[container.name] = span
            found.append(container)
    if len(found) > MAX_CONTAINERS:
        message = f"A pod may have at most {MAX_CONTAINERS} containers here."
        diagnostics.add("E404", spec.place("containers"), message)
    if not any(c.role is Role.MAIN for c in found):
        message = "This pod has no main container."
        diagnostics.add("E305", spec.place("containers"), message, "List it under `containers`.")
    return tuple(found), places


def _container(fields: Fields, init: bool, spec: Fields) -> Container:
    policy = fields.word("restartPolicy", POLICIES)
    role = Role.MAIN if not init else Role.SIDECAR if policy == "Always" else Role.INIT
    probes = frozenset(p for p in PROBES if fields.object(p, schema.PROBE) is not None)
    ports, host_ports = _ports(fields, spec.flag("hostNetwork"))
    mounts = tuple(m.text("name") for m in fields.objects("volumeMounts", schema.MOUNT))
    rules = tuple(_rule(r) for r in fields.objects("restartPolicyRules", schema.RULE))
    return Container(fields.text("name"), role, policy, rules, probes, ports, host_ports, mounts)


def _ports(fields: Fields, host_network: bool) -> tuple[tuple[int, ...], tuple[int, ...]]:
    ports, host_ports = [], []
    for port in fields.objects("ports", schema.PORT):
        number = port.number("containerPort", 1, 65535)
        host = port.number("hostPort", 0, 65535)
        if number is not None:
            ports.append(number)
            if host or host_network:
                host_ports.append(host or number)
    return tuple(ports), tuple(host_ports)


def _rule(fields: Fields) -> ExitRule:
    action = fields.word("action", ACTIONS)
    if "action" not in fields:
        fields.error("E334", fields.place("action"), "This rule has no action.")
    codes = fields.object("exitCodes", schema.EXIT_CODES)
    if codes is None:
        if "exitCodes" not in fields:
            fields.error("E334", fields.place("exitCodes"), "This rule has no exitCodes.")
        return ExitRule("In", (), action)
    operator = codes.word("operator", OPERATORS)
    if "operator" not in codes:
        codes.error("E334", codes.place("operator"), "These exitCodes have no operator.")
    values = []
    for number, span in codes.numbers("values"):
        if 0 <= number <= 255:
            values.append(number)
        else:
            message = f"There is no exit code {number}: exit codes go from 0 to 255."
            codes.error("E203", span, message)
    return ExitRule(operator or "In", tuple(values), action)
