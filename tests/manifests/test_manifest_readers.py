"""Manifests are read rightly: what is written is read back, and another reader agrees."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from places import RECORDINGS, TESTS

from podcheck.conform.pod_specs import pod_of
from podcheck.declarations.pod import (
    HOOKS,
    POLICIES,
    PROBES,
    Container,
    ExitRule,
    Mount,
    Pod,
    Port,
    Role,
)
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.manifests import schema
from podcheck.manifests.document import read_documents
from podcheck.manifests.kinds import KINDS
from podcheck.manifests.reader import read_manifest
from podcheck.manifests.tree import Mapping, Node, Scalar
from podcheck.manifests.workload import Workload

EXAMPLES = settings(max_examples=60, deadline=None)


def only_workload(text: str) -> Workload:
    diagnostics = Diagnostics()
    manifest = read_manifest(Source("a.yaml", text), diagnostics)
    assert not diagnostics.sorted()
    (workload,) = manifest.workloads
    return workload


def written(*values: Any, quotes: str = '"', **options: Any) -> str:
    """The values as YAML documents, texts in quotes.

    PyYAML would leave the quotes out of `y` and `n`, which kubectl reads as true and false.
    """

    def quoted(writer: Any, text: str) -> Any:
        return writer.represent_scalar("tag:yaml.org,2002:str", text, style=quotes)

    dumper: Any = type("Quoting", (yaml.SafeDumper,), {})
    dumper.add_representer(str, quoted)
    return str(yaml.dump_all(values, Dumper=dumper, sort_keys=False, allow_unicode=True, **options))


# ---- values ------------------------------------------------------------------------------------


def value_of(node: Node) -> Any:
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Mapping):
        return {key: value_of(value) for key, (_, value) in node.entries.items()}
    return [value_of(item) for item in node.items]


def only_value(text: str) -> Any:
    diagnostics = Diagnostics()
    (document,) = read_documents(Source("a.yaml", text), diagnostics)
    assert not diagnostics.sorted() and not document.faults
    return value_of(document.root)


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8) | st.sampled_from(
    "yes No on ~ null 0x10 1_0 .5 1e3 - : # {{ <<x --- 12:30 é 😀 {a} [b] &c *d !e %f @g `h".split()
)
KEYS = TEXTS.filter(lambda key: key not in ("<<", "status", "managedFields"))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES.filter(lambda value: value is not None), st.booleans())
@EXAMPLES
def test_json_is_read_as_the_json_library_reads_it(value: Any, ascii_only: bool) -> None:
    read = only_value(json.dumps({"value": value}, ensure_ascii=ascii_only))
    assert same(read["value"], value)


@given(VALUES, st.sampled_from([None, True, False]), st.sampled_from(['"', "'"]))
@EXAMPLES
def test_yaml_is_read_as_it_was_written(value: Any, flow: bool | None, quotes: str) -> None:
    text = written({"value": value}, default_flow_style=flow, quotes=quotes)
    assert same(only_value(text)["value"], value)


def same(read: Any, written: Any) -> bool:
    """Equal, and of the same types; numbers may differ by the last digit of a float."""
    if isinstance(written, dict):
        return list(read) == list(written) and all(same(read[k], written[k]) for k in written)
    if isinstance(written, list):
        return len(read) == len(written) and all(map(same, read, written))
    if isinstance(written, float):
        return math.isclose(float(read), written)
    return type(read) is type(written) and read == written


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("y", True), ("N", False), ("On", True), ("oFF", "oFF"), ("~", None), ("", None),
        ("NULL", None), ("nUll", "nUll"), ("0x1F", 31), ("0o17", 15), ("017", 15), ("019", 19.0),
        ("0b11", 3), ("1_000", 1000), ("-7", -7), ("+7", 7), ("1.50", 1.5), (".5", 0.5),
        ("1e3", 1000.0), ("1.", 1.0), ("-.inf", -math.inf), ("1.2.3", "1.2.3"), ("12:30", "12:30"),
        ("-", "-"), ("0x", "0x"), ("1e", "1e"), ("_1", "_1"), ('"1"', "1"), ("'yes'", "yes"),
        ("2026-01-01", "2026-01-01"), ("9" * 30, int("9" * 30)), ("9" * 50, float("9" * 50)),
    ],
)  # fmt: skip
def test_a_plain_scalar(text: str, value: Any) -> None:
    read = only_value(f"a: {text}\n" if text != "-" else "a: '-'\n")["a"]
    assert read == value and type(read) is type(value)


# ---- pods --------------------------------------------------------------------------------------

WORDS = "yes no null true on off y 0x10 1e3 123 container check any pod app worker-1".split()
NAMES = st.sampled_from(WORDS) | st.from_regex(
    r"[a-z0-9]([-a-z0-9]{0,10}[a-z0-9])?", fullmatch=True
)
RULES = st.builds(
    ExitRule,
    st.sampled_from(["In", "NotIn"]),
    st.lists(st.integers(0, 255), max_size=4, unique=True).map(tuple),
    st.sampled_from(["Restart", "RestartAllContainers"]),
)
PROTOCOLS = st.sampled_from(["TCP", "UDP", "SCTP"])
PORTS = st.builds(Port, st.integers(1, 65535), PROTOCOLS, st.just(""))


def mounts(volumes: list[str]) -> st.SearchStrategy[Mount]:
    folders = st.sampled_from(["", "a/b"])
    return st.builds(Mount, st.sampled_from(volumes), folders, st.booleans())


@st.composite
def pods(draw: st.DrawFn) -> Pod:
    """Pods as a manifest can say them, well-formed but not always allowed."""
    volumes = draw(st.lists(NAMES, max_size=3, unique=True))
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    inits = draw(st.integers(0, len(names) - 1))
    containers = []
    for number, name in enumerate(names):
        policy = draw(st.sampled_from(["", *POLICIES]))
        init = Role.SIDECAR if policy == "Always" else Role.INIT
        containers.append(
            Container(
                name,
                init if number < inits else Role.MAIN,
                policy,
                tuple(draw(st.lists(RULES, max_size=3))),
                frozenset(draw(st.sets(st.sampled_from(PROBES)))),
                tuple(draw(st.lists(PORTS, max_size=2))),
                (),
                tuple(draw(st.lists(mounts(volumes), max_size=2))) if volumes else (),
                frozenset(draw(st.sets(st.sampled_from(HOOKS)))),
            )
        )
    empty_dirs = draw(st.sets(st.sampled_from(volumes))) if volumes else ()
    return Pod(
        draw(NAMES),
        tuple(containers),
        draw(st.sampled_from(POLICIES)),
        deadline_s=draw(st.none() | st.integers(1, 2**31 - 1)),
        volumes=tuple(volumes),
        empty_dirs=frozenset(empty_dirs),
    )


def container_object(c: Container) -> dict[str, Any]:
    """A container as the API has it."""
    found: dict[str, Any] = {"name": c.name, "image": "busybox"}
    if c.policy:
        found["restartPolicy"] = c.policy
    if c.rules:
        found["restartPolicyRules"] = [
            {"action": r.action, "exitCodes": {"operator": r.operator, "values": [*r.codes]}}
            for r in c.rules
        ]
    found |= {probe: {"tcpSocket": {"port": 80}} for probe in sorted(c.probes)}
    if c.ports:
        found["ports"] = [{"containerPort": p.number, "protocol": p.protocol} for p in c.ports]
    if c.mounts:
        found["volumeMounts"] = [
            {"name": m.volume, "mountPath": "/v", "readOnly": m.read_only}
            | ({"subPath": m.folder} if m.folder else {})
            for m in c.mounts
        ]
    if c.hooks:
        found["lifecycle"] = {hook: {"sleep": {"seconds": 1}} for hook in sorted(c.hooks)}
    return found


def pod_object(pod: Pod) -> dict[str, Any]:
    """A pod as the API has it."""
    spec: dict[str, Any] = {"restartPolicy": pod.policy}
    if pod.deadline_s is not None:
        spec["activeDeadlineSeconds"] = pod.deadline_s
    spec["volumes"] = [
        {"name": v, "emptyDir": {}} if v in pod.empty_dirs else {"name": v, "secret": {}}
        for v in pod.volumes
    ]
    inits = [container_object(c) for c in pod.containers if c.role is not Role.MAIN]
    mains = [container_object(c) for c in pod.containers if c.role is Role.MAIN]
    spec |= {"initContainers": inits, "containers": mains}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": pod.name}, "spec": spec}


def without_notes(pod: Pod) -> Pod:
    """A pod without what only refusals ask for."""
    bare = tuple(
        Container(c.name, c.role, c.policy, c.rules, c.probes, c.ports, c.host_ports, c.mounts,
                  c.hooks)
        for c in pod.containers
    )  # fmt: skip
    return Pod(pod.name, bare, pod.policy, pod.static, pod.deadline_s, pod.volumes, pod.empty_dirs)


@given(pods(), st.sampled_from(["json", "block", "flow"]))
@EXAMPLES
def test_a_pod_is_read_back(pod: Pod, form: str) -> None:
    value = pod_object(pod)
    text = json.dumps(value, indent=1)
    if form != "json":
        text = written(value, default_flow_style=form == "flow")
    (read,) = only_workload(text).declaration.members
    assert without_notes(read) == pod


@given(pods())
@settings(max_examples=20, deadline=None)
def test_every_container_and_field_is_placed(pod: Pod) -> None:
    """A place holds what it is said to be the place of."""
    declaration = only_workload(written(pod_object(pod))).declaration
    assert list(declaration.places) == [c.name for c in pod.containers]
    for name, span in declaration.places.items():
        assert span.source.text[span.start : span.end].strip('"') == name
    for (_, field), span in declaration.fields.items():
        if field in (*PROBES, *HOOKS, "restartPolicyRules", "ports"):
            assert span.source.text[span.start : span.end] == f'"{field}"'


# ---- the pods of recordings --------------------------------------------------------------------


def recorded(name: str) -> dict[str, Any]:
    specs = json.loads((RECORDINGS / name).read_text(encoding="utf-8"))
    assert len(specs) > 5
    return {key: spec["podSpec"] for key, spec in specs.items() if "podSpec" in spec}


def compared(pod: Pod) -> object:
    """What both readers read."""
    return (
        pod.policy,
        pod.deadline_s,
        tuple(Container(c.name, c.role, c.policy, c.rules, c.probes) for c in pod.containers),
    )


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_the_reader_of_recordings_agrees(form: str) -> None:
    specs = recorded("traces_specs.json")
    objects = [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"p{number}"}, "spec": spec}
        for number, spec in enumerate(specs.values())
    ]
    listed = {"apiVersion": "v1", "kind": "List", "items": objects}
    text = json.dumps(listed) if form == "json" else written(*objects)
    diagnostics = Diagnostics()
    manifest = read_manifest(Source("recorded", text), diagnostics)
    assert not diagnostics.sorted()
    assert len(manifest.workloads) == len(specs)
    for workload, (name, spec) in zip(manifest.workloads, specs.items(), strict=True):
        (pod,) = workload.declaration.members
        assert compared(pod) == compared(pod_of(name, spec)), name


def test_a_parser_without_libyaml_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    path = TESTS / "manifests" / "pod.yaml"
    text = path.read_text(encoding="utf-8")
    fast = only_workload(text)
    monkeypatch.setitem(sys.modules, "yaml.cyaml", None)
    slow = only_workload(text)
    assert slow.declaration.members == fast.declaration.members
    assert [tuple(s)[1:] for s in slow.declaration.fields.values()] == [
        tuple(s)[1:] for s in fast.declaration.fields.values()
    ]


# ---- the published schemas ---------------------------------------------------------------------

MANIFESTS = TESTS / "manifests"
DIFFERENT = {
    "many_documents.yaml": "an object of another group has the kind Deployment",
    "scalars.yaml": "the schemas' own reader of YAML knows no `0o120`",
    "list.yaml": "the status, which podcheck passes over, is cut short",
}


def objects(path: Path) -> list[Any]:
    """The workloads of a manifest, as PyYAML's own loader reads it."""
    found: list[Any] = []
    stack = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    while stack:
        value = stack.pop()
        if isinstance(value, dict) and "items" in value:
            stack += value["items"]
        elif isinstance(value, dict) and value.get("kind") in KINDS:
            found.append(value)
    return found


def read_whole(path: Path) -> bool:
    """Does podcheck read a manifest without finding fault?"""
    diagnostics = Diagnostics()
    read_manifest(Source(path.name, path.read_text(encoding="utf-8")), diagnostics)
    return not diagnostics.has_errors


READ = [p for p in sorted(MANIFESTS.glob("*.yaml")) if read_whole(p) and p.name not in DIFFERENT]


def test_most_manifests_are_read() -> None:
    assert len(READ) >= 15
    assert all(read_whole(MANIFESTS / name) for name in DIFFERENT)


@pytest.mark.parametrize("path", READ, ids=lambda p: p.stem)
def test_what_is_read_fits_the_schemas(path: Path) -> None:
    for value in objects(path):
        value["apiVersion"] = KINDS[value["kind"]].api
        kubernetes_validate.validate(value, "1.36", strict=True)


TYPES = {
    "meta.v1.ObjectMeta": schema.METADATA,
    "meta.v1.OwnerReference": schema.OWNER_REFERENCE,
    "core.v1.PodTemplateSpec": schema.POD_TEMPLATE,
    "core.v1.PodSpec": schema.POD_SPEC,
    "core.v1.Container": schema.CONTAINER,
    "core.v1.Probe": schema.PROBE,
    "core.v1.Lifecycle": schema.LIFECYCLE,
    "core.v1.ContainerRestartRule": schema.RULE,
    "core.v1.ContainerRestartRuleOnExitCodes": schema.EXIT_CODES,
    "core.v1.ContainerResizePolicy": schema.RESIZE_POLICY,
    "core.v1.ContainerPort": schema.PORT,
    "core.v1.VolumeMount": schema.MOUNT,
    "core.v1.Volume": schema.VOLUME,
    "core.v1.PersistentVolumeClaim": schema.CLAIM,
    "core.v1.ReplicationControllerSpec": schema.REPLICATION_CONTROLLER_SPEC,
    "apps.v1.DeploymentSpec": schema.DEPLOYMENT_SPEC,
    "apps.v1.ReplicaSetSpec": schema.REPLICA_SET_SPEC,
    "apps.v1.StatefulSetSpec": schema.STATEFUL_SET_SPEC,
    "apps.v1.DaemonSetSpec": schema.DAEMON_SET_SPEC,
    "batch.v1.CronJobSpec": schema.CRON_JOB_SPEC,
    "batch.v1.JobTemplateSpec": schema.JOB_TEMPLATE,
    "batch.v1.JobSpec": schema.JOB_SPEC,
    "batch.v1.PodFailurePolicy": schema.FAILURE_POLICY,
    "batch.v1.PodFailurePolicyRule": schema.FAILURE_RULE,
    "batch.v1.PodFailurePolicyOnExitCodesRequirement": schema.ON_EXIT_CODES,
    "batch.v1.PodFailurePolicyOnPodConditionsPattern": schema.ON_POD_CONDITION,
    "batch.v1.SuccessPolicy": schema.SUCCESS_POLICY,
    "batch.v1.SuccessPolicyRule": schema.SUCCESS_RULE,
}


@pytest.fixture(scope="module")
def definitions() -> dict[str, Any]:
    """The types of the API in release 1.36, by the last parts of their names."""
    folder = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
    (file,) = folder.glob("v1.36.*-local-strict/_definitions.json")
    found = json.loads(file.read_text(encoding="utf-8"))["$defs"]
    return {".".join(name.split(".")[-3:]): value for name, value in found.items()}


@pytest.mark.parametrize("name", TYPES)
def test_every_field_of_a_type_is_known(name: str, definitions: dict[str, Any]) -> None:
    assert set(definitions[name]["properties"]) <= TYPES[name].fields
