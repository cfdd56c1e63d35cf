import type { Kube } from "../kube/types.ts";
import type { Logger } from "../reporting/log.ts";
import type { Metrics } from "../reporting/metrics.ts";

/** What the control loop works with. No memory of its own: truth is in the cluster. */
export interface ControlContext {
  kube: Kube;
  log: Logger;
  metrics: Metrics;
  now: () => number;
  settings: ControlSettings;
}

export interface ControlSettings {
  /** Where Operarii, Remediations and Jobs live; the installation namespace. */
  namespace: string;
  /** Name of this cluster; "" when not told. */
  clusterName: string;
  /** Handed on to the Jobs. */
  pace: "normal" | "fast";
}
