/** What the Job of an attempt wrote when it could not say so itself: the ledger holds each intent from before its act. */
import { readLedger } from "../engine/read-ledger.ts";
import { leases } from "../kube/resources.ts";
import type { Target } from "../operarius/target.ts";
import type { ControlContext } from "./context.ts";

/**
 * The time of the last intent for the target since `since`, both in milliseconds since the epoch; undefined = there was
 * none. A ledger that cannot be understood may hide one: then it is now. Rejects when it cannot be read.
 */
export async function lastIntentAt(
  { kube, settings, now }: ControlContext,
  { kind, namespace, name }: Target,
  since: number,
): Promise<number | undefined> {
  const labelSelector = "app.kubernetes.io/managed-by=operarius";
  const { items } = await kube.list(leases, { namespace: settings.namespace, labelSelector });
  // As the Job calls it: the ledger is kept in the cluster itself, where its name in alerts does not matter.
  const ledger = readLedger(items, { cluster: "", kind, namespace, name }, now());
  if (ledger.kind === "broken") return now();
  const times = ledger.intents.map(({ at }) => at).filter((at) => at >= since);
  return times.length === 0 ? undefined : Math.max(...times);
}
