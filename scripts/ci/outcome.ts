/** What became of a suite, and how it is told. Pure. */

/** What the test runner noted of one run (suite-report.ts). */
export interface Report {
  passed: number;
  failed: number;
  /** Why each of the others was not run. */
  notRun: string[];
  /** What each failed test, or a set-up that failed, said: told again at the end, where a long log is read first. */
  failures: Failure[];
}

export interface Failure {
  name: string;
  message: string;
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
  failures: readonly Failure[];
}

function fromReport({ passed, failed, notRun, failures }: Report, code: number | undefined): Outcome {
  // Errors outside of any test fail the run too.
  const atLeast = code === 0 ? failed : Math.max(failed, 1);
  return { ran: passed + atLeast, failed: atLeast, notRun: notRun.length, reasons: [...new Set(notRun)], failures };
}

/** Tests that ran count, also when they failed; one that could not run is neither passed nor failed. */
export function outcomeOf({ code, lastLine, report }: Ended): Outcome {
  if (report !== undefined) return fromReport(report, code);
  const counted = /^ran (\d+), failed (\d+)$/.exec(lastLine);
  if (counted !== null) {
    const failed = Math.max(Number(counted[2]), code === 0 ? 0 : 1);
    return { ran: Math.max(Number(counted[1]), failed), failed, notRun: 0, reasons: [], failures: [] };
  }
  const reason = code === 0 ? /^not run: (.+)$/.exec(lastLine)?.[1] : undefined;
  if (reason !== undefined) return { ran: 0, failed: 0, notRun: 1, reasons: [reason], failures: [] };
  return { ran: 1, failed: code === 0 ? 0 : 1, notRun: 0, reasons: [], failures: [] };
}

/** `<suite>: ran N, failed N, not run N (why)`. */
export function lineOf(suite: string, { ran, failed, notRun, reasons }: Outcome): string {
  const why = reasons.length === 0 ? "" : ` (${reasons.join("; ")})`;
  return `${suite}: ran ${ran}, failed ${failed}, not run ${notRun}${why}`;
}

/** Characters of a failure's message that are told again, from its begin and from its end. */
const toldAtMost = 1_200;
/** Failures that are told again. */
const toldFailures = 6;

/** The failures of a suite in full sentences, at most the first six; empty when there are none. */
export function failuresOf(suite: string, { failures }: Outcome): string {
  const told = failures.slice(0, toldFailures).map(({ name, message }) => `${suite}: ${name}\n${shortened(message)}\n`);
  const more = failures.length - told.length;
  return [...told, ...(more > 0 ? [`${suite}: ${more} more failed\n`] : [])].join("");
}

function shortened(message: string): string {
  if (message.length <= toldAtMost) return message;
  const half = toldAtMost / 2;
  return `${message.slice(0, half)}\n  ...\n${message.slice(-half)}`;
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
