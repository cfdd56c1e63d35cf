/** How the installation stands at a moment, from the caches: the records, the number of DaemonSets, the storm gate. */
import type { Limits } from "./limits.ts";
import type { Storm } from "./storm-gate.ts";
import { stormAt } from "./storm-gate.ts";
import type { RecordSummary } from "./summary.ts";
import { hasEnded } from "./summary.ts";

export interface Standing {
  /** Every record; those that this process has just begun count as in flight before the cache knows. */
  records(): readonly RecordSummary[];
  storm(now: number): Storm;
  /** An attempt of this record is about to be reserved; whoever is judged from now on sees it, with its incident. */
  starting(record: RecordSummary, attempt: number): void;
  /** It did not come to that. */
  notStarting(record: string): void;
}

interface StandingSource {
  records: () => readonly RecordSummary[];
  /** How many DaemonSets there are; 0 = not known. */
  daemonSets: () => number;
  limits: Limits;
  now: () => number;
}

/** How long a start counts that the cache has not shown. */
const STARTING_MS = 30_000;

/** Reads the caches anew at each call; the storm is judged at most once in a while, for all who ask. */
export function createStanding({ records, daemonSets, limits, now }: StandingSource): Standing {
  const started = new Map<string, { at: number; attempt: number; record: RecordSummary }>();
  let judged: { at: number; count: number; storm: Storm } | undefined;
  const every = Math.min(1000, limits.recheckMs / 2);
  const begun = (known: RecordSummary, attempt: number, { incident }: RecordSummary): RecordSummary =>
    hasEnded(known) || known.attempts >= attempt ? known : { ...known, inFlight: true, incident };
  return {
    records() {
      for (const [name, { at }] of started) if (now() - at > STARTING_MS) started.delete(name);
      const cached = records();
      if (started.size === 0) return cached;
      const unknown = new Map(started);
      const known = cached.map((record) => {
        const start = started.get(record.name);
        unknown.delete(record.name);
        return start === undefined ? record : begun(record, start.attempt, start.record);
      });
      return [...known, ...[...unknown.values()].map(({ record, attempt }) => begun(record, attempt, record))];
    },
    storm(at) {
      const all = records();
      if (judged === undefined || judged.count !== all.length || Math.abs(at - judged.at) >= every) {
        const storm = stormAt(all, { now: at, daemonSets: daemonSets(), limits });
        judged = { at, count: all.length, storm };
      }
      return judged.storm;
    },
    starting: (record, attempt) => void started.set(record.name, { at: now(), attempt, record }),
    notStarting: (record) => void started.delete(record),
  };
}
