/**
 * What was already tried on a target, and the lock around a write: one Lease per target (DESIGN.md, Ledger and lock).
 * Intents are written before each act; one without a visible effect counts as done. It is not touched without a write.
 */
import type { Lease, LeaseSpec } from "kubernetes-types/coordination/v1";
import { isAlreadyExists, isConflict, isForbidden, isNotFound } from "../kube/errors.ts";
import { formatMicroTime } from "../kube/micro-time.ts";
import { leases } from "../kube/resources.ts";
import type { Kube, Live } from "../kube/types.ts";
import { digest } from "./digest.ts";
import { Interrupted, Stalled, TargetMoved } from "./errors.ts";
import type { ForeignIntent, Intent, Target } from "./types.ts";

const INTENTS = "operarius.openfero.io/intents";
/** Annotation that names the target of a Lease: "DaemonSet/kube-system/agent". */
export const TARGET = "operarius.openfero.io/target";
const KEEP_MS = 24 * 60 * 60_000;
const KEEP_COUNT = 200;
/** How long a holder that died blocks others; more than two request timeouts. */
const LEASE_SECONDS = 30;
/** The same in milliseconds, for those who must renew it in time. */
export const LEASE_MS = LEASE_SECONDS * 1000;
const LOOK_AGAIN_MS = 1000;
/** Ages and soaks are judged by our clock against the cluster's timestamps: beyond this they mean nothing. */
const CLOCK_SKEW_MS = 30_000;

export interface LedgerOptions {
  kube: Kube;
  namespace: string;
  target: Target;
  /** Who we are, for a person: pod name or user@host. */
  holder: string;
  now: () => number;
  sleep: (ms: number) => Promise<void>;
  /** Ends the wait for another holder. */
  signal: AbortSignal;
}

export interface Ledger {
  /** Intents of the last 24 h, oldest first. Rejects with `Stalled` (`LedgerUnreadable`): then nothing may be written. */
  read(): Promise<readonly Intent[]>;
  /** What the other targets of the installation recorded, as of the last reading. Undefined when Leases may not be listed. */
  others(): readonly ForeignIntent[] | undefined;
  /** Reads that again. Rejects as `read` does. */
  readOthers(): Promise<void>;
  /** Takes the lock, or renews it, and records the intents. Rejects with `TargetMoved` when somebody else wrote since `read`, `Stalled` when it cannot. */
  begin(intents: readonly Intent[]): Promise<void>;
  /** Gives the lock back. The intents stay, but for those that are known not to have been carried out. */
  end(undone: readonly Intent[]): Promise<void>;
}

/** Name of the target's Lease: readable, unique, at most 63 characters. */
export function leaseName({ cluster, kind, namespace, name }: Target): string {
  const readable = `operarius-${kind}-${name}`.toLowerCase().replace(/[^a-z0-9-]/g, "-");
  return `${readable.slice(0, 52).replace(/-+$/, "")}-${digest([cluster, kind, namespace, name], 10)}`;
}

/** An entry that cannot be understood could be a write that was made: it must not be passed over. */
function isIntent(value: unknown): value is Intent {
  if (typeof value !== "object" || value === null) return false;
  const { kind, uid, templateHash, trouble, node, pod, at } = value as Record<string, unknown>;
  return (
    typeof at === "number" && [kind, uid, templateHash, trouble, node, pod].every((part) => typeof part === "string")
  );
}

/** The intents in a target's Lease, of the last 24 h, oldest first. Throws a `SyntaxError` for what it cannot understand. */
export function parseIntents(lease: Pick<Live<Lease>, "metadata"> | undefined, now: number): Intent[] {
  const text = lease?.metadata.annotations?.[INTENTS];
  if (text === undefined) return [];
  const parsed: unknown = JSON.parse(text);
  if (!Array.isArray(parsed)) throw new SyntaxError(`annotation ${INTENTS} is not a list`);
  if (!parsed.every(isIntent)) throw new SyntaxError(`annotation ${INTENTS} holds something that is no intent`);
  return parsed.filter(({ at }) => now - at < KEEP_MS).slice(-KEEP_COUNT);
}

/** As `parseIntents`; the error names the Lease. */
function intentsOf(lease: Live<Lease> | undefined, namespace: string, now: number): Intent[] {
  try {
    return parseIntents(lease, now);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SyntaxError(`Lease ${namespace}/${lease?.metadata.name ?? ""}: ${why}`, { cause: error });
  }
}

async function readable<T>(what: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Stalled("LedgerUnreadable", `${what} cannot be read, so nothing may be written: ${why}`, {
      cause: error,
    });
  }
}

/** By how much our clock is ahead of the API server's, which dated the write just made; undefined when it did not. */
function skewMs(lease: Live<Lease> | undefined, now: number): number | undefined {
  const times = (lease?.metadata.managedFields ?? []).map(({ time }) => Date.parse(time ?? ""));
  const written = Math.max(...times.filter((time) => !Number.isNaN(time)));
  return Number.isFinite(written) ? now - written : undefined;
}

/** The ledger of one target. */
export function createLedger(options: LedgerOptions): Ledger {
  const { kube, namespace, target, holder, now } = options;
  const name = leaseName(target);
  let lease: Live<Lease> | undefined;
  let known: Intent[] = [];
  /** Of the other targets; undefined once the API server said that they may not be listed. */
  let foreign: ForeignIntent[] | undefined = [];

  function hold(own: Live<Lease> | undefined): void {
    lease = own;
    known = intentsOf(own, namespace, now());
  }

  function load(): Promise<void> {
    return readable(`Lease ${namespace}/${name}`, async () => {
      hold(
        await kube.get(leases, { namespace, name }).catch((error: unknown) => {
          if (isNotFound(error)) return undefined;
          throw error;
        }),
      );
    });
  }

  /** One LIST tells what was done here and what was done to others. Undefined when it is not allowed. */
  async function loadOthers(): Promise<Live<Lease>[] | undefined> {
    if (foreign === undefined) return undefined;
    try {
      const { items } = await kube.list(leases, { namespace });
      foreign = items
        .filter(({ metadata }) => metadata.name !== name)
        .flatMap((other) => {
          const label = other.metadata.annotations?.[TARGET] ?? other.metadata.name;
          return intentsOf(other, namespace, now()).map((intent) => ({ ...intent, target: label }));
        });
      return items;
    } catch (error) {
      if (!isForbidden(error)) throw error;
      foreign = undefined;
      return undefined;
    }
  }

  /** Waits until the holder releases or stops renewing; expiry is judged by what we ourselves saw, never by its clock. */
  async function awaitRelease(): Promise<void> {
    let seen = lease?.metadata.resourceVersion;
    let since = now();
    const giveUp = now() + 2 * LEASE_SECONDS * 1000;
    while (lease?.spec?.holderIdentity && lease.spec.holderIdentity !== holder) {
      if (now() - since >= (lease.spec.leaseDurationSeconds ?? LEASE_SECONDS) * 1000) return;
      if (now() >= giveUp)
        throw new Stalled(
          "TargetLocked",
          `${lease.spec.holderIdentity} holds Lease ${namespace}/${name} and keeps renewing it.`,
        );
      await options.sleep(LOOK_AGAIN_MS);
      if (options.signal.aborted) throw new Interrupted();
      await load();
      if (lease?.metadata.resourceVersion !== seen) {
        seen = lease?.metadata.resourceVersion;
        since = now();
      }
    }
    throw new TargetMoved(`another repair of this target just ended (Lease ${namespace}/${name})`);
  }

  async function write(spec: LeaseSpec, intents: readonly Intent[]): Promise<void> {
    const annotations = {
      [INTENTS]: JSON.stringify(intents),
      [TARGET]: `${target.kind}/${target.namespace}/${target.name}`,
    };
    lease = lease
      ? await kube.replace(leases, {
          ...lease,
          metadata: { ...lease.metadata, annotations: { ...lease.metadata.annotations, ...annotations } },
          spec,
        })
      : await kube.create(leases, {
          apiVersion: "coordination.k8s.io/v1",
          kind: "Lease",
          metadata: { name, namespace, annotations, labels: { "app.kubernetes.io/managed-by": "operarius" } },
          spec,
        });
    known = [...intents];
  }

  async function end(undone: readonly Intent[]): Promise<void> {
    if (lease?.spec?.holderIdentity !== holder) return;
    const { holderIdentity: _released, ...rest } = lease.spec;
    await write(
      { ...rest, renewTime: formatMicroTime(new Date(now())) },
      known.filter((intent) => !undone.includes(intent)),
    );
  }

  return {
    async read() {
      const all = await readable(`The ledger in namespace ${namespace}`, async () => {
        const items = await loadOthers();
        if (items) hold(items.find(({ metadata }) => metadata.name === name));
        return items;
      });
      if (!all) await load();
      return known;
    },
    others: () => foreign,
    async readOthers() {
      await readable(`The ledger in namespace ${namespace}`, loadOthers);
    },
    async begin(intents) {
      if (lease?.spec?.holderIdentity && lease.spec.holderIdentity !== holder) await awaitRelease();
      const time = formatMicroTime(new Date(now()));
      try {
        await write(
          { holderIdentity: holder, leaseDurationSeconds: LEASE_SECONDS, acquireTime: time, renewTime: time },
          [...known, ...intents].slice(-KEEP_COUNT),
        );
      } catch (error) {
        if (isAlreadyExists(error) || isConflict(error)) {
          throw new TargetMoved(`somebody else wrote Lease ${namespace}/${name} meanwhile`, { cause: error });
        }
        const why = error instanceof Error ? error.message : String(error);
        throw new Stalled(
          "LedgerUnwritable",
          `Lease ${namespace}/${name} cannot be written, so nothing else may be: ${why}`,
          { cause: error },
        );
      }
      const skew = skewMs(lease, now());
      if (skew === undefined || Math.abs(skew) <= CLOCK_SKEW_MS) return;
      await end(intents);
      throw new Stalled(
        "ClockSkew",
        `The clock here is ${Math.round(Math.abs(skew) / 1000)} s ${skew > 0 ? "ahead of" : "behind"} the API server's, so no age can be judged and nothing is written. Set the clock (NTP).`,
      );
    },
    end,
  };
}
