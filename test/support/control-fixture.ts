/** Builders for tests of the control plane: an Operarius, a webhook body, a context on the memory API server. */
import type { ControlContext, ControlSettings } from "../../src/control/context.ts";
import { limitsFor } from "../../src/control/limits.ts";
import type { Look, Looks } from "../../src/control/looks.ts";
import { toQueue } from "../../src/control/notifications.ts";
import { createStanding } from "../../src/control/standing.ts";
import type { RecordSummary } from "../../src/control/summary.ts";
import { toSummary } from "../../src/control/summary.ts";
import type { Alert, HookMessage } from "../../src/intake/alert.ts";
import { normalise } from "../../src/intake/normalise.ts";
import type { Kube, Live } from "../../src/kube/types.ts";
import type { OperariusObject } from "../../src/operarius/operarius.ts";
import { operariuses } from "../../src/operarius/operarius.ts";
import type { Remediation, RemediationSpec, RemediationStatus } from "../../src/operarius/remediation.ts";
import { remediations } from "../../src/operarius/remediation.ts";
import { createLogger } from "../../src/reporting/log.ts";
import { createMetrics } from "../../src/reporting/metrics.ts";
import { episodeOf } from "../../src/reporting/scorecard.ts";
import type { MemoryKube } from "./memory-kube.ts";

export const NAMESPACE = "openfero";

/** The labels of a KubeDaemonSetRolloutStuck alert as kube-prometheus-stack sends it, kube-state-metrics' own included. */
export function stuckLabels(overrides: Record<string, string> = {}): Record<string, string> {
  return {
    alertname: "KubeDaemonSetRolloutStuck",
    namespace: "kube-system",
    daemonset: "agent",
    severity: "warning",
    cluster: "test-cluster",
    container: "kube-state-metrics",
    endpoint: "http",
    instance: "10.0.0.7:8080",
    job: "kube-state-metrics",
    pod: "kps-kube-state-metrics-abc",
    service: "kps-kube-state-metrics",
    ...overrides,
  };
}

export function anAlert(overrides: Partial<Alert> = {}): Alert {
  return {
    status: "firing",
    labels: stuckLabels(),
    annotations: { summary: "stuck" },
    startsAt: "2026-01-01T00:00:00Z",
    ...overrides,
  };
}

export function aHook(overrides: Partial<HookMessage> = {}): HookMessage {
  return {
    version: "4",
    groupKey: "test-group",
    status: "firing",
    receiver: "operarius",
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: "http://alertmanager",
    ...overrides,
  };
}

/** A webhook body. */
export function aBody(alerts: Partial<Alert>[] = [{}], hook: Partial<HookMessage> = {}): string {
  return JSON.stringify({ ...aHook(hook), alerts: alerts.map((each) => anAlert(each)) });
}

export function anOperarius(
  spec: Partial<OperariusObject["spec"]> = {},
  name = "daemonset-rollout-fix",
): OperariusObject {
  return {
    metadata: { name, namespace: NAMESPACE, uid: `uid-${name}`, generation: 1 },
    spec: {
      alertSelector: { alertname: "KubeDaemonSetRolloutStuck", status: "firing" },
      jobTemplate: {
        spec: {
          template: {
            spec: {
              restartPolicy: "Never",
              containers: [{ name: "heal", image: "operarius:0.1.0", args: ["heal", "daemonset"] }],
            },
          },
        },
      },
      ...spec,
    },
  };
}

type SeenLook = Extract<Look, { kind: "seen" }>;

/** What the tests of the control loop call now. */
export const NOW = Date.parse("2026-01-01T12:00:00Z");

/** RFC 3339, so many seconds from NOW. */
export function at(seconds: number): string {
  return new Date(NOW + seconds * 1000).toISOString();
}

/** A look at an unhealthy target, which a run would repair. */
export function aLook(overrides: Partial<Omit<SeenLook, "kind">> = {}): SeenLook {
  return {
    kind: "seen",
    at: NOW,
    uid: "ds-uid",
    generation: 2,
    health: "unhealthy",
    cause: "C07",
    reason: "PodWedged",
    message: "One pod is wedged.",
    plan: { kind: "act", reason: "DeletePod", message: "Delete pod a.", digest: "d1" },
    fingerprint: "f1",
    ...overrides,
  };
}

/** A look at a target that has been healthy for so many of so many seconds. */
export function aHealthyLook(soaked: number, required: number, overrides: Parameters<typeof aLook>[0] = {}): SeenLook {
  return aLook({
    health: "healthy",
    cause: "none",
    reason: "Healthy",
    message: "All pods are available.",
    soak: { soakedMs: soaked * 1000, requiredMs: required * 1000 },
    plan: { kind: "nothing", reason: "Healthy", message: "Nothing to do." },
    fingerprint: "healthy",
    ...overrides,
  });
}

/** The summary of a record of ours that came at NOW; its target is that of its name up to the last dash. */
export function aSummary(overrides: Partial<RecordSummary> = {}): RecordSummary {
  const name = overrides.name ?? "a-1";
  const target = name.slice(0, name.lastIndexOf("-"));
  return {
    name,
    uid: `uid-${name}`,
    resourceVersion: "1",
    target,
    kind: "DaemonSet",
    targetNamespace: "kube-system",
    targetName: target,
    operarius: "daemonset-rollout-fix",
    ours: true,
    sequence: Number(name.slice(name.lastIndexOf("-") + 1)),
    phase: undefined,
    reason: "",
    incident: "",
    fromDelivery: true,
    receivedAt: NOW,
    endedAt: 0,
    lastFiringAt: overrides.receivedAt ?? NOW,
    resolvedAt: 0,
    inFlight: false,
    hasNext: false,
    attempts: 0,
    stormHeld: false,
    queue: toQueue(aRemediation()),
    episode: episodeOf(aRemediation()),
    ...overrides,
  };
}

/** A live Remediation of ours that came a minute before NOW. */
export function aRemediation(status: RemediationStatus = {}, spec: Partial<RemediationSpec> = {}): Live<Remediation> {
  return {
    metadata: {
      name: "agent-1",
      namespace: NAMESPACE,
      uid: "uid-agent-1",
      resourceVersion: "1",
      creationTimestamp: at(-60),
      labels: { "operarius.openfero.io/target-hash": "agent" },
    },
    spec: {
      target: { cluster: "c", kind: "DaemonSet", namespace: "kube-system", name: "agent" },
      operarius: { name: "daemonset-rollout-fix", ours: true },
      sequence: 1,
      alert: anAlert(),
      hook: aHook(),
      receivedAt: at(-60),
      ...spec,
    },
    status,
  };
}

/** A context whose log goes to `lines`. */
export function aContext(
  kube: MemoryKube,
  {
    now = () => Date.now(),
    looks: given,
    ...settings
  }: Partial<ControlSettings> & { now?: () => number; looks?: Looks } = {},
): ControlContext & { lines: string[] } {
  const lines: string[] = [];
  const looks = given === undefined ? {} : { looks: given };
  const log = createLogger({ level: "debug", destination: { write: (line) => void lines.push(line) } });
  const defaults: ControlSettings = {
    namespace: NAMESPACE,
    clusterName: "",
    pace: "normal",
    mode: "auto",
    namespaceSelector: "",
    limits: limitsFor("normal"),
  };
  const merged = { ...defaults, ...settings };
  const records = () => kube.all(remediations).map(toSummary);
  const standing = createStanding({ records, daemonSets: () => 0, limits: merged.limits, now });
  return { kube, log, metrics: createMetrics(), now, settings: merged, standing, lines, ...looks };
}

export async function install(kube: Kube, ...objects: OperariusObject[]): Promise<void> {
  for (const object of objects) await kube.create(operariuses, object);
}

/** The parsed form of `aBody`. */
export function aDelivery(...body: Parameters<typeof aBody>) {
  const result = normalise(aBody(...body));
  if (result.kind !== "ok") throw new Error(result.reason);
  return result.delivery;
}

/** Waits until `holds` is true, looking every few milliseconds; fails after `ms`. */
export async function until(holds: () => boolean | Promise<boolean>, what: string, ms = 5000): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A stored Remediation whose plan abc awaits approval. */
export async function awaitingRemediation(
  kube: Kube,
  status: Partial<RemediationStatus> = {},
  approval?: RemediationSpec["approval"],
  name = "daemonset-agent-abcdefghij-1",
): Promise<Live<Remediation>> {
  const { startsAt: _startsAt, ...alert } = anAlert();
  return kube.create(remediations, {
    metadata: { name, namespace: NAMESPACE },
    spec: {
      target: { cluster: "", kind: "DaemonSet", namespace: "kube-system", name: "agent" },
      operarius: { name: "daemonset-rollout-fix" },
      sequence: 1,
      alert,
      hook: aHook(),
      receivedAt: "2026-01-01T00:00:00Z",
      ...(approval === undefined ? {} : { approval }),
    },
    status: {
      phase: "AwaitingApproval",
      reason: "RollbackNeedsApproval",
      message: "Roll back to revision 3.",
      cause: "C01",
      planDigest: "abc",
      approvalExpiresAt: "2100-01-01T00:00:00Z",
      attempts: [{ n: 1, jobName: "daemonset-rollout-fix-abcdefghij-1-1", finishedAt: "2026-01-01T00:01:00Z" }],
      ...status,
    },
  });
}
