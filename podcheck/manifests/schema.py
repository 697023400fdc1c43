"""The fields of the Kubernetes API near those that bear on restarts and status, by object.

From the reference of the releases up to 1.37: staging/src/k8s.io/api/{core,apps,batch}/v1/types.go.
A field that is not read stands here so that its name is known not to be a slip.
"""

from __future__ import annotations

from typing import NamedTuple


class ObjectType(NamedTuple):
    """A kind of object: how a message calls it (`a probe`), and the names of its fields."""

    name: str
    fields: frozenset[str]


def _type(name: str, fields: str) -> ObjectType:
    return ObjectType(name, frozenset(fields.split()))


TOP = _type("an object", "apiVersion kind metadata spec status")
METADATA = _type(
    "`metadata`",
    """annotations creationTimestamp deletionGracePeriodSeconds deletionTimestamp finalizers
    generateName generation labels managedFields name namespace ownerReferences resourceVersion
    selfLink uid""",
)

OWNER_REFERENCE = _type(
    "an ownerReference", "apiVersion blockOwnerDeletion controller kind name uid"
)
CLAIM = _type("a volume claim template", "apiVersion kind metadata spec status")

POD_TEMPLATE = _type("a pod template", "metadata spec")
JOB_TEMPLATE = _type("a Job template", "metadata spec")

POD_SPEC = _type(
    "a pod spec",
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
    "a container",
    """args command env envFrom image imagePullPolicy lifecycle livenessProbe name ports
    readinessProbe resizePolicy resources restartPolicy restartPolicyRules securityContext
    startupProbe stdin stdinOnce terminationMessagePath terminationMessagePolicy tty volumeDevices
    volumeMounts workingDir""",
)
PROBE = _type(
    "a probe",
    """exec failureThreshold grpc httpGet initialDelaySeconds periodSeconds successThreshold
    tcpSocket terminationGracePeriodSeconds timeoutSeconds""",
)
RESIZE_POLICY = _type("`resizePolicy`", "resourceName restartPolicy")
LIFECYCLE = _type("`lifecycle`", "postStart preStop stopSignal")
HOOK = _type("a hook", "exec httpGet sleep tcpSocket")
EXEC = _type("`exec`", "command")
SLEEP = _type("`sleep`", "seconds")
ENV = _type("an environment variable", "name value valueFrom")
ENV_SOURCE = _type(
    "`valueFrom`", "configMapKeyRef fieldRef fileKeyRef resourceFieldRef secretKeyRef"
)
ENV_FROM = _type("an entry of `envFrom`", "configMapRef prefix secretRef")
REFERENCE = _type("a reference", "key name optional")
RULE = _type("a restart rule", "action exitCodes")
EXIT_CODES = _type("`exitCodes`", "operator values")
PORT = _type("a port", "containerPort hostIP hostPort name protocol")
MOUNT = _type(
    "a volume mount",
    """bindMountOptions mountPath mountPropagation name readOnly recursiveReadOnly subPath
    subPathExpr""",
)
VOLUME = _type(
    "a volume",
    """awsElasticBlockStore azureDisk azureFile cephfs cinder configMap csi downwardAPI emptyDir
    ephemeral fc flexVolume flocker gcePersistentDisk gitRepo glusterfs hostPath image iscsi name
    nfs persistentVolumeClaim photonPersistentDisk portworxVolume projected quobyte rbd scaleIO
    secret storageos vsphereVolume""",
)

DEPLOYMENT_SPEC = _type(
    "a Deployment spec",
    """minReadySeconds paused progressDeadlineSeconds replicas revisionHistoryLimit selector
    strategy template""",
)
REPLICA_SET_SPEC = _type("a ReplicaSet spec", "minReadySeconds replicas selector template")
REPLICATION_CONTROLLER_SPEC = _type(
    "a ReplicationController spec", "minReadySeconds replicas selector template"
)
STATEFUL_SET_SPEC = _type(
    "a StatefulSet spec",
    """minReadySeconds ordinals persistentVolumeClaimRetentionPolicy podManagementPolicy replicas
    revisionHistoryLimit selector serviceName template updateStrategy volumeClaimTemplates""",
)
DAEMON_SET_SPEC = _type(
    "a DaemonSet spec", "minReadySeconds revisionHistoryLimit selector template updateStrategy"
)
JOB_SPEC = _type(
    "a Job spec",
    """activeDeadlineSeconds backoffLimit backoffLimitPerIndex completionMode completions managedBy
    manualSelector maxFailedIndexes parallelism podFailurePolicy podReplacementPolicy scheduling
    selector successPolicy suspend template ttlSecondsAfterFinished""",
)
CRON_JOB_SPEC = _type(
    "a CronJob spec",
    """concurrencyPolicy failedJobsHistoryLimit jobTemplate schedule startingDeadlineSeconds
    successfulJobsHistoryLimit suspend timeZone""",
)
FAILURE_POLICY = _type("`podFailurePolicy`", "rules")
FAILURE_RULE = _type("a podFailurePolicy rule", "action onExitCodes onPodConditions")
ON_EXIT_CODES = _type("`onExitCodes`", "containerName operator values")
ON_POD_CONDITION = _type("an onPodConditions pattern", "status type")
SUCCESS_POLICY = _type("`successPolicy`", "rules")
SUCCESS_RULE = _type("a successPolicy rule", "succeededCount succeededIndexes")

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
