/** One candidate's dealings with the Lease: look, claim, renew, give back. When and how often is leader-election.ts. */
import type { Lease, LeaseSpec } from "kubernetes-types/coordination/v1";
import { isAlreadyExists, isConflict, isNotFound } from "./errors.ts";
import { formatMicroTime } from "./micro-time.ts";
import { leases } from "./resources.ts";
import type { Kube, Live } from "./types.ts";

export interface CandidateOptions {
  kube: Kube;
  namespace: string;
  name: string;
  identity: string;
  leaseDurationMs: number;
  /** For one request. */
  timeoutMs: number;
  onError?: (error: unknown) => void;
}

export interface Candidate {
  /** True when we hold the Lease now. Errors are reported and count as "not now". */
  tryAcquireOrRenew(): Promise<boolean>;
  /** Somebody else was seen to have it. */
  isHeldByAnother(): boolean;
  /** Start of the last successful try on the clock of performance.now(). */
  renewedAt(): number;
  /** Gives the Lease back if it is ours. */
  release(): Promise<void>;
}

/** The Lease as last seen, and when, by our own clock, its content last changed: clocks of others are not trusted. */
interface Observation {
  lease: Live<Lease>;
  at: number;
}

/** A candidate that has not looked yet. */
export function createCandidate(options: CandidateOptions): Candidate {
  const { identity, onError } = options;
  let observed: Observation | undefined;
  let renewedAt = Number.NEGATIVE_INFINITY;
  const holder = (): string => observed?.lease.spec?.holderIdentity ?? "";

  return {
    renewedAt: () => renewedAt,
    isHeldByAnother: () => holder() !== "" && holder() !== identity,
    async tryAcquireOrRenew() {
      const started = performance.now();
      try {
        // Renewing needs no look first: a stale resourceVersion is refused.
        if (holder() !== identity) observed = await look(options, observed);
        if (!isFree(observed, options)) return false;
        observed = await claim(options, observed);
        renewedAt = started;
        return true;
      } catch (error) {
        // Somebody else wrote it, or it is gone: look again at the next try.
        if (isConflict(error) || isNotFound(error) || isAlreadyExists(error)) observed = undefined;
        else onError?.(error);
        return false;
      }
    },
    async release() {
      if (observed === undefined || holder() !== identity) return;
      const { lease } = observed;
      observed = undefined;
      await giveBack(options, lease).catch((error: unknown) => onError?.(error));
    },
  };
}

async function look(options: CandidateOptions, former: Observation | undefined): Promise<Observation | undefined> {
  const { kube, namespace, name, timeoutMs } = options;
  try {
    const lease = await kube.get(leases, { namespace, name }, { timeoutMs });
    const unchanged = former !== undefined && JSON.stringify(former.lease.spec) === JSON.stringify(lease.spec);
    return { lease, at: unchanged ? former.at : performance.now() };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function isFree(observed: Observation | undefined, { identity, leaseDurationMs }: CandidateOptions): boolean {
  const spec = observed?.lease.spec;
  if (observed === undefined || !spec?.holderIdentity || spec.holderIdentity === identity) return true;
  return performance.now() - observed.at > (spec.leaseDurationSeconds ?? leaseDurationMs / 1000) * 1000;
}

async function claim(options: CandidateOptions, observed: Observation | undefined): Promise<Observation> {
  const { kube, namespace, name, identity, leaseDurationMs, timeoutMs } = options;
  const now = formatMicroTime(new Date());
  const former = observed?.lease.spec;
  const renewing = former?.holderIdentity === identity;
  const spec: LeaseSpec = {
    holderIdentity: identity,
    leaseDurationSeconds: Math.max(1, Math.round(leaseDurationMs / 1000)),
    acquireTime: (renewing ? former.acquireTime : undefined) ?? now,
    renewTime: now,
    leaseTransitions: observed === undefined ? 0 : (former?.leaseTransitions ?? 0) + (renewing ? 0 : 1),
  };
  const lease =
    observed === undefined
      ? await kube.create(leases, { metadata: { namespace, name }, spec }, { timeoutMs })
      : await kube.replace(leases, { ...observed.lease, spec }, { timeoutMs });
  return { lease, at: performance.now() };
}

/** As client-go does it: no holder, and a duration so short that nobody waits for it. */
async function giveBack({ kube, timeoutMs }: CandidateOptions, lease: Live<Lease>): Promise<void> {
  const now = formatMicroTime(new Date());
  const spec: LeaseSpec = {
    holderIdentity: "",
    leaseDurationSeconds: 1,
    acquireTime: now,
    renewTime: now,
    leaseTransitions: lease.spec?.leaseTransitions ?? 0,
  };
  await kube.replace(leases, { ...lease, spec }, { timeoutMs });
}
