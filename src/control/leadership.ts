/** Who does the work: one of several equal replicas, elected through a Lease; all of them take deliveries. */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { isForbidden } from "../kube/errors.ts";
import { runLeaderElection } from "../kube/leader-election.ts";
import type { Kube } from "../kube/types.ts";
import type { Logger } from "../reporting/log.ts";
import { errorText } from "../reporting/log.ts";

/** Name of the Lease in the installation namespace. */
export const LEADER_LEASE = "operarius-server";

export interface LeadershipOptions {
  kube: Kube;
  namespace: string;
  log: Logger;
  signal: AbortSignal;
  /** Runs until its signal aborts; called again for each term. */
  lead: (signal: AbortSignal) => Promise<void>;
}

/**
 * Stands for election until `signal` aborts. Without the right to the Lease every replica works as if it led: that costs
 * requests and conflicts, and is never wrong. Never rejects.
 */
export async function runLeadership({ kube, namespace, log, signal, lead }: LeadershipOptions): Promise<void> {
  let unled: Promise<void> | undefined;
  let said = "";
  const election = runLeaderElection({
    kube,
    namespace,
    name: LEADER_LEASE,
    identity: `${hostname()}_${randomUUID()}`,
    signal,
    onStarted: (term) => unled ?? lead(term),
    onError: (error) => {
      const text = errorText(error);
      log[text === said ? "debug" : "warn"]({ error: text, lease: LEADER_LEASE }, "the election did not go on");
      said = text;
      if (!isForbidden(error) || unled !== undefined || signal.aborted) return;
      log.warn({ lease: LEADER_LEASE }, "no right to the Lease of the election: this replica works as if it led");
      unled = lead(signal);
    },
  });
  await election;
  await unled;
}
