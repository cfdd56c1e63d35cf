/** What became of a suite, and how it is told. Pure. */

/** What the test runner noted of one run (suite-report.ts). */
export interface Report {
  passed: number;
  failed: number;
  /** Why each of the others was not run. */
  notRun: string[];
}

export interface Ended {
  /** undefined when a signal ended it. */
  code: number | undefined;
  /** The last line that it printed. */
  lastLine: string;
  /** undefined for a command that is no run of the test runner. */
  report: Report | undefined;
}

export interface Outcome {
  ran: number;
  failed: number;
  notRun: number;
  /** Each reason once. */
  reasons: string[];
}

function fromReport({ passed, failed, notRun }: Report, code: number | undefined): Outcome {
  // Errors outside of any test fail the run too.
  const atLeast = code === 0 ? failed : Math.max(failed, 1);
  return { ran: passed + atLeast, failed: atLeast, notRun: notRun.length, reasons: [...new Set(notRun)] };
}

/** Tests that ran count, also when they failed; one that could not run is neither passed nor failed. */
export function outcomeOf({ code, lastLine, report }: Ended): Outcome {
  if (report !== undefined) return fromReport(report, code);
  const counted = /^ran (\d+), failed (\d+)$/.exec(lastLine);
  if (counted !== null) {
    const failed = Math.max(Number(counted[2]), code === 0 ? 0 : 1);
    return { ran: Math.max(Number(counted[1]), failed), failed, notRun: 0, reasons: [] };
  }
  const reason = code === 0 ? /^not run: (.+)$/.exec(lastLine)?.[1] : undefined;
  if (reason !== undefined) return { ran: 0, failed: 0, notRun: 1, reasons: [reason] };
  return { ran: 1, failed: code === 0 ? 0 : 1, notRun: 0, reasons: [] };
}

/** `<suite>: ran N, failed N, not run N (why)`. */
export function lineOf(suite: string, { ran, failed, notRun, reasons }: Outcome): string {
  const why = reasons.length === 0 ? "" : ` (${reasons.join("; ")})`;
  return `${suite}: ran ${ran}, failed ${failed}, not run ${notRun}${why}`;
}

/** `N passed, N failed`, counted in tests. */
export function totalOf(outcomes: readonly Outcome[]): string {
  const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((all, one) => all + of(one), 0);
  return `${sum(({ ran, failed }) => ran - failed)} passed, ${sum(({ failed }) => failed)} failed`;
}

/** Why a skipped test was not run: what its name says after "not run:", or in brackets at its end. */
export function reasonOf(name: string): string {
  return /^not run: (.+)$/.exec(name)?.[1] ?? / \(((?:[^()]|\([^()]*\))*)\)$/.exec(name)?.[1] ?? `skipped: ${name}`;
}
