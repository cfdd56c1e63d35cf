/** A reporter of vitest that notes what ran in a file: for programs that count, beside what people read. */
import { appendFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import type { Reporter, TestCase, TestModule } from "vitest/node";
import type { Failure, Report } from "./outcome.ts";
import { reasonOf } from "./outcome.ts";

function add(report: Report, test: TestCase): void {
  const result = test.result();
  if (result.state === "passed") report.passed += 1;
  else if (result.state === "failed") {
    report.failed += 1;
    report.failures.push(failureOf(test.fullName, result.errors));
  } else report.notRun.push(reasonFor(test, result));
}

/** A test that skips itself says why; one that is skipped beforehand says so in its name. */
function reasonFor(
  { name, options: { mode } }: TestCase,
  result: { state: string; note?: string | undefined },
): string {
  if (result.state === "skipped" && result.note) return result.note;
  return mode === "run" ? "its set-up failed" : reasonOf(name);
}

/** An assertion's message and what it shows of the difference, without colours. */
function failureOf(name: string, errors: readonly { message: string; diff?: string | undefined }[]): Failure {
  const text = errors.map(({ message, diff }) => (diff === undefined ? message : `${message}\n${diff}`)).join("\n");
  return { name, message: stripVTControlCharacters(text) };
}

/** A set-up that fails is no failed test, and still a failure. */
function brokenSuites(module: TestModule): Failure[] {
  return [module, ...module.children.allSuites()]
    .filter((suite) => suite.errors().length > 0)
    .map((suite) => failureOf(suite.type === "module" ? suite.relativeModuleId : suite.fullName, suite.errors()));
}

/** Adds one line of JSON, a `Report`, to `file` at the end of each run. */
export function createSuiteReport(file: string): Reporter {
  return {
    onTestRunEnd(modules) {
      const report: Report = { passed: 0, failed: 0, notRun: [], failures: [] };
      for (const module of modules) {
        const broken = brokenSuites(module);
        report.failed += broken.length;
        report.failures.push(...broken);
        for (const test of module.children.allTests()) add(report, test);
      }
      appendFileSync(file, `${JSON.stringify(report)}\n`);
    },
  };
}
