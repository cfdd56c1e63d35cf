/**
 * Elects one of several processes through a Lease, after client-go's leaderelection. For tidiness only: two leaders can
 * overlap for a moment under clock or network faults, so no write may depend on being the only one.
 */
import { pause } from "./deadline.ts";
import type { Candidate } from "./lease-candidate.ts";
import { createCandidate } from "./lease-candidate.ts";
import type { Kube } from "./types.ts";

export interface LeaderElectionOptions {
  kube: Kube;
  namespace: string;
  /** Of the Lease. */
  name: string;
  /** Unique per process, for example the pod's name and a random part. */
  identity: string;
  /** How long others wait after the last renewal they saw. Default 15,000 ms; whole seconds. */
  leaseDurationMs?: number;
  /** The leader gives up when it could not renew for so long. Default 10,000 ms; less than the lease. */
  renewDeadlineMs?: number;
  /** Between two tries. Default 2,000 ms. */
  retryPeriodMs?: number;
  /** Ends everything; a held Lease is released, so that another can take over at once. */
  signal: AbortSignal;
  /** Called when elected; `signal` aborts when leadership ends, and the promise should then settle. */
  onStarted: (signal: AbortSignal) => Promise<void> | void;
  /** Called after each term, when `onStarted` has settled or was given up waiting for. */
  onStopped?: () => void;
  /** Failed tries and what `onStarted` rejected with. */
  onError?: (error: unknown) => void;
  /** 0 <= x < 1; for jitter. */
  random?: () => number;
}

/** Stands for election again and again until `signal` aborts; then resolves. Never rejects. */
export async function runLeaderElection(options: LeaderElectionOptions): Promise<void> {
  const {
    signal,
    leaseDurationMs = 15_000,
    renewDeadlineMs = 10_000,
    retryPeriodMs = 2000,
    random = Math.random,
  } = options;
  const candidate = createCandidate({ ...options, leaseDurationMs, timeoutMs: renewDeadlineMs / 2 });
  while (!signal.aborted) {
    const elected = await candidate.tryAcquireOrRenew();
    if (elected && !signal.aborted) await serveTerm(options, candidate);
    // Candidates that started together must not go on asking together.
    else await pause(retryPeriodMs * (1 + 0.2 * random()), signal).catch(() => {});
  }
  await candidate.release();
}

async function serveTerm(options: LeaderElectionOptions, candidate: Candidate): Promise<void> {
  const { signal, renewDeadlineMs = 10_000, retryPeriodMs = 2000 } = options;
  const term = new AbortController();
  const end = (): void => term.abort(signal.reason);
  signal.addEventListener("abort", end, { once: true });
  const work = (async () => options.onStarted(term.signal))().catch((error: unknown) => options.onError?.(error));
  try {
    while (
      !signal.aborted &&
      !candidate.isHeldByAnother() &&
      performance.now() - candidate.renewedAt() < renewDeadlineMs
    ) {
      await pause(retryPeriodMs, signal).catch(() => {});
      if (!signal.aborted) await candidate.tryAcquireOrRenew();
    }
  } finally {
    signal.removeEventListener("abort", end);
    term.abort(signal.aborted ? signal.reason : new Error(`the Lease ${options.namespace}/${options.name} was lost`));
    // A handler that does not stop must not keep the Lease from others for ever.
    const settled = new AbortController();
    await Promise.race([work.finally(() => settled.abort()), pause(renewDeadlineMs, settled.signal).catch(() => {})]);
    options.onStopped?.();
  }
}
