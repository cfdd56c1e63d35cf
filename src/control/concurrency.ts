/** How many attempts run at once (pure): in all, per namespace of the targets, per Operarius. */
import type { Hold } from "./hold.ts";
import type { Limits } from "./limits.ts";
import type { RecordSummary } from "./summary.ts";
import { byArrival } from "./summary.ts";

const REASON = "TooManyRunning";
const MOST_RECHECKS = 10;

/** The limit that is reached, if any. `records` includes what was started a moment ago. */
export function holdByConcurrency(
  record: RecordSummary,
  records: readonly RecordSummary[],
  { maxRunning, recheckMs }: Pick<Limits, "maxRunning" | "recheckMs">,
): Hold | undefined {
  const running = records.filter(({ inFlight, name }) => inFlight && name !== record.name);
  const bounds: readonly [what: string, count: number, most: number][] = [
    ["in all", running.length, maxRunning.total],
    [
      record.targetNamespace === "" ? "on targets without a namespace" : `in namespace ${record.targetNamespace}`,
      running.filter(({ targetNamespace }) => targetNamespace === record.targetNamespace).length,
      maxRunning.perNamespace,
    ],
    [
      `of Operarius ${record.operarius}`,
      running.filter(({ operarius }) => operarius === record.operarius).length,
      maxRunning.perOperarius,
    ],
  ];
  const reached = bounds.find(([, count, most]) => count >= most);
  if (reached === undefined) return undefined;
  const [what, count, most] = reached;
  const ahead = records.filter((each) => each.reason === REASON && byArrival(each, record) < 0).length;
  return {
    reason: REASON,
    message: `${count} attempts run ${what}, of at most ${most}; this one waits for its turn.`,
    // Those next in line are told when one ends (loop.ts); the others need not ask all the time.
    recheckAfterMs: recheckMs * Math.min(MOST_RECHECKS, 1 + ahead),
    needsPerson: false,
  };
}
