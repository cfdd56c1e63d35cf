/** Retention: ended records go after a while, the newest of a target never, because it is what deduplicates. */
import { isConflict, isNotFound } from "../kube/errors.ts";
import { remediations } from "../operarius/remediation.ts";
import type { ControlContext } from "./context.ts";
import type { RecordSummary } from "./summary.ts";
import { hasEnded } from "./summary.ts";

const DAY = 24 * 60 * 60 * 1000;
/** A month, so that the scorecard can look back on one. */
const KEEP_MS = 35 * DAY;
/** Of all targets together, those apart that are the newest of theirs. */
const KEEP_MOST = 5000;

/** The records to be forgotten (pure): too old or too many, the oldest first. */
export function toForget(records: readonly RecordSummary[], now: number): RecordSummary[] {
  const newest = new Map<string, number>();
  for (const { target, sequence } of records) newest.set(target, Math.max(sequence, newest.get(target) ?? 0));
  const spare = records
    .filter((record) => hasEnded(record) && record.sequence < (newest.get(record.target) ?? 0))
    .toSorted((a, b) => a.endedAt - b.endedAt);
  const surplus = spare.length - KEEP_MOST;
  return spare.filter(({ endedAt }, index) => index < surplus || now - endedAt > KEEP_MS);
}

/** Deletes them, and with them their Jobs and receipts. Rejects with the API's error; the next time goes on. */
export async function tidy({ kube, now, settings, standing, log }: ControlContext): Promise<void> {
  const old = toForget(standing.records(), now());
  for (const { name, uid } of old) {
    try {
      const ref = { namespace: settings.namespace, name };
      await kube.delete(remediations, ref, { preconditions: { uid }, propagationPolicy: "Background" });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }
  if (old.length > 0) log.info({ records: old.length }, "old records forgotten");
}
