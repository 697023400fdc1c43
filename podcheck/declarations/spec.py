"""A spec file as declarations: pods with their static facts, and claims still to be elaborated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import prod
from types import MappingProxyType

from lark import Token

from podcheck.declarations.families import members_of, names_of
from podcheck.declarations.job import undecidable, with_places
from podcheck.declarations.job_syntax import read_job
from podcheck.declarations.pod import POLICIES, PROBES, Container, ExitRule, Mount, Pod, Port, Role
from podcheck.declarations.releases import (
    EARLIEST,
    LATEST,
    RECORDED,
    Release,
    minor_of,
    release_named,
    text_of,
)
from podcheck.language.diagnostics import Diagnostics, did_you_mean
from podcheck.language.lexer import unquote
from podcheck.language.parser import Node, Tree
from podcheck.language.source import Source, Span

MAX_CONTAINERS = 32
MAX_MEMBERS = 64


@dataclass(frozen=True, slots=True)
class PodDeclaration:
    """A pod as written.  A family (`container c[1..4]`) has one member for each size.

    ``fields`` are places of fields, by container (empty: the pod, or the
    controller that it belongs to) and name.
    """

    name: str
    members: tuple[Pod, ...]
    span: Span
    places: dict[str, Span]  # container name -> where it is declared
    fields: Mapping[tuple[str, str], Span] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClaimDeclaration:
    """A table, scenario, check, find or refute as written."""

    kind: str
    title: str
    node: Node
    source: Source
    pods: tuple[tuple[str, Span], ...]
    policies: tuple[str, ...]  # empty: the pod's own
    start: Node | None
    assuming: tuple[Node, ...]

    @property
    def span(self) -> Span:
        return self.source.span(self.node.start, self.node.end)

    @property
    def title_span(self) -> Span:
        token = self.node.tokens("STRING")[0]
        assert token.start_pos is not None and token.end_pos is not None
        return self.source.span(token.start_pos, token.end_pos)


@dataclass(slots=True)
class Spec:
    """One file with what it includes."""

    source: Source
    version: Release  # of the API server
    kubelet: Release
    gates: dict[str, bool] = field(default_factory=dict)
    gate_spans: dict[str, Span] = field(default_factory=dict)
    pods: dict[str, PodDeclaration] = field(default_factory=dict)
    claims: list[ClaimDeclaration] = field(default_factory=list)
    overrides: list[tuple[Source, Node]] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    included: list[Source] = field(default_factory=list)
    otherwise: frozenset[tuple[str, int]] = frozenset()  # as in ``Settings``


_CLAIMS = {"table", "scenario", "check", "find", "refute"}


def build_spec(
    trees: list[Tree],
    diagnostics: Diagnostics,
    deployed: Mapping[Node, PodDeclaration] = MappingProxyType({}),
) -> Spec:
    """The declarations of a file (the last tree) and the files it includes, in order.

    ``deployed`` are the pods that come from manifests, by the declaration that names them.
    """
    spec = Spec(trees[-1].source, RECORDED, RECORDED)
    builder = _Builder(spec, diagnostics, deployed)
    for tree in trees:
        spec.broken.update(tree.broken)
        builder.source = tree.source
        if tree is not trees[-1]:
            spec.included.append(tree.source)
        for node in tree.items:
            builder.declare(node, tree is trees[-1])
    return spec


class _Builder:
    def __init__(
        self, spec: Spec, diagnostics: Diagnostics, deployed: Mapping[Node, PodDeclaration]
    ) -> None:
        self.spec = spec
        self.deployed = deployed
        self.diagnostics = diagnostics
        self.source = spec.source

    def span(self, at: Node | Token) -> Span:
        if isinstance(at, Node):
            return self.source.span(at.start, at.end)
        assert at.start_pos is not None and at.end_pos is not None
        return self.source.span(at.start_pos, at.end_pos)

    def error(self, code: str, at: Node | Token, message: str, hint: str = "") -> None:
        self.diagnostics.add(code, self.span(at), message, hint)

    def declare(self, node: Node, own: bool) -> None:
        if node.kind == "version":
            self._version(node)
        elif node.kind == "gates":
            for setting in node.nodes():
                name = str(setting.tokens("WORD")[0])
                self.spec.gates[name] = setting.has("ON")
                self.spec.gate_spans[name] = self.span(setting.tokens("WORD")[0])
        elif node.kind == "pod":
            self._pod(node)
        elif node.kind in ("pod_from", "job_from"):
            self._pod_from(node)
        elif node.kind == "job":
            self._job(node)
        elif node.kind in ("table", "claim"):
            if own:
                self._claim(node)
        elif node.kind == "override":
            self.spec.overrides.append((self.source, node))
        elif node.kind != "include":
            home = "library of hazards" if node.kind == "hazard" else "rule pack"
            word = str(node.tokens()[0])
            article = "An" if word[0] in "aeiou" else "A"
            message = f"{article} `{word}` belongs in a {home}, not in a spec."
            hint = 'Write `check "TITLE" for POD { always (CONDITION) }`.'
            self.error("E112", node.tokens()[0], message, hint if node.kind == "lemma" else "")

    def _version(self, node: Node) -> None:
        releases = [release_named(at) for at in node.nodes("release")]
        for release in releases:
            if not EARLIEST <= minor_of(release) <= LATEST:
                known = f"{text_of(EARLIEST)} to {text_of(LATEST)}"
                message = f"podcheck knows Kubernetes {known}, not {text_of(release)}."
                self.error("E113", node, message)
                return
        for word in node.tokens("WORD"):
            if str(word) != "kubelet":
                hint = "Write `kubernetes 1.36, kubelet 1.35`."
                self.error(
                    "E113", word, f"Only the kubelet may be of another release, not `{word}`.", hint
                )
                return
        if minor_of(releases[-1]) > minor_of(releases[0]):
            hint = "Nodes are upgraded after the API server."
            self.error("E113", node, "A kubelet is never newer than its API server.", hint)
            return
        self.spec.version, self.spec.kubelet = releases[0], releases[-1]

    # ---- pods ----------------------------------------------------------------------------

    def _new_name(self, node: Node) -> tuple[str, Node]:
        """The name of a pod, with its place; empty if there is such a pod already."""
        name_node = node.nodes("name")[0]
        name = unquote(str(name_node.tokens()[0]))
        if name in self.spec.pods:
            first = self.spec.pods[name].span
            own = first.source is self.source
            hint = f"The first one is in line {first.line}." if own else f"The first one: {first}."
            self.error("E106", name_node, f"There are two pods called `{name}`.", hint)
            return "", name_node
        return name, name_node

    def _pod_from(self, node: Node) -> None:
        name, _ = self._new_name(node)
        declared = self.deployed.get(node)
        if declared is None:
            self.spec.broken.add(name)
        elif name:
            members = tuple(replace(pod, name=name) for pod in declared.members)
            if node.kind == "job_from":
                members = self._with_places(members, node.nodes("name")[0])
            self.spec.pods[name] = replace(declared, name=name, members=members)

    def _job(self, node: Node) -> None:
        """A Job with its pod: the pod is declared, with what the Job says and its places."""
        name, name_node = self._new_name(node)
        if not name:
            return
        said = read_job(node, self, lambda n: code_set(n, self, negate=False))
        pods = node.nodes("job_pod")
        for extra in pods[1:]:
            self.error("E106", extra.tokens()[0], f"Job `{name}` has two pods.")
        if not pods:
            hint = "Add `pod { restartPolicy: Never  container work }`."
            self.error("E305", name_node, f"Job `{name}` has no pod.", hint)
            self.spec.broken.add(name)
            return
        self._declare_pod(name, name_node, pods[0])
        declared = self.spec.pods.pop(name, None)
        if declared is None:
            return
        members = tuple(
            replace(
                pod, owner="Job", owner_fields=said.fields, failure_rules=said.failure_rules,
                success_rules=said.success_rules,
            )
            for pod in declared.members
        )  # fmt: skip
        members = self._with_places(members, name_node)
        if members:
            self.spec.pods[name] = replace(
                declared, members=members, fields={**declared.fields, **said.places}
            )
        else:
            self.spec.broken.add(name)

    def _with_places(self, members: tuple[Pod, ...], at: Node) -> tuple[Pod, ...]:
        """The pods of a Job with its places; none, with an error, if that can't be decided."""
        for pod in members:
            reason = undecidable(pod)
            if reason:
                self.error("E404", at, reason.message, reason.hint)
                return ()
        return tuple(with_places(pod) for pod in members)

    def _pod(self, node: Node) -> None:
        name, name_node = self._new_name(node)
        if name:
            self._declare_pod(name, name_node, node)

    def _declare_pod(self, name: str, name_node: Node, node: Node) -> None:
        policy, deadline = "Always", None
        fields = {("", "restartPolicy"): self.span(node.tokens()[0])} if node.tokens() else {}
        for item in node.nodes("field"):
            word, value = item.children[0], item.children[2]
            fields["", str(word)] = self.span(item)
            if str(word) == "restartPolicy":
                policy = self.policy(value) or policy
            elif str(word) == "activeDeadlineSeconds":
                deadline = self._seconds(value)
            else:
                hint = did_you_mean(str(word), ("restartPolicy", "activeDeadlineSeconds"))
                self.error("E114", word, f"A pod has no field `{word}`.", hint)
        volumes, empty_dirs = _volumes(node)
        containers, places = self._containers(node)
        members = []
        sizes = prod(high - low + 1 for _, size in containers if size for low, high in [size])
        if sizes > MAX_MEMBERS:
            message = f"The families of pod `{name}` have {sizes:,} members, at most {MAX_MEMBERS}."
            self.error("E404", name_node, message, "Write fewer families or smaller ones.")
            self.spec.broken.add(name)
            return
        for size, listed in members_of(containers):
            ordered = [c for c in listed if c.role is not Role.MAIN]
            ordered += [c for c in listed if c.role is Role.MAIN]
            static = node.has("STATIC")
            members.append(
                Pod(
                    name, tuple(ordered), policy, static, deadline, volumes, empty_dirs,
                    sizes=size,
                )
            )  # fmt: skip
        if not any(c.role is Role.MAIN for c, _ in containers):
            message = f"Pod `{name}` has no main container."
            self.error("E305", name_node, message, "Add `container NAME`.")
            self.spec.broken.add(name)
            return
        self.spec.pods[name] = PodDeclaration(
            name, tuple(members), self.span(name_node), places, fields
        )

    def _seconds(self, token: Token) -> int | None:
        if token.type != "NUMBER" or not 1 <= int(token) <= 2**31 - 1:
            self.error("E204", token, "activeDeadlineSeconds is a number from 1 to 2147483647.")
            return None
        return int(token)

    def policy(self, token: Token) -> str | None:
        if str(token) not in POLICIES:
            hint = did_you_mean(str(token), POLICIES, "Always, OnFailure or Never.")
            self.error("E103", token, f"There is no restartPolicy `{token}`.", hint)
            return None
        return str(token)

    def _containers(
        self, node: Node
    ) -> tuple[list[tuple[Container, tuple[int, int] | None]], dict[str, Span]]:
        found: list[tuple[Container, tuple[int, int] | None]] = []
        places: dict[str, Span] = {}
        for item in node.nodes("container"):
            name_node = item.nodes("name")[0]
            name = unquote(str(name_node.tokens()[0]))
            sizes = self._sizes(item)
            for shown in names_of(name, sizes):
                if shown in places:
                    message = f"There are two containers called `{shown}`."
                    self.error("E107", name_node, message)
                places[shown] = self.span(name_node)
            if len(places) > MAX_CONTAINERS:
                message = f"A pod may have at most {MAX_CONTAINERS} containers here."
                self.error("E404", name_node, message)
                break
            role = "main" if item.has("CONTAINER") else str(item.children[0])
            body = item.node("container_body")
            found.append((self._container(name, Role(role), body), sizes))
        return found, places

    def _sizes(self, item: Node) -> tuple[int, int] | None:
        family = item.node("family")
        if family is None:
            return None
        low, high = (int(x) for x in family.tokens("NUMBER"))
        if not 1 <= low <= high <= MAX_CONTAINERS:
            message = f"A family goes from 1 to at most {MAX_CONTAINERS}."
            self.error("E204", family, message, "Write `c[1..4]`.")
            return (1, 1)
        return (low, high)

    def _container(self, name: str, role: Role, body: Node | None) -> Container:
        policy = "Always" if role is Role.SIDECAR else ""
        probes: set[str] = set()
        rules: list[ExitRule] = []
        ports: list[Port] = []
        host_ports: list[Port] = []
        mounts: list[Mount] = []
        for item in body.nodes() if body else ():
            if item.kind == "field":
                word, value = item.children[0], item.children[2]
                if str(word) == "restartPolicy":
                    policy = self.policy(value) or policy
                else:
                    hint = did_you_mean(str(word), ("restartPolicy",))
                    if str(word) in PROBES:
                        hint = f"Write `{word}` alone: what it asks makes no difference."
                    self.error("E114", word, f"A container has no field `{word}`.", hint)
            elif item.kind == "flag":
                if str(item.children[0]) in PROBES:
                    probes.add(str(item.children[0]))
                else:
                    hint = did_you_mean(str(item.children[0]), PROBES)
                    message = f"A container has no probe `{item.children[0]}`."
                    self.error("E114", item, message, hint)
            elif item.kind == "exit_rule":
                rules.append(self._rule(item))
            elif item.kind == "port":
                port = Port(self._port(item))
                (host_ports if item.has("HOSTPORT") else ports).append(port)
            else:
                mounts.append(Mount(unquote(str(item.nodes("name")[0].tokens()[0]))))
        return Container(
            name, role, policy, tuple(rules), frozenset(probes),
            tuple(ports), tuple(host_ports), tuple(mounts),
        )  # fmt: skip

    def _port(self, item: Node) -> int:
        number = int(item.tokens("NUMBER")[0])
        if not 1 <= number <= 65535:
            self.error("E204", item, f"There is no port {number}: ports go from 1 to 65535.")
        return number

    def _rule(self, item: Node) -> ExitRule:
        action = item.tokens("WORD")[0]
        actions = ("Restart", "RestartAllContainers")
        if str(action) not in actions:
            hint = did_you_mean(str(action), actions, "Restart or RestartAllContainers.")
            self.error("E114", action, f"A rule has no action `{action}`.", hint)
        codes = item.nodes()[0]
        if codes.kind in ("not_in_codes", "nonzero"):
            listed = {0} if codes.kind == "nonzero" else code_set(codes, self, negate=False)
            return ExitRule("NotIn", tuple(sorted(listed)), str(action))
        return ExitRule("In", tuple(sorted(code_set(codes, self))), str(action))

    # ---- claims --------------------------------------------------------------------------

    def _claim(self, node: Node) -> None:
        kind = "table" if node.kind == "table" else str(node.tokens()[0])
        title = unquote(str(node.tokens("STRING")[0]))
        header = node.node("header") or Node("header", [])
        pods = []
        for_pods = header.node("for_pods")
        for name in for_pods.nodes() if for_pods else ():
            token = name.tokens()[0]
            pods.append((unquote(str(token)), self.span(token)))
        policies: list[str] = []
        under = header.node("policies")
        if header.node("every_policy") is not None:
            policies = list(POLICIES)
        elif under is not None:
            policies = [p for t in under.tokens("WORD") if (p := self.policy(t)) is not None]
            policies = policies or list(POLICIES)  # to find the errors of what is claimed
        start = next((n for n in header.nodes() if n.kind.startswith("from_")), None)
        assuming = header.node("assuming")
        self.spec.claims.append(
            ClaimDeclaration(
                kind, title, node, self.source, tuple(pods), tuple(dict.fromkeys(policies)),
                start, tuple(assuming.nodes()) if assuming else (),
            )
        )  # fmt: skip


def _volumes(node: Node) -> tuple[tuple[str, ...], frozenset[str]]:
    """The names of a pod's volumes, and which of them are an emptyDir, as one without a kind is."""
    kinds: dict[str, str] = {}
    for volume in node.nodes("volume"):
        name = unquote(str(volume.nodes("name")[0].tokens()[0]))
        kinds[name] = str(next(iter(volume.tokens("WORD")), "emptyDir"))
    return tuple(kinds), frozenset(name for name, kind in kinds.items() if kind == "emptyDir")


def code_set(node: Node, report: _Builder | None = None, negate: bool = True) -> frozenset[int]:
    """The exit codes that a code expression stands for.

    Codes beyond 255 are reported (if ``report`` is given) and left out.  With ``negate``
    false, ``not in {...}`` gives the listed codes themselves.
    """
    if node.kind == "nonzero":
        return frozenset(range(1, 256))
    if node.kind == "any_code":
        return frozenset(range(256))
    if node.kind == "not_in_codes":
        listed = code_set(node.nodes()[0], report)
        return frozenset(range(256)) - listed if negate else listed
    if node.kind in ("exit_codes", "exit_codes_of_event"):
        return code_set(node.nodes()[0], report, negate)
    if node.kind == "code_set":
        found: frozenset[int] = frozenset()
        return found.union(*(code_set(n, report) for n in node.nodes("code_item")))
    numbers = []
    for token in node.tokens("NUMBER"):
        number = int(token)
        numbers.append(number)
        if number > 255 and report is not None:
            message = f"There is no exit code {number}: exit codes go from 0 to 255."
            report.error("E203", token, message)
    if len(numbers) == 2:
        return frozenset(range(numbers[0], min(numbers[1], 255) + 1))
    return frozenset(n for n in numbers if n <= 255)
