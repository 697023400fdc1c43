"""The explanations of the codes that only manifests can trigger, with examples in YAML."""

from __future__ import annotations

from collections.abc import Mapping

from podcheck.language.diagnostic_codes import Explanation


def _pod(*lines: str, head: str = "metadata: {name: web}") -> str:
    """A Pod with one container; the lines stand in its spec."""
    inner = "".join(f"  {line}\n" for line in lines)
    return f"apiVersion: v1\nkind: Pod\n{head}\nspec:\n{inner}"


def _container(*lines: str) -> str:
    """A Pod whose one container has the lines."""
    return _pod("containers:", "- name: app", *(f"  {line}" for line in lines))


def _controller(kind: str, *lines: str, policy: str = "", api: str = "apps/v1") -> str:
    """A controller whose spec has the lines before its pod template."""
    inner = "".join(f"  {line}\n" for line in lines)
    chosen = f"restartPolicy: {policy}, " if policy else ""
    return (
        f"apiVersion: {api}\nkind: {kind}\nmetadata: {{name: web}}\nspec:\n{inner}"
        f"  template:\n    spec: {{{chosen}containers: [{{name: app}}]}}\n"
    )


def _job(*lines: str, policy: str = "Never") -> str:
    return _controller("Job", *lines, policy=policy, api="batch/v1")


def _failure_policy(*lines: str) -> str:
    rules = [f"    {line}" for line in lines]
    return _job("podFailurePolicy:", "  rules:", *rules)


def _indexed(*lines: str) -> str:
    return _job("completionMode: Indexed", *lines)


_ON = "# podcheck audit --kubernetes {}\n"  # the release for which an example is meant


def _explain(title: str, text: str, example: str = "") -> Explanation:
    return Explanation(title, text, example, suffix=".yaml")


_TEXT = {
    "E320": _explain(
        "the text is not YAML",
        "The document can't be read from this place on; the others of the file are read all the "
        "same.  Most often the indentation is at fault, or a text with a `:` or a special sign "
        "at its beginning that needs quotes.",
        _pod("containers: [name: app"),
    ),
    "E321": _explain(
        "the document is nested too deep",
        "Lists and objects may be nested 100 levels deep; no manifest comes near.",
        "[" * 101 + "]" * 101 + "\n",
    ),
    "E322": _explain(
        "the document is too large",
        "A document may have a million values, where an alias counts as often as what it stands "
        "for, and a file 100,000 documents.  A few lines of aliases of aliases can stand for "
        "billions of values.",
        "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"{n}: &{n} [{', '.join([f'*{before}'] * 10)}]\n"
            for before, n in zip("abcdef", "bcdefg", strict=True)
        ),
    ),
    "E323": _explain(
        "a YAML tag",
        "A tag such as `!!str` or `!Ref` asks the reader of the YAML for something that "
        "Kubernetes has no use for.  To make a text of a number, put it in quotes.",
        _pod("containers:", "- name: !!str app"),
    ),
    "E325": _explain(
        "an alias that stands for nothing",
        "An alias `*name` needs an anchor `&name` before it in the same document, and is not "
        "allowed inside of what it stands for.",
        _pod("containers: *containers"),
    ),
    "E326": _explain(
        "a template that has not been rendered",
        "A file of a Helm chart's folder `templates` is no manifest but makes one.  Render it "
        "first, and give podcheck the result: `helm template CHART | podcheck audit -`.",
        _pod("containers:", "- name: {{ .Chart.Name }}"),
    ),
    "E327": _explain(
        "a character that YAML does not allow",
        "YAML allows no control characters; in double quotes, escapes such as `\\x1b` "
        "may.  A NUL is often a sign of a file in the encoding UTF-16.",
        _pod("containers: [{name: app}]  # \x01"),
    ),
}  # fmt: skip

_READ = {
    "E330": _explain(
        "a field that does not exist, and resembles one that does",
        "The API server drops a field that it does not know, or refuses the object; either way "
        "what it says does not take effect.  Names of fields are written with small and capital "
        "letters as in the API, and stand in the right object.",
        _container("livenessprobe: {httpGet: {port: 80}}"),
    ),
    "E331": _explain(
        "a value of the wrong type",
        "YAML reads `yes`, `on` and `true` as true, `no` and `off` as false, `1` and `0x10` as "
        "numbers, and all of them in quotes as texts; the API server takes only the type that "
        "the field has.",
        _pod('activeDeadlineSeconds: "60"', "containers: [{name: app}]"),
    ),
    "E332": _explain(
        "a word that the field does not know",
        "The field takes one of a few words, spelt as the API spells them.",
        _pod("restartPolicy: never", "containers: [{name: app}]"),
    ),
    "E333": _explain(
        "a number out of its field's range",
        "The API server refuses it.",
        _pod("activeDeadlineSeconds: 0", "containers: [{name: app}]"),
    ),
    "E334": _explain(
        "a field is missing",
        "The API server refuses the object without it.",
        _pod("containers: [{image: busybox}]"),
    ),
    "E335": _explain(
        "an unknown kind or API version",
        "The groups v1, apps/v1 and batch/v1 have a fixed set of kinds, each of one group.  Kinds "
        "of other groups are passed over.",
        "apiVersion: apps/v1\nkind: Deploymnet\nmetadata: {name: web}\n",
    ),
    "E336": _explain(
        "a text that can't be a name",
        "Names of objects and containers consist of small letters, digits and `-`; those of "
        "objects may hold `.` too.  It begins and ends with a letter or digit.",
        _pod("containers: [{name: My_App}]"),
    ),
    "E337": _explain(
        "the manifest has no such workload",
        'A spec takes a pod from a manifest with `pod web from "deploy.yaml" Deployment/web`: kind '
        "and name as they stand there, or kind, namespace and name.  A workload with errors "
        "can't be taken.",
    ),
    "E338": _explain(
        "it isn't clear which workload of a manifest is meant",
        "Kind and name may be left out only if the file has one workload; the namespace belongs "
        "between them, `Deployment/shop/web`, if several have the same kind and name.",
    ),
    "E339": _explain(
        "too much is wrong with an object",
        "After a thousand errors and warnings it is not read any further.",
    ),
    "E381": _explain(
        "no pod or Job with a status to explain",
        "`podcheck explain` reads what `kubectl get job,pod -o yaml` (or `-o json`) prints: Pods "
        "and Jobs, alone or in a List, each with its status.",
    ),
    "E382": _explain(
        "a field of a status is wrong",
        "A status is read as the API server writes it. A field with a value that no component "
        "writes was edited or copied wrongly.",
    ),
    "W340": _explain(
        "a field that podcheck does not know",
        "It resembles no known one, so it may be of a later release; it is passed over.",
        _container("zigzag: 1"),
    ),
    "W341": _explain(
        "an exit code that never comes",
        "Exit codes go from 0 to 255.  The API server takes other numbers in an exit rule, but no "
        "container ever ends with one.",
        _container(
            "restartPolicy: Never",
            "restartPolicyRules:",
            "- {action: Restart, exitCodes: {operator: In, values: [1, 300]}}",
        ),
    ),
    "W342": _explain(
        "two workloads of one kind and name",
        "If both are applied to one namespace, the second takes the place of the first.",
        _pod("containers: [{name: app}]") + "---\n" + _pod("containers: [{name: app}]"),
    ),
    "W345": _explain(
        "an exception that ignores nothing",
        "An item of `ignore` in a podcheck.yaml matches no finding in its folder or below: the "
        "finding is gone, or the pattern is not the one that was meant. Take it out.",
    ),
    "W346": _explain(
        "a chart or kustomization that can't be rendered",
        "`podcheck audit --render` runs `helm template` or `kustomize build`, which ended with an "
        "error. Its files are audited as they are. A chart may need values (`--values`) or its "
        "dependencies (`helm dependency build`).",
    ),
    "W344": _explain(
        "a key that stands twice",
        "Of two keys of one name in one object only one counts.  kubectl takes the last without a "
        "word; other tools take the first, or refuse the file.",
        _pod("restartPolicy: Always", "restartPolicy: Never", "containers: [{name: app}]"),
    ),
    "W343": _explain(
        "an API version that is no longer served",
        "The object is read as one of the version that has taken its place.",
        _controller("Deployment", api="apps/v1beta2"),
    ),
}

MANIFEST_EXPLANATIONS: Mapping[str, Explanation] = {**_TEXT, **_READ}

_IN = "onExitCodes: {operator: In, values: "

# Examples for the codes that the rule pack declares.
MANIFEST_EXAMPLES: Mapping[str, str] = {
    "E350": _controller("Deployment", policy="OnFailure"),
    "E351": _job(policy="Always"),
    "E352": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n"
    "    spec:\n      activeDeadlineSeconds: 60\n      containers: [{name: app}]\n",
    "E353": _job(
        "podFailurePolicy:",
        f"  rules: [{{action: FailJob, {_IN}[42]}}}}]",
        policy="OnFailure",
    ),
    "E354": _failure_policy(*(f"- {{action: Count, {_IN}[{n}]}}}}" for n in range(1, 22))),
    "E355": _failure_policy(f"- {{action: FailIndex, {_IN}[42]}}}}"),
    "E356": _failure_policy("- {action: Ignore}"),
    "E357": _failure_policy(f"- {{action: Ignore, {_IN}[0, 1]}}}}"),
    "E358": _failure_policy(f"- {{action: Ignore, {_IN}[2, 1]}}}}"),
    "E359": _failure_policy(f"- {{action: Ignore, {_IN}[]}}}}"),
    "E360": _failure_policy(
        "- action: Ignore",
        "  onExitCodes: {containerName: ap, operator: In, values: [1]}",
    ),
    "E361": _job(
        "podReplacementPolicy: TerminatingOrFailed",
        "podFailurePolicy:",
        f"  rules: [{{action: FailJob, {_IN}[42]}}}}]",
    ),
    "E362": _job("backoffLimitPerIndex: 1"),
    "E363": _job("completionMode: Indexed", "completions: 3", "maxFailedIndexes: 1"),
    "E373": _job("completionMode: Indexed", "parallelism: 2"),
    "E365": _container(
        "restartPolicy: Never",
        "restartPolicyRules:",
        f"- {{action: Restart, exitCodes: {{operator: In, values: {[*range(256)]}}}}}",
    ),
    "E366": _pod(
        "initContainers:",
        "- name: migrate",
        "  lifecycle: {preStop: {exec: {command: [sync]}}}",
        "containers: [{name: app}]",
    ),
    "E367": _container("livenessProbe: {successThreshold: 2, tcpSocket: {port: 80}}"),
    "E368": _container(
        "readinessProbe:",
        "  terminationGracePeriodSeconds: 5",
        "  tcpSocket: {port: 80}",
    ),
    "E369": _container("livenessProbe: {terminationGracePeriodSeconds: 0, tcpSocket: {port: 80}}"),
    "E370": _pod(
        "restartPolicy: Never",
        "containers:",
        "- name: app",
        "  resizePolicy: [{resourceName: memory, restartPolicy: RestartContainer}]",
    ),
    "E371": _pod(
        "initContainers:",
        "- name: migrate",
        "  resizePolicy: [{resourceName: memory, restartPolicy: RestartContainer}]",
        "containers: [{name: app}]",
    ),
    "E372": _container(
        "ports:",
        "- {containerPort: 1, hostPort: 80}",
        "- {containerPort: 2, hostPort: 80}",
    ),
    "E374": _container(
        "resizePolicy:",
        "- {resourceName: cpu, restartPolicy: NotRequired}",
        "- {resourceName: cpu, restartPolicy: RestartContainer}",
    ),
    "E375": _container("livenessProbe: {periodSeconds: 5}"),
    "E376": _container("lifecycle: {preStop: {}}"),
    "E377": _container("livenessProbe: {httpGet: {port: 80}, tcpSocket: {port: 80}}"),
    "E378": _container("livenessProbe: {exec: {}}"),
    "E379": _ON.format("1.29") + _container("lifecycle: {preStop: {sleep: {seconds: 5}}}"),
    "E380": _container("lifecycle: {preStop: {sleep: {seconds: 40}}}"),
    "E381": _ON.format("1.32") + _container("lifecycle: {preStop: {sleep: {seconds: 0}}}"),
    "E382": _pod(
        "hostNetwork: true",
        "containers: [{name: app, ports: [{containerPort: 80, hostPort: 8080}]}]",
    ),
    "E383": _pod("ephemeralContainers: [{name: shell}]", "containers: [{name: app}]"),
    "E384": _failure_policy(
        "- action: Ignore", "  onPodConditions:", *["  - {type: DisruptionTarget}"] * 21
    ),
    "E385": _indexed("completions: 3", "backoffLimitPerIndex: 1", "maxFailedIndexes: 4"),
    "E386": _indexed("completions: 3", "parallelism: 200000"),
    "E387": _indexed("completions: 200000", "backoffLimitPerIndex: 1"),
    "E388": _indexed("completions: 3", "successPolicy: {rules: []}"),
    "E389": _indexed(
        "completions: 3", f"successPolicy: {{rules: [{', '.join(['{succeededCount: 1}'] * 21)}]}}"
    ),
    "E390": _indexed("completions: 3", "successPolicy: {rules: [{}]}"),
    "E391": _indexed("completions: 3", "successPolicy: {rules: [{succeededCount: 4}]}"),
    "E392": _indexed(
        "completions: 3", 'successPolicy: {rules: [{succeededCount: 2, succeededIndexes: "1"}]}'
    ),
    "E393": _indexed("completions: 3", 'successPolicy: {rules: [{succeededIndexes: "1-5"}]}'),
    "W313": _pod(
        "containers:",
        "- {name: app, volumeMounts: [{name: certs, mountPath: /certs}]}",
        head="metadata: {name: web, labels: {sidecar.istio.io/inject: \"true\"}}",
    ),
    "W314": "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: web}\nspec:\n"
    "  template:\n    spec:\n      hostNetwork: true\n      containers:\n"
    "      - {name: app, ports: [{containerPort: 80}]}\n"
    "      - {name: web, ports: [{containerPort: 80}]}\n",
    "W304": _container(
        "restartPolicy: Never",
        "restartPolicyRules:",
        "- {action: Restart, exitCodes: {operator: In, values: [1, 1]}}",
    ),
    "W309": _ON.format("1.32") + _container(
        "resizePolicy: [{resourceName: memory, restartPolicy: RestartContainer}]"
    ),
    "W310": _ON.format("1.28") + _indexed("completions: 3", "backoffLimitPerIndex: 1"),
    "W311": _ON.format("1.28") + _job("podReplacementPolicy: Failed"),
    "W312": _ON.format("1.30") + _indexed(
        "completions: 3", "successPolicy: {rules: [{succeededCount: 1}]}"
    ),
}  # fmt: skip
