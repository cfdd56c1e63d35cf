/** What the Leases of an installation tell of one target and of all others, for a look that takes no lock (pure). */
import type { Lease } from "kubernetes-types/coordination/v1";
import type { Live } from "../kube/types.ts";
import { leaseName, parseIntents, TARGET } from "./ledger.ts";
import type { ForeignIntent, Intent, Target } from "./types.ts";

export type LedgerReading =
  | { kind: "read"; intents: readonly Intent[]; others: readonly ForeignIntent[] }
  /** Something in it cannot be understood: as for a run, nothing may be written then. */
  | { kind: "broken"; message: string };

/** The reading for `target`. `now` in milliseconds since the epoch; only the last 24 h count. */
export function readLedger(leases: readonly Live<Lease>[], target: Target, now: number): LedgerReading {
  const own = leaseName(target);
  const intents: Intent[] = [];
  const others: ForeignIntent[] = [];
  for (const lease of leases) {
    const { name, namespace, annotations } = lease.metadata;
    try {
      const parsed = parseIntents(lease, now);
      if (name === own) intents.push(...parsed);
      else others.push(...parsed.map((intent) => ({ ...intent, target: annotations?.[TARGET] ?? name })));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return {
        kind: "broken",
        message: `Lease ${namespace}/${name} cannot be read, so nothing may be written: ${why}`,
      };
    }
  }
  return { kind: "read", intents, others };
}
