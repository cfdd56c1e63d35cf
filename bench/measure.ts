/** What one run of the program cost, read from /proc while it runs and from the API server's audit log afterwards. */
import { readFileSync } from "node:fs";
import type { AuditEvent } from "../test/support/audit.ts";
import { requestsBy, writesBy } from "../test/support/audit.ts";
import type { Program } from "../test/support/program.ts";

export interface Cost {
  /** From the start of the process to its first request at the API server. */
  firstRequestMs: number;
  /** The same to its first write on the target. */
  firstWriteMs: number | undefined;
  /** Each request in the order of arrival: "list pods". */
  requests: readonly string[];
  /** Highest resident set, in MB (10^6 bytes). */
  peakRssMb: number;
  cpuSeconds: number;
}

const ticksPerSecond = 100;
const samplePeriodMs = 20;

/** Undefined when the process is gone or the system has no /proc. */
function sample(pid: number): { peakRssMb: number; cpuSeconds: number } | undefined {
  try {
    const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    // After the name in parentheses: field 14 is utime, 15 is stime.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    if (peak === undefined) return undefined;
    return {
      peakRssMb: (Number(peak) * 1024) / 1e6,
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
    };
  } catch {
    return undefined;
  }
}

/** Follows the program to its end. The peak is the kernel's own high-water mark, so a sample is never too high. */
export async function measure(
  program: Program,
  account: string,
  audit: () => Promise<AuditEvent[]>,
): Promise<Cost & { code: number | undefined; output: string }> {
  let last = { peakRssMb: 0, cpuSeconds: 0 };
  const timer = setInterval(() => {
    last = sample(program.pid) ?? last;
  }, samplePeriodMs);
  const { code, stdout, stderr } = await program.ended;
  clearInterval(timer);
  const isOfThisRun = ({ requestReceivedTimestamp }: AuditEvent): boolean =>
    Date.parse(requestReceivedTimestamp) >= program.startedAt;
  const events = (await audit()).filter(isOfThisRun);
  const own = requestsBy(account, events);
  const since = (event: AuditEvent | undefined): number | undefined =>
    event === undefined ? undefined : Date.parse(event.requestReceivedTimestamp) - program.startedAt;
  return {
    ...last,
    code,
    output: `${stdout}${stderr}`,
    firstRequestMs: since(own[0]) ?? Number.NaN,
    firstWriteMs: since(writesBy(account, events)[0]),
    requests: own.map(({ verb, objectRef }) =>
      [verb, objectRef?.resource ?? "", objectRef?.subresource ?? ""].filter(Boolean).join(" "),
    ),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}
