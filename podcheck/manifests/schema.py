"""The fields of the Kubernetes API near those that bear on restarts and status, by object.

From the reference of release 1.36 (staging/src/k8s.io/api/{core,apps,batch}/v1/types.go).  A field
that is not read stands here so that its name is known not to be a slip.
"""

from __future__ import annotations

from typing import NamedTuple


class ObjectType(NamedTuple):
    """A kind of object: how a message calls it, and the names of its fields."""

    name: str
    fields: frozenset[str]


def _type(name: str, fields: str) -> ObjectType:
    return ObjectType(name, frozenset(fields.split()))


TOP = _type("object", "apiVersion kind metadata spec status")
LIST = _type("List", "apiVersion kind metadata items")
METADATA = _type(
    "metadata",
    """annotations creationTimestamp deletionGracePeriodSeconds deletionTimestamp finalizers
    generateName generation labels managedFields name namespace ownerReferences resourceVersion
    selfLink uid""",
)

POD_TEMPLATE = _type("pod template", "metadata spec")
JOB_TEMPLATE = _type("Job template", "metadata spec")

POD_SPEC = _type(
    "pod spec",
    """activeDeadlineSeconds affinity automountServiceAccountToken containers dnsConfig dnsPolicy
    enableServiceLinks ephemeralContainers evictionResponders hostAliases hostIPC hostNetwork
    hostPID hostUsers hostname hostnameOverride imagePullSecrets initContainers nodeName
    nodeSelector os overhead preemptionPolicy priority priorityClassName readinessGates
    resourceClaims resources restartPolicy runtimeClassName schedulerName schedulingGates
    schedulingGroup securityContext serviceAccount serviceAccountName setHostnameAsFQDN
    shareProcessNamespace subdomain terminationGracePeriodSeconds tolerations
    topologySpreadConstraints volumes workloadRef""",
)
CONTAINER = _type(
    "container",
    """args command env envFrom image imagePullPolicy lifecycle livenessProbe name ports
    readinessProbe resizePolicy resources restartPolicy restartPolicyRules securityContext
    startupProbe stdin stdinOnce terminationMessagePath terminationMessagePolicy tty volumeDevices
    volumeMounts workingDir""",
)
PROBE = _type(
    "probe",
    """exec failureThreshold grpc httpGet initialDelaySeconds periodSeconds successThreshold
    tcpSocket terminationGracePeriodSeconds timeoutSeconds""",
)
LIFECYCLE = _type("lifecycle", "postStart preStop stopSignal")
RULE = _type("restart rule", "action exitCodes")
EXIT_CODES = _type("exitCodes", "operator values")
PORT = _type("port", "containerPort hostIP hostPort name protocol")
MOUNT = _type(
    "volume mount",
    "mountPath mountPropagation name readOnly recursiveReadOnly subPath subPathExpr",
)
VOLUME = _type(
    "volume",
    """awsElasticBlockStore azureDisk azureFile cephfs cinder configMap csi downwardAPI emptyDir
    ephemeral fc flexVolume flocker gcePersistentDisk gitRepo glusterfs hostPath image iscsi name
    nfs persistentVolumeClaim photonPersistentDisk portworxVolume projected quobyte rbd scaleIO
    secret storageos vsphereVolume""",
)

DEPLOYMENT_SPEC = _type(
    "Deployment spec",
    """minReadySeconds paused progressDeadlineSeconds replicas revisionHistoryLimit selector
    strategy template""",
)
REPLICA_SET_SPEC = _type("ReplicaSet spec", "minReadySeconds replicas selector template")
REPLICATION_CONTROLLER_SPEC = _type(
    "ReplicationController spec", "minReadySeconds replicas selector template"
)
STATEFUL_SET_SPEC = _type(
    "StatefulSet spec",
    """minReadySeconds ordinals persistentVolumeClaimRetentionPolicy podManagementPolicy replicas
    revisionHistoryLimit selector serviceName template updateStrategy volumeClaimTemplates""",
)
DAEMON_SET_SPEC = _type(
    "DaemonSet spec", "minReadySeconds revisionHistoryLimit selector template updateStrategy"
)
JOB_SPEC = _type(
    "Job spec",
    """activeDeadlineSeconds backoffLimit backoffLimitPerIndex completionMode completions managedBy
    manualSelector maxFailedIndexes parallelism podFailurePolicy podReplacementPolicy selector
    successPolicy suspend template ttlSecondsAfterFinished""",
)
CRON_JOB_SPEC = _type(
    "CronJob spec",
    """concurrencyPolicy failedJobsHistoryLimit jobTemplate schedule startingDeadlineSeconds
    successfulJobsHistoryLimit suspend timeZone""",
)
FAILURE_POLICY = _type("podFailurePolicy", "rules")
FAILURE_RULE = _type("podFailurePolicy rule", "action onExitCodes onPodConditions")
ON_EXIT_CODES = _type("onExitCodes", "containerName operator values")
ON_POD_CONDITION = _type("onPodConditions pattern", "status type")
SUCCESS_POLICY = _type("successPolicy", "rules")
SUCCESS_RULE = _type("successPolicy rule", "succeededCount succeededIndexes")

# The objects in which a field that stands in the wrong place may have been meant.
PLACES = (POD_SPEC, CONTAINER, JOB_SPEC, PROBE, LIFECYCLE)

GROUPS: dict[str, frozenset[str]] = {
    "v1": frozenset(
        """Binding ConfigMap Endpoints Event LimitRange List Namespace Node PersistentVolume
        PersistentVolumeClaim Pod PodTemplate ReplicationController ResourceQuota Secret Service
        ServiceAccount""".split()
    ),
    "apps/v1": frozenset("ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet".split()),
    "batch/v1": frozenset(("CronJob", "Job")),
}
