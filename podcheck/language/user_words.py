"""What users write, and the word of podcheck that they mean: the tables of the messages.

Keys are lower case.  In what they stand for, ``{c}`` is the name of a container.
``tests/test_messages.py`` checks every right-hand side against the grammar and the rules.
"""

from __future__ import annotations

# The declarations of a spec, as `Expected ...` lists them.
SPEC_DECLARATIONS = ("pod", "table", "scenario", "check", "find", "refute")
# What else may begin one; a rule pack has more.
OTHER_DECLARATIONS = ("kubernetes", "gates", "include", "rule")

# A word of other languages, and the keyword.
KEYWORDS_MEANT = {
    "initcontainer": "init", "initcontainers": "init", "init_container": "init",
    "init-container": "init",
    "sidecarcontainer": "sidecar", "sidecarcontainers": "sidecar", "sidecars": "sidecar",
    "containers": "container", "ctr": "container",
    "volumes": "volume", "emptydir": "volume", "volumemounts": "mount", "volumemount": "mount",
    "ports": "port", "containerport": "port", "hostport": "hostPort",
    "import": "include", "policies": "policy", "assume": "assuming", "assumes": "assuming",
    "given": "assuming", "where": "assuming", "globally": "always", "invariant": "always",
    "finally": "eventually", "until": "until", "eq": "=", "equals": "=", "equal": "=",
    "implied": "implies", "and": "and", "forall": "every", "each": "every", "all": "every",
    "exists": "some", "observed": "observe", "observes": "observe", "watch": "observe",
}  # fmt: skip

# Numbers as words, and words for repetition.
NUMBER_WORDS = {
    "once": "1", "one": "1", "twice": "2", "two": "2", "thrice": "3", "three": "3", "four": "4",
    "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9", "ten": "10",
}  # fmt: skip
TIMES_WORDS = frozenset(("times", "time", "x", "repeats", "repeated"))

# Words for an exit code, as in `exits with code 1`.
CODE_WORDS = frozenset(("code", "exitcode", "exit_code", "exit-code", "status", "exit"))

# Fields of the pod that are written as if they were nested: `pod.phase`, `status.phase`.
POD_PREFIXES = frozenset(("pod", "status", "spec", "self", "this", "metadata"))

# Fields of a container.
CONTAINER_FIELDS = {
    "restarts": ("{c}.restartCount",), "restart": ("{c}.restartCount",),
    "restart_count": ("{c}.restartCount",), "restartcounts": ("{c}.restartCount",),
    "restart-count": ("{c}.restartCount",), "count": ("{c}.restartCount",),
    "status": ("{c}.state", "{c}.reason"), "phase": ("{c}.state", "phase"),
    "code": ("{c}.exitCode",), "exit_code": ("{c}.exitCode",), "exitstatus": ("{c}.exitCode",),
    "exit": ("{c}.exitCode",), "returncode": ("{c}.exitCode",), "rc": ("{c}.exitCode",),
    "terminated": ("{c}.state = terminated",), "running": ("{c}.state = running",),
    "waiting": ("{c}.state = waiting",), "oomkilled": ("{c}.reason = OOMKilled",),
    "crashloopbackoff": ("{c}.reason = CrashLoopBackOff",),
    "completed": ("{c}.reason = Completed",), "message": ("{c}.reason",),
    "isready": ("{c}.ready",), "readiness": ("{c}.ready",), "live": ("{c}.state = running",),
    "alive": ("{c}.state = running",), "isstarted": ("{c}.started",),
    "laststate": ("{c}.lastState", "{c}.lastReason", "{c}.lastExitCode"),
    "lasttermination": ("{c}.lastState", "{c}.lastReason", "{c}.lastExitCode"),
    "policy": ("{c}.restartPolicy",), "type": ("{c}.role",), "kind": ("{c}.role",),
}  # fmt: skip

# Names of the pod.
POD_FIELDS = {
    "status": ("STATUS", "phase"), "state": ("phase", "{c}.state"), "pod": ("phase",),
    "podphase": ("phase",), "restarts": ("RESTARTS", "{c}.restartCount"),
    "restartcount": ("{c}.restartCount",), "exitcode": ("{c}.exitCode",),
    "exit_code": ("{c}.exitCode",), "code": ("{c}.exitCode",), "restartpolicy": ("policy",),
    "isready": ("condition Ready",), "isdeleted": ("deleted",), "removed": ("gone",),
    "terminating": ("deleting", 'STATUS = "Terminating"'), "deletiontimestamp": ("deleting",),
    "conditions": ("condition Ready",), "alive": ("{c}.state = running",),
}  # fmt: skip

# Values of other tools, and those of Kubernetes.
VALUES_MEANT = {
    "exited": ("terminated",), "stopped": ("terminated",), "dead": ("terminated",),
    "finished": ("terminated", "Succeeded", "Complete"),
    "done": ("terminated", "Succeeded", "Complete"), "completed": ("Complete",),
    "succeeded": ("Complete",),  # the phase of a Job
    "up": ("running", "Running"), "alive": ("running", "Running"),
    "started": ("running", "Running"), "starting": ("waiting", "Pending"),
    "created": ("waiting", "Pending"), "blocked": ("waiting",),
    "success": ("Succeeded", "Completed", "Complete"), "complete": ("Succeeded", "Completed"),
    "successful": ("Succeeded", "Completed", "Complete"), "failure": ("Failed", "Error"),
    "crashed": ("Failed", "Error"), "oom": ("OOMKilled",), "crashloop": ("CrashLoopBackOff",),
    "crash": ("CrashLoopBackOff",), "deadline": ("DeadlineExceeded",), "no": ("Never",),
    "on-failure": ("OnFailure",), "unless-stopped": ("Always",),
}  # fmt: skip

# Words of the STATUS column that are no phase, and the phase of a pod that shows them (with one
# main container).
STATUS_PHASES = {
    "CrashLoopBackOff": "Running", "Completed": "Succeeded", "Error": "Failed",
    "OOMKilled": "Failed", "ContainerCreating": "Pending", "PodInitializing": "Pending",
    "ErrImagePull": "Pending", "ImagePullBackOff": "Pending", "NotReady": "Running",
    "Terminating": "Running", "Evicted": "Failed",
    "CreateContainerConfigError": "Pending", "CreateContainerError": "Pending",
    "InvalidImageName": "Pending", "RunContainerError": "Running",
}  # fmt: skip

# Phases that no pod has any more.
PHASES_OF_OLD = {
    "Unknown": "No component of Kubernetes writes `Unknown` any more. "
    "Ask for `not condition Ready` after `node is lost`.",
}

# A verb or noun in an event, and the events that it may mean, the likeliest first.
EVENTS_MEANT = {
    "killed": ("{c} exits 137", "{c} is OOMKilled", "{c} fails livenessProbe"),
    "kill": ("{c} exits 137", "{c} is OOMKilled", "{c} fails livenessProbe"),
    "sigkill": ("{c} exits 137",), "sigterm": ("{c} exits 143", "pod is deleted"),
    "crashes": ("{c} exits nonzero",), "crashed": ("{c} exits nonzero",),
    "crash": ("{c} exits nonzero",), "errors": ("{c} exits nonzero",),
    "dies": ("{c} exits nonzero", "{c} is OOMKilled"), "died": ("{c} exits nonzero",),
    "fails": ("{c} exits nonzero",), "failed": ("{c} exits nonzero",),
    "panics": ("{c} exits nonzero",), "exit": ("{c} exits any",), "exited": ("{c} exits any",),
    "terminates": ("{c} exits any",), "terminated": ("{c} exits any",),
    "stops": ("{c} exits any",), "stopped": ("{c} exits any",), "ends": ("{c} exits any",),
    "finishes": ("{c} exits 0",), "finished": ("{c} exits 0",), "completes": ("{c} exits 0",),
    "completed": ("{c} exits 0",), "succeeds": ("{c} exits 0",), "succeeded": ("{c} exits 0",),
    "done": ("{c} exits 0",), "returns": ("{c} exits 0",),
    "restarts": ("{c} exits nonzero", "kubelet restarts"),
    "restarted": ("{c} exits nonzero", "kubelet restarts"),
    "oom": ("{c} is OOMKilled",), "oomkilled": ("{c} is OOMKilled",),
    "oomkill": ("{c} is OOMKilled",), "ooms": ("{c} is OOMKilled",),
    "memory": ("{c} is OOMKilled",),
    "liveness": ("{c} fails livenessProbe",), "livenessprobe": ("{c} fails livenessProbe",),
    "startup": ("{c} passes startupProbe", "{c} fails startupProbe"),
    "startupprobe": ("{c} passes startupProbe", "{c} fails startupProbe"),
    "readiness": ("{c} becomes unready", "{c} becomes ready"),
    "readinessprobe": ("{c} becomes unready", "{c} becomes ready"),
    "unready": ("{c} becomes unready",), "ready": ("{c} becomes ready",),
    "probe": ("{c} fails livenessProbe", "{c} becomes unready"),
    "image": ("{c} image pull fails", "{c} image is pulled"),
    "pull": ("{c} image pull fails", "{c} image is pulled"),
    "hook": ("{c} postStart hook fails",), "poststart": ("{c} postStart hook fails",),
    "backoff": ("backoff ends",), "back-off": ("backoff ends",),
    "crashloopbackoff": ("backoff ends",), "delay": ("backoff ends",),
    "wait": ("time passes", "backoff ends"), "waits": ("time passes", "backoff ends"),
    "sleep": ("time passes",), "minutes": ("time passes",), "seconds": ("time passes",),
    "time": ("time passes",),
    "deleted": ("pod is deleted",), "deletes": ("pod is deleted",), "delete": ("pod is deleted",),
    "evicted": ("pod is evicted",), "eviction": ("pod is evicted",), "evict": ("pod is evicted",),
    "drained": ("pod is drained",), "drain": ("pod is drained",),
    "preempted": ("pod is preempted",), "preemption": ("pod is preempted",),
    "rejected": ("pod is rejected",), "admission": ("pod is rejected",),
    "node": ("node is lost", "node reboots", "node shuts down"),
    "reboot": ("node reboots",), "rebooted": ("node reboots",), "kubelet": ("kubelet restarts",),
    "sandbox": ("sandbox dies", "sandbox creation fails"), "deadline": ("deadline passes",),
    "activedeadlineseconds": ("deadline passes",), "timeout": ("deadline passes",),
    "code": ("{c} exits 1",), "exitcode": ("{c} exits 1",), "unhealthy": ("{c} becomes unready",),
    "starts": ("nothing happens",), "nothing": ("nothing happens",),
}  # fmt: skip

# Words of a phrase that say nothing about which event it is.
FILLERS = frozenset(("a", "an", "the", "of", "its", "is", "gets", "has", "been", "on", "in", "by"))

# What follows a container's name in an event, but never in a condition.
EVENT_VERBS = frozenset(
    ("exits", "is", "fails", "becomes", "passes", "image", "start", "postStart", "backoff", "runs")
)

# A word in the place of a kind of events after `assuming`.
KINDS_MEANT = {
    "exit": "exits", "crash": "exits", "crashes": "exits", "failures": "exits",
    "oom": "OOM kills", "ooms": "OOM kills", "oomkills": "OOM kills", "oomkilled": "OOM kills",
    "probes": "probe failures", "delete": "deletion", "deletions": "deletion",
    "evictions": "eviction", "evict": "eviction", "drain": "deletion", "reboots": "reboot",
    "restarts": "kubelet restart", "shutdown": "node shutdown", "back-off": "backoff",
    "time": "backoff", "images": "image failures",
}  # fmt: skip

# Commands of other tools, and what to type here.
COMMANDS_MEANT = {
    "version": "--version", "help": "--help", "test": "verify", "tests": "verify",
    "prove": "verify", "check": "verify", "validate": "verify", "lint": "audit", "scan": "audit",
    "play": "run", "simulate": "run", "exec": "run", "format": "fmt", "list": "rules list",
    "events": "rules events", "errors": "explain", "error": "explain", "create": "new",
}  # fmt: skip
