"""A pod's status as lines of text: as podcheck expects it, and as kubectl prints it.

    pod: Running
    app: terminated OOMKilled 137, restarts 0, ready false
    helper: running, restarts 2, ready true, last Error 1

The same lines come from a state of the interpreter and, by a Go template, from the API server;
a script compares the two as texts.
"""

from __future__ import annotations

from podcheck.explanation.narrator import Narrator
from podcheck.explicit.interpreter import State

# `kubectl get pod NAME -o go-template=...`; the kubelet sorts main containers by name.
TEMPLATE = r"""
{{- define "container" -}}
  {{.name}}:
  {{- range $kind, $is := .state}} {{$kind}}
    {{- with $is.reason}} {{.}}{{end}}
    {{- if eq $kind "terminated"}} {{$is.exitCode}}{{end}}
  {{- end -}}
  , restarts {{.restartCount}}, ready {{.ready}}
  {{- with .lastState.terminated}}, last{{with .reason}} {{.}}{{end}} {{.exitCode}}{{end}}
  {{- "\n"}}
{{- end -}}
pod: {{.status.phase}}{{with .status.reason}} {{.}}{{end}}{{"\n"}}
{{- range .status.initContainerStatuses}}{{template "container" .}}{{end}}
{{- range .status.containerStatuses}}{{template "container" .}}{{end}}
"""

# The kubelet says one of these words and then the other, again and again.
ALTERNATING = ("ErrImagePull", "ImagePullBackOff")


def shown_status(narrator: Narrator, state: State) -> tuple[tuple[str, ...], bool]:
    """The lines of a state, and whether the pod's object has been removed."""
    values = narrator.machine.named(state)

    def word(name: str) -> str:
        value = str(values[name])
        value = ALTERNATING[1] if value == ALTERNATING[0] else value
        return f" {value}" if value != "none" else ""

    lines = [f"pod: {values['phase']}{word('reason')}"]
    for c in narrator.grounder.elaborator.ordered:
        kind = str(values[f"{c.name}.apiState"])
        if kind == "absent":
            continue
        line = f"{c.name}: {kind}"
        if kind != "running":
            line += word(f"{c.name}.reason")
        if kind == "terminated":
            line += f" {values[f'{c.name}.exitCode']}"
        ready = str(values[f"{c.name}.ready"]).lower()
        line += f", restarts {values[f'{c.name}.restartCount']}, ready {ready}"
        if values[f"{c.name}.lastState"] == "terminated":
            line += f", last{word(f'{c.name}.lastReason')} {values[f'{c.name}.lastExitCode']}"
        lines.append(line)
    return tuple(lines), bool(values["gone"])
