"""Probes and hooks: what they do, and how long a container has until one kills it."""

from __future__ import annotations

import re
from typing import NamedTuple

from podcheck.declarations.pod import PROBES
from podcheck.language.source import Span
from podcheck.manifests import schema
from podcheck.manifests.fields import MAX_INT64, Fields
from podcheck.manifests.noted_fields import Notes
from podcheck.manifests.tree import Mapping, Node, Scalar, Sequence, entry, value_of

HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc", "sleep")
SHORT_S = 30  # what the defaults leave a container to start, in seconds

_DEFAULTS = {"initialDelaySeconds": 0, "periodSeconds": 10, "failureThreshold": 3}
_NUMBER = re.compile(r"[0-9]+")
_SLEEP = re.compile(r"^\s*(?:exec\s+)?(?:/\S*/)?sleep\s+([0-9]{1,6})s?\s*(?:$|;|\n|&&|\|\|)")
_SHELLS = ("sh", "bash", "ash", "dash")


class _Probe(NamedTuple):
    """When a probe is first asked, and how long it may fail; in seconds.  ``handler`` is what it
    asks."""

    delay_s: int
    patience_s: int
    handler: tuple[tuple[str, object], ...]

    @property
    def window_s(self) -> int:
        """How long a container has from its start until the probe has failed for good."""
        return self.delay_s + self.patience_s


def note_probes(fields: Fields, notes: Notes) -> frozenset[str]:
    """The names of a container's probes.  What they do and how their times compare goes to the
    notes."""
    found: dict[str, _Probe] = {}
    without_result: set[str] = set()
    named = _port_names(fields)
    for name in PROBES:
        probe = fields.object(name, schema.PROBE)
        if probe is not None:
            found[name] = _probe(fields, probe, name, notes)
            if _asks_unknown_port(probe, name, named, notes):
                without_result.add(name)
    if found.keys() - without_result >= {"livenessProbe"}:
        _compare(found, fields.place("livenessProbe"), notes)
    return frozenset(found)


def _probe(fields: Fields, probe: Fields, name: str, notes: Notes) -> _Probe:
    note_handlers(probe, fields.place(name), name, notes)
    for field, high in (
        ("successThreshold", None),
        ("terminationGracePeriodSeconds", MAX_INT64),
    ):
        number = probe.number(field) if high is None else probe.number(field, 0, high)
        if number is not None:
            notes.add(f"{name}.{field}", probe.value_place(field), number)
    probe.number("timeoutSeconds")
    # 0 stands for the default (defaults.go:SetDefaults_Probe)
    delay, period, failures = (probe.number(f) or n for f, n in _DEFAULTS.items())
    handlers = [h for h in HANDLERS if h in probe.kind.fields and h in probe]
    asked = tuple((h, _plain(entry(probe.node, h))) for h in handlers)
    return _Probe(delay, period * failures, asked)


def _compare(found: dict[str, _Probe], place: Span, notes: Notes) -> None:
    """How long the liveness probe leaves a container to start, and whether the readiness probe has
    been asked, or has failed, by then.  (prober/worker.go:doProbe)"""
    live, ready = found["livenessProbe"], found.get("readinessProbe")
    notes.show("liveness.seconds", live.window_s)
    if ready is not None:
        notes.show("readiness.delay", ready.delay_s)
        # a busy process gets its connections all the same: the kernel accepts them
        is_asked = live.handler and "tcpSocket" not in dict(live.handler)
        if is_asked and live.handler == ready.handler and live.patience_s <= ready.patience_s:
            notes.show("liveness.patience", live.patience_s)
            notes.show("readiness.patience", ready.patience_s)
            notes.add("liveness is as strict as readiness", place)
    if "startupProbe" in found:
        return
    if ready is not None and live.window_s <= ready.delay_s:
        notes.add("liveness kills before readiness is asked", place)
    elif live.window_s <= SHORT_S:
        notes.add("liveness leaves 30 s or less", place)


def _port_names(fields: Fields) -> frozenset[str]:
    """The names of a container's ports."""
    node = entry(fields.node, "ports")
    listed = node.items if isinstance(node, Sequence) else ()
    return frozenset(str(value_of(entry(port, "name")) or "") for port in listed)


def _asks_unknown_port(probe: Fields, name: str, named: frozenset[str], notes: Notes) -> bool:
    """Does a probe name a port that the container does not have?  Each attempt ends without a
    result then.  (pkg/probe/util.go:ResolveContainerPort)"""
    for handler in ("httpGet", "tcpSocket"):
        port = entry(probe.node, handler, "port")
        text = value_of(port)
        if not isinstance(text, str) or port is None or _NUMBER.fullmatch(text) or "{" in text:
            continue
        if text not in named:
            notes.add(f"{name}.unknown port", port.span)
            notes.show("unknown port", text)
            return True
    return False


def note_handlers(fields: Fields, place: Span, name: str, notes: Notes) -> None:
    """What a probe or hook does, of which the API wants one thing."""
    found = [h for h in HANDLERS if h in fields.kind.fields and fields.mapping(h) is not None]
    notes.add(name, place)
    notes.add(f"{name}.handlers", place, len(found))
    for handler in found:
        notes.add(f"{name}.{handler}", fields.place(handler))
    command = fields.object("exec", schema.EXEC)
    if command is not None:
        words = len(command.items("command"))
        notes.add(f"{name}.exec.command", fields.place("exec"), words)


def note_sleep(hook: Fields, grace_s: int, place: Span, notes: Notes) -> None:
    """Note a preStop hook that sleeps until nothing is left of the grace period."""
    slept = value_of(entry(hook.node, "sleep", "seconds"))
    command = entry(hook.node, "exec", "command")
    if isinstance(command, Sequence):
        words = [str(value_of(word) or "") for word in command.items]
        if len(words) == 3 and words[0].rpartition("/")[2] in _SHELLS and words[1] == "-c":
            words = words[2:]
        match = _SLEEP.match(" ".join(words))
        slept = int(match[1]) if match else None
    if isinstance(slept, int) and not isinstance(slept, bool) and slept >= grace_s > 0:
        notes.add("preStop sleeps for the grace period", place)
        notes.show("preStop.seconds", slept)
        notes.show("grace", grace_s)


def _plain(node: Node | None) -> object:
    """A value without its places, to be compared."""
    if isinstance(node, Mapping):
        return tuple(sorted((key, _plain(value)) for key, (_, value) in node.entries.items()))
    if isinstance(node, Sequence):
        return tuple(map(_plain, node.items))
    return str(node.value) if isinstance(node, Scalar) else None
