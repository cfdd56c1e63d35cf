/** A reporter of vitest that notes what ran in a file: for programs that count, beside what people read. */
import { appendFileSync } from "node:fs";
import type { Reporter, TestCase, TestModule } from "vitest/node";
import type { Report } from "./outcome.ts";
import { reasonOf } from "./outcome.ts";

function add(report: Report, test: TestCase): void {
  const result = test.result();
  if (result.state === "passed") report.passed += 1;
  else if (result.state === "failed") report.failed += 1;
  else report.notRun.push(reasonFor(test, result));
}

/** A test that skips itself says why; one that is skipped beforehand says so in its name. */
function reasonFor(
  { name, options: { mode } }: TestCase,
  result: { state: string; note?: string | undefined },
): string {
  if (result.state === "skipped" && result.note) return result.note;
  return mode === "run" ? "its set-up failed" : reasonOf(name);
}

/** A set-up that fails is no failed test, and still a failure. */
function brokenSuites(module: TestModule): number {
  return [module, ...module.children.allSuites()].filter((suite) => suite.errors().length > 0).length;
}

/** Adds one line of JSON, a `Report`, to `file` at the end of each run. */
export function createSuiteReport(file: string): Reporter {
  return {
    onTestRunEnd(modules) {
      const report: Report = { passed: 0, failed: 0, notRun: [] };
      for (const module of modules) {
        report.failed += brokenSuites(module);
        for (const test of module.children.allTests()) add(report, test);
      }
      appendFileSync(file, `${JSON.stringify(report)}\n`);
    },
  };
}
