#!/bin/sh
# refute "an OOM kill fails a pod of two", specs/kubernetes/oom-kill-is-an-exit-like-any-other.pod:37: pod two under Never
# It says: phase = Failed
# podcheck says that this run ends with: phase = Running
# The rules are those of Kubernetes 1.36.
#
# It runs against the cluster and the namespace that kubectl is set to, needs pod.yaml beside
# it, and removes what it made.
#
# Exit code 0: the cluster did what podcheck says; 1: it did something else; 2: it could not be
# tried.
set -u

pod=podcheck-two
# shellcheck disable=SC2016 # the dollars are the template's own
template='
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
'
here=$(dirname "$0")

# status: what the API server shows of the pod, a line each for the pod and its containers.
status() {
  kubectl get pod "$pod" -o go-template="$template" | sed 's/ErrImagePull/ImagePullBackOff/'
}

# begin NUMBER EVENT: a step begins.
begin() {
  number=$1 event=$2
}

# let_go CONTAINER: its script goes on to this step.
let_go() {
  kubectl exec "$pod" -c "$1" -- touch "/podcheck/step-$number" ||
    bail "the script of $1 can't be told to go on"
}

# shows SECONDS: the status is the text given, seen twice in a row within that time.
shows() {
  left=$1 seen=0 expected=$(cat)
  while [ "$seen" -lt 2 ]; do
    actual=$(status)
    if [ "$actual" = "$expected" ]; then
      seen=$((seen + 1))
    elif [ "$left" -gt 0 ]; then
      seen=0
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

clean_up() {
  kubectl delete pod "$pod" --ignore-not-found --now
} >/dev/null 2>&1

