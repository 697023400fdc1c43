"""The script of a staged run: POSIX sh and kubectl; what it prints is TAP.

Each step is brought about, then the status is asked for once a second until it is what podcheck
says, twice in a row, or the time is over.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from podcheck.reproduction.manifest import FOLDER, pod_name
from podcheck.reproduction.staging import Staging, Step
from podcheck.reproduction.status import ALTERNATING, TEMPLATE

_USAGE = """\
# It runs against the cluster and the namespace that kubectl is set to, needs pod.yaml beside
# it, and removes what it made.
#
# Exit code 0: the cluster did what podcheck says; 1: it did something else; 2: it could not be
# tried.
set -u
"""

_FUNCTIONS = """\
# status: what the API server shows of the pod, a line each for the pod and its containers.
status() {
  shown=$(kubectl get pod "$pod" --ignore-not-found -o go-template="$template") || return
  echo "$shown" | sed 's/%(first)s/%(second)s/'
}

# begin NUMBER EVENT: a step begins.
begin() {
  number=$1 event=$2
}

# let_go CONTAINER: its script goes on to this step.
let_go() {
  kubectl exec "$pod" -c "$1" -- touch "%(folder)s/step-$number" ||
    bail "the script of $1 can't be signalled"
}

# shows SECONDS: the status is the text given, seen twice in a row within that time.
shows() {
  left=$1 seen=0 expected=$(cat)
  while [ "$seen" -lt 2 ]; do
    failed=no
    actual=$(status) || failed=yes
    if [ "$actual" = "$expected" ]; then
      seen=$((seen + 1))
    elif [ "$left" -gt 0 ]; then
      seen=0
    elif [ "$failed" = yes ]; then
      bail "kubectl failed"
    else
      differs "$expected" "$actual"
    fi
    left=$((left - 1))
    sleep 1
  done
}

# gone: the pod's object is removed within a minute.
gone() {
  left=60
  while [ -n "$(kubectl get pod "$pod" --ignore-not-found -o name || echo unknown)" ]; do
    [ "$left" -gt 0 ] || differs "no pod" "$(status)"
    left=$((left - 1))
    sleep 1
  done
}

ok() {
  echo "ok $number - $event"
}

differs() {
  echo "not ok $number - $event"
  echo "# podcheck says:"
  echo "$1" | sed 's/^/#   /'
  echo "# the cluster shows:"
  echo "$2" | sed 's/^/#   /'
  echo "# which is"
  kubectl version 2>/dev/null | sed 's/^/#   /'
  exit 1
}

bail() {
  echo "Bail out! Step $number, $event: $1."
  exit 2
}
"""

_EVICT = """\
# evict: through the Eviction API, as kubectl drain does.
evict() {
  namespace=$(kubectl get pod "$pod" -o jsonpath='{.metadata.namespace}')
  printf '{"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "%s"}}' "$pod" |
    kubectl create --raw "/api/v1/namespaces/$namespace/pods/$pod/eviction" -f - >/dev/null
}
"""

_RELEASE = """\
# release: the finalizer that kept the deleted pod, so that its last status could be seen.
release() {
  kubectl patch pod "$pod" --type=merge --patch '{"metadata": {"finalizers": null}}' >/dev/null
}
"""


def script(staging: Staging, heading: tuple[str, ...]) -> str:
    """The text of run.sh."""
    return "\n".join(_lines(staging, heading)) + "\n"


def _lines(staging: Staging, heading: tuple[str, ...]) -> Iterator[str]:
    yield "#!/bin/sh"
    yield from (f"# {line}" if line else "#" for line in heading)
    yield "#"
    yield _USAGE
    yield f"pod={pod_name(staging.pod)}"
    yield "# shellcheck disable=SC2016 # the dollars are the template's own"
    yield f"template={shlex.quote(TEMPLATE)}"
    yield 'here=$(dirname "$0")'
    yield ""
    first, second = ALTERNATING
    yield _FUNCTIONS % {"first": first, "second": second, "folder": FOLDER}
    if any("evict" in step.commands for step in staging.steps):
        yield _EVICT
    if staging.held:
        yield _RELEASE
    yield from _clean_up(staging)
    yield f"echo 1..{len(staging.steps)}"
    for step in staging.steps:
        yield ""
        yield from _step(staging, step)


def _clean_up(staging: Staging) -> Iterator[str]:
    yield "clean_up() {"
    if staging.held:
        yield "  release"
    yield '  kubectl delete pod "$pod" --ignore-not-found --now'
    for name in staging.configured:
        yield f'  kubectl delete configmap "$pod-{name}" --ignore-not-found'
    yield "} >/dev/null 2>&1"
    yield ""


def _step(staging: Staging, step: Step) -> Iterator[str]:
    yield f"begin {step.number} {shlex.quote(step.event)}"
    if step.number == 1:
        yield from _create(staging)
    yield from (f"# {line}" for line in step.hurry)
    for name in step.actors[:1]:
        yield f"let_go {name}"
    for command in step.commands:
        if command.startswith("kubectl"):
            command += " >/dev/null"
        yield f'{command} || bail "kubectl failed"'
    if step.status:
        yield f"shows {step.limit_s} <<'END'"
        yield from step.status
        yield "END"
    if step.gone:
        if step.status:
            yield "release"
        yield "gone"
    yield "ok"


_FIRST = """\
if [ -n "$(kubectl get pod "$pod" --ignore-not-found -o name || echo unknown)" ]; then
  bail "there is such a pod already, or kubectl does not work"
fi
trap clean_up EXIT
trap 'exit 2' HUP INT TERM\
"""


def _create(staging: Staging) -> Iterator[str]:
    yield _FIRST
    for name in staging.configured:
        if name not in staging.missing:
            command = f'kubectl create configmap "$pod-{name}" --from-literal=key=value'
            yield f'{command} >/dev/null || bail "kubectl failed"'
    yield 'kubectl create -f "$here/pod.yaml" >/dev/null || bail "kubectl failed"'
