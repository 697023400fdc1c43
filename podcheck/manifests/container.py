"""A container of the API as the container that the rules refer to."""

from __future__ import annotations

from podcheck.declarations.pod import HOOKS, POLICIES, PROBES, Container, ExitRule, Port, Role
from podcheck.language.source import Span
from podcheck.manifests import schema
from podcheck.manifests.fields import Fields
from podcheck.manifests.noted_fields import Notes

OPERATORS = ("In", "NotIn")
ACTIONS = ("Restart", "RestartAllContainers")
PROTOCOLS = ("TCP", "UDP", "SCTP")
RESIZING = ("NotRequired", "RestartContainer")


def read_container(
    fields: Fields, init: bool, host_network: bool, volumes: frozenset[str]
) -> tuple[Container, dict[str, Span]]:
    """The container, and the places of its fields; ``volumes`` are the names that it can mount."""
    notes = Notes()
    policy = fields.word("restartPolicy", POLICIES)
    if policy:
        notes.place("restartPolicy", fields.value_place("restartPolicy"))
    role = Role.MAIN if not init else Role.SIDECAR if policy == "Always" else Role.INIT
    rules = _rules(fields, notes)
    probes = frozenset(name for name in PROBES if _probe(fields, name, notes))
    ports, host_ports = _ports(fields, host_network, notes)
    mounts = _mounts(fields, volumes, notes)
    hooks = _hooks(fields, notes)
    _resizing(fields, notes)
    name = fields.name("name")
    container = Container(
        name, role, policy, rules, probes, ports, host_ports, mounts, hooks, notes.fields()
    )
    return container, notes.places


def _probe(fields: Fields, name: str, notes: Notes) -> bool:
    probe = fields.object(name, schema.PROBE)
    if probe is None:
        return False
    notes.place(name, fields.place(name))
    for field in ("successThreshold", "terminationGracePeriodSeconds"):
        number = probe.number(field)
        if number is not None:
            notes.add(f"{name}.{field}", probe.value_place(field), number)
    for field in ("failureThreshold", "initialDelaySeconds", "periodSeconds", "timeoutSeconds"):
        probe.number(field)
    return True


def _hooks(fields: Fields, notes: Notes) -> frozenset[str]:
    lifecycle = fields.object("lifecycle", schema.LIFECYCLE)
    if lifecycle is None:
        return frozenset()
    found = [hook for hook in HOOKS if lifecycle.mapping(hook) is not None]
    for hook in found:
        notes.place(hook, lifecycle.place(hook))
    return frozenset(found)


def _resizing(fields: Fields, notes: Notes) -> None:
    for entry in fields.objects("resizePolicy", schema.RESIZE_POLICY):
        if entry.word("restartPolicy", RESIZING) == "RestartContainer":
            notes.add("RestartContainer", entry.value_place("restartPolicy"))


def _mounts(fields: Fields, volumes: frozenset[str], notes: Notes) -> tuple[str, ...]:
    mounts = []
    for mount in fields.objects("volumeMounts", schema.MOUNT):
        name = mount.text("name")
        mounts.append(name)
        if name not in volumes:
            notes.place("volumeMounts", mount.value_place("name"))
    return tuple(mounts)


def _ports(
    fields: Fields, host_network: bool, notes: Notes
) -> tuple[tuple[Port, ...], tuple[Port, ...]]:
    ports, host_ports = [], []
    for port in fields.objects("ports", schema.PORT):
        number = port.number("containerPort", 1, 65535)
        host = port.number("hostPort", 0, 65535)
        protocol = port.word("protocol", PROTOCOLS) or "TCP"
        address = port.text("hostIP")
        if number is None:
            continue
        notes.place("ports", fields.place("ports"))
        ports.append(Port(number, protocol))
        if host or host_network:  # SetHostNetworkPorts makes it the container's port
            host_ports.append(Port(host or number, protocol, address))
    return tuple(ports), tuple(host_ports)


def _rules(fields: Fields, notes: Notes) -> tuple[ExitRule, ...]:
    if "restartPolicyRules" in fields:
        notes.place("restartPolicyRules", fields.place("restartPolicyRules"))
    return tuple(_rule(r, notes) for r in fields.objects("restartPolicyRules", schema.RULE))


def _rule(fields: Fields, notes: Notes) -> ExitRule:
    fields.require("action", "exitCodes")
    action = fields.word("action", ACTIONS)
    codes = fields.object("exitCodes", schema.EXIT_CODES)
    if codes is None:
        return ExitRule("In", (), action)
    codes.require("operator")
    operator = codes.word("operator", OPERATORS, "In")
    listed = codes.numbers("values")
    values: dict[int, None] = {}
    for number, span in listed:
        if not 0 <= number <= 255:
            message = f"There is no exit code {number}: exit codes go from 0 to 255."
            codes.error("W341", span, message, "It never comes, and is passed over.")
        elif number in values:
            notes.add("an exit code twice", span)
        else:
            values[number] = None
    notes.add("restartPolicyRules.exitCodes.values", codes.place("values"), len(listed))
    return ExitRule(operator, tuple(values), action)
