/** Everything a change has to pass, one suite after the other, the quick ones first. Called by `.ci/run`. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Outcome, Report } from "./outcome.ts";
import { failuresOf, lineOf, outcomeOf, totalOf } from "./outcome.ts";
import { withPromtool } from "./promtool.ts";

export interface CiContext {
  env: Readonly<Record<string, string | undefined>>;
  /** The checkout. */
  root: string;
  signal: AbortSignal;
  out: (text: string) => void;
}

interface Suite {
  name: string;
  command: readonly [string, ...string[]];
}

/** The whole run must end within this time, a build of Kubernetes included. */
const limitMs = 45 * 60_000;
/** What is left at least for a suite to begin. */
const leastMs = 60_000;

const npmRun = (name: string, script: string, ...args: string[]): Suite => ({
  name,
  command: ["npm", "run", "--silent", script, ...(args.length === 0 ? [] : ["--", ...args])],
});

/** `check` is types, lint and the unit tests; the latter are in `test`. */
const suites: readonly Suite[] = [
  npmRun("types", "types"),
  npmRun("lint", "lint"),
  { name: "rules", command: ["node", "scripts/check-rules.mjs"] },
  npmRun("test", "test"),
  npmRun("demo", "demo", "--yes"),
  npmRun("scenarios", "test:scenarios"),
  npmRun("openfero", "test:openfero"),
  npmRun("conformance", "test:conformance"),
  npmRun("cluster", "test:cluster"),
  npmRun("node", "test:node"),
  npmRun("faults", "test:faults"),
  npmRun("e2e", "test:e2e"),
];

function reportIn(file: string): Report | undefined {
  if (!existsSync(file)) return undefined;
  const reports = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Report);
  return {
    passed: reports.reduce((sum, { passed }) => sum + passed, 0),
    failed: reports.reduce((sum, { failed }) => sum + failed, 0),
    notRun: reports.flatMap(({ notRun }) => notRun),
    failures: reports.flatMap(({ failures }) => failures),
  };
}

/** Runs a command without stdin, shows what it prints, and ends it and its children when the time is over. */
function play(
  { command: [file, ...args] }: Suite,
  { root, out, env, signal, leftMs }: CiContext & { leftMs: number },
): Promise<{ code: number | undefined; lastLine: string }> {
  return new Promise((resolve, reject) => {
    // A group of its own: a timeout reaches what npm has started.
    const child = spawn(file, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
    let tail = "";
    const show = (chunk: Buffer): void => {
      const text = chunk.toString("utf8");
      out(text);
      tail = (tail + text).slice(-4_000);
    };
    child.stdout.on("data", show);
    child.stderr.on("data", show);
    const end = (): void => {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
    };
    const timer = setTimeout(() => {
      out(`\nended: the time of the whole run, ${limitMs / 60_000} minutes, is over\n`);
      end();
    }, leftMs);
    signal.addEventListener("abort", end, { once: true });
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve({ code: code ?? undefined, lastLine: tail.trimEnd().split("\n").at(-1)?.trim() ?? "" });
    });
  });
}

async function outcome(suite: Suite, context: CiContext & { leftMs: number; scratch: string }): Promise<Outcome> {
  if (context.leftMs < leastMs)
    return outcomeOf({ code: 0, lastLine: "not run: the time of the whole run is over", report: undefined });
  const file = join(context.scratch, `${suite.name}.jsonl`);
  const ended = await play(suite, { ...context, env: { ...context.env, OPERARIUS_SUITE_REPORT: file } });
  return outcomeOf({ ...ended, report: reportIn(file) });
}

/**
 * Arguments: the suites to play, all when there are none. Resolves to the exit code: 0, 1 when something failed, 2 for
 * a suite that there is not, 3 when interrupted. The last line is the total.
 */
export async function main(args: readonly string[], context: CiContext): Promise<number> {
  const { out, signal } = context;
  const chosen = suites.filter(({ name }) => args.length === 0 || args.includes(name));
  if (args.some((arg) => !suites.some(({ name }) => name === arg))) {
    out(`usage: .ci/run [${suites.map(({ name }) => name).join("|")} ...]\n`);
    return 2;
  }
  const began = performance.now();
  const scratch = mkdtempSync(join(tmpdir(), "operarius-ci-"));
  const told: { suite: Suite; seconds: number; result: Outcome }[] = [];
  try {
    const env = withPromtool({ ...context.env, CI: "true" }, scratch, (line) => out(`${line}\n`));
    for (const suite of chosen) {
      out(`\n=== ${suite.name}: ${suite.command.join(" ")}\n`);
      const start = performance.now();
      const leftMs = limitMs - (start - began);
      const result = await outcome(suite, { ...context, env, leftMs, scratch });
      const seconds = Math.round((performance.now() - start) / 1000);
      out(`=== ${lineOf(suite.name, result)}, in ${seconds} s\n`);
      told.push({ suite, seconds, result });
      if (signal.aborted) return 3;
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  const all = told.map(({ result }) => result);
  const seconds = Math.round((performance.now() - began) / 1000);
  out(`\nseconds: ${told.map((one) => `${one.suite.name} ${one.seconds}`).join(", ")}; all ${seconds}\n`);
  for (const { suite, result } of told) out(failuresOf(suite.name, result));
  out("tests that ran, by suite; a command that counts none is one:\n");
  for (const { suite, result } of told) out(`${lineOf(suite.name, result)}\n`);
  out(`${totalOf(all)}\n`);
  return all.every(({ failed }) => failed === 0) ? 0 : 1;
}
