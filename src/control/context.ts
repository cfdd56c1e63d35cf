import type { Kube } from "../kube/types.ts";
import type { NotificationEvent } from "../notify/message.ts";
import type { Logger } from "../reporting/log.ts";
import type { Metrics } from "../reporting/metrics.ts";
import type { Limits } from "./limits.ts";
import type { LookPacer } from "./look-at.ts";
import type { Looks } from "./looks.ts";
import type { Standing } from "./standing.ts";

/** What the control loop works with. No memory of its own: truth is in the cluster. */
export interface ControlContext {
  kube: Kube;
  log: Logger;
  metrics: Metrics;
  now: () => number;
  settings: ControlSettings;
  /** How targets are looked at; absent: state comes from the Jobs' reports alone. */
  looks?: Looks;
  pacer?: LookPacer;
  standing: Standing;
}

export const MODES = ["observe", "approve", "auto"] as const;
/** observe: no Jobs, every episode is recorded with what would have been done. approve: every write needs a person. */
export type Mode = (typeof MODES)[number];

export interface ControlSettings {
  /** Where Operarii, Remediations and Jobs live; the installation namespace. */
  namespace: string;
  /** Name of this cluster; "" when not told. */
  clusterName: string;
  /** Handed on to the Jobs. */
  pace: "normal" | "fast";
  mode: Mode;
  /** Label selector over the namespaces of targets; "" = all of them. */
  namespaceSelector: string;
  /** Which events go into the queue of what people are told; absent: none, for there is nobody to tell. */
  told?: readonly NotificationEvent[];
  limits: Limits;
  /** ServiceAccount of the server itself, under which no Job may run; absent outside of a pod. */
  ownServiceAccount?: string;
}
