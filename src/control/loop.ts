/**
 * The work of the replica that leads: every record that may have something to do is reconciled, and the tidy parts run.
 * Nothing depends on being the only one: names are locks and every status write carries the resourceVersion it rests on.
 */
import { pause } from "../kube/deadline.ts";
import type { RunOptions, WorkQueue } from "../kube/work-queue.ts";
import { createWorkQueue } from "../kube/work-queue.ts";
import { errorText } from "../reporting/log.ts";
import type { Caches, Listeners } from "./caches.ts";
import { checkOperarius } from "./check-operarius.ts";
import type { ControlContext } from "./context.ts";
import { reconcile } from "./reconcile.ts";
import type { RecordSummary } from "./summary.ts";
import { byArrival, hasEnded, newestOf } from "./summary.ts";
import { tidy } from "./tidy.ts";

/** How many Remediations are worked on at once. */
const CONCURRENCY = 8;
/** A repair takes minutes: after an API server that failed for long, its records must not wait much longer. */
const RETRY_CAP_MS = 30_000;
/** How many of those that wait for a free place are told when one becomes free. */
const NEXT_IN_LINE = 10;
const TIDY_EVERY_MS = 10 * 60 * 1000;

export interface Loop {
  leads(): boolean;
  /** Ignored by a replica that does not lead: the leader's own watch shows it. */
  wake(remediation: string): void;
  /** What the caches call. */
  listeners: Listeners;
  /** Leads until `signal` aborts. Never rejects. */
  lead(context: ControlContext, caches: Caches, signal: AbortSignal): Promise<void>;
}

/** A loop that does not lead yet. */
export function createLoop(): Loop {
  let queue: WorkQueue | undefined;
  let checks: WorkQueue | undefined;
  let records: () => readonly RecordSummary[] = () => [];
  const wake = (name: string): void => queue?.add(name);
  return {
    leads: () => queue !== undefined,
    wake,
    listeners: {
      record(record) {
        if (queue === undefined) return;
        if (mayHaveWork(record, records())) wake(record.name);
        if (!record.inFlight) for (const name of nextInLine(records())) wake(name);
      },
      job: wake,
      operarius: (name) => checks?.add(name),
      daemonSet({ namespace, name }) {
        if (queue === undefined) return;
        for (const record of records()) {
          const isTarget = record.targetName === name && record.targetNamespace === namespace;
          if (isTarget && record.kind === "DaemonSet" && mayHaveWork(record, records())) wake(record.name);
        }
      },
    },
    async lead(context, caches, signal) {
      const { log } = context;
      const own = createWorkQueue({ capMs: RETRY_CAP_MS });
      const ownChecks = createWorkQueue();
      queue = own;
      checks = ownChecks;
      for (const { name } of caches.operarii.items()) ownChecks.add(name);
      records = () => caches.records.items();
      for (const record of records()) if (mayHaveWork(record, records())) own.add(record.name);
      log.info({ records: records().length }, "leading");
      const onError: RunOptions["onError"] = (error, { key, failures, retryInMs }) =>
        log.warn({ key, failures, retryInMs, error: errorText(error) }, "will be tried again");
      try {
        await Promise.all([
          own.run({ concurrency: CONCURRENCY, reconcile: (name) => reconcile(context, name), signal, onError }),
          ownChecks.run({ concurrency: 1, reconcile: (name) => checkOperarius(context, name), signal, onError }),
          tidyNowAndThen(context, signal),
        ]);
      } finally {
        // A term may begin before the one before it has ended.
        if (queue === own) queue = undefined;
        if (checks === ownChecks) checks = undefined;
        log.info({}, "leads no more");
      }
    },
  };
}

/** Live ones; of those that ended only the newest of a target: ours watches over it, any may open the next. */
function mayHaveWork(record: RecordSummary, all: readonly RecordSummary[]): boolean {
  if (!hasEnded(record)) return true;
  return (record.ours || record.hasNext) && newestOf(all, record.target)?.name === record.name;
}

const WAITING: ReadonlySet<string> = new Set(["TooManyRunning", "StormRelease"]);

function nextInLine(records: readonly RecordSummary[]): string[] {
  const waiting = records.filter(({ phase, reason }) => phase === "Blocked" && WAITING.has(reason));
  return waiting
    .toSorted(byArrival)
    .slice(0, NEXT_IN_LINE)
    .map(({ name }) => name);
}

async function tidyNowAndThen(context: ControlContext, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await tidy(context).catch((error: unknown) => context.log.warn({ error: errorText(error) }, "tidying failed"));
    await pause(TIDY_EVERY_MS, signal).catch(() => undefined);
  }
}
