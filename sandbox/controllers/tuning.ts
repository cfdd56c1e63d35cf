/** The controllers' time constants. The defaults are those of a sandbox: short, so that tests and demos are quick. */
export interface ControllerTuning {
  /** Heartbeat silence after which a node is Unknown. Kubernetes: 40-50 s. */
  nodeMonitorGraceMs: number;
  /** How often nodes are looked at. Kubernetes: 5 s. */
  nodeMonitorPeriodMs: number;
  /** First and longest wait before a DaemonSet's failed pod is replaced. Kubernetes: 1 s to 15 min. */
  failedPodBaseMs: number;
  failedPodCapMs: number;
  /** First and longest wait before a Job's failed pod is replaced. Kubernetes: 10 s to 10 min. */
  jobBackoffBaseMs: number;
  jobBackoffCapMs: number;
  /** How long a node must be gone before its pods are removed. Kubernetes: 40 s. */
  podGcQuarantineMs: number;
  /** How often orphaned pods are looked for. Kubernetes: 20 s. */
  podGcPeriodMs: number;
  /** How often kinds are looked for and dangling owners re-checked, beside changes of custom resource definitions. */
  discoveryPeriodMs: number;
  /** After this long, writes that never showed up in a watch are no longer waited for. Kubernetes: 5 min. */
  expectationTimeoutMs: number;
}

export const defaultControllerTuning: Readonly<ControllerTuning> = {
  nodeMonitorGraceMs: 8_000,
  nodeMonitorPeriodMs: 500,
  failedPodBaseMs: 1_000,
  failedPodCapMs: 15 * 60_000,
  jobBackoffBaseMs: 1_000,
  jobBackoffCapMs: 60_000,
  podGcQuarantineMs: 4_000,
  podGcPeriodMs: 2_000,
  discoveryPeriodMs: 30_000,
  expectationTimeoutMs: 30_000,
};
