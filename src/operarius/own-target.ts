/** The target that this server may act on for an Operarius (pure). */
import type { Alert } from "../intake/alert.ts";
import type { Operarius } from "./operarius.ts";
import type { TargetResult } from "./target.ts";
import { targetOf } from "./target.ts";

/**
 * The target, or why nothing may be done about it. Several clusters may send to one Alertmanager: where the server knows
 * the name of its own, an alert with another one in its `cluster` label is not acted upon.
 */
export function ownTarget(alert: Pick<Alert, "labels">, operarius: Operarius, clusterName: string): TargetResult {
  const found = targetOf(alert, { clusterName, override: operarius.spec.target });
  if (found.kind === "none" || clusterName === "" || found.target.cluster === clusterName) return found;
  const message = `the alert is about cluster "${found.target.cluster}", and this server's --clusterName is "${clusterName}"`;
  return { kind: "none", reason: "OtherCluster", message };
}
