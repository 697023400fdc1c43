"""A container of the API as the container that the rules refer to."""

from __future__ import annotations

from podcheck.declarations.pod import (
    HOOKS,
    POLICIES,
    Container,
    ExitRule,
    Mount,
    Port,
    Role,
)
from podcheck.language.source import Span
from podcheck.manifests import schema
from podcheck.manifests.command import note_command
from podcheck.manifests.fields import MAX_INT64, Fields
from podcheck.manifests.noted_fields import Notes
from podcheck.manifests.pod_context import PodContext
from podcheck.manifests.probe import note_handlers, note_probes, note_sleep

OPERATORS = ("In", "NotIn")
ACTIONS = ("Restart", "RestartAllContainers")
PROTOCOLS = ("TCP", "UDP", "SCTP")
RESIZING = ("NotRequired", "RestartContainer")
RESOURCES = ("cpu", "memory")
_METRICS = ("metrics", "prometheus", "prom")  # what ports for metrics are called


def read_container(
    fields: Fields, init: bool, context: PodContext
) -> tuple[Container, dict[str, Span]]:
    """The container, and the places of its fields."""
    notes = Notes()
    policy = fields.word("restartPolicy", POLICIES)
    if policy:
        notes.place("restartPolicy", fields.value_place("restartPolicy"))
    role = Role.MAIN if not init else Role.SIDECAR if policy == "Always" else Role.INIT
    rules = _rules(fields, notes)
    ports, host_ports, node_ports = _ports(fields, context, notes)
    probes = note_probes(fields, notes)
    mounts = _mounts(fields, context.volumes, notes)
    hooks = _hooks(fields, context, notes)
    _resizing(fields, notes)
    _configuration(fields, notes)
    note_command(fields, notes)
    name = fields.name("name")
    container = Container(
        name, role, policy, rules, probes, ports, host_ports, mounts, hooks, notes.fields(),
        node_ports, notes.texts(),
    )  # fmt: skip
    return container, notes.places


def _hooks(fields: Fields, context: PodContext, notes: Notes) -> frozenset[str]:
    lifecycle = fields.object("lifecycle", schema.LIFECYCLE)
    if lifecycle is None:
        return frozenset()
    notes.add("lifecycle", fields.place("lifecycle"))
    found = []
    for name in HOOKS:
        hook = lifecycle.object(name, schema.HOOK)
        if hook is None:
            continue
        found.append(name)
        note_handlers(hook, lifecycle.place(name), name, notes)
        sleep = hook.object("sleep", schema.SLEEP)
        if sleep is not None:
            seconds = sleep.number("seconds", 0, MAX_INT64)
            place = sleep.value_place("seconds") if "seconds" in sleep else hook.place("sleep")
            notes.add(f"{name}.sleep.seconds", place, seconds or 0)
        if name == "preStop":
            note_sleep(hook, context.grace_s, lifecycle.place(name), notes)
    return frozenset(found)


def _resizing(fields: Fields, notes: Notes) -> None:
    seen: dict[str, int] = {}
    for entry in fields.objects("resizePolicy", schema.RESIZE_POLICY):
        entry.require("resourceName", "restartPolicy")
        notes.add("resizePolicy", fields.place("resizePolicy"))
        resource = entry.word("resourceName", RESOURCES)
        if resource:
            seen[resource] = seen.get(resource, 0) + 1
            notes.add(f"resizePolicy.{resource}", entry.value_place("resourceName"), seen[resource])
        if entry.word("restartPolicy", RESIZING) == "RestartContainer":
            place = entry.value_place("restartPolicy")
            notes.add("resizePolicy.RestartContainer", place)


def _configuration(fields: Fields, notes: Notes) -> None:
    """The ConfigMaps and Secrets without which the container can't be made."""
    for variable in fields.objects("env", schema.ENV):
        source = variable.object("valueFrom", schema.ENV_SOURCE)
        if source is not None:
            _references(source, ("configMapKeyRef", "secretKeyRef"), notes)
    for source in fields.objects("envFrom", schema.ENV_FROM):
        _references(source, ("configMapRef", "secretRef"), notes)


def _references(source: Fields, names: tuple[str, ...], notes: Notes) -> None:
    for name in names:
        reference = source.object(name, schema.REFERENCE)
        if reference is not None and not reference.flag("optional"):
            notes.add(name, source.place(name))


def _mounts(fields: Fields, volumes: frozenset[str], notes: Notes) -> tuple[Mount, ...]:
    mounts = []
    for mount in fields.objects("volumeMounts", schema.MOUNT):
        name = mount.text("name")
        folder = mount.text("subPath") or mount.text("subPathExpr")
        mounts.append(Mount(name, folder, mount.flag("readOnly")))
        if name not in volumes:
            notes.place("volumeMounts", mount.value_place("name"))
    return tuple(mounts)


def _ports(
    fields: Fields, context: PodContext, notes: Notes
) -> tuple[tuple[Port, ...], tuple[Port, ...], tuple[Port, ...]]:
    """The ports of the container, those of the node that it asks for, and those that it gets once
    a controller makes the pod."""
    ports: list[Port] = []
    host_ports: list[Port] = []
    node_ports: list[Port] = []
    metrics = 0
    for port in fields.objects("ports", schema.PORT):
        port.require("containerPort")
        number = port.number("containerPort", 1, 65535)
        host = port.number("hostPort", 0, 65535)
        protocol = port.word("protocol", PROTOCOLS) or "TCP"
        address = port.text("hostIP")
        metrics += not set(_METRICS).isdisjoint(port.text("name").split("-"))
        if number is None:
            continue
        notes.place("ports", fields.place("ports"))
        ports.append(Port(number, protocol))
        if host:
            host_ports.append(Port(host, protocol, address))
            if host != number:
                notes.add("a hostPort other than its containerPort", port.value_place("hostPort"))
        elif (
            context.host_network
        ):  # a bare pod's are set when it is created: defaultHostNetworkPorts
            implied = node_ports if context.is_template else host_ports
            implied.append(Port(number, protocol, address))
    if host_ports or node_ports:
        notes.add("a port of the node", fields.place("ports"))
        asked = dict.fromkeys(p.number for p in (*host_ports, *node_ports))
        notes.show("node ports", ", ".join(map(str, asked)))
    if ports and metrics == len(ports):
        notes.add("no port but for metrics", fields.place("ports"))
    return tuple(ports), tuple(host_ports), tuple(node_ports)


def _rules(fields: Fields, notes: Notes) -> tuple[ExitRule, ...]:
    if "restartPolicyRules" in fields:
        notes.place("restartPolicyRules", fields.place("restartPolicyRules"))
    listed = fields.objects("restartPolicyRules", schema.RULE)
    return tuple(_rule(r, f"restartPolicyRules[{i}]", notes) for i, r in enumerate(listed))


def _rule(fields: Fields, name: str, notes: Notes) -> ExitRule:
    fields.require("action", "exitCodes")
    action = fields.word("action", ACTIONS)
    codes = fields.object("exitCodes", schema.EXIT_CODES)
    notes.place(name, fields.place("action"))
    if codes is None:
        return ExitRule("In", (), action)
    codes.require("operator")
    operator = codes.word("operator", OPERATORS, "In")
    listed = codes.numbers("values")
    for number, span in listed:
        if not 0 <= number <= 255:
            message = f"There is no exit code {number}: exit codes go from 0 to 255."
            codes.error("W341", span, message, "It never comes, and is passed over.")
    notes.place(f"{name}.values", codes.place("values"))
    notes.add("restartPolicyRules.exitCodes.values", codes.place("values"), len(listed))
    return ExitRule(operator, tuple(n for n, _ in listed if 0 <= n <= 255), action)
